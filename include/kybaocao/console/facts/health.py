"""Whether the system around the passes is well: the watch, the disk, the store."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kybaocao.home import Home
from kybaocao.stages.support.operator_warnings import LITTLE_SPACE, WATCH_PATIENCE
from kybaocao.store.database import Store
from kybaocao.watch.observation import Cause, Reason, Record, read_record


@dataclass(frozen=True)
class Health:
    watched_at: dt.datetime | None  # when the watch has last looked at everything; None: it never did
    is_watch_silent: bool
    silent: tuple[tuple[str, dt.datetime | None], ...]  # components of Airflow that are down, with their last heartbeat
    free_bytes: int
    total_bytes: int
    store_bytes: int | None  # None: it lies on a server
    is_store_older: bool  # restored, and nobody has decided yet

    @property
    def is_disk_full(self) -> bool:
        return self.free_bytes < LITTLE_SPACE


def read_health(home: Home, store: Store, cycles: Collection[str], now: dt.datetime) -> Health:
    """`now`: by the clock of the machine, whatever day is replayed."""
    watched_at = read_heartbeat(home.watch_heartbeat)
    usage = shutil.disk_usage(home.root)
    with store.read() as connection:
        is_older = store.journal.is_ahead(connection)
    records = [record for cycle in cycles if (record := read_record(home.watch_record(cycle)))]
    return Health(
        watched_at,
        watched_at is not None and now - watched_at >= WATCH_PATIENCE,
        tuple(sorted({(reason.about, reason.at) for record in records for reason in _list_silent(record)}, key=str)),
        usage.free,
        usage.total,
        _measure_store(store),
        is_older,
    )


def read_heartbeat(path: Path) -> dt.datetime | None:
    with suppress(OSError, ValueError):
        return dt.datetime.fromisoformat(path.read_text(encoding="utf-8").strip())
    return None


def _list_silent(record: Record) -> list[Reason]:
    return [reason for reason in record.hold.reasons if reason.cause is Cause.SILENT]


def _measure_store(store: Store) -> int | None:
    database = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not database:
        return None
    with suppress(OSError):
        return Path(database).stat().st_size
    return None
