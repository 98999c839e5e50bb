"""The audit trail: who did what, when, to whom, and why. Rows are only ever added."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import Connection, insert, select

from kybaocao.store.tables import audit

SYSTEM = "kybaocao"


def record_action(
    connection: Connection,
    action: str,
    *,
    at: dt.datetime,
    cycle: str = "",
    agency: str = "",
    actor: str = SYSTEM,
    **detail: Any,
) -> None:
    """Add one line, in the transaction of what it records."""
    connection.execute(
        insert(audit).values(
            at=at,
            actor=actor,
            action=action,
            cycle=cycle,
            agency=agency,
            detail=json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        )
    )


def list_actions(connection: Connection, action: str, cycle: str, agency: str) -> list[tuple[dt.datetime, Any]]:
    """(when, detail) of everything of one kind that was done about an agency, oldest first."""
    query = (
        select(audit.c.at, audit.c.detail)
        .where(audit.c.action == action, audit.c.cycle == cycle, audit.c.agency == agency)
        .order_by(audit.c.id)
    )
    return [(at, json.loads(detail)) for at, detail in connection.execute(query)]


def list_agencies(connection: Connection, action: str, cycle: str) -> frozenset[str]:
    """The agencies about which something of one kind was done in a cycle."""
    query = select(audit.c.agency).where(audit.c.action == action, audit.c.cycle == cycle)
    return frozenset(connection.scalars(query))
