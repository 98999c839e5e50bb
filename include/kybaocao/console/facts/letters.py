"""Letters of a cycle as a list: filtered, searched and counted.

What never changes of a letter (whom it goes to, its subject) is read once for each letter and kept in memory as one
searchable line; its state is asked anew every time.
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
import json
import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from kybaocao.console.facts.memory import Memory
from kybaocao.console.listing import Listing, cut_page, fold
from kybaocao.console.scope import Scope
from kybaocao.plan.agencies import Agency
from kybaocao.store import deliveries as address_states
from kybaocao.store.audit_chain import FIRST, Head, has_row, read_head
from kybaocao.store.bounces import list_bounces
from kybaocao.store.outbox import DEAD, LetterState
from kybaocao.store.tables import deliveries, outbox
from kybaocao.vietnamese import strip_marks

UNDELIVERED = "undelivered"  # somebody has not got it, and only a person can do something about it
WAITING = "waiting"
_WAITING = (LetterState.PENDING, LetterState.SENDING)


@dataclass(frozen=True)
class LetterFilter:
    """What was asked for; "" for everything. `state`: a LetterState, UNDELIVERED or WAITING."""

    state: str = ""
    kind: str = ""
    agency: str = ""
    text: str = ""


@dataclass(frozen=True)
class LetterRow:
    """One letter of the list."""

    number: int
    created_at: dt.datetime
    kind: str
    agency: str
    recipients: tuple[str, ...]
    subject: str
    state: LetterState
    attempts: int
    error: str
    sent_at: dt.datetime | None
    next_attempt_at: dt.datetime | None
    dead_addresses: tuple[str, ...]


@dataclass(frozen=True)
class DeadAddress:
    """An address that nobody writes to until somebody says that it works again."""

    address: str
    reason: str
    recorded_at: dt.datetime
    reported_by: str
    agencies: tuple[str, ...]


@dataclass(frozen=True)
class LetterList:
    """One page of the letters that were asked for, newest first, and how many there are of each state and kind."""

    listing: Listing[LetterRow]
    by_state: dict[str, int]  # of the letters of this kind, agency and text
    by_kind: dict[str, int]  # of the letters of this state, agency and text


_Groups = tuple[str, ...]  # what a letter counts among: its state, and WAITING or UNDELIVERED
_SENT: _Groups = (LetterState.SENT,)


@dataclass(frozen=True)
class _Lines:
    """What never changes of the letters of one cycle, the oldest first, in little memory: there are tens of thousands.

    `text`: a searchable line of each, one after the other; `ends`: where each of them ends.
    """

    numbers: Sequence[int] = field(default_factory=lambda: array("Q"))
    kinds: Sequence[str] = ()
    agencies: Sequence[str] = ()
    text: bytes = b""
    ends: Sequence[int] = field(default_factory=lambda: array("Q"))
    message_id: str = ""  # of the newest
    head: Head = field(default_factory=lambda: Head(0, FIRST))  # of the trail, when it was read

    def find(self, words: Sequence[str]) -> Sequence[int]:
        """Places of the letters whose lines hold every word."""
        if not words:
            return range(len(self.numbers))
        wanted = sorted((word.encode() for word in words), key=len, reverse=True)
        found, at = [], self.text.find(wanted[0])
        while at >= 0:
            place = bisect.bisect_right(self.ends, at)
            start, end = self.ends[place - 1] if place else 0, self.ends[place]
            if all(self.text.find(word, start, end) >= 0 for word in wanted[1:]):
                found.append(place)
            at = self.text.find(wanted[0], end)
        return found


_lines: Memory[_Lines] = Memory(most=16, is_large=True)


def list_letters(scope: Scope, asked: LetterFilter, number: int) -> LetterList:
    """Page `number` of what was asked for."""
    with scope.p.store.read() as connection:
        matched, by_state, by_kind = _match(connection, scope, asked)
        page = cut_page(matched, number)
        rows = _read_rows(connection, page.rows)
    return LetterList(Listing(rows, page.number, page.total), by_state, by_kind)


def list_numbers(scope: Scope, asked: LetterFilter) -> list[int]:
    """The numbers of everything that was asked for, newest first."""
    with scope.p.store.read() as connection:
        return _match(connection, scope, asked)[0]


def read_all(scope: Scope, asked: LetterFilter) -> list[LetterRow]:
    """All that was asked for, for a file."""
    with scope.p.store.read() as connection:
        numbers = _match(connection, scope, asked)[0]
        return [row for at in range(0, len(numbers), 500) for row in _read_rows(connection, numbers[at : at + 500])]


def list_dead_addresses(scope: Scope) -> list[DeadAddress]:
    """Addresses whose mail came back, with the agencies that have them."""
    with scope.p.store.read() as connection:
        found = list_bounces(connection)
    holders: dict[str, dict[str, None]] = {}
    for contact in scope.p.plan.contacts if found else ():
        holders.setdefault(contact.email.lower(), {})[contact.agency] = None
    listed = [
        DeadAddress(one.address, one.reason, one.recorded_at, one.reported_by, tuple(holders.get(one.address, ())))
        for one in found.values()
    ]
    return [one for one in listed if scope.watched is None or any(scope.sees(code) for code in one.agencies)]


def _match(
    connection: Connection, scope: Scope, asked: LetterFilter
) -> tuple[list[int], dict[str, int], dict[str, int]]:
    """Numbers of what was asked for, newest first; counts by state and by kind, see LetterList."""
    lines = _recall(connection, scope)
    places = lines.find(fold(asked.text).split())
    if asked.agency or scope.watched is not None:
        mine = {asked.agency} if asked.agency else set(lines.agencies)
        mine = {agency for agency in mine if scope.sees(agency)}
        places = [place for place in places if lines.agencies[place] in mine]
    special = _read_special(connection, scope.p.cycle.id)
    groups = [special.get(lines.numbers[place], _SENT) for place in places]
    kinds = [lines.kinds[place] for place in places]
    by_state: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    for (kind, standing), count in Counter(zip(kinds, groups, strict=True)).items():
        if not asked.kind or kind == asked.kind:
            by_state.update(dict.fromkeys(standing, count))
        if not asked.state or asked.state in standing:
            by_kind[kind] += count
    matched = [
        lines.numbers[place]
        for place, kind, standing in zip(places, kinds, groups, strict=True)
        if (not asked.state or asked.state in standing) and (not asked.kind or kind == asked.kind)
    ]
    return matched[::-1], dict(by_state), dict(by_kind)


def _read_special(connection: Connection, cycle: str) -> dict[int, _Groups]:
    """What all letters count among but those that were sent and reached everybody: these are nearly all."""
    states = [one for one in LetterState if one is not LetterState.SENT]
    query = select(outbox.c.id, outbox.c.state).where(outbox.c.cycle == cycle, outbox.c.state.in_(states))
    by_state = {one.value: _groups_of(one, is_dead=one in DEAD) for one in LetterState}
    found = {number: by_state[state] for number, state in connection.execute(query)}
    partly = select(outbox.c.id, outbox.c.state).where(
        outbox.c.message_id.in_(_select_dead()),
        outbox.c.cycle == cycle,
        outbox.c.state != LetterState.WITHDRAWN,  # that one is settled
    )
    return found | {
        number: _groups_of(LetterState(state), is_dead=True) for number, state in connection.execute(partly)
    }


def _groups_of(state: LetterState, *, is_dead: bool) -> _Groups:
    groups: _Groups = (state.value, WAITING) if state in _WAITING else (state.value,)
    return (*groups, UNDELIVERED) if is_dead else groups


def _select_dead() -> Select[Any]:
    """Message-IDs that are dead at one of their addresses."""
    return select(deliveries.c.message_id).where(deliveries.c.state.in_(address_states.DEAD))


def _read_rows(connection: Connection, numbers: Sequence[int]) -> list[LetterRow]:
    columns = (
        *(outbox.c.id, outbox.c.created_at, outbox.c.kind, outbox.c.agency, outbox.c.recipients, outbox.c.copies),
        *(outbox.c.subject, outbox.c.state, outbox.c.attempts, outbox.c.last_error, outbox.c.sent_at),
        *(outbox.c.next_attempt_at, outbox.c.message_id),
    )
    found = connection.execute(select(*columns).where(outbox.c.id.in_(numbers)).order_by(outbox.c.id.desc())).all()
    dead: dict[str, list[str]] = {}
    query = select(deliveries.c.message_id, deliveries.c.address).where(
        deliveries.c.message_id.in_([row.message_id for row in found]), deliveries.c.state.in_(address_states.DEAD)
    )
    for message_id, address in connection.execute(query):
        dead.setdefault(message_id, []).append(address)
    return [
        LetterRow(
            row.id,
            row.created_at,
            row.kind,
            row.agency,
            (*json.loads(row.recipients), *json.loads(row.copies)),
            row.subject,
            LetterState(row.state),
            row.attempts,
            row.last_error,
            row.sent_at,
            row.next_attempt_at,
            tuple(sorted(dead.get(row.message_id, ()))) if row.state != LetterState.WITHDRAWN else (),
        )
        for row in found
    ]


def _recall(connection: Connection, scope: Scope) -> _Lines:
    """Of every letter its searchable line; only new ones are read."""
    return _lines.renew((scope.p.store.url, scope.p.cycle.id), lambda known: _read_new(connection, scope, known))


def _read_new(connection: Connection, scope: Scope, known: _Lines | None) -> _Lines:
    cycle = scope.p.cycle.id
    if known is None or not _is_same_store(connection, known):
        known = _Lines()
    last = known.numbers[-1] if known.numbers else 0
    columns = (outbox.c.id, outbox.c.kind, outbox.c.agency, outbox.c.recipients, outbox.c.copies, outbox.c.subject)
    query = select(*columns, outbox.c.message_id).where(outbox.c.cycle == cycle, outbox.c.id > last)
    numbers, kinds, agencies, lines = array("Q"), list[str](), list[str](), list[bytes]()
    message_id = known.message_id
    for row in connection.execute(query.order_by(outbox.c.id), execution_options={"yield_per": 500}):
        numbers.append(row.id)
        kinds.append(sys.intern(row.kind))
        agencies.append(sys.intern(row.agency))
        lines.append(_spell(row, scope.p.plan.agencies.get(row.agency)).encode() + b"\n")
        message_id = row.message_id
    if not numbers:
        return known
    ends = array("Q", itertools.accumulate(map(len, lines), initial=len(known.text)))[1:]
    return _Lines(
        array("Q", [*known.numbers, *numbers]),
        [*known.kinds, *kinds],
        [*known.agencies, *agencies],
        known.text + b"".join(lines),
        array("Q", [*known.ends, *ends]),
        message_id,
        read_head(connection),
    )


def _is_same_store(connection: Connection, known: _Lines) -> bool:
    """False once the store was restored from a backup: other letters may have these numbers then."""
    if not known.numbers:
        return True
    name = select(outbox.c.message_id).where(outbox.c.id == known.numbers[-1])
    return has_row(connection, known.head) and connection.scalar(name) == known.message_id


def _spell(row: Any, agency: Agency | None) -> str:
    name = agency.name if agency else ""
    addresses = (*json.loads(row.recipients), *json.loads(row.copies))
    line = " ".join((str(row.id), row.agency, name, row.subject, *addresses))
    return strip_marks(line).casefold()  # as `fold`, which would keep each line a second time
