"""The transactional outbox: a message is recorded with the decision that causes it and sent afterwards.

`key` makes a message unique: the same decision taken twice records one message.  `message_id` is derived
from the key, so even a copy sent twice by an ill-timed crash is recognised as one by every mail server.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, update

from kybaocao.plan.model import Addressee
from kybaocao.store.arrivals import insert_ignoring
from kybaocao.store.steps import StepId
from kybaocao.store.tables import outbox

PENDING, SENDING, SENT = "pending", "sending", "sent"
REFUSED = "refused"  # by the mail server, for good
RETURNED = "returned"  # came back: every address it went to is dead
WITHDRAWN = "withdrawn"  # never left, and need not any more


@dataclass(frozen=True)
class Attachment:
    name: str
    path: str
    sha256: str


class Told(NamedTuple):
    """One step of the chase that a message tells, and to whom."""

    agency: str
    rung: str
    repetition: int
    to: str

    @property
    def step(self) -> StepId:
        return StepId(self.agency, self.rung, self.repetition)


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
    steps: tuple[Told, ...] = ()  # letters of the chase only

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
        steps=json.dumps(message.steps),
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
        steps=tuple(Told(*item) for item in json.loads(row.steps)),
    )
    return Queued(row.id, row.state, row.attempts, row.created_at, row.sent_at, row.last_error, message)


def list_messages(connection: Connection, cycle: str, states: Sequence[str] = ()) -> list[Queued]:
    query = select(outbox).where(outbox.c.cycle == cycle).order_by(outbox.c.id)
    if states:
        query = query.where(outbox.c.state.in_(states))
    return [_queued(row) for row in connection.execute(query)]


def list_chase(connection: Connection, cycle: str) -> list[Queued]:
    """Every letter of the chase, oldest first."""
    query = select(outbox).where(outbox.c.cycle == cycle, outbox.c.steps != "[]").order_by(outbox.c.id)
    return [_queued(row) for row in connection.execute(query)]


def list_addresses(connection: Connection) -> set[str]:
    """Everybody who was ever written to, in small letters."""
    rows = connection.execute(select(outbox.c.recipients, outbox.c.copies).distinct())
    return {address.lower() for row in rows for people in row for address in json.loads(people)}


def count_chases(letters: Iterable[Queued]) -> Counter[str]:
    """agency -> how often it was written to: several letters of one moment count once, lists to leaders not at all."""
    written = {
        (told.agency, one.created_at)
        for one in letters
        if one.state in (SENDING, SENT)
        for told in one.message.steps
        if not Addressee(told.to).is_collective
    }
    return Counter(agency for agency, _ in written)


def mark_sending(connection: Connection, messages: Sequence[int]) -> None:
    """From here on a message may have left, whatever becomes of this process."""
    connection.execute(
        update(outbox).where(outbox.c.id.in_(messages)).values(state=SENDING, attempts=outbox.c.attempts + 1)
    )


def mark_sent(connection: Connection, message: int, at: dt.datetime, error: str = "") -> None:
    """`error` says whom of several recipients the server refused."""
    connection.execute(update(outbox).where(outbox.c.id == message).values(state=SENT, sent_at=at, last_error=error))


def mark_over(connection: Connection, message: int, state: str, reason: str) -> None:
    """Out of the queue for good: refused, returned or withdrawn."""
    connection.execute(update(outbox).where(outbox.c.id == message).values(state=state, last_error=reason[:500]))


def withdraw_steps_of(connection: Connection, message: int, kept: Sequence[Told]) -> None:
    """A letter that has left carries only these steps from now on: the others were taken by mistake."""
    connection.execute(update(outbox).where(outbox.c.id == message).values(steps=json.dumps(kept)))


def release(connection: Connection, messages: Sequence[int], error: str) -> None:
    """Back to waiting: it is certain that these did not leave."""
    connection.execute(update(outbox).where(outbox.c.id.in_(messages)).values(state=PENDING, last_error=error[:500]))
