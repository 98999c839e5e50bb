"""Whether mail leaves: what waits in each cycle, when the last one was taken, whether the server answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from kybaocao.console.facts.arrivals import read_stamp
from kybaocao.console.facts.memory import Memory
from kybaocao.mail.schedule import find_pause
from kybaocao.stages.support.delivery_problems import SERVER_AWAY
from kybaocao.store.database import Store
from kybaocao.store.deliveries import AddressState
from kybaocao.store.outbox import DEAD, LetterState
from kybaocao.store.tables import deliveries, outbox

WAITING = (LetterState.PENDING, LetterState.SENDING)


@dataclass(frozen=True)
class MailHealth:
    """Of all cycles together; `waiting` and `dead` of each cycle that has any."""

    waiting: Mapping[str, int] = field(default_factory=dict)
    dead: Mapping[str, int] = field(default_factory=dict)
    oldest_waiting: dt.datetime | None = None
    last_sent: dt.datetime | None = None
    last_error: str = ""  # of what waits, else of what was given up last
    failed_at: dt.datetime | None = None  # the last attempt, when the server took nothing and has taken nothing since

    @property
    def is_failing(self) -> bool:
        return self.failed_at is not None


_memory: Memory[MailHealth] = Memory()


def read_mail_health(store: Store, cycles: Collection[str]) -> MailHealth:
    """Of a store with tables. Letters are counted in an index and only a few are read: they are long."""
    with store.read() as connection:
        wanted = tuple(sorted(cycles))
        return _memory.recall((store.url, wanted), lambda: _read(connection, wanted), read_stamp(connection))


def _read(connection: Connection, cycles: Collection[str]) -> MailHealth:
    query = select(outbox.c.cycle, outbox.c.state, func.count(), func.min(outbox.c.id), func.max(outbox.c.id)).where(
        outbox.c.cycle.in_(cycles)
    )
    ranges = connection.execute(query.group_by(outbox.c.cycle, outbox.c.state)).all()
    chosen = {number for row in ranges for number in (row[3], row[4])}
    letters = list(
        connection.execute(
            select(
                outbox.c.id,
                outbox.c.state,
                outbox.c.created_at,
                outbox.c.sent_at,
                outbox.c.attempts,
                outbox.c.next_attempt_at,
                outbox.c.last_error,
            )
            .where(outbox.c.id.in_(chosen))
            .order_by(outbox.c.id)
        )
    )
    taken = connection.scalar(select(func.max(deliveries.c.at)).where(deliveries.c.state == AddressState.TAKEN))
    sent = [one.sent_at for one in letters if one.sent_at] + ([taken] if taken else [])
    waiting = [one for one in letters if one.state in WAITING]
    last_sent = max(sent, default=None)
    wrong = [one for one in waiting if one.last_error] or [one for one in letters if one.state in DEAD]
    return MailHealth(
        _count(ranges, WAITING),
        _count(ranges, DEAD),
        min((one.created_at for one in waiting), default=None),
        last_sent,
        wrong[-1].last_error if wrong else "",
        _find_failure(waiting, last_sent),
    )


def _count(ranges: Collection[Any], states: Collection[LetterState]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in ranges:
        if row.state in states:
            found[row.cycle] = found.get(row.cycle, 0) + row[2]
    return found


def _find_failure(waiting: Collection[Any], last_sent: dt.datetime | None) -> dt.datetime | None:
    """As `delivery_problems.describe_silent_server`: it was away, and nothing has been taken since."""
    tried = [
        one.next_attempt_at - find_pause(one.attempts)
        for one in waiting
        if one.next_attempt_at and one.last_error.startswith(SERVER_AWAY)
    ]
    at = max(tried, default=None)
    return None if at is None or (last_sent is not None and last_sent >= at) else at
