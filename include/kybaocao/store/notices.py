"""Delivery notices that came in, each with what became of it. Rows are only ever added.

A notice about several recipients has one row for each; one that is not ours has one row.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from kybaocao.store.deliveries import AddressState
from kybaocao.store.outbox import LetterState
from kybaocao.store.tables import bounces, deliveries, notices, outbox

_LETTER = "thu_bi_tra/khong_phai/"


class NoticeOutcome(StrEnum):
    """What a delivery notice comes to."""

    DEAD = "dead"  # the address is wrong for good: nobody is written to at it any more
    FAILED = "failed"  # not delivered, for another reason
    DELAYED = "delayed"  # still being tried
    FOREIGN = "foreign"  # about no mail of ours at an address it went to


@dataclass(frozen=True)
class RecordedNotice:
    """What one notice said about one recipient."""

    id: int
    at: dt.datetime
    file_name: str
    sha256: str  # of what was read of the file
    outcome: NoticeOutcome
    message_id: str
    address: str
    detail: str


@dataclass(frozen=True)
class FailedDelivery:
    """A message of ours that did not reach one of its addresses, and was not sent again since."""

    message: int  # number in the outbox
    subject: str
    address: str
    detail: str


def add_notice(
    connection: Connection,
    *,
    at: dt.datetime,
    file_name: str,
    sha256: str,
    outcome: NoticeOutcome,
    message_id: str = "",
    address: str = "",
    detail: str = "",
) -> None:
    """Record what a notice said, in the transaction of what it causes."""
    connection.execute(
        insert(notices).values(
            at=at,
            file_name=file_name,
            sha256=sha256,
            outcome=outcome,
            message_id=message_id[:200],
            address=address[:200],
            detail=detail[:500],
        )
    )


def list_outcomes(connection: Connection, sha256: str) -> set[str]:
    """What became of the notice with this content; empty when it never came in."""
    return set(connection.scalars(select(notices.c.outcome).where(notices.c.sha256 == sha256)))


def list_file_names(connection: Connection) -> set[str]:
    """Names of the files that were recorded."""
    return set(connection.scalars(select(notices.c.file_name).distinct()))


def list_notices(connection: Connection, *, outcome: str = "", after: int = 0) -> list[RecordedNotice]:
    """All that came in, oldest first; only those with this outcome, only those after this number."""
    query = select(notices).where(notices.c.id > after).order_by(notices.c.id)
    if outcome:
        query = query.where(notices.c.outcome == outcome)
    return [
        RecordedNotice(**{**row._mapping, "outcome": NoticeOutcome(row.outcome)}) for row in connection.execute(query)
    ]


def name_foreign_letter(last: int) -> str:
    """The key of the letter to the operators that lists notices which are not ours, up to this number."""
    return f"{_LETTER}{last:09d}"


def list_unreported_foreign(connection: Connection) -> list[RecordedNotice]:
    """What is not ours and stands in no letter to the operators yet."""
    last = connection.scalar(select(func.max(notices.c.id)).where(notices.c.outcome == NoticeOutcome.FOREIGN))
    if last is None or connection.scalar(select(outbox.c.id).where(outbox.c.key == name_foreign_letter(last))):
        return []  # as nearly always
    newest = connection.scalar(select(func.max(outbox.c.key)).where(outbox.c.key.like(f"{_LETTER}%"))) or ""
    number = newest.removeprefix(_LETTER).partition("/")[0]  # behind it: whom a letter goes to in place of another
    return list_notices(connection, outcome=NoticeOutcome.FOREIGN, after=int(number or 0))


def mark_returned(connection: Connection, message: int, reason: str) -> bool:
    """No address of the message took it in the end; False when it is not in state "sent" (any more)."""
    mine = (outbox.c.id == message) & (outbox.c.state == LetterState.SENT)
    change = update(outbox).where(mine).values(state=LetterState.RETURNED, last_error=reason[:500])
    return connection.execute(change).rowcount == 1


def list_failed_deliveries(connection: Connection, cycle: str) -> list[FailedDelivery]:
    """What the operators have to decide about: failed, not sent again, the address not closed meanwhile."""
    replaced = select(outbox.c.in_place_of).where(outbox.c.cycle == cycle, outbox.c.in_place_of != "")
    query = (
        select(outbox.c.id, outbox.c.subject, notices.c.address, notices.c.detail)
        .join(notices, notices.c.message_id == outbox.c.message_id)
        .join(
            deliveries,
            (deliveries.c.message_id == notices.c.message_id) & (deliveries.c.address == notices.c.address),
        )
        .where(
            outbox.c.cycle == cycle,
            outbox.c.state.in_((LetterState.SENT, LetterState.RETURNED)),
            outbox.c.key.not_in(replaced),
            notices.c.outcome == NoticeOutcome.FAILED,
            deliveries.c.state == AddressState.RETURNED,
            deliveries.c.address.not_in(select(bounces.c.address)),
        )
        .order_by(outbox.c.id, notices.c.address, notices.c.id)
    )
    newest = {(row.id, row.address): FailedDelivery(*row) for row in connection.execute(query)}
    return list(newest.values())
