"""What is due in a cycle on a day: each moment with its step, how many it concerns, whether a pass has done it."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from kybaocao.console.facts.memory import Memory
from kybaocao.console.facts.standings import DAY, SILENT, Standings, State
from kybaocao.plan.adjustments import Term
from kybaocao.plan.agencies import Duty
from kybaocao.plan.milestones import TICKS, Milestone, plan_milestones
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.tables import passes, steps

OWING = (State.RETURNED, *SILENT)
_LOOKS = tuple(name for name, _ in TICKS)


@dataclass(frozen=True)
class DueStep:
    """`step`: id of a milestone (`plan.milestones`) or of a step of the ladder, whose own name is `name`."""

    at: dt.datetime
    step: str
    name: str  # "" for what is no step of the ladder
    count: int | None  # agencies that it concerned, or will as things stand; None: it concerns none by itself
    is_done: bool

    @property
    def is_look(self) -> bool:
        """Only looks after what waits, as twice each working day."""
        return self.step in _LOOKS


_taken: Memory[dict[dt.datetime, int]] = Memory()


def list_due_steps(p: Pass, found: Standings) -> list[DueStep]:
    """Those of the day of `p`, in order. Empty before the cycle opens and after it closes."""
    begin = p.calendar.moment(p.local.date(), dt.time.min)
    today = [one for one in _list_milestones(p.plan, p.cycle.id) if begin <= one.at < begin + DAY]
    if not today or found.arrivals.stamp is None:
        return [_describe(p, one, None, is_done=False) for one in today]
    with p.store.read() as connection:
        last = connection.scalar(select(func.max(passes.c.as_of)).where(passes.c.cycle == p.cycle.id))
        key, mark = (p.store.url, p.cycle.id), (found.arrivals.stamp, begin)
        taken = _taken.recall(key, lambda: _count_taken(connection, p.cycle.id, begin), mark)
    terms = _count_terms(p, found)
    steps_today = []
    for one in today:
        is_done = last is not None and last >= one.at
        count = taken.get(one.at, 0) if is_done else None
        steps_today.append(_describe(p, one, _count(p, found, one, terms, count), is_done=is_done))
    return steps_today


@functools.lru_cache(maxsize=32)
def _list_milestones(plan: Plan, cycle: str) -> tuple[Milestone, ...]:
    return plan_milestones(plan, plan.require_cycle(cycle))


def _describe(p: Pass, one: Milestone, count: int | None, *, is_done: bool) -> DueStep:
    names = {step.id: step.name for step in p.plan.ladder.reminder_steps} if p.plan.ladder else {}
    return DueStep(one.at, one.id, names.get(one.id, ""), count, is_done)


def _count_taken(connection: Connection, cycle: str, begin: dt.datetime) -> dict[dt.datetime, int]:
    """Agencies whose step fell due at each moment of the day and was taken."""
    query = select(steps.c.due_at, func.count()).where(
        steps.c.cycle == cycle, steps.c.due_at >= begin, steps.c.due_at < begin + DAY
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(steps.c.due_at))}


def _count_terms(p: Pass, found: Standings) -> Counter[tuple[Term, Duty]]:
    """Agencies that owe their form now, by deadline and duty: a step of the ladder is the same for all of them."""
    today = p.local.date()
    owing = (row for row in found.rows if row.state in OWING)
    return Counter((p.plan.term_of(p.cycle.id, row.code, today), row.agency.duty) for row in owing)


def _count(
    p: Pass, found: Standings, one: Milestone, terms: Counter[tuple[Term, Duty]], taken: int | None
) -> int | None:
    if one.id == "mo_ky":
        return len(found.arrivals.issued) if taken is not None else found.expected
    if one.id == "het_han":
        day = one.at.astimezone(p.plan.timezone).date()
        return sum(count for (term, _), count in terms.items() if term.due_before == day)
    if p.plan.ladder is None or one.id not in {step.id for step in p.plan.ladder.reminder_steps}:
        return None
    if taken is not None:
        return taken
    return sum(
        count
        for (term, duty), count in terms.items()
        if any(step.due_at == one.at and duty in step.reminder_step.duties for step in p.reminders.list_steps(term))
    )
