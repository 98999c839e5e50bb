"""Decisions about single agencies that were given while the system runs, beside those of `dieu_chinh.yaml`.

Rows are only added: a decision that is taken back stays, with a row that revokes it.  What they say is an entry of
`plan.adjustments`; `plan.granted` puts those that stand into the plan.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, inspect, select

from kybaocao.home import Home
from kybaocao.plan.adjustments import KEYS, Adjustment
from kybaocao.store.database import open_store
from kybaocao.store.tables import granted_decisions

REVOCATION = "thu_hoi"


@dataclass(frozen=True)
class Revocation:
    at: dt.datetime
    account: str
    reason: str


@dataclass(frozen=True)
class Granted:
    """One decision. `entry` is what `dieu_chinh.yaml` would say; `revoked` is None while it stands."""

    id: int
    kind: str  # a key of KEYS
    entry: Adjustment
    granted_at: dt.datetime
    account: str
    revoked: Revocation | None = None

    @property
    def agency(self) -> str:
        return str(getattr(self.entry, "agency", ""))


def add_granted(connection: Connection, kind: str, entry: Adjustment, *, at: dt.datetime, account: str) -> int:
    """Record a decision; returns its number."""
    content = entry.model_dump_json(by_alias=True, exclude_unset=True)
    return _add(connection, kind, entry.cycle, str(getattr(entry, "agency", "")), content, at, account, None)


def add_revocation(connection: Connection, granted: Granted, *, at: dt.datetime, account: str, reason: str) -> None:
    """From `at` on the decision does not hold. Raises IntegrityError when it was revoked before."""
    content = json.dumps({"ly_do": reason}, ensure_ascii=False)
    _add(connection, REVOCATION, granted.entry.cycle, granted.agency, content, at, account, granted.id)


def _add(
    connection: Connection,
    kind: str,
    cycle: str,
    agency: str,
    content: str,
    at: dt.datetime,
    account: str,
    revokes: int | None,
) -> int:
    values = {"cycle": cycle, "agency": agency, "kind": kind, "content": content, "granted_at": at}
    statement = insert(granted_decisions).values(**values, account=account, revokes=revokes)
    number: int = connection.execute(statement.returning(granted_decisions.c.id)).scalar_one()
    return number


def list_granted(connection: Connection, cycles: Iterable[str], at: dt.datetime) -> list[Granted]:
    """Every decision about these cycles that was given by a moment, oldest first, with what revoked it by then.

    None in a store that an earlier version made and nobody has upgraded yet.
    """
    if not inspect(connection).has_table(granted_decisions.name):
        return []
    table = granted_decisions
    query = select(table).where(table.c.granted_at <= at, table.c.cycle.in_(list(cycles))).order_by(table.c.id)
    rows = connection.execute(query).all()
    revoked = {
        row.revokes: Revocation(row.granted_at, row.account, json.loads(row.content)["ly_do"])
        for row in rows
        if row.kind == REVOCATION
    }
    return [
        Granted(row.id, row.kind, _read(row.kind, row.content), row.granted_at, row.account, revoked.get(row.id))
        for row in rows
        if row.kind != REVOCATION
    ]


def list_standing(cycle: str) -> list[Adjustment]:
    """What holds in a cycle now, besides the plan's files: for the timetable, which knows no pass."""
    home = Home.from_environment()
    if not home.has_store:
        return []
    with open_store(home).read() as connection:
        found = list_granted(connection, [cycle], dt.datetime.now(dt.UTC))
    return [one.entry for one in found if one.revoked is None]


def _read(kind: str, content: str) -> Adjustment:
    values: Mapping[str, Any] = json.loads(content)
    return KEYS[kind].model_validate(values)
