"""Delivering: what waits in the outbox and is due goes out, each message once.

Only one deliverer at a time works on a cycle (a lock that dies with its holder), so a message found in
state "sending" was left there by a crash, or by a server that broke off without an answer.  It is sent again under
the same Message-ID: mail servers and our own sink know it for a copy.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlalchemy import Connection

from kybaocao.mail.schedule import GIVEN_UP_AFTER, LONGEST_PAUSE, find_next_attempt
from kybaocao.mail.server_answers import describe_connection_error
from kybaocao.mail.usefulness import LAPSED, OPENING_KIND
from kybaocao.stages.support.completion import complete_publications, is_release, list_outstanding, withdraw_rest
from kybaocao.stages.support.delivery_problems import SERVER_AWAY
from kybaocao.stages.support.letters import list_requests
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.position_letter import POSITION_KIND, write_position_letter
from kybaocao.stages.support.reminder_letters import write_reminder_letters
from kybaocao.stages.support.reminder_texts import DIGEST
from kybaocao.store.audit import record_action
from kybaocao.store.bounces import list_bounces, record_bounce
from kybaocao.store.deliveries import HAVE_IT, AddressState, Delivery, list_deliveries, record_delivery
from kybaocao.store.outbox import (
    LetterState,
    Message,
    Queued,
    add_message,
    find_key,
    list_earlier,
    list_messages,
    mark_over,
    mark_sending,
    mark_sent,
    name_stand_in,
    put_off,
)
from kybaocao.store.steps import StepState, mark_steps

_ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.\d{1,3}\b")  # RFC 3463: class, subject, detail


@dataclass(frozen=True)
class Refusal:
    """What a mail server said about one recipient."""

    code: int
    text: str

    @property
    def is_dead(self) -> bool:
        """Whether the address itself is wrong for good, rather than our server, the policy or a full mailbox."""
        enhanced = _ENHANCED.search(self.text)
        if not 500 <= self.code < 600 or enhanced is None or enhanced[1] == "0":
            return self.code in (550, 551, 553)
        return enhanced[1] == "1" or "5.2.1" in self.text

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


Refusals = Mapping[str, Refusal]


class RefusedError(Exception):
    """The server will never take this message: unknown recipients, or a content it does not take."""

    def __init__(self, reason: str, refusals: Refusals | None = None) -> None:
        super().__init__(reason)
        self.refusals: Refusals = refusals or {}


class PostponedError(Exception):
    """The server does not take this message now; others it may."""

    def __init__(self, reason: str, refusals: Refusals | None = None) -> None:
        super().__init__(reason)
        self.refusals: Refusals = refusals or {}


class NothingTakenError(OSError):
    """The server takes no message now, and this one has certainly not left."""


class Transport(Protocol):
    """Something that can send: an SMTP connection, or a list in a test."""

    def send(self, message: Message) -> Refusals | None:
        """Send one message; returns which of its recipients were refused while others were taken.

        Raises RefusedError when trying again is useless, PostponedError when it is not, OSError when the server
        is gone.
        """


@dataclass(frozen=True)
class Delivered:
    sent: int = 0
    refused: int = 0
    expired: int = 0
    waiting: int = 0
    error: str = ""  # why the rest waits
    dead: frozenset[str] = field(default=frozenset())  # addresses that turned out to be wrong

    def __add__(self, later: Delivered) -> Delivered:
        counts = {name: getattr(self, name) + getattr(later, name) for name in ("sent", "refused", "expired")}
        return replace(later, **counts)


Clock = Callable[[], dt.datetime]
IsOver = Callable[[Message], bool]
KNOWN_DEAD = "thư gửi tới địa chỉ này bị trả lại, nên không gửi nữa"
OVER = "điều nêu trong thư không còn đúng khi đến lượt gửi"


def send_everything(
    p: Pass, open_transport: Callable[[], Transport], clock: Clock | None = None, is_over: IsOver = lambda _: False
) -> Delivered:
    """Write the reminder letters and the position letter, and send all that waits for this cycle.

    An address that turns out to be dead is passed over at once: its letter goes to the next one up the ladder.
    `clock` gives the moment of each attempt; without it, as in a replay, that is the moment of the pass. `is_over`
    says of a letter that is due whether what it reports is over by now: it is withdrawn then.
    """
    write_reminder_letters(p)
    write_position_letter(p)
    delivered = deliver_mail(p, open_transport, clock, is_over)
    while delivered.dead:
        p = p.renewed()
        write_reminder_letters(p)
        delivered += deliver_mail(p, open_transport, clock, is_over)
    return delivered


def deliver_mail(
    p: Pass, open_transport: Callable[[], Transport], clock: Clock | None = None, is_over: IsOver = lambda _: False
) -> Delivered:
    """Send everything of this cycle that is due. An unreachable server leaves the rest waiting.

    The acceptance of a message is recorded before the next one is begun, and a message is marked as being sent
    right before it is: whenever the process dies, at most one message may have left unrecorded.
    """
    with p.store.exclusive(f"outbox-{p.cycle.id}"):
        return _Delivery(p, clock or (lambda: p.as_of), is_over).run(open_transport)


class _Delivery:
    """One run through the queue of a cycle."""

    def __init__(self, p: Pass, clock: Clock, is_over: IsOver) -> None:
        self.p = p
        self.clock = clock
        self.is_over = is_over
        self.counts: Counter[str] = Counter()  # state -> messages that came to it
        self.dead: set[str] = set()

    def run(self, open_transport: Callable[[], Transport]) -> Delivered:
        with self.p.store.read() as connection:
            waiting = list_messages(connection, self.p.cycle.id, (LetterState.PENDING, LetterState.SENDING))
        error = ""
        queue = self._choose(waiting)
        if queue:
            try:
                transport = open_transport()
            except OSError as reason:
                error = describe_connection_error(reason)
                with self.p.store.write() as connection:
                    self._put_off(connection, queue, SERVER_AWAY + error)
            else:
                error = self._send_all(transport, queue)
        return Delivered(
            sent=self.counts[LetterState.SENT],
            refused=self.counts[LetterState.REFUSED],
            expired=self.counts[LetterState.EXPIRED],
            waiting=len(waiting) - self.counts.total(),
            error=error,
            dead=frozenset(self.dead),
        )

    def _choose(self, waiting: list[Queued]) -> list[Queued]:
        """What is due now; what makes no sense any more is withdrawn.

        A message that may have left already comes last: when the server breaks off at it each
        time, the others have left.
        """
        at = self.clock()
        current = [one for one in waiting if not one.has_lapsed(at)]
        over = {one.id: one for one in current if _is_due(one, at) and self.is_over(one.message)}
        # write_reminder_letters closes those with steps
        closed = [(one, LAPSED) for one in waiting if one.has_lapsed(at) and not one.message.steps]
        closed += [(one, OVER) for one in over.values()]
        if closed:
            with self.p.store.write() as connection:
                for one, reason in closed:
                    self._close(connection, one, LetterState.WITHDRAWN, reason, "mail-withdrawn")
        rest = [one for one in current if one.id not in over]
        due = [one for one in rest if _is_due(one, at) and not _must_wait(self.p, one.message, at)]
        return sorted(due, key=lambda one: (one.state == LetterState.SENDING, one.id))

    def _send_all(self, transport: Transport, queue: list[Queued]) -> str:
        """Each message, its outcome recorded together with the beginning of the next; why it stopped, or ""."""
        with self.p.store.write() as connection:
            attempts = self._prepare(connection, queue)
            known_dead = set(list_bounces(connection))
            mark_sending(connection, queue[0].id)
        for place, (queued, attempt) in enumerate(zip(queue, attempts, strict=True)):
            rest = queue[place + 1 :]
            one, given_up = attempt.leave_out(known_dead | {address.lower() for address in self.dead})
            answer = one.ask(transport)
            with self.p.store.write() as connection:
                if isinstance(answer, OSError):
                    state = queued.state if isinstance(answer, NothingTakenError) else LetterState.SENDING
                    self._put_off(connection, [queued], SERVER_AWAY + describe_connection_error(answer), state)
                    self._put_off(connection, rest, SERVER_AWAY + describe_connection_error(answer))
                    return describe_connection_error(answer)
                for address in given_up:  # written before it was known that mail to this address comes back
                    self._record_address(connection, one, address, AddressState.REFUSED, KNOWN_DEAD)
                self._record(connection, one, answer)
                if is_release(queued.message):
                    complete_publications(connection, self.p.cycle.id, self.clock())
                if rest:
                    mark_sending(connection, rest[0].id)
        return ""

    def _prepare(self, connection: Connection, letters: list[Queued]) -> list[_Attempt]:
        known = list_deliveries(connection, [one.message.message_id for one in letters])
        earlier = list_earlier(connection, self.p.cycle.id, letters, OPENING_KIND)
        return [_Attempt.of(one, known.get(one.message.message_id, {}), earlier.get(one.id, ())) for one in letters]

    def _record(self, connection: Connection, one: _Attempt, answer: Refusals | RefusedError | PostponedError) -> None:
        if isinstance(answer, RefusedError):
            for address in one.outstanding:
                reply = str(answer.refusals.get(address, answer))
                self._record_address(connection, one, address, AddressState.REFUSED, reply)
            self._record_dead(connection, answer.refusals)
            self._fail(connection, one, LetterState.REFUSED, str(answer))
        elif isinstance(answer, PostponedError):
            for address in one.outstanding:
                refusal = answer.refusals.get(address)
                state = AddressState.REFUSED if refusal is not None and refusal.is_dead else AddressState.POSTPONED
                self._record_address(connection, one, address, state, str(refusal or answer))
            self._record_dead(connection, answer.refusals)
            self._put_off(connection, [one.letter], str(answer))
        else:
            self._record_taken(connection, one, answer)

    def _record_taken(self, connection: Connection, one: _Attempt, refusals: Refusals) -> None:
        message = one.letter.message
        for address in one.outstanding:
            refusal = refusals.get(address)
            if refusal is None:
                self._record_address(connection, one, address, AddressState.TAKEN)
            elif refusal.is_dead:
                self._record_address(connection, one, address, AddressState.REFUSED, str(refusal))
            else:  # a message of its own, for this one has left
                key = name_stand_in(message.key, address)
                copy = replace(message, key=key, recipients=(address,), copies=(), steps=(), in_place_of=message.key)
                at = self.clock()
                is_new = add_message(connection, copy, at=at, next_attempt_at=find_next_attempt(at, at, 1))
                if is_new and (queued := find_key(connection, key)):  # its Message-ID is drawn when it is recorded
                    message_id = queued.message.message_id
                    record_delivery(connection, message_id, address, AddressState.POSTPONED, at=at, reply=str(refusal))
                self._record_address(connection, one, address, AddressState.MOVED, key)
        said = "; ".join(f"{address}: {refusal}" for address, refusal in refusals.items())
        self._record_dead(connection, refusals)
        self._close(connection, one.letter, LetterState.SENT, said, "mail-sent")

    def _put_off(
        self, connection: Connection, letters: list[Queued], error: str, state: LetterState | None = None
    ) -> None:
        """Each waits for its next attempt, or is given up when it was tried for five days."""
        at = self.clock()
        for one in letters:
            moment = find_next_attempt(self._find_begin(connection, one, at), at, one.attempts + 1)
            if moment is not None:
                put_off(
                    connection,
                    one.id,
                    state=state or one.state,
                    attempts=one.attempts + 1,
                    next_attempt_at=moment,
                    error=error,
                )
                continue
            (attempt,) = self._prepare(connection, [one])
            for address in attempt.outstanding:
                self._record_address(connection, attempt, address, AddressState.EXPIRED, error)
            self._fail(connection, attempt, LetterState.EXPIRED, error)

    def _find_begin(self, connection: Connection, letter: Queued, at: dt.datetime) -> dt.datetime:
        """Since when a message has been tried: from its writing, or since somebody asked for it again."""
        if at - letter.created_at < GIVEN_UP_AFTER:
            return letter.created_at
        return max([letter.created_at, *list_requests(connection, letter)])

    def _record_address(
        self, connection: Connection, one: _Attempt, address: str, state: AddressState, reply: str = ""
    ) -> None:
        record_delivery(connection, one.letter.message.message_id, address, state, at=self.clock(), reply=reply)

    def _fail(self, connection: Connection, one: _Attempt, state: LetterState, reason: str) -> None:
        """Nobody of those it went to now will have it; who took it earlier has it all the same."""
        if not one.is_partly_taken:
            steps = [reported.step for reported in one.letter.message.steps]
            mark_steps(connection, self.p.cycle.id, steps, StepState.FAILED)
        self._close(connection, one.letter, LetterState.SENT if one.is_partly_taken else state, reason, f"mail-{state}")

    def _close(self, connection: Connection, letter: Queued, state: LetterState, reason: str, action: str) -> None:
        self.counts[action.removeprefix("mail-")] += 1
        if state == LetterState.WITHDRAWN:
            withdraw_rest(connection, letter, reason, self.clock())
        elif state == LetterState.SENT:  # now, or earlier to those who have it
            at = self.clock() if action == "mail-sent" else letter.sent_at or self.clock()
            mark_sent(connection, letter.id, at, reason)
            steps = [reported.step for reported in letter.message.steps]
            mark_steps(connection, self.p.cycle.id, steps, StepState.REPORTED, held=StepState.FAILED)
        else:
            mark_over(connection, letter.id, state, reason)
        message = letter.message
        record_action(
            connection,
            action,
            at=self.clock(),
            cycle=self.p.cycle.id,
            agency=message.agency,
            key=message.key,
            to=list(message.addresses),
            reason=reason,
        )

    def _record_dead(self, connection: Connection, refusals: Refusals) -> None:
        for address, refusal in refusals.items():
            if refusal.is_dead:
                self.dead.add(address)
                record_bounce(connection, address, at=self.p.as_of, reason=str(refusal), reported_by="máy chủ thư")


@dataclass(frozen=True)
class _Attempt:
    """A message and those whom this attempt goes to."""

    letter: Queued
    outstanding: tuple[str, ...]
    is_partly_taken: bool  # by others, earlier
    follows: tuple[str, ...]

    @classmethod
    def of(cls, letter: Queued, known: dict[str, Delivery], follows: tuple[str, ...]) -> _Attempt:
        taken = any(one.state in HAVE_IT for one in known.values())
        return cls(letter, list_outstanding(letter.message, known), taken, follows)

    def leave_out(self, dead: Collection[str]) -> tuple[_Attempt, list[str]]:
        """The attempt without the addresses that are known as dead (in lower case), and those addresses."""
        given_up = [address for address in self.outstanding if address.lower() in dead]
        usable = tuple(address for address in self.outstanding if address not in given_up)
        return (replace(self, outstanding=usable), given_up) if given_up else (self, [])

    def ask(self, transport: Transport) -> Refusals | RefusedError | PostponedError | OSError:
        """What the server says about it."""
        message = replace(self.letter.message, follows=self.follows)
        if not self.outstanding:
            return RefusedError("không còn địa chỉ nào chưa nhận mà gửi được")
        if self.outstanding != message.addresses:
            message = replace(message, only_to=self.outstanding)
        try:
            return transport.send(message) or {}
        except (RefusedError, PostponedError, OSError) as reason:
            return reason


def _is_due(letter: Queued, at: dt.datetime) -> bool:
    """Further away than the longest pause it was put off while the machine's clock was fast."""
    due = letter.next_attempt_at
    return due is None or due <= at or due > at + LONGEST_PAUSE


def _must_wait(p: Pass, message: Message, at: dt.datetime) -> bool:
    """Whether it is a reminder letter or a position letter, and nobody may be disturbed now."""
    ladder = p.plan.ladder
    if ladder is None or p.plan.calendar is None or p.calendar.may_write(at, ladder.quiet):
        return False
    if message.steps:
        disturbing = {step.id for step in ladder.reminder_steps if step.may_disturb}
        return any(reported.reminder_step.partition("@")[0] not in disturbing for reported in message.steps)
    # What is sent again to one of its recipients carries no steps.
    quiet = {step.template for step in ladder.reminder_steps if not step.may_disturb} | {DIGEST, POSITION_KIND}
    return message.kind in quiet
