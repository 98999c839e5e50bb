"""The audit trail: who did what, when, to whom, and why. Rows are only ever added, each continues the one before."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, insert, select

from kybaocao.store.audit_chain import compute_digest, read_head
from kybaocao.store.database import SYSTEM
from kybaocao.store.tables import audit


def record_action(
    connection: Connection,
    action: str,
    *,
    at: dt.datetime,
    cycle: str = "",
    agency: str = "",
    actor: str = "",
    **detail: Any,
) -> None:
    """Add one line, in the transaction of what it records; the connection must be a writer's.

    `at` is the moment of the pass; the machine's time stands beside it.  Without an `actor` it was whoever the store
    was opened for; with one, a person who opened it is noted as the account by which the actor's word was entered.
    The pass that does it is the one the store was opened for.
    """
    account = read_actor(connection)
    if actor and account not in (SYSTEM, actor):
        detail["account"] = account
    values = {
        "at": at,
        "recorded_at": dt.datetime.now(dt.UTC),
        "actor": actor or account,
        "action": action,
        "cycle": cycle,
        "agency": agency,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        "run": str(connection.get_execution_options().get("run", "")),
    }
    previous = read_head(connection).digest
    digest = compute_digest(previous, SimpleNamespace(**values))
    connection.execute(insert(audit).values(**values, previous=previous, digest=digest))


def read_actor(connection: Connection) -> str:
    """Who the store was opened for: a user of Airflow, an account of the machine, or the system itself."""
    return str(connection.get_execution_options().get("actor", SYSTEM))


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
