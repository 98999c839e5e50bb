"""The snapshot of the sample season as `make demo` ends it, without files, mails and Airflow: seconds, not minutes.

DỮ LIỆU MẪU – the answers are those that the demonstration's agencies give.
"""

from __future__ import annotations

import dataclasses
import functools
from decimal import Decimal

from kybaocao.demo.figures import Filler
from kybaocao.demo.files import answers_of
from kybaocao.demo.play import CYCLE, PREVIOUS, PREVIOUS_REPORT, PREVIOUS_SUBMISSION, SEED, SOUND
from kybaocao.demo.season import Act, File, write_season
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.snapshot import Snapshot
from kybaocao.inbox.submission import Submission
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.plan import Plan
from tests.documents.sample import full_plan
from tests.submissions import arrive, local


@functools.cache
def demo_snapshot() -> Snapshot:
    """Ninety agencies: three silent, some late, some with nothing to report, three that corrected their figures."""
    plan, filler = full_plan(), Filler(SEED)
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    before = [
        _hand_in(plan, PREVIOUS, Act(agency.code, File.GOOD), filler, PREVIOUS_SUBMISSION, 1)
        for agency in plan.expected
    ]
    previous = take_snapshot(plan, plan.cycles[PREVIOUS], calendar, before, local(PREVIOUS_REPORT))
    season = write_season(plan, SEED)
    versions: dict[str, int] = {}
    submissions = []
    for scene in season.scenes:
        for act in scene.acts:
            versions[act.agency] = versions.get(act.agency, 0) + 1
            submissions.append(_hand_in(plan, CYCLE, act, filler, scene.at, versions[act.agency]))
    return take_snapshot(plan, plan.cycles[CYCLE], calendar, submissions, local(season.scenes[-1].at), previous)


def _hand_in(plan: Plan, cycle: str, act: Act, filler: Filler, at: str, version: int) -> Submission:
    is_sound = act.file in SOUND
    answers = {
        key: Decimal(str(value)) if isinstance(value, int | float) else value
        for key, value in (answers_of(plan, cycle, act, filler) if is_sound else {}).items()
        if value is not None
    }
    verdict = "accepted" if is_sound else "returned"
    made = arrive(act.agency, answers, at=at, verdict=verdict, version=version)  # type: ignore[arg-type]
    return dataclasses.replace(made, cycle=cycle)
