"""A store for each season, on either engine, and its rows read without the product."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from kybaocao.store.database import Store

SQLITE, POSTGRESQL = "sqlite", "postgresql"
Row = dict[str, Any]
_MOMENTS = ("_at", "useful_until")  # columns that end so, and `at`, hold moments


class Database(Protocol):
    """The store of one season."""

    environment: dict[str, str]

    def list_tables(self) -> list[str]: ...

    def read(self, table: str) -> list[Row]: ...

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Another writer holds the store inside the block."""

    def save(self) -> None:
        """Keep the store as it is now, once."""

    def restore(self) -> None:
        """The store as it was kept."""

    def drop(self) -> None: ...


def _name_moments(rows: list[Row]) -> list[Row]:
    for row in rows:
        for name, value in row.items():
            if value is not None and (name == "at" or name.endswith(_MOMENTS)):
                moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
                row[name] = moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return rows


class SqliteDatabase:
    """A file in the season's home."""

    def __init__(self, template: Path, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.path = home / "kybaocao.db"
        self.environment = {"KYBAOCAO_DB_URL": f"sqlite:///{self.path}"}
        shutil.copyfile(template, self.path)

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()

    def list_tables(self) -> list[str]:
        with self._connect() as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return sorted(name for (name,) in found if not name.startswith(("sqlite_", "alembic")))

    def read(self, table: str) -> list[Row]:
        with self._connect() as connection:
            return _name_moments([dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")])

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def save(self) -> None:
        with self._connect() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._saved = self.path.read_bytes()

    def restore(self) -> None:
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.path.write_bytes(self._saved)

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


class PostgresDatabase:
    """A database of its own on the server of the tests."""

    def __init__(self, server: str, template: str, name: str) -> None:
        self._server, self.name = server, name
        _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        self.url = _url_of(server, name)
        self.environment = {"KYBAOCAO_DB_URL": self.url.replace("postgresql://", "postgresql+psycopg2://")}

    @contextlib.contextmanager
    def _connect(self) -> Iterator[Any]:
        import psycopg2  # type: ignore[import-untyped]
        import psycopg2.extras  # type: ignore[import-untyped]

        connection = psycopg2.connect(self.url, cursor_factory=psycopg2.extras.RealDictCursor)
        try:
            yield connection
        finally:
            connection.close()

    def list_tables(self) -> list[str]:
        query = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return sorted(row["name"] for row in cursor if row["name"] != "alembic_version")

    def read(self, table: str) -> list[Row]:
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            rows = _name_moments([dict(row) for row in cursor])
        return sorted(rows, key=lambda row: row["id"]) if rows and "id" in rows[0] else sorted(rows, key=str)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE arrivals, outbox, steps IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()

    def save(self) -> None:
        _execute(self._server, f"CREATE DATABASE {self.name}_kept TEMPLATE {self.name}")

    def restore(self) -> None:
        _execute(self._server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        _execute(self._server, f"CREATE DATABASE {self.name} TEMPLATE {self.name}_kept")

    def drop(self) -> None:
        for name in (self.name, f"{self.name}_kept"):
            _execute(self._server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _url_of(server: str, name: str) -> str:
    head, _, tail = server.partition("/postgres?")
    return f"{head}/{name}?{tail}" if tail else server.rsplit("/", 1)[0] + f"/{name}"


def _execute(server: str, statement: str) -> None:
    import psycopg2

    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


class Engines:
    """Makes stores: of SQLite by copying a file, of PostgreSQL by copying a database."""

    def __init__(self, server: str = "") -> None:
        self._server = ""
        self._folder = Path(tempfile.mkdtemp(prefix="kybaocao-faults-"))
        self._numbers = itertools.count()
        self._template = ""
        empty = Store(f"sqlite:///{self._folder / 'empty.db'}", self._folder / "locks")
        empty.upgrade()
        with sqlite3.connect(self._folder / "empty.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if server:
            self.use_postgres(server)

    @property
    def has_postgres(self) -> bool:
        return bool(self._server)

    def use_postgres(self, server: str) -> None:
        """From now on stores can be made on that server, too."""
        self._server, self._template = server, f"template_{os.getpid()}"
        _execute(server, f"CREATE DATABASE {self._template}")
        url = _url_of(server, self._template).replace("postgresql://", "postgresql+psycopg2://")
        Store(url, self._folder / "locks").upgrade()

    def make(self, engine: str, home: Path) -> Database:
        if engine == SQLITE:
            return SqliteDatabase(self._folder / "empty.db", home)
        home.mkdir(parents=True, exist_ok=True)
        return PostgresDatabase(self._server, self._template, f"season_{os.getpid()}_{next(self._numbers)}")

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def run_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the block."""
    import logging

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about XDG folders that a root machine lacks
        import pgserver
    logging.getLogger("pgserver").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="kybaocao-postgres-") as folder:
        os.chmod(folder, 0o755)
        server = pgserver.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
