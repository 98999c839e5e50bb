"""Addresses whose mail came back for good: they are not written to until an operator says they work again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from kybaocao.store.audit import record_action
from kybaocao.store.submissions import insert_ignoring
from kybaocao.store.tables import bounces


@dataclass(frozen=True)
class Bounce:
    address: str  # lower case
    recorded_at: dt.datetime
    reason: str
    reported_by: str  # "máy chủ thư", "thư báo trả TỆP", an operator


def record_bounce(connection: Connection, address: str, *, at: dt.datetime, reason: str, reported_by: str) -> bool:
    """From `at` on nobody is written to at this address; False when that was known."""
    address, reported_by = address.lower(), reported_by[:200]
    is_new = insert_ignoring(
        connection, bounces, address=address, recorded_at=at, reason=reason[:500], reported_by=reported_by
    )
    if is_new:
        record_action(connection, "address-bounced", at=at, address=address, reason=reason, reported_by=reported_by)
    return is_new


def forget_bounce(
    connection: Connection, address: str, *, at: dt.datetime, reported_by: str, reason: str = "", cycle: str = ""
) -> bool:
    """The mailbox works again; False when nothing was recorded against it. `cycle`: on whose page it was said."""
    address = address.lower()
    was_known = connection.execute(delete(bounces).where(bounces.c.address == address)).rowcount == 1
    if was_known:
        said = {"reason": reason} if reason else {}
        record_action(connection, "address-works", at=at, cycle=cycle, address=address, reported_by=reported_by, **said)
    return was_known


def list_bounces(connection: Connection) -> dict[str, Bounce]:
    """address -> what was recorded, whatever its moment: the clock may have been wrong, and set back since."""
    rows = connection.execute(select(bounces).order_by(bounces.c.address))
    return {row.address: Bounce(**row._mapping) for row in rows}
