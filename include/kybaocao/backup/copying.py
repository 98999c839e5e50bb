"""A whole store copied into another one, on either engine; a backup holds it as one file of SQLite."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, literal, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from kybaocao.store.audit_chain import list_guards
from kybaocao.store.database import Store
from kybaocao.store.row_changes import install_triggers, remove_triggers
from kybaocao.store.tables import metadata

STORE_FILE = "kho.db"
_WAL = ("", "-wal", "-shm")
_AT_ONCE = 500  # rows
_BEGUN = ("changes", "installation")  # tables that have a row as soon as they are made


def find_file(store: Store) -> Path | None:
    """The file of a store of SQLite; None when it is on a server."""
    url = make_url(store.url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def save_store(store: Store, target: Path) -> None:
    """Write the store, as it is at one moment, to a new file of SQLite while passes go on.

    Raises sqlite3.DatabaseError or SQLAlchemyError when it cannot be read whole.
    """
    source = find_file(store)
    if source is not None:
        with closing(_open_to_read(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            _finish(new)
        return
    store.upgrade()
    copy = Store(f"sqlite:///{target}", target.parent / "khoa")
    _make_tables(copy)
    with store.read_at_once() as old, copy.write_unchecked() as new:
        _copy_rows(old, new)
    with closing(sqlite3.connect(target)) as file:
        _finish(file)
    shutil.rmtree(target.parent / "khoa", ignore_errors=True)


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)


def _finish(file: sqlite3.Connection) -> None:
    """One file, without a journal of SQLite beside it, of which every page is sound."""
    file.execute("PRAGMA journal_mode=DELETE")
    (said,) = file.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)


def load_store(saved: Path, store: Store, aside: Path) -> None:
    """Put a saved store in the place of what `store` holds, which is kept: files in `aside`, tables in another schema.

    The store is brought up to date afterwards; its journal is left alone.
    """
    target = find_file(store)
    if target is not None:
        _put_file(saved, target, aside)
    else:
        _put_rows(saved, store, f"truoc_{aside.name.replace('-', '_')}")
    store.upgrade()


def _put_file(saved: Path, target: Path, aside: Path) -> None:
    """The copy comes by the way that SQLite has for it, so a program that still reads the store is not disturbed."""
    aside.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    for end in _WAL:
        with suppress(FileNotFoundError):
            shutil.copy2(f"{target}{end}", aside)
    try:
        _overwrite(saved, target)
    except sqlite3.DatabaseError:  # what lies there is no store any more
        for end in _WAL:
            Path(f"{target}{end}").unlink(missing_ok=True)
        _overwrite(saved, target)
    target.chmod(0o600)


def _overwrite(saved: Path, target: Path) -> None:
    with closing(_open_to_read(saved)) as old, closing(sqlite3.connect(target, timeout=60)) as new:
        old.backup(new)


def _put_rows(saved: Path, store: Store, schema: str) -> None:
    """One transaction: readers see the tables of before, or those of the backup."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / STORE_FILE
        shutil.copyfile(saved, path)
        copy = Store(f"sqlite:///{path}", Path(folder) / "khoa")
        copy.upgrade()  # a backup of an earlier version
        with store.exclusive("migrate"), store.write_unchecked() as new:
            new.execute(text(f"ALTER SCHEMA public RENAME TO {schema}"))
            new.execute(text("CREATE SCHEMA public"))
            _make_tables(store, new)
            with copy.read() as old:
                _copy_rows(old, new)


def _make_tables(store: Store, connection: Connection | None = None) -> None:
    from kybaocao.store.migrate import migrate  # only who upgrades waits for Alembic

    if connection is not None:
        migrate(connection)
        return
    with store.write_unchecked() as own:
        migrate(own)


def _copy_rows(old: Connection, new: Connection) -> None:
    """Every row under its own number; the next ones are counted from there."""
    remove_triggers(new)
    with _suspend_guards(new):
        for table in metadata.sorted_tables:
            new.execute(delete(table))  # a migration may have written some
            rows = old.execute(select(table).order_by(*table.primary_key))
            while found := rows.fetchmany(_AT_ONCE):
                new.execute(insert(table), [dict(row._mapping) for row in found])
    count_on(new)
    install_triggers(new)


@contextmanager
def _suspend_guards(connection: Connection) -> Iterator[None]:
    """The guards of tables that only grow know no row that an earlier version wrote; what is copied was guarded."""
    if connection.dialect.name == "postgresql":
        guards = list_guards(connection)
        for table, name in guards:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {name}"))
        yield
        for table, name in guards:
            connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"))
        return
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in rows:
        connection.execute(text(f'DROP TRIGGER "{name}"'))
    yield
    for _, statement in rows:
        connection.exec_driver_sql(statement)


def count_on(connection: Connection) -> None:
    """New rows get numbers after those that were written with theirs; SQLite sees to it itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and column.autoincrement is True:
            last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, column.name), last, False)))


def holds_anything(store: Store) -> bool:
    """Whether there is something that a restore would take the place of, sound or not. Tables without rows are nothing.

    The start of a new machine makes them before anybody can restore.
    """
    path = find_file(store)
    if path is not None and not (path.exists() and path.stat().st_size):
        return False
    try:
        with store.read() as connection:
            there = [one for one in metadata.sorted_tables if store.engine.dialect.has_table(connection, one.name)]
            asked = (select(literal(1)).select_from(one).limit(1) for one in there if one.name not in _BEGUN)
            return any(map(connection.scalar, asked)) or (path is not None and not there)
    except SQLAlchemyError:  # no sound store, and perhaps all there is
        return True
