"""What became of each message at each of its addresses, as the servers and later notices say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, select, update

from kybaocao.store.submissions import insert_ignoring
from kybaocao.store.tables import deliveries


class AddressState(StrEnum):
    """The newest word about a message at one address; an address without a row has had no answer."""

    TAKEN = "taken"  # the recipient's server has accepted it
    REFUSED = "refused"  # the server refuses it for good
    RETURNED = "returned"  # it was taken and came back
    DELAYED = "delayed"  # it was taken, and a notice says that the next server is still being tried
    POSTPONED = "postponed"  # the server wants it later
    EXPIRED = "expired"  # given up after five days
    WITHDRAWN = "withdrawn"  # somebody decided that this address need not get it; `reply` says why
    MOVED = "moved"  # another message is sent to it, or instead of it; `reply` is the key of that message


HAVE_IT = (AddressState.TAKEN, AddressState.DELAYED)
DEAD = (AddressState.REFUSED, AddressState.RETURNED, AddressState.EXPIRED)  # only a person can do something about it
WAITING = ("", AddressState.POSTPONED)  # "": nothing is known yet


@dataclass(frozen=True)
class Delivery:
    """One message at one address."""

    message_id: str
    address: str  # lower case
    state: AddressState
    at: dt.datetime
    reply: str


def record_delivery(
    connection: Connection, message_id: str, address: str, state: AddressState, *, at: dt.datetime, reply: str = ""
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
            found.setdefault(row.message_id, {})[row.address] = Delivery(
                **{**row._mapping, "state": AddressState(row.state)}
            )
    return found


def forget_deliveries(connection: Connection, message_id: str, addresses: Collection[str]) -> None:
    """These addresses are tried again."""
    mine = (deliveries.c.message_id == message_id) & deliveries.c.address.in_([one.lower() for one in addresses])
    connection.execute(delete(deliveries).where(mine))
