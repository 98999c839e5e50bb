"""Where every agency stands in a cycle: the read model of the console, fast at thousands of agencies.

    found = read_standings(scope)       only the agencies that the account may see
    found.rows                          AgencyStanding of each, in the order of the register
    found.find("STC")                   one of them, or None
    found.counts                        state -> how many; together exactly the rows
    found.expected, found.accepted, found.on_time, found.late, found.returned, found.silent
    select_rows(found, choice)          those that a Choice of filters and a search leaves
    found.arrivals                      the versions behind it (`facts.arrivals`), of all agencies

The rules are those of the report (`figures.timeliness`); here they only get names that filters can use.
A row has what the lists show of every agency; what is shown of a page of a hundred only, `facts.submissions` looks up.
Nothing is asked of the store while it stays as it was.  Once something came, only who it is about is judged again: of
the clock, only the day counts (`_Basis`), and for how long a row has stood is counted when it is shown.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from kybaocao.console.facts.arrivals import Arrival, Arrivals, Cause, read_arrivals
from kybaocao.console.facts.memory import Memory
from kybaocao.console.listing import fold
from kybaocao.console.scope import Scope
from kybaocao.figures.snapshot import Standing, Timeliness
from kybaocao.figures.timeliness import judge_timeliness
from kybaocao.plan.agencies import Agency, ContactRole
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.sightings import Sighting
from kybaocao.vietnamese import strip_marks

DAY = dt.timedelta(days=1)


class State(StrEnum):
    """Each agency is in one of them. A report that says "không phát sinh" throughout is a state of its own."""

    ON_TIME = "on_time"
    ON_TIME_EMPTY = "on_time_empty"
    LATE = "late"
    LATE_EMPTY = "late_empty"
    RECEIVED = "received"  # waits to be judged
    RETURNED = "returned"  # sent back, and not corrected
    EXPECTED = "expected"  # silent, its time is not over
    MISSING = "missing"  # silent, overdue
    EXEMPT = "exempt"


ACCEPTED = (State.ON_TIME, State.ON_TIME_EMPTY, State.LATE, State.LATE_EMPTY)
SILENT = (State.EXPECTED, State.MISSING)
# What a filter may name: a state, or several of them. A count is always a link to one of these.
FILTERS: dict[str, tuple[State, ...]] = {
    "accepted": ACCEPTED,
    "accepted_late": (State.LATE, State.LATE_EMPTY),
    "silent": SILENT,
    "obliged": tuple(state for state in State if state is not State.EXEMPT),
    "owing": (State.RETURNED, *SILENT),
    **{state.value: (state,) for state in State},
}
_PLAIN = {
    Standing.RECEIVED: State.RECEIVED,
    Standing.RETURNED: State.RETURNED,
    Standing.EXPECTED: State.EXPECTED,
    Standing.MISSING: State.MISSING,
    Standing.EXEMPT: State.EXEMPT,
}


class Age(StrEnum):
    """For how many days an agency has been in its state."""

    UNDER_A_DAY = "0"
    TO_THREE = "1-3"
    TO_SEVEN = "4-7"
    LONGER = "8"


@dataclass(frozen=True, slots=True)
class AgencyStanding:
    """One agency in a cycle. `timeliness` is what the report says of it."""

    agency: Agency
    state: State
    timeliness: Timeliness
    since: dt.datetime | None  # when it came into its state; None: it was not asked yet
    due_on: dt.date  # its own last day
    newest: Arrival | None  # version of its form
    causes: tuple[Cause, ...]  # why its newest file went back, while it is not corrected
    error_count: int
    late_reason: str  # what the version in force gives
    missing: tuple[str, ...]  # required attachments that are not accepted; empty for who owes nothing
    words: str  # what a search looks through, without marks

    @property
    def code(self) -> str:
        return self.agency.code

    @property
    def is_accepted(self) -> bool:
        return self.state in ACCEPTED

    @property
    def is_overdue(self) -> bool:
        """Owes something although its time is over."""
        return self.timeliness.is_late and not self.is_accepted


class _Basis(NamedTuple):
    """What rows depend on beside the versions of their agency."""

    plan: Plan
    cycle: Cycle
    today: dt.date
    is_opened: bool
    after: dt.datetime | None  # the moment itself, where it is one before the newest receipt


@dataclass(frozen=True)
class Standings:
    """The agencies that one account may see, at `as_of`. `basis`: by what they were judged."""

    rows: tuple[AgencyStanding, ...]
    arrivals: Arrivals
    as_of: dt.datetime
    basis: _Basis = field(repr=False)
    untaken: frozenset[str] = frozenset()  # agencies with a file that was not taken, see `Arrivals.find_untaken`

    def days_of(self, row: AgencyStanding) -> int:
        """Whole days for which it has been in its state."""
        return max(0, (self.as_of - row.since) // DAY) if row.since else 0

    def age_of(self, row: AgencyStanding) -> Age:
        days = self.days_of(row)
        if days < 1:
            return Age.UNDER_A_DAY
        return Age.TO_THREE if days <= 3 else Age.TO_SEVEN if days <= 7 else Age.LONGER

    @cached_property
    def _by_code(self) -> dict[str, AgencyStanding]:
        return {row.code: row for row in self.rows}

    def find(self, code: str) -> AgencyStanding | None:
        return self._by_code.get(code)

    @cached_property
    def counts(self) -> Counter[State]:
        return Counter(row.state for row in self.rows)

    def count(self, *states: State) -> int:
        return sum(self.counts[state] for state in states)

    @property
    def expected(self) -> int:
        """Who must submit: what rates are a share of. Who is exempt and submits all the same is counted, too."""
        return len(self.rows) - self.counts[State.EXEMPT]

    @property
    def accepted(self) -> int:
        return self.count(*ACCEPTED)

    @property
    def on_time(self) -> int:
        """Accepted in time, with something in it."""
        return self.counts[State.ON_TIME]

    @property
    def late(self) -> int:
        """Accepted, and not in time."""
        return self.count(State.LATE, State.LATE_EMPTY)

    @property
    def returned(self) -> int:
        return self.counts[State.RETURNED]

    @property
    def silent(self) -> int:
        return self.count(*SILENT)

    @cached_property
    def overdue(self) -> int:
        return sum(row.is_overdue for row in self.rows)


@dataclass(frozen=True)
class Choice:
    """Filters of a list; empty ones leave everything."""

    standing: str = ""  # one of FILTERS
    group: str = ""
    age: str = ""
    cause: str = ""  # why the newest file went back
    ever: str = ""  # why any file of the season did
    missing: str = ""  # an attachment
    is_overdue: bool = False
    step: str = ""  # due today
    of_step: frozenset[str] = frozenset()  # the agencies that it concerns
    asked: str = ""  # a search, as people type it


def select_rows(found: Standings, choice: Choice) -> list[AgencyStanding]:
    """In the order of the register."""
    wanted = fold(choice.asked).split()
    states = FILTERS.get(choice.standing, ())
    return [
        row
        for row in found.rows
        if (not choice.standing or row.state in states)
        and (not choice.group or row.agency.kind == choice.group)
        and (not choice.age or found.age_of(row) == choice.age)
        and (not choice.cause or any(one.code == choice.cause for one in row.causes))
        and (not choice.ever or _was_sent_back(found.arrivals.forms.get(row.code, ()), choice.ever))
        and (not choice.missing or choice.missing in row.missing)
        and (not choice.is_overdue or row.is_overdue)
        and (not choice.step or row.code in choice.of_step)
        and all(word in row.words for word in wanted)
    ]


def _was_sent_back(forms: tuple[Arrival, ...], code: str) -> bool:
    return any(cause.code == code for version in forms for cause in version.causes)


# --- reading ------------------------------------------------------------------------------------------------------


_memory: Memory[Standings] = Memory()


def read_standings(scope: Scope) -> Standings:
    """Of the agencies that the account may see. Raises PlanError while the calendar of the plan is broken."""
    found = read_all(scope.p)
    if scope.watched is None:
        return found
    return replace(found, rows=tuple(row for row in found.rows if scope.sees(row.code)))


def read_all(p: Pass) -> Standings:
    """Of every expected agency, whoever looks."""
    arrivals = read_arrivals(p.home, p.store, p.plan, p.cycle.id)
    return _memory.renew((p.store.url, p.cycle.id), lambda before: _judge(p, arrivals, before))


def _judge(p: Pass, arrivals: Arrivals, before: Standings | None) -> Standings:
    """Agencies about which nothing is new since `before` keep their rows."""
    is_unchanged = before is not None and before.arrivals.stamp == arrivals.stamp
    if before and is_unchanged and before.basis.plan is p.plan and _name_minute(before.as_of) == _name_minute(p.as_of):
        return before
    basis = _Basis(
        p.plan,
        p.cycle,
        p.local.date(),
        p.as_of >= p.calendar.at(p.cycle.opens),
        p.as_of if any(one.received_at > p.as_of for one in arrivals.list_forms()) else None,
    )
    untaken = arrivals.find_untaken(p.as_of)
    known = {row.code: row for row in before.rows} if before and before.basis == basis else {}
    touched = {*untaken, *(before.untaken if before else ())}
    if before and is_unchanged and before.basis == basis and not touched:
        return replace(before, as_of=p.as_of)
    words = _list_words(p.plan)
    rows = []
    for agency in p.plan.expected:
        code = agency.code
        row = known.get(code)
        if row is None or code in touched or before is None or not _is_same(code, before.arrivals, arrivals):
            row = _judge_one(p, arrivals, agency, untaken.get(code, ()), words[code])
        rows.append(row)
    return Standings(tuple(rows), arrivals, p.as_of, basis, frozenset(untaken))


def _name_minute(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)


def _is_same(code: str, before: Arrivals, now: Arrivals) -> bool:
    return (
        before.forms.get(code) == now.forms.get(code)
        and before.attachments.get(code) == now.attachments.get(code)
        and before.issued.get(code) == now.issued.get(code)
    )


def _judge_one(
    p: Pass, arrivals: Arrivals, agency: Agency, untaken: Collection[Sighting], words: str
) -> AgencyStanding:
    code, today = agency.code, p.local.date()
    forms = [one for one in arrivals.forms.get(code, ()) if one.received_at <= p.as_of]
    own = p.plan.cycle_of(p.cycle.id, code, today)
    owes = p.plan.owes_return(p.cycle.id, code, today)
    timeliness = judge_timeliness(
        code, forms, own, p.calendar, p.as_of, is_zero=_is_zero, is_exempt=not owes, is_untaken=bool(untaken)
    )
    state = _name_state(timeliness)
    if state is State.EXEMPT:
        since = _find_exempted(p, code)
    elif state is State.MISSING:
        since = p.calendar.deadline(own)
    else:
        opened = p.calendar.at(p.cycle.opens)
        issued = arrivals.issued.get(code) or (opened if p.as_of >= opened else None)
        since = _find_since(state, forms) or min((one.first_seen_at for one in untaken), default=issued)
    blamed = _find_blamed(forms) if state in (State.RETURNED, State.RECEIVED) else None
    accepted = [one for one in forms if one.is_accepted]
    return AgencyStanding(
        agency,
        state,
        timeliness,
        since,
        own.due_on,
        forms[-1] if forms else None,
        blamed.causes if blamed else (),
        blamed.error_count if blamed else 0,
        accepted[-1].late_reason if accepted else "",
        _list_missing(p, arrivals, code) if owes and state is not State.EXEMPT else (),
        words,
    )


def _is_zero(version: Arrival) -> bool:
    return version.is_zero


def _list_missing(p: Pass, arrivals: Arrivals, code: str) -> tuple[str, ...]:
    """Required attachments that are not accepted."""
    there = {one.component for one in arrivals.attachments.get(code, ()) if one.is_accepted}
    kinds = p.plan.edition.attachments if p.plan.edition else ()
    return tuple(one.id for one in kinds if one.is_required and one.id not in there)


def _name_state(timeliness: Timeliness) -> State:
    if timeliness.standing is Standing.CONFIRMED_ZERO:
        return State.LATE_EMPTY if timeliness.is_late else State.ON_TIME_EMPTY
    if timeliness.standing is Standing.ACCEPTED:
        return State.LATE if timeliness.is_late else State.ON_TIME
    return _PLAIN[timeliness.standing]


def _find_since(state: State, forms: list[Arrival]) -> dt.datetime | None:
    """When the first version was accepted, the newest one went back, or the first of those that wait came in."""
    if state in ACCEPTED:
        return next(one.judged_at or one.received_at for one in forms if one.is_accepted)
    if state is State.RETURNED:
        return forms[-1].judged_at or forms[-1].received_at
    if state is State.RECEIVED:
        return min((one.received_at for one in forms if one.verdict is None), default=None)
    return None


def _find_blamed(forms: list[Arrival]) -> Arrival | None:
    return next((one for one in reversed(forms) if one.is_sent_back), None)


def _find_exempted(p: Pass, code: str) -> dt.datetime | None:
    """The day of the decision; None for who is not bound for another reason, such as its founding."""
    dated = [one.dated for one in p.plan.adjustments.exemptions if (one.cycle, one.agency) == (p.cycle.id, code)]
    return p.calendar.moment(min(dated), dt.time.min) if dated else None


# --- the register, once for a plan -----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2)
def _list_words(plan: Plan) -> Mapping[str, str]:
    """agency -> what a search looks through: code, names of today and before, who answers for it."""
    found: dict[str, list[str]] = {one.code: [one.code, one.name, *one.aliases] for one in plan.expected}
    for former in plan.former_names:
        found.get(former.agency, []).append(former.name)
    for contact in plan.contacts:
        if contact.role is ContactRole.OFFICER:
            found.get(contact.agency, []).append(f"{contact.person} {contact.phone} {contact.email}")
    # As `fold`, which would keep each of these long texts a second time.
    return {code: strip_marks(" ".join(texts)).casefold() for code, texts in found.items()}
