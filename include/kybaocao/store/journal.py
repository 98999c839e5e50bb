"""The journal: every change of the store once more, in a file beside it that a restored store does not replace.

It follows the store: what was committed is appended right afterwards, and what a killed process did not append is
appended by the next one.  So a journal that knows more than its store means that the store is older, and nothing is
written to that store before somebody has decided what counts (`backup.reconciling`): a pass would send letters again.

    {"base": {…}}                                    one line for each row that was there when the journal was begun
    {"number": 7, "table": …, "operation": …, "row": …}    one line for each change
    {"mark": 7, "row": digest, "chain": digest, "at": …}   after each batch; `chain` covers all lines from the beginning
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete
from sqlalchemy.exc import DBAPIError

from kybaocao.store.row_changes import Change, find_change, find_last, has_changes, list_changes, list_rows
from kybaocao.store.tables import changes

FILE, UNDECIDED = "so-ghi.jsonl", "cho-quyet-dinh.json"
KEPT = 200  # changes that stay in the store although the journal has them
_LONGEST_MARK_BYTES = 400


class StoreIsOlderError(RuntimeError):
    """The store was restored, or is not the one of this journal; nothing is written before somebody has decided."""

    def __init__(self) -> None:
        super().__init__(
            "Kho dữ liệu cũ hơn sổ ghi đặt cạnh kho (vừa khôi phục từ bản sao lưu?) nên hệ thống dừng lại, chưa ghi "
            "và chưa gửi gì. Xin xem và quyết định: python -m kybaocao reconcile"
        )


class JournalDamagedError(ValueError):
    """A line of the journal is not what was written; the message says which, in Vietnamese."""


@dataclass(frozen=True)
class Mark:
    """How far the journal has come."""

    number: int  # of the last change in it
    row: str  # digest of that change
    chain: str
    at: dt.datetime  # when it was written

    def as_line(self) -> bytes:
        return _dump({"mark": self.number, "row": self.row, "chain": self.chain, "at": self.at.isoformat()})


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True)
class Base:
    """A row as it was when the journal was begun, or when a migration had changed the tables."""

    table: str
    row: dict[str, Any]


class Journal:
    """The journal of one store, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        self.undecided = folder / UNDECIDED

    # --- reading -----------------------------------------------------------------------------------------------

    def find_mark(self) -> Mark | None:
        """The last mark; None when there is no journal. A batch that was cut short after it counts for nothing."""
        try:
            with self.path.open("rb") as file:
                return self._find_mark(file)[0]
        except FileNotFoundError:
            return None

    @staticmethod
    def _find_mark(file: Any) -> tuple[Mark | None, int]:
        """(last mark, where it ends)"""
        size = file.seek(0, os.SEEK_END)
        length = _LONGEST_MARK_BYTES
        while True:
            start = max(0, size - length)
            file.seek(start)
            data = file.read(size - start)
            end = data.rfind(b"\n") + 1
            while end:
                begin = data.rfind(b"\n", 0, end - 1) + 1
                if (begin or not start) and data.startswith(b'{"mark"', begin):
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        return _read_mark(data[begin:end]), start + end
                if not begin:
                    break
                end = begin
            if not start:
                return None, 0
            length *= 8

    def read(self) -> Iterator[Change | Base | Mark]:
        """Everything in order: the rows that were there at the beginning, then every change, and the marks.

        Raises JournalDamagedError at the first batch that is not what was written; what a killed process left
        unfinished at the end is passed over.
        """
        chain, batch, begin = "", list[bytes](), 1
        read: list[Change | Base]
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.startswith(b'{"mark"'):
                    batch.append(line)
                    continue
                try:
                    mark = _read_mark(line)
                except (ValueError, KeyError, TypeError):
                    raise JournalDamagedError(f"dòng {number}") from None
                chain = _chain(chain, batch)
                if mark.chain != chain:
                    raise JournalDamagedError(f"dòng {begin}–{number}")
                read = [_read_line(one) for one in batch]
                last = read[-1] if read else None
                if isinstance(last, Change) and (last.number, last.digest) != (mark.number, mark.row):
                    raise JournalDamagedError(f"dòng {number}")
                yield from read
                yield mark
                batch, begin = [], number + 1

    # --- following ----------------------------------------------------------------------------------------------

    def follow(self, connection: Connection, *, is_migrated: bool = False) -> None:
        """Append what the store has noted since; a batch that was cut short is written again. Raises OSError.

        After a migration, which no trigger notes, all rows follow as they are now; so they do at the beginning.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._hold(), open(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
            mark, end = self._find_mark(file)
            if not (_is_known(connection, mark) if mark else has_changes(connection)):
                return
            later = list(list_changes(connection, mark.number)) if mark else []
            last = later[-1] if later else find_last(connection)
            lines = [_dump(_as_line(one)) for one in later]
            if is_migrated or mark is None:
                lines += [_dump({"base": {"table": table, "row": row}}) for table, row in list_rows(connection)]
            elif not later:
                return
            assert last is not None  # at least the row that names the store
            chain = _chain(mark.chain if mark else "", lines)
            file.seek(end)
            file.truncate()
            file.writelines([*lines, Mark(last.number, last.digest, chain, dt.datetime.now(dt.UTC)).as_line()])
            file.flush()
            os.fsync(file.fileno())

    def check(self, connection: Connection) -> None:
        """Raises StoreIsOlderError when the store must not be written to."""
        mark = self.find_mark()
        if self.undecided.exists() or (mark and not _is_known(connection, mark)):
            raise StoreIsOlderError
        if mark:
            connection.execute(delete(changes).where(changes.c.id < mark.number - KEPT))

    def is_ahead(self, connection: Connection) -> bool:
        """Whether `check` would refuse."""
        mark = self.find_mark()
        return self.undecided.exists() or bool(mark and not _is_known(connection, mark))

    @contextlib.contextmanager
    def _hold(self) -> Iterator[None]:
        with open(self.folder / ".khoa", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def set_aside(self, at: dt.datetime) -> Path | None:
        """Keep the journal under another name; the next one begins with the store as it is. None: there was none."""
        if not self.path.exists():
            return None
        with self._hold():
            kept = self.folder / f"so-ghi.cu-{at:%Y%m%d-%H%M%S-%f}.jsonl"
            self.path.rename(kept)
        return kept


def _is_known(connection: Connection, mark: Mark) -> bool:
    """Whether the store has the last change of the journal."""
    try:
        with connection.begin_nested() if connection.dialect.name == "postgresql" else contextlib.nullcontext():
            found = find_change(connection, mark.number)
    except DBAPIError:  # a store of before there were changes
        if has_changes(connection):
            raise
        return False
    return found is not None and found.digest == mark.row


def _as_line(change: Change) -> dict[str, Any]:
    return {"number": change.number, "table": change.table, "operation": change.operation, "row": change.row}


def _read_line(line: bytes) -> Change | Base:
    found = json.loads(line)
    if base := found.get("base"):
        return Base(**base)
    return Change(**found)


def _read_mark(line: bytes) -> Mark:
    found = json.loads(line)
    return Mark(int(found["mark"]), found["row"], found["chain"], dt.datetime.fromisoformat(found["at"]))


def _chain(before: str, lines: Iterable[bytes]) -> str:
    digest = hashlib.sha256(before.encode())
    for line in lines:
        digest.update(line)
    return digest.hexdigest()
