"""Every pass that was begun: who or what asked for it, and when in fact, whatever moment it works at."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, insert, select

from kybaocao.store.audit import record_action
from kybaocao.store.tables import passes

COMMAND = "command"  # begun on the command line
_LIVE = ("scheduled", "asset_triggered")  # kinds that only a live system has


def has_live_passes(connection: Connection) -> bool:
    """Whether this store serves a live system: milestones or files have started passes here."""
    return connection.scalar(select(passes.c.id).where(passes.c.kind.in_(_LIVE)).limit(1)) is not None


def record_pass(
    connection: Connection,
    cycle: str,
    *,
    run: str,
    kind: str,
    actor: str,
    as_of: dt.datetime,
    begun_at: dt.datetime,
) -> None:
    """Note that a pass begins, in its table and in the audit trail. `begun_at` is the machine's clock."""
    connection.execute(
        insert(passes).values(cycle=cycle, run=run, kind=kind, actor=actor, as_of=as_of, begun_at=begun_at)
    )
    facts = {"run": run, "kind": kind, "works_at": as_of.isoformat()}
    record_action(connection, "pass-begun", at=begun_at, cycle=cycle, actor=actor, **facts)
