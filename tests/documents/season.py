"""The figures of the sample season, whole: what `make demo` publishes, without Airflow and without a file."""

from __future__ import annotations

import functools
from dataclasses import replace
from decimal import Decimal

from kybaocao.demo.figures import Filler
from kybaocao.demo.season import write_season
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.snapshot import Snapshot
from kybaocao.form.layout import build_layout
from kybaocao.inbox.submission import Submission
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE
from tests.submissions import arrive, local

from .sample import full_plan

PREVIOUS, SEED = "nq02-2026-ky1", 2026


@functools.cache
def season_snapshot() -> Snapshot:
    """Of the last version: late files are in, three communes and the unexplained ones are not."""
    plan = full_plan()
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    season = write_season(plan, SEED)
    absent = {*season.silent, *season.unexplained}
    late = dict.fromkeys(season.late, "2026-12-11T09:00")
    earlier = [
        replace(one, cycle=PREVIOUS, received_at=local("2026-06-08T15:00")) for one in _fill(plan, PREVIOUS, set(), {})
    ]
    before = take_snapshot(plan, plan.cycles[PREVIOUS], calendar, earlier, local("2026-06-12T10:00"))
    submissions = [one for one in _fill(plan, CYCLE, set(season.zero), late) if one.agency not in absent]
    return take_snapshot(plan, plan.cycles[CYCLE], calendar, submissions, local("2026-12-14T14:00"), before)


def _fill(plan: Plan, cycle: str, zero: set[str], late: dict[str, str]) -> list[Submission]:
    filler = Filler(SEED)
    found = []
    for agency in plan.expected:
        layout = build_layout(plan, cycle, agency.code)
        answers = filler.fill(layout, is_zero=agency.code in zero)
        exact = {key: Decimal(str(value)) if isinstance(value, float) else value for key, value in answers.items()}
        found.append(arrive(agency.code, exact, at=late.get(agency.code, "2026-12-08T08:00")))  # type: ignore[arg-type]
    return found
