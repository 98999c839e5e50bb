"""The transactional outbox: a message is recorded with the decision that causes it and sent afterwards.

`key` makes a message unique: the same decision taken twice records one message.  `message_id` is derived
from the key, so even a copy sent twice by an ill-timed crash is recognised as one by every mail server.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from kybaocao.store.arrivals import insert_ignoring
from kybaocao.store.tables import outbox

PENDING, SENDING, SENT, REFUSED = "pending", "sending", "sent", "refused"


@dataclass(frozen=True)
class Attachment:
    name: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Message:
    """One mail, complete: nothing is looked up when it is sent."""

    key: str
    cycle: str
    kind: str
    recipients: tuple[str, ...]
    subject: str
    html: str
    text: str
    agency: str = ""
    copies: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = field(default=())

    @property
    def message_id(self) -> str:
        return f"<{hashlib.sha256(self.key.encode()).hexdigest()[:32]}@kybaocao>"


@dataclass(frozen=True)
class Queued:
    """A message in the outbox."""

    id: int
    state: str
    attempts: int
    created_at: dt.datetime
    sent_at: dt.datetime | None
    last_error: str
    message: Message


def add_message(connection: Connection, message: Message, *, at: dt.datetime) -> bool:
    """Queue a message; False when it is already there."""
    return insert_ignoring(
        connection,
        outbox,
        key=message.key,
        message_id=message.message_id,
        cycle=message.cycle,
        kind=message.kind,
        agency=message.agency,
        recipients=json.dumps(message.recipients, ensure_ascii=False),
        copies=json.dumps(message.copies, ensure_ascii=False),
        subject=message.subject,
        html=message.html,
        text=message.text,
        attachments=json.dumps([vars(a) for a in message.attachments], ensure_ascii=False),
        created_at=at,
        state=PENDING,
        attempts=0,
        last_error="",
    )


def _queued(row: Row[Any]) -> Queued:
    message = Message(
        key=row.key,
        cycle=row.cycle,
        kind=row.kind,
        agency=row.agency,
        recipients=tuple(json.loads(row.recipients)),
        copies=tuple(json.loads(row.copies)),
        subject=row.subject,
        html=row.html,
        text=row.text,
        attachments=tuple(Attachment(**item) for item in json.loads(row.attachments)),
    )
    return Queued(row.id, row.state, row.attempts, row.created_at, row.sent_at, row.last_error, message)


def list_messages(connection: Connection, cycle: str, states: Sequence[str] = ()) -> list[Queued]:
    query = select(outbox).where(outbox.c.cycle == cycle).order_by(outbox.c.id)
    if states:
        query = query.where(outbox.c.state.in_(states))
    return [_queued(row) for row in connection.execute(query)]


def count_messages(connection: Connection, cycle: str, agency: str, kinds: Sequence[str]) -> int:
    return (
        connection.scalar(
            select(func.count())
            .select_from(outbox)
            .where(outbox.c.cycle == cycle, outbox.c.agency == agency, outbox.c.kind.in_(kinds))
        )
        or 0
    )


def mark_sending(connection: Connection, messages: Sequence[int]) -> None:
    """From here on a message may have left, whatever becomes of this process."""
    connection.execute(
        update(outbox).where(outbox.c.id.in_(messages)).values(state=SENDING, attempts=outbox.c.attempts + 1)
    )


def mark_sent(connection: Connection, message: int, at: dt.datetime) -> None:
    connection.execute(update(outbox).where(outbox.c.id == message).values(state=SENT, sent_at=at, last_error=""))


def mark_refused(connection: Connection, message: int, error: str) -> None:
    """Out of the queue: the server will never take it."""
    connection.execute(update(outbox).where(outbox.c.id == message).values(state=REFUSED, last_error=error[:500]))


def release(connection: Connection, messages: Sequence[int], error: str) -> None:
    """Back to waiting: the server could not be reached."""
    connection.execute(update(outbox).where(outbox.c.id.in_(messages)).values(state=PENDING, last_error=error[:500]))
