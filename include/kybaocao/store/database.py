"""Opening the store: SQLite by default, PostgreSQL by KYBAOCAO_DB_URL; nothing else differs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from kybaocao.home import Home
from kybaocao.store.journal import Journal

log = logging.getLogger(__name__)
JOURNAL = "so_ghi"  # folder of the journal, beside the locks

SYSTEM = "kybaocao"  # acts where no person asked for it


class Store:
    """The database of one installation.

    `read()` and `write()` give a connection inside a transaction that commits at the end of the block.
    Writers take the lock at once (BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL), so two passes wait
    for each other instead of failing half-way, and what a writer has read in its transaction is still true when
    it writes.  A write must be short, and must not begin inside another one.  `actor` is who works with it and `run`
    the pass, for the audit trail.

    Every write is followed by the journal beside the store; one that is older than its journal is not written to.
    """

    def __init__(self, url: str, lock_folder: Path, actor: str = SYSTEM, run: str = "") -> None:
        self.url = url
        self.actor = actor
        self.run = run
        self._lock_folder = lock_folder
        self.journal = Journal(lock_folder.parent / JOURNAL)
        self.engine = _engine(url)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        held = _shared.get()
        if held is None:
            with self.engine.connect() as connection, connection.begin():
                yield connection
            return
        if self.url not in held:
            held[self.url] = self.engine.connect()
        connection = held[self.url]
        if connection.in_transaction():  # inside another reading
            yield connection
        else:
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def read_at_once(self) -> Iterator[Connection]:
        """Reading of many tables as they are at one moment, from the first question on."""
        if self.engine.dialect.name != "postgresql":
            with self.read() as connection:
                yield connection
            return
        options = {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Raises StoreIsOlderError when the journal knows more than the store."""
        with self._connect_writer() as connection:
            with self._begin_write(connection):
                self.journal.check(connection)
                yield connection
            with connection.execution_options(is_writer=False).begin():
                self._follow(connection, is_migrated=False)

    def follow(self, *, is_migrated: bool = False) -> None:
        """Bring the journal up to date. What cannot be written now is written after the next change."""
        with self.read_at_once() as connection:
            self._follow(connection, is_migrated=is_migrated)

    def _follow(self, connection: Connection, *, is_migrated: bool) -> None:
        try:
            self.journal.follow(connection, is_migrated=is_migrated)
        except OSError as error:
            log.warning("the journal beside the store could not be written: %s", error)

    @contextlib.contextmanager
    def write_unchecked(self) -> Iterator[Connection]:
        """For what must be done to a store whatever its journal says: migrating, and deciding about it."""
        with self._connect_writer() as connection, self._begin_write(connection):
            yield connection

    def _connect_writer(self) -> Connection:
        return self.engine.connect().execution_options(is_writer=True, actor=self.actor, run=self.run)

    @contextlib.contextmanager
    def _begin_write(self, connection: Connection) -> Iterator[None]:
        with connection.begin():
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _number_lock("writer")})
            yield

    @contextlib.contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold a named lock that dies with its holder, across processes and (on PostgreSQL) machines."""
        if self.engine.dialect.name == "postgresql":
            number = _number_lock(name)
            with self.engine.connect() as connection:
                connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": number})
                try:
                    yield
                finally:
                    connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
            return
        self._lock_folder.mkdir(parents=True, exist_ok=True)
        with open(self._lock_folder / f"{name}.lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @property
    def has_tables(self) -> bool:
        """Whether the store was ever upgraded to where addresses that came back are kept."""
        with self.read() as connection:
            return inspect(connection).has_table("bounces")

    def upgrade(self) -> None:
        """Bring the tables to the newest migration; safe to run any number of times, by many at once."""
        from kybaocao.store.migrate import upgrade  # only who upgrades waits for Alembic

        with self.exclusive("migrate"):
            if upgrade(self.read, self.write_unchecked):
                self.follow(is_migrated=True)


# The connections of who reads much at once, by the address of the store; None: each reading opens its own.
_shared: ContextVar[dict[str, Connection] | None] = ContextVar("shared", default=None)


@contextlib.contextmanager
def share_connections() -> Iterator[None]:
    """Within, one connection serves all reading of a store: opening one takes longer than most questions.

    For a page, which asks one question after the other; nothing may be written meanwhile.
    """
    if _shared.get() is not None:  # inside another one
        yield
        return
    held: dict[str, Connection] = {}
    token = _shared.set(held)
    try:
        yield
    finally:
        _shared.reset(token)
        for connection in held.values():
            connection.close()


def open_store(home: Home, actor: str = SYSTEM, run: str = "") -> Store:
    """The store of an installation; nothing is made before something is read or written."""
    return Store(home.store_url, home.root / "locks", actor, run)


def _number_lock(name: str) -> int:
    """The number of a named lock of PostgreSQL."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@lru_cache(maxsize=8)
def _engine(url: str) -> Engine:
    parsed = make_url(url)
    # No pool: tasks are forked processes that open the store once or twice, and a pooled connection must
    # never be shared across a fork.
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, poolclass=NullPool)
    engine = create_engine(parsed, poolclass=NullPool, connect_args={"timeout": 60})

    @event.listens_for(engine, "do_connect")  # not before: what only might ask the store leaves no folder behind
    def _make_folder(*_: Any) -> None:
        if parsed.database and parsed.database != ":memory:":
            path = Path(parsed.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # SQLite gives the files beside it the same rights

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_writer = connection.get_execution_options().get("is_writer", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine
