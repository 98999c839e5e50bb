"""The archived bytes of the files in force, read anew: by the second reader, or by our own where it cannot.

Several files share one process of the sandbox, because starting one takes longer than reading a form.  When it comes
back without an answer, each of its files is read alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kybaocao.inbox.archive import read_kept
from kybaocao.workbook.guard import MAX_BYTES
from kybaocao.workbook.plain_book import DATE as DATE_MARK
from kybaocao.workbook.plain_book import PERCENT as PERCENT_MARK
from kybaocao.workbook.plain_book import clean_signs
from kybaocao.workbook.reader_slots import READER_MEGABYTES
from kybaocao.workbook.sandbox import SandboxError, parse_limited, run_limited

if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook

PROGRAM = "from kybaocao.proof.second_reader import *; answer(read_files)"
NUMBER, PERCENT, DAY, TEXT = "n", "p", "d", "t"  # as `second_reader` names the kinds of a cell
BATCH_FILES, BATCH_BYTES = 40, 8 * 2**20
SECONDS = 60  # of processor time for a batch; a form takes a hundredth of a second


class Reader(StrEnum):
    """Who read a file for the proof."""

    SECOND = "zipfile, ElementTree"  # shares nothing with what read the file when it came in
    OWN = "kybaocao.workbook"  # .ods, .xls, and what the second one cannot read: our own, from the original bytes
    NOBODY = ""


class Cell(NamedTuple):
    kind: str
    text: str  # of a number its digits, of a day its ISO form


@dataclass(frozen=True)
class Sheet:
    name: str
    is_hidden: bool
    rows: Mapping[int, Mapping[int, Cell]]  # zero-based row -> column -> a filled cell


@dataclass(frozen=True)
class ArchivedFile:
    """What the archive holds under a checksum. `sha256`: of the bytes that lie there now, "" without any."""

    sha256: str
    reader: Reader
    sheets: tuple[Sheet, ...]


def read_archived(root: Path, digests: Iterable[str]) -> Iterator[tuple[str, ArchivedFile]]:
    """(checksum, the file) for each checksum, a few at a time, so that few are held. Raises BusyMachineError."""
    batch: dict[str, bytes] = {}
    for digest in dict.fromkeys(digests):
        try:
            data = read_kept(root, digest, MAX_BYTES + 1)
        except OSError:
            yield digest, ArchivedFile("", Reader.NOBODY, ())
            continue
        there = hashlib.sha256(data).hexdigest()
        if there != digest:
            yield digest, ArchivedFile(there, Reader.NOBODY, ())
            continue
        if batch and (len(batch) == BATCH_FILES or sum(map(len, batch.values())) + len(data) > BATCH_BYTES):
            yield from _read_batch(batch).items()
            batch = {}
        batch[digest] = data
    if batch:
        yield from _read_batch(batch).items()


def _read_batch(batch: Mapping[str, bytes]) -> dict[str, ArchivedFile]:
    payload = json.dumps([len(data) for data in batch.values()]).encode() + b"\n" + b"".join(batch.values())
    try:
        books = run_limited(PROGRAM, payload, seconds=SECONDS, megabytes=READER_MEGABYTES)
    except SandboxError:
        if len(batch) == 1:
            return {digest: _read_again(digest, data) for digest, data in batch.items()}
        return {digest: file for one in batch.items() for digest, file in _read_batch(dict([one])).items()}
    return {
        digest: ArchivedFile(digest, Reader.SECOND, _list_sheets(book))
        if isinstance(book, list)
        else _read_again(digest, data)
        for (digest, data), book in zip(batch.items(), books, strict=True)
    }


def _read_again(digest: str, data: bytes) -> ArchivedFile:
    try:
        book = parse_limited(data)
    except SandboxError:
        return ArchivedFile(digest, Reader.NOBODY, ())
    return ArchivedFile(digest, Reader.OWN, _list_sheets(_flatten(book)))


def _flatten(book: PlainBook) -> Iterator[list[Any]]:
    """Our own reader's rows as the second one gives them."""
    for name, is_hidden, rows, marks in book:
        percent = {(row, column) for row, column, kind, _ in marks if kind == PERCENT_MARK}
        cells = [
            [number, column, _name_kind(value, (number, column) in percent), str(value)]
            for number, row in enumerate(rows)
            for column, value in enumerate(row)
            if value != ""
        ]
        cells += [[row, column, DAY, text[:10]] for row, column, kind, text in marks if kind == DATE_MARK]
        yield [name, is_hidden, cells]


def _name_kind(value: object, is_percent: bool) -> str:
    if isinstance(value, str | bool):
        return TEXT
    return PERCENT if is_percent else NUMBER


def _list_sheets(book: Iterable[list[Any]]) -> tuple[Sheet, ...]:
    sheets = []
    for name, is_hidden, cells in book:
        rows: dict[int, dict[int, Cell]] = {}
        for row, column, kind, text in cells:
            if kind == TEXT and ("_x" in text or not text.isprintable()):
                text = clean_signs(text)
            rows.setdefault(row, {})[column] = Cell(kind, text)
        sheets.append(Sheet(clean_signs(name), is_hidden, rows))
    return tuple(sheets)
