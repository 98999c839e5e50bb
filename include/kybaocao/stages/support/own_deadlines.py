"""Deadlines inside tasks and obligations, for letters to an agency: what is near or over and not known to be done."""

from __future__ import annotations

import datetime as dt
import json
from typing import NamedTuple

from kybaocao.inbox.submission import Submission
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.history import recall_previous
from kybaocao.stages.support.passes import Pass
from kybaocao.store.submissions import latest_accepted

NEAR_DAYS = 30  # calendar days before its last day, from when a deadline is named
SHOWN = 3  # in one letter: it is about the report


class OwnDeadline(NamedTuple):
    """A task or obligation of one agency; `due_on`: the last day in time."""

    id: str
    title: str
    due_on: dt.date
    is_over: bool


class OwnDeadlines(NamedTuple):
    """The earliest of them, and how many more there are."""

    shown: tuple[OwnDeadline, ...]
    others: int


def find_own_deadlines(p: Pass, agency: str) -> OwnDeadlines:
    """What the agency's last report, of this cycle or the one before, did not state as done."""
    near = list_own_deadlines(p.plan, agency, p.local.date(), None)
    if near:
        with p.store.read() as connection:
            last = latest_accepted(connection, p.cycle.id, agency) or recall_previous(connection, p, agency)
        near = list_own_deadlines(p.plan, agency, p.local.date(), last)
    return OwnDeadlines(tuple(near[:SHOWN]), len(near[SHOWN:]))


def list_own_deadlines(plan: Plan, agency: str, today: dt.date, last: Submission | None) -> list[OwnDeadline]:
    """The earliest first; none of an agency's that has settled them in `last`."""
    settled = _list_settled(plan, last)
    held = (*plan.tasks_of(agency), *plan.obligations_of(agency))
    dated = [(task.due_on, task) for task in held if task.due_on is not None and task.id not in settled]
    near = [(due_on, task) for due_on, task in dated if due_on <= today + dt.timedelta(days=NEAR_DAYS)]
    near.sort(key=lambda one: one[0])
    return [OwnDeadline(task.id, task.title, due_on, due_on < today) for due_on, task in near]


def _list_settled(plan: Plan, last: Submission | None) -> set[str]:
    """Tasks and obligations that a report states as done, or as nothing to do."""
    if last is None:
        return set()
    over = (plan.words.done, plan.words.nothing)
    packed = json.loads(last.answers)
    return {row for _, row, column, _, _, _, _, value, *_ in packed if column == "trang_thai" and value in over}
