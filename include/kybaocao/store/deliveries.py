"""What became of each message at each of its addresses, as the servers and later notices say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from kybaocao.store.arrivals import insert_ignoring
from kybaocao.store.tables import deliveries

TAKEN = "taken"  # the recipient's server has accepted it
REFUSED = "refused"  # the server refuses it for good
RETURNED = "returned"  # it was taken and came back
DELAYED = "delayed"  # a notice says that it is still being tried


@dataclass(frozen=True)
class Delivery:
    """One message at one address."""

    message_id: str
    address: str  # lower case
    state: str
    at: dt.datetime
    reply: str


def record_delivery(
    connection: Connection, message_id: str, address: str, state: str, *, at: dt.datetime, reply: str = ""
) -> None:
    """Record the newest word about a message at an address, in place of what was known before."""
    address = address.lower()
    values = {"state": state, "at": at, "reply": reply[:500]}
    if not insert_ignoring(connection, deliveries, message_id=message_id, address=address, **values):
        mine = (deliveries.c.message_id == message_id) & (deliveries.c.address == address)
        connection.execute(update(deliveries).where(mine).values(**values))


def list_deliveries(connection: Connection, message_ids: Collection[str]) -> dict[str, dict[str, Delivery]]:
    """Message-ID -> {address -> what became of it}."""
    found: dict[str, dict[str, Delivery]] = {}
    if message_ids:
        for row in connection.execute(select(deliveries).where(deliveries.c.message_id.in_(message_ids))):
            found.setdefault(row.message_id, {})[row.address] = Delivery(**row._mapping)
    return found
