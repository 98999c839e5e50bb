"""Delivering: what waits in the outbox goes out, each message once.

Only one deliverer at a time works on a cycle (a lock that dies with its holder), so a message found in
state "sending" was left there by a crash.  It is sent again under the same Message-ID: mail servers and
our own sink know it for a copy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlalchemy import Connection

from kybaocao.passes import Pass
from kybaocao.stages.escalation import write_notices
from kybaocao.store.audit import record_action
from kybaocao.store.bounces import record_bounce
from kybaocao.store.outbox import (
    PENDING,
    REFUSED,
    SENDING,
    Message,
    Queued,
    add_message,
    list_messages,
    mark_over,
    mark_sending,
    mark_sent,
    release,
)

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
    waiting: int = 0
    error: str = ""  # why the rest waits
    dead: frozenset[str] = field(default=frozenset())  # addresses that turned out to be wrong

    def __add__(self, later: Delivered) -> Delivered:
        return replace(later, sent=self.sent + later.sent, refused=self.refused + later.refused)


def send_everything(p: Pass, open_transport: Callable[[], Transport]) -> Delivered:
    """Write the letters of the chase and send all that waits for this cycle.

    An address that turns out to be dead is passed over at once: its letter goes to the next one up the ladder.
    """
    write_notices(p)
    delivered = deliver_mail(p, open_transport)
    while delivered.dead:
        p = p.renewed()
        write_notices(p)
        delivered += deliver_mail(p, open_transport)
    return delivered


def deliver_mail(p: Pass, open_transport: Callable[[], Transport]) -> Delivered:
    """Send everything that waits for this cycle. An unreachable server leaves the rest waiting."""
    sent, refused, error = 0, 0, ""
    dead: set[str] = set()
    with p.store.exclusive(f"outbox-{p.cycle.id}"):
        with p.store.read() as connection:
            waiting = list_messages(connection, p.cycle.id, (SENDING, PENDING))
        queue = [queued for queued in waiting if not _must_wait(p, queued.message)]
        transport = None
        for place, queued in enumerate(queue):
            try:
                if transport is None:
                    transport = open_transport()
                    with p.store.write() as connection:  # all at once: a write apiece would double the cost
                        mark_sending(connection, [one.id for one in queue])
                refusals = transport.send(queued.message) or {}
            except RefusedError as reason:
                refused += 1
                with p.store.write() as connection:
                    mark_over(connection, queued.id, REFUSED, str(reason))
                    _audit(p, connection, "mail-refused", queued.message, str(reason))
                    dead |= _record_dead(p, connection, reason.refusals)
            except PostponedError as reason:
                with p.store.write() as connection:
                    release(connection, [queued.id], str(reason))
            except OSError as reason:
                error = f"{type(reason).__name__}: {reason}"
                if transport is not None:  # the one under way may have left: it stays in state "sending"
                    with p.store.write() as connection:
                        release(connection, [one.id for one in queue[place + 1 :]], error)
                break
            else:
                sent += 1
                with p.store.write() as connection:
                    _note_sent(p, connection, queued, refusals)
                    dead |= _record_dead(p, connection, refusals)
    return Delivered(sent, refused, len(waiting) - sent - refused, error, frozenset(dead))


def _must_wait(p: Pass, message: Message) -> bool:
    """Whether it is a letter of the chase, and nobody may be disturbed now."""
    ladder = p.plan.ladder
    if not message.steps or ladder is None or p.plan.calendar is None or p.calendar.may_write(p.as_of, ladder.quiet):
        return False
    disturbing = {rung.id for rung in ladder.rungs if rung.may_disturb}
    return any(told.rung.partition("@")[0] not in disturbing for told in message.steps)


def _note_sent(p: Pass, connection: Connection, queued: Queued, refusals: Refusals) -> None:
    told = "; ".join(f"{address}: {refusal}" for address, refusal in refusals.items())
    mark_sent(connection, queued.id, p.as_of, told)
    _audit(p, connection, "mail-sent", queued.message, told)
    for address, refusal in refusals.items():
        if not refusal.is_dead:  # a message of its own, for this one has left
            again = replace(queued.message, key=f"{queued.message.key}/{address}", recipients=(address,), copies=())
            add_message(connection, replace(again, steps=()), at=p.as_of)


def _record_dead(p: Pass, connection: Connection, refusals: Refusals) -> set[str]:
    dead = {address: str(refusal) for address, refusal in refusals.items() if refusal.is_dead}
    for address, reason in dead.items():
        record_bounce(connection, address, at=p.as_of, reason=reason, reported_by="máy chủ thư")
    return set(dead)


def _audit(p: Pass, connection: Connection, action: str, message: Message, reason: str) -> None:
    record_action(
        connection,
        action,
        at=p.as_of,
        cycle=p.cycle.id,
        agency=message.agency,
        key=message.key,
        to=list(message.recipients + message.copies),
        reason=reason,
    )
