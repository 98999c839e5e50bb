"""The process that reads one file: started by `sandbox`, it limits and confines itself, reads stdin, answers on stdout.

It can open nothing and import nothing from then on: what `work` needs is imported before `answer` is called.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` itself takes a millisecond to import
import codecs
import json
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

MAX_ANSWER_BYTES = 64 * 2**20
ALONE = 300  # seconds on the clock for each of processor time: longer than whoever waits for the answer has patience
MAX_PLACE = 255  # characters of the name of a sheet or cell
MAX_BOOK_BYTES = 8 * 2**20  # a hundred times a filled form; what reads the answer has no time limit


ENCODINGS = ("cp437", "utf-16-le")  # names in a package; texts


class UnconfinedError(Exception):
    """The kernel offers less than is required."""


def answer(work: Callable[[bytes], Any], limit: int = MAX_ANSWER_BYTES) -> None:
    """Write [how confined, true, work(stdin)] or [how confined, false, kind of exception, sheet, cell], and end.

    `argv`: …, megabytes, seconds, and "required" when no byte may be read by a reader that is not confined in full.
    """
    megabytes, seconds, is_required = int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "required"
    _limit(resource.RLIMIT_AS, megabytes * 2**20)
    _limit(resource.RLIMIT_CPU, seconds)
    _limit(resource.RLIMIT_FSIZE, MAX_ANSWER_BYTES)  # stdout is a file in memory; nothing else can be written to
    _limit(resource.RLIMIT_NOFILE, 32)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _signal.alarm(ALONE * seconds)  # when nobody waits any more, it does not keep its slot for ever
    load_encodings(ENCODINGS)
    size = os.fstat(0).st_size  # with it, reading needs no further system call
    confined = _confine()
    try:
        if is_required and not all(confined):
            raise UnconfinedError
        result = json.dumps((confined, True, work(sys.stdin.buffer.read(size))), separators=(",", ":"))
        if len(result) > limit:
            result = json.dumps((confined, False, "BookTooLargeError"))
    except Exception as error:  # whatever a parser raises on hostile bytes, the parent gets only its kind
        where = [str(getattr(error, name, ""))[:MAX_PLACE] for name in ("sheet", "cell")]
        result = json.dumps((confined, False, type(error).__name__, *where))
    sys.stdout.buffer.write(result.encode("ascii"))
    sys.stdout.buffer.flush()
    os._exit(0)


def load_encodings(names: Iterable[str]) -> None:
    """An encoding is a module that Python imports when it first meets its name."""
    for name in names:
        codecs.lookup(name)


def _confine() -> tuple[int, bool]:
    try:
        from kybaocao.workbook.confinement import confine

        return confine()
    except (ImportError, OSError, AttributeError):  # a Python without ctypes, a C library without these calls
        return 0, False


def _limit(what: int, amount: int) -> None:
    resource.setrlimit(what, (amount, amount))
