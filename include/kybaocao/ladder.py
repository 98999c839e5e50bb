"""The chase, as a pure function: what one agency's state, a calendar and a ladder make due at an instant.

No clock, no I/O.  Steps whose moment passed while nobody ran collapse: each addressee is sent only the
latest of them, the others are recorded with it, so nothing is sent twice and nobody is sent the past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kybaocao.calendar import Calendar
from kybaocao.plan.model import Addressee, Cycle, Duty, Ladder, Rung

Taken = Collection[tuple[str, int]]


@dataclass(frozen=True)
class Debtor:
    """What the ladder needs to know of an agency."""

    agency: str
    duty: Duty
    is_owing: bool  # nothing accepted yet, not exempt


@dataclass(frozen=True)
class Step:
    """A rung that is due, for the `repetition`-th time (0 for the first)."""

    rung: Rung
    repetition: int
    due_at: dt.datetime
    absorbs: tuple[Step, ...] = ()  # earlier steps to the same addressee that it stands for

    @property
    def key(self) -> tuple[str, int]:
        return self.rung.id, self.repetition


def due_steps(
    debtor: Debtor, cycle: Cycle, ladder: Ladder, calendar: Calendar, taken: Taken, at: dt.datetime
) -> list[Step]:
    """The steps to take now for one agency, in the order of the ladder; empty when it owes nothing."""
    if not debtor.is_owing or at < calendar.at(cycle.opens) or calendar.day_of(at) > cycle.closes_on:
        return []
    latest: dict[Addressee, Step] = {}
    # By moment, not by rung: a rung that repeats may come again after a higher one.
    for step in sorted(_passed(debtor, cycle, ladder, calendar, at), key=lambda step: step.due_at):
        before = latest.get(step.rung.to)
        absorbed = (*before.absorbs, Step(before.rung, before.repetition, before.due_at)) if before else ()
        latest[step.rung.to] = Step(step.rung, step.repetition, step.due_at, absorbed)
    done = set(taken)
    fresh = [
        Step(step.rung, step.repetition, step.due_at, tuple(old for old in step.absorbs if old.key not in done))
        for step in latest.values()
        if step.key not in done
    ]
    return sorted(fresh, key=lambda step: step.due_at)


def next_moment(cycle: Cycle, ladder: Ladder, calendar: Calendar, at: dt.datetime) -> dt.datetime | None:
    """When the next rung of the cycle comes after `at`, for anyone."""
    return min((moment for moment in rung_moments(cycle, ladder, calendar) if moment > at), default=None)


def rung_moments(cycle: Cycle, ladder: Ladder, calendar: Calendar) -> list[dt.datetime]:
    """Every moment at which some rung falls due between opening and closing."""
    opening, end = calendar.at(cycle.opens), calendar.moment(cycle.closes_on, dt.time.max)
    found = {
        moment
        for rung in ladder.rungs
        for _, moment in _repetitions(rung, cycle, calendar, end)
        if opening <= moment <= end
    }
    return sorted(found)


def _passed(debtor: Debtor, cycle: Cycle, ladder: Ladder, calendar: Calendar, at: dt.datetime) -> Iterator[Step]:
    opening = calendar.at(cycle.opens)
    for rung in ladder.rungs:
        if debtor.duty not in rung.duties:
            continue
        for repetition, moment in _repetitions(rung, cycle, calendar, at):
            if opening <= moment <= at:
                yield Step(rung, repetition, moment)


def _repetitions(rung: Rung, cycle: Cycle, calendar: Calendar, until: dt.datetime) -> Iterator[tuple[int, dt.datetime]]:
    repetition, moment = 0, calendar.rung_moment(cycle, rung)
    while moment <= until:
        yield repetition, moment
        if rung.repeat_every_working_days is None:
            return
        repetition += 1
        moment = calendar.moment(
            calendar.shift(calendar.anchor(cycle), rung.day + repetition * rung.repeat_every_working_days), rung.time
        )
