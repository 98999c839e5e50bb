"""How the reports of a season came in, and what sent files back: for the charts and the table of causes."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kybaocao.console.facts.arrivals import Arrival, Arrivals, Cause, read_arrivals
from kybaocao.console.facts.memory import Memory
from kybaocao.console.facts.standings import DAY, Standings, State
from kybaocao.console.scope import Scope
from kybaocao.plan.agencies import AgencyKind

POINTS = 120  # of a curve: more are not seen
Curve = tuple[tuple[float, int], ...]  # (days since the opening, agencies with an accepted report)


@dataclass(frozen=True)
class Season:
    """Days count from the opening of each cycle, so that two of them lie on each other."""

    now: Curve
    before: Curve | None  # of the previous cycle; None: there is none, or nothing came in
    deadline: float
    length: float  # until now, or the deadline


_seasons: Memory[Season] = Memory()


def trace_season(scope: Scope, found: Standings) -> Season:
    """First accepted versions of the agencies that the account may see, and how it was last time."""
    key = (scope.p.store.url, scope.p.cycle.id, scope.watched)
    mark = (found.arrivals.stamp, scope.p.cycle, found.as_of, frozenset(row.code for row in found.rows))
    return _seasons.recall(key, lambda: _trace_season(scope, found), mark)


def _trace_season(scope: Scope, found: Standings) -> Season:
    p = scope.p
    opened, deadline = p.calendar.at(p.cycle.opens), p.calendar.deadline(p.cycle)
    codes = frozenset(row.code for row in found.rows)
    closed = p.calendar.moment(p.cycle.closes_on + DAY, dt.time.min)  # a cycle that is over grows no longer
    last = min(max(p.as_of, opened), max(closed, deadline))
    firsts = (row.timeliness.received_at for row in found.rows)
    now = _draw(sorted(one for one in firsts if one and one <= last), opened, last)
    before = None
    if p.cycle.previous and (previous := p.plan.cycles.get(p.cycle.previous)):
        arrivals = read_arrivals(p.home, p.store, p.plan, previous.id)
        begun = p.calendar.at(previous.opens)
        before = _trace(arrivals, codes, begun, begun + (max(last, deadline) - opened))
    return Season(
        now, before if before and before[-1][1] else None, _days(deadline - opened), _days(max(last, deadline) - opened)
    )


def _trace(arrivals: Arrivals, codes: Collection[str], begin: dt.datetime, end: dt.datetime) -> Curve:
    firsts = sorted(
        first.received_at
        for code, forms in arrivals.forms.items()
        if code in codes and (first := next((one for one in forms if one.is_accepted), None)) is not None
        if first.received_at <= end
    )
    return _draw(firsts, begin, end)


def _draw(firsts: Sequence[dt.datetime], begin: dt.datetime, end: dt.datetime) -> Curve:
    points = [(0.0, 0), *((max(0.0, _days(at - begin)), count) for count, at in enumerate(firsts, start=1))]
    step = max(1, len(points) // POINTS)
    return (*points[::step], (_days(end - begin), len(firsts)))


def _days(span: dt.timedelta) -> float:
    return round(span / dt.timedelta(days=1), 2)


# --- by group ---------------------------------------------------------------------------------------------------------

TIMELY = (State.ON_TIME, State.ON_TIME_EMPTY)
LATELY = (State.LATE, State.LATE_EMPTY)


def count_groups(found: Standings) -> list[tuple[AgencyKind, dict[State, int]]]:
    """State -> count for each kind of agency that has any, without who is exempt."""
    groups: dict[AgencyKind, dict[State, int]] = {}
    for row in found.rows:
        if row.state is not State.EXEMPT:
            states = groups.setdefault(row.agency.kind, {})
            states[row.state] = states.get(row.state, 0) + 1
    return [(kind, groups[kind]) for kind in AgencyKind if kind in groups]


# --- what sent files back ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CauseCount:
    """One cause over the whole season. An agency that was sent back twice for it in a row is one case."""

    cause: Cause
    files: int
    agencies: int
    open: int  # agencies whose newest file went back for it and that have no accepted one
    median_hours: float | None  # from being sent back to the file without this fault; None: no case is over


_causes: Memory[tuple[CauseCount, ...]] = Memory()


def count_causes(scope: Scope, found: Standings) -> tuple[CauseCount, ...]:
    """What sends most files back first."""
    mark = (found.arrivals.stamp, scope.watched)
    return _causes.recall((scope.p.store.url, scope.p.cycle.id, scope.watched), lambda: _count_causes(found), mark)


def _count_causes(found: Standings) -> tuple[CauseCount, ...]:
    files: dict[Cause, int] = {}
    agencies: dict[Cause, set[str]] = {}
    hours: dict[Cause, list[float]] = {}
    for row in found.rows:
        forms = found.arrivals.forms.get(row.code, ())
        if not any(version.causes for version in forms):
            continue  # most were never sent back
        for version in forms:
            for cause in version.causes:
                files[cause] = files.get(cause, 0) + 1
                agencies.setdefault(cause, set()).add(row.code)
        for cause, took in _list_cases(forms):
            hours.setdefault(cause, []).append(took)
    now = [cause for row in found.rows if row.state is State.RETURNED for cause in row.causes]
    listed = [
        CauseCount(
            cause,
            count,
            len(agencies[cause]),
            now.count(cause),
            statistics.median(hours[cause]) if cause in hours else None,
        )
        for cause, count in files.items()
    ]
    return tuple(sorted(listed, key=lambda one: (-one.open, -one.files, one.cause.code)))


def _list_cases(forms: Sequence[Arrival]) -> list[tuple[Cause, float]]:
    """(cause, hours) of each case that is over: from the first return for it to the first file judged without it."""
    since: dict[Cause, dt.datetime] = {}
    cases = []
    for version in forms:
        if version.verdict is None or version.judged_at is None:
            continue
        for cause in [one for one in since if one not in version.causes]:
            span = version.received_at - since.pop(cause)
            cases.append((cause, max(0.0, span / dt.timedelta(hours=1))))
        for cause in version.causes:
            since.setdefault(cause, version.judged_at)
    return cases
