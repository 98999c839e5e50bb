"""A snapshot of the sample plan, from versions written in a test."""

from __future__ import annotations

from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.snapshot import Snapshot
from kybaocao.inbox.submission import Submission
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.load import load_plan
from tests.conftest import CONFIG, CYCLE
from tests.submissions import local

PLAN = load_plan(CONFIG)
CALENDAR = Calendar.of(PLAN.require_calendar(), PLAN.timezone)
KY2 = PLAN.cycles[CYCLE]
HAS, NOTHING, NOT_YET, UNPUBLISHED = "Có số liệu", "Không phát sinh", "Chưa có số liệu", "Chưa công bố"


def take(*submissions: Submission, at: str = "2026-12-14T10:00", previous: Snapshot | None = None) -> Snapshot:
    return take_snapshot(PLAN, KY2, CALENDAR, submissions, local(at), previous)
