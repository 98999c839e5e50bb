"""Faults in a process of a season: at the n-th commit, rename, flush, write or mail it dies, or is refused.

Nothing of the product is changed: what it calls (SQLAlchemy, `os`, `open`, `smtplib`) is wrapped in the process that
is to suffer, after it was forked.  Every point that is passed is counted, so that a run without a fault says how many
points there are.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import smtplib  # noqa: TID251 - what the provider sends through
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

COMMIT, REPLACE, UNLINK, FSYNC, OPEN, WRITE, SEND = "commit", "replace", "unlink", "fsync", "open", "write", "send"
BEGIN, STATEMENT = "begin", "statement"
BEFORE, MIDDLE, AFTER = "before", "middle", "after"
KILL, FULL, LOST, LOCKED, SLOW, CLOSED = "kill", "full", "lost", "locked", "slow", "closed"
_WRITES = {OPEN, WRITE, FSYNC}


@dataclass(frozen=True)
class Fault:
    """What happens, and where: at the `number`-th time that `point` is reached.

    KILL: SIGKILL.  FULL: from there on no file takes a byte.  LOST: the connection to the store breaks.  LOCKED: the
    store says that it is locked.  SLOW: a third of a second passes.  CLOSED: files whose path holds `name` cannot be
    opened, all through the process.
    """

    action: str
    point: str = ""
    where: str = BEFORE
    number: int = 1
    name: str = ""

    def __str__(self) -> str:
        return f"{self.action} {self.where} {self.point} {self.number} {self.name}".strip()


class Injector:
    """The wrappers of one process, with what they counted."""

    def __init__(self, faults: tuple[Fault, ...], root: Path, report: Path) -> None:
        self._faults = faults
        self._root = str(root)
        self._report = report
        self.counts: Counter[tuple[str, str]] = Counter()
        self.fired: list[str] = []
        self._is_full = False
        self._writer: Any = None

    def install(self) -> None:
        self._wrap_store()
        self._wrap_files()
        self._wrap_mail()

    def save(self) -> None:
        """Write down what was counted and what happened; the last thing a process does, also one that is killed."""
        counts = [[*key, count] for key, count in sorted(self.counts.items())]
        descriptor = _open(self._report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, json.dumps({"counts": counts, "fired": self.fired}).encode())
        os.close(descriptor)

    # --- what happens -----------------------------------------------------------------------------------------

    def pass_point(self, point: str, where: str, half: Callable[[], None] | None = None) -> None:
        self.counts[point, where] += 1
        for fault in self._faults:
            if (fault.point, fault.where, fault.number) == (point, where, self.counts[point, where]):
                self.fired.append(str(fault))
                if half is not None and fault.action in (KILL, FULL):
                    half()
                self._happen(fault)
        if self._is_full and point in _WRITES and where == BEFORE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._is_full and point == COMMIT and where == BEFORE:
            raise sqlite3.OperationalError("database or disk is full")

    def _happen(self, fault: Fault) -> None:
        if fault.action == KILL:
            self.save()
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault.action == FULL:
            self._is_full = True
        elif fault.action == SLOW:
            time.sleep(0.3)
        elif fault.action == LOCKED:
            raise sqlite3.OperationalError("database is locked")
        elif fault.action == LOST:
            self._lose_connection()

    def _lose_connection(self) -> None:
        """Ask the server to end the connection that is at work; SQLite has none and reports a broken disk."""
        connection = self._writer
        if connection is None or connection.dialect.name != "postgresql":
            raise sqlite3.OperationalError("disk I/O error")
        import psycopg2  # type: ignore[import-untyped]

        process = connection.connection.dbapi_connection.info.backend_pid
        other = psycopg2.connect(**connection.connection.dbapi_connection.get_dsn_parameters())
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", (process,))
        other.close()

    # --- where ------------------------------------------------------------------------------------------------

    def _wrap_store(self) -> None:
        def _begin(connection: Any) -> None:
            if connection.get_execution_options().get("is_writer"):
                self._writer = connection
                self.pass_point(BEGIN, BEFORE)

        def _execute(connection: Any, *_: Any) -> None:
            if connection is self._writer:
                self.pass_point(STATEMENT, BEFORE)

        state = {"is_writer": False}

        def _commit(connection: Any) -> None:
            state["is_writer"] = bool(connection.get_execution_options().get("is_writer"))

        for name, listener in (("begin", _begin), ("before_cursor_execute", _execute), ("commit", _commit)):
            event.listen(Engine, name, listener)
        commit = DefaultDialect.do_commit

        def _do_commit(dialect: Any, connection: Any) -> None:
            if not state["is_writer"]:
                commit(dialect, connection)
                return
            state["is_writer"] = False
            self.pass_point(COMMIT, BEFORE)
            commit(dialect, connection)
            self.pass_point(COMMIT, AFTER)

        DefaultDialect.do_commit = _do_commit  # type: ignore[method-assign]

    def _wrap_files(self) -> None:
        for point, names in ((REPLACE, ("replace", "rename")), (UNLINK, ("unlink", "remove")), (FSYNC, ("fsync",))):
            for name in names:
                setattr(os, name, self._around(point, getattr(os, name)))
        os_open, io_open = os.open, io.open

        def _open_descriptor(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            self._refuse_closed(path)
            if flags & (os.O_WRONLY | os.O_RDWR):
                self.pass_point(OPEN, BEFORE)
            return os_open(path, flags, *args, **kwargs)

        def _open_file(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if not isinstance(file, int):
                self._refuse_closed(file)
            is_ours = isinstance(file, int) or str(file).startswith(self._root)
            if not is_ours or not set(mode) & set("wax+"):
                return io_open(file, mode, *args, **kwargs)
            if not isinstance(file, int):
                self.pass_point(OPEN, BEFORE)
            return _Watched(io_open(file, mode, *args, **kwargs), self)

        os.open = _open_descriptor
        io.open = builtins.open = _open_file  # type: ignore[assignment]

    def _refuse_closed(self, path: Any) -> None:
        for fault in self._faults:
            if fault.action == CLOSED and fault.name and str(path).endswith(fault.name):
                self.fired.append(str(fault))
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def _around(self, point: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def _called(*args: Any, **kwargs: Any) -> Any:
            self.pass_point(point, BEFORE)
            result = call(*args, **kwargs)
            self.pass_point(point, AFTER)
            return result

        return _called

    def _wrap_mail(self) -> None:
        client_class = smtplib.SMTP
        sendmail, data = client_class.sendmail, client_class.data

        def _sendmail(client: Any, *args: Any, **kwargs: Any) -> Any:
            self.pass_point(SEND, BEFORE)
            result = sendmail(client, *args, **kwargs)
            self.pass_point(SEND, AFTER)
            return result

        def _data(client: Any, message: Any) -> Any:
            def _half() -> None:
                client.docmd("data")
                client.send(message[: len(message) // 2])

            self.pass_point(SEND, MIDDLE, _half)
            return data(client, message)

        client_class.sendmail = _sendmail  # type: ignore[method-assign, assignment]
        client_class.data = _data  # type: ignore[method-assign, assignment]


_open = os.open


class _Watched:
    """A file being written: each write is a point, and the half of it may be all that arrives."""

    def __init__(self, file: Any, injector: Injector) -> None:
        self._file, self._injector = file, injector

    def write(self, data: Any) -> Any:
        def _half() -> None:
            self._file.write(data[: len(data) // 2])
            self._file.flush()

        self._injector.pass_point(WRITE, BEFORE, _half)
        return self._file.write(data)

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Any:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def describe(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
    return [asdict(fault) for fault in faults]
