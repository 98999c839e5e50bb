"""Snapshots as the pages read them: packed once, kept by checksum, the few that are looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from kybaocao.console.facts.memory import Memory
from kybaocao.figures.packed import PackedSnapshot, pack_snapshot
from kybaocao.stages.support.passes import Pass
from kybaocao.store.reports import read_snapshot
from kybaocao.store.tables import snapshots

_packed: Memory[PackedSnapshot] = Memory(most=4, is_large=True)


@dataclass(frozen=True)
class Taken:
    """A snapshot and the moment it was taken at."""

    as_of: dt.datetime
    packed: PackedSnapshot


def read_newest(p: Pass) -> Taken | None:
    """That of the newest pass; None before the first one."""
    with p.store.read() as connection:
        return find_newest(connection, p.cycle.id)


def find_newest(connection: Connection, cycle: str) -> Taken | None:
    """None before the first pass."""
    return _find(connection, snapshots.c.cycle == cycle)


def find_taken(connection: Connection, snapshot: int) -> Taken | None:
    """The snapshot that a version of the report was made from."""
    return _find(connection, snapshots.c.id == snapshot)


def _find(connection: Connection, which: ColumnElement[bool]) -> Taken | None:
    query = select(snapshots.c.id, snapshots.c.as_of, snapshots.c.checksum).where(which)
    row = connection.execute(query.order_by(snapshots.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    return Taken(row.as_of, _packed.recall(row.checksum, lambda: pack_snapshot(read_snapshot(connection, row.id))))
