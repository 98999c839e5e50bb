"""Snapshots as the pages read them: packed once, kept by checksum, the few that are looked at."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from kybaocao.figures.packed import PackedSnapshot, pack_snapshot
from kybaocao.store.tables import snapshots

_MOST_KEPT = 4
_kept: OrderedDict[str, PackedSnapshot] = OrderedDict()
_packing = threading.Lock()  # one at a time: two would need twice the memory


@dataclass(frozen=True)
class Taken:
    """A snapshot and the moment it was taken at."""

    as_of: dt.datetime
    packed: PackedSnapshot


def find_newest(connection: Connection, cycle: str) -> Taken | None:
    """None before the first pass."""
    return _find(connection, snapshots.c.cycle == cycle)


def find_taken(connection: Connection, snapshot: int) -> Taken | None:
    """The snapshot that a version of the report was made from."""
    return _find(connection, snapshots.c.id == snapshot)


def _find(connection: Connection, which: ColumnElement[bool]) -> Taken | None:
    query = select(snapshots.c.id, snapshots.c.as_of, snapshots.c.checksum).where(which)
    row = connection.execute(query.order_by(snapshots.c.id.desc()).limit(1)).first()
    return None if row is None else Taken(row.as_of, _keep(connection, row.id, row.checksum))


def _keep(connection: Connection, number: int, checksum: str) -> PackedSnapshot:
    with _packing:
        if checksum not in _kept:
            text = connection.execute(select(snapshots.c.content).where(snapshots.c.id == number)).scalar_one()
            _kept[checksum] = pack_snapshot(text)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(checksum)
        return _kept[checksum]
