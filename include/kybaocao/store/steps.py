"""Reminder steps that were taken, one row each, and whether a letter has reported them.

A step is FRESH until the pass that took it has written its letters; WAITING while it has to be reported and could
not be (nobody to write to, quiet hours, a letter that came back or never left); REPORTED once a letter carries it
or it needs none.  FAILED: the mail servers refused its letter for good, or did not take it for five days, although
the address is right.  No pass writes that letter again, because the same would happen again; the operators are
warned, and a letter that they send again or elsewhere makes the step REPORTED.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, delete, or_, select, update

from kybaocao.plan.ladder import Key
from kybaocao.store.submissions import insert_ignoring
from kybaocao.store.tables import steps

A_PASS_LASTS = dt.timedelta(hours=1)  # one that has not written its letters by then died


class StepState(StrEnum):
    """Whether a step has reached somebody, see above."""

    FRESH = "fresh"
    WAITING = "waiting"
    REPORTED = "told"
    FAILED = "failed"


class StepId(NamedTuple):
    """One step of one agency."""

    agency: str
    reminder_step: str
    repetition: int

    @property
    def key(self) -> Key:
        return self.reminder_step, self.repetition


class TakenStep(NamedTuple):
    """A step as it was recorded."""

    agency: str
    reminder_step: str
    repetition: int
    due_at: dt.datetime
    taken_at: dt.datetime
    state: StepState

    @property
    def step(self) -> StepId:
        return StepId(self.agency, self.reminder_step, self.repetition)


def list_taken(connection: Connection, cycle: str) -> list[TakenStep]:
    """Every step that was taken, by agency and moment."""
    query = select(
        steps.c.agency, steps.c.rung, steps.c.repetition, steps.c.due_at, steps.c.taken_at, steps.c.state
    ).where(steps.c.cycle == cycle)
    return [
        TakenStep(*row[:-1], StepState(row.state))
        for row in connection.execute(query.order_by(steps.c.agency, steps.c.due_at))
    ]


def delete_steps(connection: Connection, cycle: str, which: Iterable[StepId]) -> None:
    """Forget that these were taken; the caller records why."""
    for agency, reminder_step, repetition in which:
        key = (steps.c.agency == agency) & (steps.c.rung == reminder_step) & (steps.c.repetition == repetition)
        connection.execute(delete(steps).where(steps.c.cycle == cycle, key))


def list_steps(connection: Connection, cycle: str, agencies: Collection[str] | None = None) -> dict[str, set[Key]]:
    """agency -> {(reminder step, repetition)}; of `agencies` only, where they are given"""
    query = select(steps.c.agency, steps.c.rung, steps.c.repetition).where(steps.c.cycle == cycle)
    if agencies is not None:
        query = query.where(steps.c.agency.in_(agencies))
    taken: dict[str, set[Key]] = {}
    for agency, step, repetition in connection.execute(query):
        taken.setdefault(agency, set()).add((step, repetition))
    return taken


def list_unreported(connection: Connection, cycle: str, at: dt.datetime) -> list[StepId]:
    """What the pass of `at` has to say: its own steps, those that wait, and those of a pass that died."""
    query = select(steps.c.agency, steps.c.rung, steps.c.repetition).where(
        steps.c.cycle == cycle,
        or_(
            steps.c.state == StepState.WAITING,
            (steps.c.state == StepState.FRESH)
            & or_(steps.c.taken_at == at, steps.c.taken_at < at - A_PASS_LASTS, steps.c.taken_at > at + A_PASS_LASTS),
        ),
    )
    return sorted(StepId(*row) for row in connection.execute(query))


def take_step(
    connection: Connection,
    cycle: str,
    step: StepId,
    *,
    due_at: dt.datetime,
    at: dt.datetime,
    state: StepState = StepState.FRESH,
) -> bool:
    """Record a step; False when it was taken before."""
    return insert_ignoring(
        connection,
        steps,
        cycle=cycle,
        agency=step.agency,
        rung=step.reminder_step,
        repetition=step.repetition,
        due_at=due_at,
        taken_at=at,
        state=state,
    )


def list_steps_in(connection: Connection, cycle: str, state: StepState) -> set[StepId]:
    """The steps of a cycle that are in one state."""
    query = select(steps.c.agency, steps.c.rung, steps.c.repetition)
    return {StepId(*row) for row in connection.execute(query.where(steps.c.cycle == cycle, steps.c.state == state))}


def mark_steps(
    connection: Connection, cycle: str, which: Iterable[StepId], state: StepState, *, held: StepState | None = None
) -> None:
    """Set the state of steps; with `held` only of those that are in that state now."""
    for agency, reminder_step, repetition in which:
        mine = (steps.c.agency == agency) & (steps.c.rung == reminder_step) & (steps.c.repetition == repetition)
        if held:
            mine &= steps.c.state == held
        connection.execute(update(steps).where(steps.c.cycle == cycle, mine).values(state=state))
