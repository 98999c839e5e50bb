"""Reading a file in a process of its own, whose end harms nobody else.

A crafted file can make a native reader abort, hang or eat memory; none of that can be caught in-process.  The
reader is a fresh interpreter that gets the bytes and nothing else: no environment, no settings, no open files,
no memory of ours where keys and passwords lie.  It limits itself before it looks at the first byte, and confines
itself as far as the kernel lets it (`confinement`): nothing can be opened, connected to, started or signalled.

The time of a file is processor time: what it takes does not depend on what else the machine does.  A reader that
waits much longer than that without getting the processor is ended, too, but then the machine is at fault and not
the file.  How many readers run at once is bounded (`reader_slots`); waiting for a slot counts as nothing.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kybaocao.workbook.confinement_degree import REQUIRED, SETTING, Degree, is_required, note_degree, read_degree
from kybaocao.workbook.reader_slots import READER_MEGABYTES, hold_slot

if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook

INCLUDE = Path(__file__).resolve().parents[2]
READ_BOOK = (
    "from kybaocao.workbook.reader import answer, MAX_BOOK_BYTES; from kybaocao.workbook.parsing import parse_book;"
    " answer(parse_book, MAX_BOOK_BYTES)"
)
READ_OLD_BOOK = f"import kybaocao.workbook.xls; {READ_BOOK}"  # a confined reader cannot import it any more
PACKAGE = b"PK"  # how every workbook begins but an .xls
TOO_LONG, TOO_MUCH, DIED = "too-long", "MemoryError", "died"
PATIENCE = 6  # seconds on the clock for each second of processor time a reader may take
# What was beyond its limits -> the clause of findings.yaml (ly_do) that says so.
CLAUSES = {TOO_LONG: "qua_thoi_gian", TOO_MUCH: "qua_bo_nho", DIED: "dung_dot_ngot"}


class SandboxError(Exception):
    """The reader came back without a book: TOO_LONG, TOO_MUCH, DIED, or the name of the exception it met.

    `sheet` and `cell` say where, "" when the reader could not.
    """

    def __init__(self, reason: str, sheet: str = "", cell: str = "") -> None:
        super().__init__(reason)
        self.reason, self.sheet, self.cell = reason, sheet, cell


class ReaderError(RuntimeError):
    """No fault of the file: nothing is known about it, and it waits."""


class BusyMachineError(ReaderError):
    """A reader was ended before it had used up its processor time: nothing is known about the file."""

    def __init__(self) -> None:
        super().__init__("máy chủ đang quá tải nên chưa đọc được tệp này; tệp chưa được kiểm tra, xin thử lại sau")


class UnconfinedReaderError(ReaderError):
    """Readers must be confined in full (`confinement_degree`), and the kernel offers less."""

    def __init__(self, degree: Degree) -> None:
        self.degree = degree
        super().__init__(
            f"tệp chưa được đọc: {SETTING} yêu cầu cách ly đầy đủ tiến trình đọc tệp, máy chủ chỉ có: {degree}"
        )


def parse_limited(data: bytes) -> PlainBook:
    """`parsing.parse_book(data)`, read elsewhere. Raises SandboxError and ReaderError."""
    program = READ_BOOK if data.startswith(PACKAGE) else READ_OLD_BOOK
    book: PlainBook = run_limited(program, data, seconds=20, megabytes=READER_MEGABYTES)
    return book


def run_limited(program: str, data: bytes, *, seconds: int, megabytes: int) -> Any:
    """What `program` answers about `data`, given at most that much processor time and memory.

    Raises SandboxError for what the file makes of its reader; BusyMachineError when the reader got no time to read,
    UnconfinedReaderError when it must not.
    """
    degree, result = _ask(program, data, seconds, megabytes)
    note_degree(degree)
    return result


def ask_degree() -> Degree:
    """How far a reader confines itself here, by one that reads nothing. Raises SandboxError and BusyMachineError."""
    try:
        return _ask("from kybaocao.workbook.reader import answer; answer(len)", b"", 5, READER_MEGABYTES)[0]
    except UnconfinedReaderError as error:
        return error.degree


def _ask(program: str, data: bytes, seconds: int, megabytes: int) -> tuple[Degree, Any]:
    """JSON and not pickle: what comes back from a parser that met a hostile file is not to be trusted."""
    with _file_in_memory() as source, _file_in_memory() as target:
        _write_all(source, data)
        with hold_slot() as slot:
            status, seconds_used = _run(program, source, target, slot, seconds, megabytes)
        payload = os.pread(target, os.fstat(target).st_size, 0)
    if status in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM):
        # The kernel counts this limit by ticks: it may end a reader a fifth, or some tenths of a second, early.
        if seconds_used < min(0.8 * seconds, seconds - 0.5):
            raise BusyMachineError
        raise SandboxError(TOO_LONG)
    try:
        applied, is_done, result, *where = json.loads(payload)
        degree = read_degree(applied)
    except (ValueError, TypeError, RecursionError):
        raise SandboxError(DIED) from None
    if is_required() and not degree.is_full:
        raise UnconfinedReaderError(degree)
    if status != 0 or not is_done:
        raise SandboxError(DIED) if status else SandboxError(str(result), *map(str, where[:2]))
    return degree, result


def _run(program: str, source: int, target: int, slot: int, seconds: int, megabytes: int) -> tuple[int, float]:
    """(exit status, seconds of processor time); never leaves a process behind."""
    # -I -S: no user folder, no site hooks; the only places to import from are named.
    start = f"import sys; sys.path[1:1] = sys.argv[1:3]; {program}"
    places, limits = (str(INCLUDE), _library_folder()), (str(megabytes), str(seconds))
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", start, *places, *limits, REQUIRED if is_required() else ""],
        stdin=source,
        stdout=target,
        stderr=slot,  # cannot be written to; the reader holds its slot even when we are killed
        env={},
        cwd="/",
    )
    end = os.pidfd_open(process.pid)
    try:
        is_over, _, _ = select.select([end], [], [], PATIENCE * seconds)
        if not is_over:
            process.kill()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_utime + usage.ru_stime
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        os.close(end)


@functools.lru_cache(maxsize=1)
def _library_folder() -> str:
    """Where the readers' libraries are installed, found without importing them."""
    spec = importlib.util.find_spec("xlrd")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parents[1])


@contextlib.contextmanager
def _file_in_memory() -> Iterator[int]:
    descriptor = os.memfd_create("kybaocao")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
