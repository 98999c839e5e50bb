"""What is due in a cycle on a day: each moment with its step, whom it concerns, whether a pass has done it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
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
    agencies: frozenset[str] | None  # that it concerned, or will as things stand; None: it concerns none by itself
    is_done: bool

    @property
    def is_look(self) -> bool:
        """Only looks after what waits, as twice each working day."""
        return self.step in _LOOKS


_Terms = Mapping[tuple[Term, Duty], Sequence[str]]
_taken: Memory[dict[dt.datetime, frozenset[str]]] = Memory()


def list_due_steps(p: Pass, found: Standings) -> list[DueStep]:
    """Those of the day of `p`, in order. Empty before the cycle opens and after it closes."""
    begin = p.calendar.moment(p.local.date(), dt.time.min)
    today = [one for one in _list_milestones(p.plan, p.cycle.id) if begin <= one.at < begin + DAY]
    if not today or found.arrivals.stamp is None:
        return [_describe(p, one, None, is_done=False) for one in today]
    with p.store.read() as connection:
        last = connection.scalar(select(func.max(passes.c.as_of)).where(passes.c.cycle == p.cycle.id))
        key, mark = (p.store.url, p.cycle.id), (found.arrivals.stamp, begin)
        taken = _taken.recall(key, lambda: _list_taken(connection, p.cycle.id, begin), mark)
    terms = _group_by_term(p, found)
    steps_today = []
    for one in today:
        is_done = last is not None and last >= one.at
        agencies = taken.get(one.at, frozenset()) if is_done else None
        steps_today.append(_describe(p, one, _list_agencies(p, found, one, terms, agencies), is_done=is_done))
    return steps_today


def find_due_step(p: Pass, found: Standings, step: str) -> DueStep | None:
    """That step of today; None when it is not due today."""
    return next((one for one in list_due_steps(p, found) if one.step == step), None)


@functools.lru_cache(maxsize=32)
def _list_milestones(plan: Plan, cycle: str) -> tuple[Milestone, ...]:
    return plan_milestones(plan, plan.require_cycle(cycle))


def _describe(p: Pass, one: Milestone, agencies: frozenset[str] | None, *, is_done: bool) -> DueStep:
    names = {step.id: step.name for step in p.plan.ladder.reminder_steps} if p.plan.ladder else {}
    return DueStep(one.at, one.id, names.get(one.id, ""), agencies, is_done)


def _list_taken(connection: Connection, cycle: str, begin: dt.datetime) -> dict[dt.datetime, frozenset[str]]:
    """Agencies whose step fell due at each moment of the day and was taken."""
    query = select(steps.c.due_at, steps.c.agency).where(
        steps.c.cycle == cycle, steps.c.due_at >= begin, steps.c.due_at < begin + DAY
    )
    taken: dict[dt.datetime, set[str]] = {}
    for due_at, agency in connection.execute(query):
        taken.setdefault(due_at, set()).add(agency)
    return {due_at: frozenset(agencies) for due_at, agencies in taken.items()}


def _group_by_term(p: Pass, found: Standings) -> _Terms:
    """Agencies that owe their form now, by deadline and duty: a step of the ladder is the same for all of them."""
    today = p.local.date()
    terms: dict[tuple[Term, Duty], list[str]] = {}
    for row in found.rows:
        if row.state in OWING:
            terms.setdefault((p.plan.term_of(p.cycle.id, row.code, today), row.agency.duty), []).append(row.code)
    return terms


def _list_agencies(
    p: Pass, found: Standings, one: Milestone, terms: _Terms, taken: frozenset[str] | None
) -> frozenset[str] | None:
    if one.id == "mo_ky":
        return frozenset(row.code for row in found.rows if taken is None or row.code in found.arrivals.issued)
    if one.id == "het_han":
        day = one.at.astimezone(p.plan.timezone).date()
        return frozenset(code for (term, _), codes in terms.items() if term.due_before == day for code in codes)
    if p.plan.ladder is None or one.id not in {step.id for step in p.plan.ladder.reminder_steps}:
        return None
    if taken is not None:
        return taken
    return frozenset(
        code
        for (term, duty), codes in terms.items()
        if any(step.due_at == one.at and duty in step.reminder_step.duties for step in p.reminders.list_steps(term))
        for code in codes
    )
