"""Every pass that was begun: who or what asked for it, and when in fact, whatever moment it works at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from kybaocao.store.audit import record_action
from kybaocao.store.tables import passes

COMMAND = "command"  # begun on the command line
_LIVE = ("scheduled", "asset_triggered")  # kinds that only a live system has


@dataclass(frozen=True)
class PassRecord:
    """A pass as it was noted. `ended_at`: when everything but the decisions of people was done; None: not yet."""

    id: int
    cycle: str
    run: str
    kind: str
    actor: str
    as_of: dt.datetime
    begun_at: dt.datetime
    ended_at: dt.datetime | None


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


def end_pass(connection: Connection, cycle: str, run: str, at: dt.datetime) -> None:
    """Note when a pass was done with all that was new or due; a part of it that runs once more moves that moment."""
    mine = select(func.max(passes.c.id)).where(passes.c.cycle == cycle, passes.c.run == run).scalar_subquery()
    connection.execute(update(passes).where(passes.c.id == mine).values(ended_at=at))


def list_ended(connection: Connection, cycle: str, since: dt.datetime) -> list[PassRecord]:
    """The passes of a cycle that ended after a moment, oldest first."""
    query = select(passes).where(passes.c.cycle == cycle, passes.c.ended_at > since).order_by(passes.c.id)
    return [PassRecord(**row._mapping) for row in connection.execute(query)]


def name_command_pass(begun_at: dt.datetime) -> str:
    """The name of a pass that no run of Airflow has, as the timetable names runs: "2026-12-09__lenh__080000.123456"."""
    return f"{begun_at:%Y-%m-%d__lenh__%H%M%S.%f}"


def list_passes(connection: Connection, cycle: str, run: str | None = None) -> list[PassRecord]:
    """The passes of a cycle, oldest first; those of one run: more than one when it was cleared as a whole."""
    query = select(passes).where(passes.c.cycle == cycle).order_by(passes.c.id)
    if run is not None:
        query = query.where(passes.c.run == run)
    return [PassRecord(**row._mapping) for row in connection.execute(query)]


def list_newest_passes(connection: Connection, cycle: str, most: int) -> list[PassRecord]:
    """The newest first; one line for each time that a run began."""
    query = select(passes).where(passes.c.cycle == cycle).order_by(passes.c.id.desc()).limit(most)
    return [PassRecord(**row._mapping) for row in connection.execute(query)]
