"""The transactional outbox: a message is recorded with the decision that causes it and sent afterwards.

`key` makes a message unique: the same decision taken twice records one message.  `message_id` is recorded with it,
so even a copy sent twice by an ill-timed crash is recognised as one by every mail server.  It comes from the key, what
the letter says and to whom: recorded anew in a store that was restored from an older backup, the same letter has the
same Message-ID, and another letter under its key has another one.  All of that can be guessed by whoever knows the code
("nq02-2026-ky2/mo_ky/STP"), so a secret of the installation goes into it: only those who got a message can name it in a
delivery notice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, case, func, or_, select, update

from kybaocao.plan.reminder_steps import Addressee
from kybaocao.store.deliveries import AddressState
from kybaocao.store.steps import StepId
from kybaocao.store.submissions import insert_ignoring
from kybaocao.store.tables import deliveries, installation, outbox


class LetterState(StrEnum):
    """Where a letter stands: what a pass does with it. What each address said is an `AddressState`."""

    PENDING = "pending"  # has certainly not left
    SENDING = "sending"  # may have left
    SENT = "sent"
    REFUSED = "refused"  # by the mail server, for good
    EXPIRED = "expired"  # given up: tried for five days
    RETURNED = "returned"  # came back from every address that had taken it
    WITHDRAWN = "withdrawn"  # nobody has it, and nobody need have it any more


DEAD = (
    LetterState.REFUSED,
    LetterState.EXPIRED,
    LetterState.RETURNED,
)  # nobody has it, and only a person can do something about it
KEY_LENGTH = 200
DOMAIN = "kybaocao"  # of a Message-ID where no sender is known
# From a moment on which mail is due to the retry of the task that sends it; after that a pass of its own is started.
RETRIES_LAST = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class MailAttachment:
    name: str
    path: str
    sha256: str
    is_inline: bool = False  # shown inside the letter, which names it

    @property
    def content_id(self) -> str:
        """What the letter calls it, without angle brackets."""
        return f"{self.name}@kybaocao"


class ReportedStep(NamedTuple):
    """One reminder step that a message reports, and to whom."""

    agency: str
    reminder_step: str
    repetition: int
    to: str

    @property
    def step(self) -> StepId:
        return StepId(self.agency, self.reminder_step, self.repetition)


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
    attachments: tuple[MailAttachment, ...] = field(default=())
    steps: tuple[ReportedStep, ...] = ()  # reminder letters only
    recorded_id: str = field(default="", compare=False)  # of a message in the outbox: the Message-ID it is sent under
    useful_until: dt.datetime | None = None  # not sent after this moment; None: for as long as it is tried
    in_place_of: str = ""  # key of the message it is sent instead of
    only_to: tuple[str, ...] = ()  # in one attempt: those who have not taken it yet; never stored
    follows: tuple[str, ...] = field(default=(), compare=False)  # in one attempt: see `list_earlier`; never stored
    domain: str = field(default=DOMAIN, compare=False)  # of the Message-ID that it will be recorded under

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.recipients + self.copies

    @property
    def envelope(self) -> tuple[str, ...]:
        """Whom an attempt goes to; the header names everybody all the same."""
        return self.only_to or self.addresses

    @property
    def message_id(self) -> str:
        """The Message-ID in the outbox; of a message that is in none, one that comes from its key."""
        return self.recorded_id or _name_id(self.key, self.domain)


def _name_id(seed: str, domain: str) -> str:
    return f"<{hashlib.sha256(seed.encode()).hexdigest()[:32]}@{domain}>"


def _draw_id(connection: Connection, message: Message) -> str:
    """The Message-ID of a letter of this installation."""
    query = select(installation.c.value).where(installation.c.name == "message_ids")
    said = (message.key, message.recipients, message.copies, message.subject, message.text)
    return _name_id(json.dumps([connection.scalars(query).one(), *said]), message.domain)


@dataclass(frozen=True)
class Queued:
    """A message in the outbox."""

    id: int
    state: LetterState
    attempts: int
    created_at: dt.datetime
    sent_at: dt.datetime | None
    last_error: str
    message: Message
    next_attempt_at: dt.datetime | None = None  # None: at once

    def has_lapsed(self, at: dt.datetime) -> bool:
        """Whether its last sensible moment is over."""
        return self.message.useful_until is not None and self.message.useful_until <= at


def name_stand_in(key: str, address: str) -> str:
    """The key of the message that is sent to one address in place of another message."""
    name = f"{key}/{address}"
    return name if len(name) <= KEY_LENGTH else f"{key[:150]}/{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def add_message(
    connection: Connection, message: Message, *, at: dt.datetime, next_attempt_at: dt.datetime | None = None
) -> bool:
    """Queue a message; False when it is already there."""
    return insert_ignoring(
        connection,
        outbox,
        key=message.key,
        message_id=_draw_id(connection, message),
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
        state=LetterState.PENDING,
        attempts=0,
        last_error="",
        next_attempt_at=next_attempt_at,
        useful_until=message.useful_until,
        in_place_of=message.in_place_of,
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
        attachments=tuple(MailAttachment(**item) for item in json.loads(row.attachments)),
        steps=tuple(ReportedStep(*item) for item in json.loads(row.steps)),
        recorded_id=row.message_id,
        domain=row.message_id.rpartition("@")[2].rstrip(">"),
        useful_until=row.useful_until,
        in_place_of=row.in_place_of,
    )
    return Queued(
        row.id,
        LetterState(row.state),
        row.attempts,
        row.created_at,
        row.sent_at,
        row.last_error,
        message,
        row.next_attempt_at,
    )


def list_messages(connection: Connection, cycle: str, states: Sequence[LetterState] = ()) -> list[Queued]:
    query = select(outbox).where(outbox.c.cycle == cycle).order_by(outbox.c.id)
    if states:
        query = query.where(outbox.c.state.in_(states))
    return [_queued(row) for row in connection.execute(query)]


def list_with_deliveries(connection: Connection, cycle: str, states: Sequence[AddressState]) -> list[Queued]:
    """The messages that are in one of these states at one of their addresses."""
    ids = select(deliveries.c.message_id).where(deliveries.c.state.in_(states))
    query = select(outbox).where(outbox.c.cycle == cycle, outbox.c.message_id.in_(ids)).order_by(outbox.c.id)
    return [_queued(row) for row in connection.execute(query)]


def list_due_attempts(connection: Connection, cycle: str, at: dt.datetime) -> set[tuple[int, dt.datetime]]:
    """(number, moment) of the waiting messages whose next attempt nobody else is going to start.

    Those that a server has put off, and those that somebody asked for, are due at once.  While the server takes
    nothing at all, the retry of the task that sends comes first: two minutes later it is over.
    """
    ids = select(deliveries.c.message_id).where(deliveries.c.state == AddressState.POSTPONED)
    query = select(outbox.c.id, outbox.c.next_attempt_at).where(
        outbox.c.cycle == cycle,
        outbox.c.state.in_((LetterState.PENDING, LetterState.SENDING)),
        or_(
            (outbox.c.next_attempt_at <= at) & or_(outbox.c.attempts == 0, outbox.c.message_id.in_(ids)),
            outbox.c.next_attempt_at <= at - RETRIES_LAST,
        ),
    )
    return {(row.id, row.next_attempt_at) for row in connection.execute(query)}


def list_reminders(connection: Connection, cycle: str) -> list[Queued]:
    """Every reminder letter, oldest first."""
    query = select(outbox).where(outbox.c.cycle == cycle, outbox.c.steps != "[]").order_by(outbox.c.id)
    return [_queued(row) for row in connection.execute(query)]


def list_stand_ins(connection: Connection, cycle: str) -> list[Queued]:
    """Messages without steps of their own that are sent in place of another one and did not leave, oldest first."""
    states = (LetterState.PENDING, LetterState.SENDING, *DEAD)
    query = select(outbox).where(
        outbox.c.cycle == cycle, outbox.c.in_place_of != "", outbox.c.steps == "[]", outbox.c.state.in_(states)
    )
    return [_queued(row) for row in connection.execute(query.order_by(outbox.c.id))]


def find_message(connection: Connection, message_id: str) -> Queued | None:
    """The message with this Message-ID, as it stands in the header: with its angle brackets."""
    row = connection.execute(select(outbox).where(outbox.c.message_id == message_id)).one_or_none()
    return None if row is None else _queued(row)


def find_number(connection: Connection, number: int) -> Queued | None:
    """The message with this number, as `letters` shows it."""
    row = connection.execute(select(outbox).where(outbox.c.id == number)).one_or_none()
    return None if row is None else _queued(row)


def find_key(connection: Connection, key: str) -> Queued | None:
    row = connection.execute(select(outbox).where(outbox.c.key == key)).one_or_none()
    return None if row is None else _queued(row)


def find_last_key(connection: Connection, cycle: str, kind: str) -> str:
    """The greatest key of the messages of a kind; "" when there is none."""
    query = select(func.max(outbox.c.key)).where(outbox.c.cycle == cycle, outbox.c.kind == kind)
    return connection.scalar(query) or ""


def list_earlier(
    connection: Connection, cycle: str, letters: Sequence[Queued], opening: str
) -> dict[int, tuple[str, ...]]:
    """Of each reminder letter the Message-IDs of the reminders, and of the letter of the kind `opening`, that the
    same recipients were sent before: what it follows in their mail program, oldest first."""
    reminders = [one for one in letters if one.message.steps]
    if not reminders:
        return {}
    query = select(outbox.c.recipients, outbox.c.id, outbox.c.message_id).where(
        outbox.c.cycle == cycle,
        outbox.c.state == LetterState.SENT,
        or_(outbox.c.steps != "[]", outbox.c.kind == opening),
    )
    sent: dict[tuple[str, ...], list[tuple[int, str]]] = {}
    for row in connection.execute(query.order_by(outbox.c.id)):
        sent.setdefault(tuple(json.loads(row.recipients)), []).append((row.id, row.message_id))
    return {
        one.id: tuple(said for number, said in sent.get(one.message.recipients, ()) if number < one.id)
        for one in reminders
    }


def count_reminders(letters: Iterable[Queued]) -> Counter[str]:
    """agency -> how often it was written to: several letters of one moment count once, lists to leaders not at all."""
    written = {
        (reported.agency, one.created_at)
        for one in letters
        if one.state in (LetterState.SENDING, LetterState.SENT)
        for reported in one.message.steps
        if not Addressee(reported.to).is_collective
    }
    return Counter(agency for agency, _ in written)


def mark_sending(connection: Connection, message: int) -> None:
    """From here on the message may have left, whatever becomes of this process."""
    values = {"state": LetterState.SENDING, "attempts": outbox.c.attempts + 1}
    connection.execute(update(outbox).where(outbox.c.id == message).values(**values))


def mark_sent(connection: Connection, message: int, at: dt.datetime, error: str = "") -> None:
    """`error` says whom of several recipients the server refused."""
    values = {"state": LetterState.SENT, "sent_at": at, "last_error": error, "next_attempt_at": None}
    connection.execute(update(outbox).where(outbox.c.id == message).values(**values))


def mark_over(connection: Connection, message: int, state: LetterState, reason: str) -> None:
    """Out of the queue: refused, expired, returned or withdrawn."""
    values = {"state": state, "last_error": reason[:500], "next_attempt_at": None}
    connection.execute(update(outbox).where(outbox.c.id == message).values(**values))


def put_off(
    connection: Connection, message: int, *, state: LetterState, attempts: int, next_attempt_at: dt.datetime, error: str
) -> None:
    """Wait for the next attempt: PENDING when it has certainly not left, SENDING when it may have."""
    values = {"state": state, "attempts": attempts, "next_attempt_at": next_attempt_at, "last_error": error[:500]}
    connection.execute(update(outbox).where(outbox.c.id == message).values(**values))


def ask_again(connection: Connection, message: int, at: dt.datetime) -> None:
    """Back into the queue because somebody asked for it: tried from `at` on, as a message that is new.

    One at which a server broke off may have left, whoever asks for it.
    """
    state = case((outbox.c.state == LetterState.SENDING, LetterState.SENDING), else_=LetterState.PENDING)
    values = {"state": state, "attempts": 0, "next_attempt_at": at, "last_error": ""}
    connection.execute(update(outbox).where(outbox.c.id == message).values(**values))


def withdraw_steps_of(connection: Connection, message: int, kept: Sequence[ReportedStep]) -> None:
    """A letter that has left carries only these steps from now on: the others were taken by mistake."""
    connection.execute(update(outbox).where(outbox.c.id == message).values(steps=json.dumps(kept)))
