"""Delivering: what waits in the outbox goes out, each message once.

Only one deliverer at a time works on a cycle (a lock that dies with its holder), so a message found in
state "sending" was left there by a crash.  It is sent again under the same Message-ID: mail servers and
our own sink know it for a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from kybaocao.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import (
    PENDING,
    SENDING,
    Message,
    list_messages,
    mark_refused,
    mark_sending,
    mark_sent,
    release,
)


class RefusedError(Exception):
    """The server will never take this message (unknown recipient, forbidden content)."""


class Transport(Protocol):
    """Something that can send: an SMTP connection, or a list in a test."""

    def send(self, message: Message) -> None:
        """Send one message. Raises RefusedError when trying again is useless, OSError when it is not."""


@dataclass(frozen=True)
class Delivered:
    sent: int
    refused: int
    waiting: int
    error: str  # why the rest waits


def deliver_mail(p: Pass, open_transport: Callable[[], Transport]) -> Delivered:
    """Send everything that waits for this cycle. An unreachable server leaves the rest waiting."""
    sent = refused = 0
    error = ""
    with p.store.exclusive(f"outbox-{p.cycle.id}"):
        with p.store.read() as connection:
            queue = list_messages(connection, p.cycle.id, (SENDING, PENDING))
        transport = None
        for queued in queue:
            try:
                if transport is None:
                    transport = open_transport()
                    with p.store.write() as connection:  # all at once: a write apiece would double the cost
                        mark_sending(connection, [one.id for one in queue])
                transport.send(queued.message)
            except RefusedError as reason:
                refused += 1
                with p.store.write() as connection:
                    mark_refused(connection, queued.id, str(reason))
                    _audit(p, connection, "mail-refused", queued.message, str(reason))
            except OSError as reason:
                error = f"{type(reason).__name__}: {reason}"
                with p.store.write() as connection:
                    release(connection, [one.id for one in queue[sent + refused :]], error)
                break
            else:
                sent += 1
                with p.store.write() as connection:
                    mark_sent(connection, queued.id, p.as_of)
                    _audit(p, connection, "mail-sent", queued.message, "")
    return Delivered(sent, refused, len(queue) - sent - refused, error)


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
