"""Letters of a cycle as a list: filtered, searched and counted.

What never changes of a letter (whom it goes to, its subject) is read once for each letter and kept in memory as one
searchable line; its state is asked anew every time.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, func, select

from kybaocao.console.listing import Listing, cut_page, fold
from kybaocao.console.scope import Scope
from kybaocao.plan.agencies import Agency
from kybaocao.store import deliveries as address_states
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


@dataclass(frozen=True)
class _Known:
    kind: str
    agency: str
    message_id: str
    line: str


@dataclass
class _Memory:
    """The lines of one cycle in one store, by number."""

    lines: dict[int, _Known] = field(default_factory=dict)
    last: tuple[int, str] = (0, "")  # number and Message-ID of the newest
    lock: threading.Lock = field(default_factory=threading.Lock)


_MEMORIES: dict[tuple[str, str], _Memory] = {}


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
        found = list_bounces(connection, scope.p.as_of)
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
    words = fold(asked.text).split()
    known = _recall(connection, scope)
    found = {
        number: one
        for number, one in known.items()
        if (scope.watched is None or one.agency in scope.watched)
        and (not asked.agency or one.agency == asked.agency)
        and all(word in one.line for word in words)
    }
    unsent = _read_unsent(connection, scope.p.cycle.id)
    partly = set(connection.scalars(_select_dead()))
    by_state: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    matched = []
    for number, one in reversed(found.items()):
        state, kind = unsent.get(number, LetterState.SENT), one.kind
        is_partly_dead = one.message_id in partly and state != LetterState.WITHDRAWN  # that one is settled
        mine = _groups_of(state, is_dead=is_partly_dead or state in DEAD)
        is_state, is_kind = not asked.state or asked.state in mine, not asked.kind or kind == asked.kind
        if is_kind:
            by_state.update(mine)
        if is_state:
            by_kind[kind] += 1
        if is_state and is_kind:
            matched.append(number)
    return matched, dict(by_state), dict(by_kind)


def _read_unsent(connection: Connection, cycle: str) -> dict[int, str]:
    """The states of all letters but those that were sent: these are nearly all, and every other one is that."""
    states = [one for one in LetterState if one is not LetterState.SENT]
    query = select(outbox.c.id, outbox.c.state).where(outbox.c.cycle == cycle, outbox.c.state.in_(states))
    return {number: state for number, state in connection.execute(query)}


def _groups_of(state: str, *, is_dead: bool) -> tuple[str, ...]:
    groups = (state, WAITING) if state in _WAITING else (state,)
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


def _recall(connection: Connection, scope: Scope) -> dict[int, _Known]:
    """Of every letter its searchable line; only new ones are read."""
    cycle = scope.p.cycle.id
    memory = _MEMORIES.setdefault((scope.p.store.url, cycle), _Memory())
    with memory.lock:
        if not _is_same_store(connection, cycle, memory):
            memory.lines, memory.last = {}, (0, "")
        columns = (outbox.c.id, outbox.c.kind, outbox.c.agency, outbox.c.recipients, outbox.c.copies, outbox.c.subject)
        query = select(*columns, outbox.c.message_id).where(outbox.c.cycle == cycle, outbox.c.id > memory.last[0])
        for row in connection.execute(query.order_by(outbox.c.id)):
            agency = scope.p.plan.agencies.get(row.agency)
            memory.lines[row.id] = _Known(row.kind, row.agency, row.message_id, _spell(row, agency))
            memory.last = (row.id, row.message_id)
        return dict(memory.lines)  # another thread may add to it


def _is_same_store(connection: Connection, cycle: str, memory: _Memory) -> bool:
    """False once the store was restored from a backup: other letters may have these numbers then."""
    number, message_id = memory.last
    count = select(func.count()).where(outbox.c.cycle == cycle, outbox.c.id <= number)
    name = select(outbox.c.message_id).where(outbox.c.id == number)
    return connection.scalar(count) == len(memory.lines) and (not number or connection.scalar(name) == message_id)


def _spell(row: Any, agency: Agency | None) -> str:
    name = agency.name if agency else ""
    addresses = (*json.loads(row.recipients), *json.loads(row.copies))
    line = " ".join((str(row.id), row.agency, name, row.subject, *addresses))
    return strip_marks(line).casefold()  # as `fold`, which would keep each line a second time
