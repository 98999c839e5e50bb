"""Whom a message has reached, address by address, and whether a publication has reached everybody.

A release is complete when every recipient's server has taken it, or the message sent instead of it, or when an
operator decided, with name and reason, that an address need not get it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from kybaocao.mail.usefulness import RELEASE_KINDS
from kybaocao.store import deliveries
from kybaocao.store.audit import record_action
from kybaocao.store.deliveries import AddressState, Delivery, list_deliveries, record_delivery
from kybaocao.store.outbox import LetterState, Message, Queued, find_key, mark_over, mark_sent
from kybaocao.store.reports import (
    BO_TAI_CHINH,
    Publication,
    ReportState,
    complete_publication,
    find_version,
    list_publications,
    set_state,
)

# What is known of an address without a row of its own: the state of the whole message.  SENT: a message of before
# the table of deliveries.
_OF_MESSAGE = {
    LetterState.SENT: AddressState.TAKEN,
    LetterState.REFUSED: AddressState.REFUSED,
    LetterState.EXPIRED: AddressState.EXPIRED,
    LetterState.RETURNED: AddressState.RETURNED,
    LetterState.WITHDRAWN: AddressState.WITHDRAWN,
}

_SETTLED = (*deliveries.HAVE_IT, AddressState.WITHDRAWN)  # whatever becomes of the message


@dataclass(frozen=True)
class Outcome:
    """What became of a message at one of its addresses."""

    address: str
    state: str  # of `store.deliveries`; "" while nothing is known
    reply: str
    letter: Queued  # the message that counts for this address: the one asked about, or the one sent instead

    @property
    def has_it(self) -> bool:
        return self.state in deliveries.HAVE_IT

    @property
    def is_dead(self) -> bool:
        return self.state in deliveries.DEAD

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do for this address."""
        return self.state in _SETTLED


def name_release(cycle: str, release: str, version: int) -> str:
    """The key of the message of a release."""
    return f"{cycle}/phat_hanh/{release}/{version}"


def list_outstanding(message: Message, known: dict[str, Delivery]) -> tuple[str, ...]:
    """The addresses that an attempt still has to go to."""
    states = {address: one.state for address, one in known.items()}
    return tuple(one for one in message.addresses if states.get(one.lower(), "") in deliveries.WAITING)


def withdraw_rest(connection: Connection, letter: Queued, reason: str, at: dt.datetime) -> None:
    """Nobody sends a letter any more: it is withdrawn, or sent where somebody has it; the others need not get it."""
    message = letter.message
    known = list_deliveries(connection, [message.message_id]).get(message.message_id, {})
    if not any(one.state in deliveries.HAVE_IT for one in known.values()):
        mark_over(connection, letter.id, LetterState.WITHDRAWN, reason)
        return
    for address in list_outstanding(message, known):
        record_delivery(connection, message.message_id, address, AddressState.WITHDRAWN, at=at, reply=reason)
    mark_sent(connection, letter.id, letter.sent_at or at, reason)


def list_outcomes(connection: Connection, letter: Queued) -> list[Outcome]:
    """One for each address of a message; where another message was sent instead, what became of that one."""
    known = list_deliveries(connection, [letter.message.message_id]).get(letter.message.message_id, {})
    found: list[Outcome] = []
    for address in letter.message.addresses:
        row = known.get(address.lower())
        if row is not None and row.state == AddressState.MOVED:
            stand_in = find_key(connection, row.reply)
            if stand_in is not None:
                found += list_outcomes(connection, stand_in)
                continue
        if row is not None and (row.state in _SETTLED or letter.state != LetterState.WITHDRAWN):
            found.append(Outcome(address, row.state, row.reply, letter))
        else:
            found.append(Outcome(address, _OF_MESSAGE.get(letter.state, ""), letter.last_error, letter))
    return found


def list_incomplete(connection: Connection, cycle: str) -> list[tuple[Publication, list[Outcome]]]:
    """The releases under way, each with what is known of its addresses."""
    found = []
    for publication in list_publications(connection, cycle):
        if publication.completed_at is None:
            letter = find_key(connection, name_release(cycle, publication.release, publication.version))
            if letter is not None:
                found.append((publication, list_outcomes(connection, letter)))
    return found


def complete_publications(connection: Connection, cycle: str, at: dt.datetime) -> None:
    """Record every release that has reached everybody, in the transaction that records the last address."""
    for publication, outcomes in list_incomplete(connection, cycle):
        if not all(one.is_settled for one in outcomes):
            continue
        complete_publication(connection, publication, at)
        is_final = publication.release == BO_TAI_CHINH
        if is_final and find_version(connection, cycle, publication.version).state == ReportState.RELEASING:
            set_state(connection, cycle, publication.version, ReportState.PUBLISHED)
        record_action(
            connection,
            "report-published" if is_final else "report-delivered",
            at=at,
            cycle=cycle,
            version=publication.version,
            release=publication.release,
            to=[one.address for one in outcomes if one.has_it],
            not_to={one.address: one.reply for one in outcomes if not one.has_it},
        )


def is_release(message: Message) -> bool:
    """Whether a publication may be complete once this message is taken."""
    return message.kind.startswith(RELEASE_KINDS)
