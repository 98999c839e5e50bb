"""Due steps of 3,800 agencies against a loop that only compares each step's moment, and whole seasons a minute."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from typing import Any

from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import Reminders, Step, due_steps, reminder_step_moments
from kybaocao.plan.load import find_plan
from kybaocao.plan.outstanding import find_outstanding
from kybaocao.season.chance import write_season
from kybaocao.season.playing import play_season
from kybaocao.season.register import size_plan

CYCLE, AGENCIES, ROUNDS = "nq02-2026-ky2", 3_800, 15
SEASON_AGENCIES, SEASONS = 95, 60


def measure_ladder() -> dict[str, Any]:
    """Medians of alternating rounds, in seconds of one core; on the day on which most steps are due at once."""
    plan = size_plan(find_plan(CYCLE), AGENCIES)
    cycle, calendar = plan.require_cycle(CYCLE), Calendar.of(plan.require_calendar(), plan.timezone)
    ladder, codes = plan.require_ladder(), [agency.code for agency in plan.expected]
    today = dt.date(2026, 12, 15)
    at = calendar.moment(today, dt.time(9))
    moments = [next(reminder_step_moments(step, cycle.due_before, ladder, calendar)) for step in ladder.reminder_steps]

    def compare_moments() -> list[int]:
        return [sum(moment <= at for moment in moments) for _ in codes]

    def ask_ladder() -> list[list[Step]]:
        reminders = Reminders(cycle, ladder, calendar)
        found = [find_outstanding(plan, CYCLE, code, (), today, reminders.opening) for code in codes]
        return [due_steps(outstanding, reminders, (), at) for outstanding in found if outstanding is not None]

    due = ask_ladder()
    assert [len(steps) for steps in due] == [3 + (step.duty.value == "phai_bao_cao") for step in plan.expected]
    floor, asked = _alternate(compare_moments, ask_ladder)
    small, begun = size_plan(find_plan(CYCLE), SEASON_AGENCIES), time.process_time()
    for seed in range(SEASONS):
        play_season(write_season(small, CYCLE, seed))
    per_minute = round(SEASONS / (time.process_time() - begun) * 60)
    return {
        "what": f"due steps of {len(codes)} agencies, outstanding agencies found anew / comparing the {len(moments)} steps' moments",
        "due_seconds": round(asked, 4),
        "floor_seconds": round(floor, 4),
        "ratio": round(asked / floor, 2),
        "limit": 25,
        "seasons_per_minute": per_minute,
        "season": f"{SEASON_AGENCIES} agencies, from opening to closing",
        "claims": [
            {"what": f"seconds for {len(codes)} agencies", "value": round(asked, 4), "at_most": 1},
            {"what": "seasons per minute and core", "value": per_minute, "at_least": 1_000},
        ],
    }


def _alternate(*works: Callable[[], object]) -> list[float]:
    """The median time of each, taken in turns so that other load falls on all alike."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, mine in zip(works, seconds, strict=True):
            begun = time.process_time()
            work()
            mine.append(time.process_time() - begun)
    return [statistics.median(mine) for mine in seconds]
