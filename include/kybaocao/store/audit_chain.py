"""The audit trail as a chain: each row holds the digest of the row before it, so that later changes are found.

Who may write to the database can also drop its triggers and rewrite rows together with all digests after them.  That,
and a tail that was cut off, is found by a `Head` that was kept elsewhere: in the file beside the store, in a backup,
in the mail of a release.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text

from kybaocao.files import write_whole
from kybaocao.store.database import Store
from kybaocao.store.tables import GROWING, audit

FIRST = ""  # what the first row holds in place of a digest


@dataclass(frozen=True)
class Head:
    """The newest row of the trail at some moment; `id` 0 and `digest` "" while there was none."""

    id: int
    digest: str


class BreakKind(StrEnum):
    """What is wrong with the trail."""

    CHANGED = "changed"  # the row does not have the digest of what it says
    DISCONTINUED = "discontinued"  # the row does not continue the one before: rows between were taken out or put in
    CUT = "cut"  # a row that was known to be the newest one is gone: the end was cut off, or all was rewritten
    UNGUARDED = "unguarded"  # a trigger that refuses changes is gone or switched off


@dataclass(frozen=True)
class Break:
    """One fault of the trail, at the row with this number; 0 for UNGUARDED, where `name` is the trigger's."""

    kind: BreakKind
    id: int
    name: str = ""


def compute_digest(previous: str, row: Any) -> str:
    """SHA-256, as 64 hexadecimal digits, of what a row of the trail says and of the digest before it."""
    recorded_at = None if row.recorded_at is None else _spell(row.recorded_at)
    values = [previous, _spell(row.at), recorded_at, row.actor, row.action, row.cycle, row.agency, row.detail]
    if row.run:  # a row without a run keeps the digest that earlier versions gave it
        values.append(row.run)
    return hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()


def _spell(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def read_head(connection: Connection) -> Head:
    """The newest row of the trail."""
    row = connection.execute(select(audit.c.id, audit.c.digest).order_by(audit.c.id.desc()).limit(1)).first()
    return Head(row.id, row.digest) if row else Head(0, FIRST)


def find_breaks(store: Store, known: Iterable[Head] = ()) -> list[Break]:
    """Everything that is wrong with the trail of an upgraded store, in the order of its rows.

    `known`: heads that were kept elsewhere, see `read_kept_head`.
    """
    with store.read() as connection:
        return [*_find_loose_rows(connection, known), *_find_missing_guards(connection)]


def _find_loose_rows(connection: Connection, known: Iterable[Head]) -> Iterator[Break]:
    lost = {(head.id, head.digest) for head in known if head.id}
    previous = FIRST
    rows = connection.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.id))
    for row in rows:
        if row.previous != previous:
            yield Break(BreakKind.DISCONTINUED, row.id)
        if row.digest != compute_digest(row.previous, row):
            yield Break(BreakKind.CHANGED, row.id)
        lost.discard((row.id, row.digest))
        previous = row.digest
    yield from (Break(BreakKind.CUT, number) for number, _ in sorted(lost))


def _find_missing_guards(connection: Connection) -> Iterator[Break]:
    if connection.dialect.name == "postgresql":
        found, verbs = {name for _, name in list_guards(connection)}, ("update", "delete", "truncate")
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        found, verbs = set(connection.scalars(text(query))), ("update", "delete", "replace")
    needed = [f"{table.name}_no_{verb}" for table in GROWING for verb in verbs]
    yield from (Break(BreakKind.UNGUARDED, 0, name) for name in [*needed, f"{audit.name}_chained"] if name not in found)


def list_guards(connection: Connection) -> list[tuple[str, str]]:
    """(table, trigger) of what refuses changes whatever a session says of itself; PostgreSQL only."""
    query = (
        "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgenabled = 'A' AND relnamespace = current_schema()::regnamespace"
    )
    return [(table, name) for table, name in connection.execute(text(query))]


# --- the head kept beside the store ------------------------------------------------------------------------------


def keep_head(store: Store, path: Path) -> bool:
    """Write the newest row's digest into a file; False, and the file stays, when the row it names is gone.

    So the file goes on saying that rows are missing, until somebody who knows why accepts it.  A file that cannot be
    written stays as it is: no pass fails for it.
    """
    with store.read() as connection:
        kept, head = read_kept_head(path), read_head(connection)
        if kept is not None and not has_row(connection, kept):
            return False
    if kept != head:
        with suppress(OSError):
            write_whole(path, json.dumps(asdict(head)).encode())
    return True


def accept_head(store: Store, path: Path) -> None:
    """From now on the trail counts as whole as it is, after a restore that somebody decided. Raises OSError."""
    with store.read() as connection:
        head = read_head(connection)
    write_whole(path, json.dumps(asdict(head)).encode())


def read_kept_head(path: Path) -> Head | None:
    """What `keep_head` wrote last; None when there is no such file, or none that can be read."""
    with suppress(OSError, ValueError, TypeError):
        return Head(**json.loads(path.read_bytes()))
    return None


def has_row(connection: Connection, head: Head) -> bool:
    """Whether the row that was the newest one is still there, unchanged."""
    found = connection.scalar(select(audit.c.digest).where(audit.c.id == head.id))
    return head.id == 0 or found == head.digest
