"""The process that reads one file: started by `sandbox`, it limits itself, reads stdin and answers on stdout."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` itself takes a millisecond to import
import json
import os
import resource
import sys

from kybaocao.workbook.parsing import parse_book

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["MAX_BOOK_BYTES", "answer", "parse_book"]

MAX_ANSWER_BYTES = 64 * 2**20
ALONE = 300  # seconds on the clock for each of processor time: longer than whoever waits for the answer has patience
MAX_PLACE = 255  # characters of the name of a sheet or cell
MAX_BOOK_BYTES = 8 * 2**20  # a hundred times a filled form; what reads the answer has no time limit


def answer(work: Callable[[bytes], Any], limit: int = MAX_ANSWER_BYTES) -> None:
    """Write [true, work(stdin)] or [false, kind of exception, sheet, cell], and end; `argv`: …, megabytes, seconds."""
    megabytes, seconds = int(sys.argv[3]), int(sys.argv[4])
    _limit(resource.RLIMIT_AS, megabytes * 2**20)
    _limit(resource.RLIMIT_CPU, seconds)
    _limit(resource.RLIMIT_FSIZE, MAX_ANSWER_BYTES)  # stdout is a file in memory; nothing else can be written to
    _limit(resource.RLIMIT_NOFILE, 32)
    _limit(resource.RLIMIT_CORE, 0)
    _signal.alarm(ALONE * seconds)  # when nobody waits any more, it does not keep its slot for ever
    try:
        result = json.dumps((True, work(sys.stdin.buffer.read())), separators=(",", ":"))
        if len(result) > limit:
            result = json.dumps((False, "BookTooLargeError"))
    except Exception as error:  # whatever a parser raises on hostile bytes, the parent gets only its kind
        where = [str(getattr(error, name, ""))[:MAX_PLACE] for name in ("sheet", "cell")]
        result = json.dumps((False, type(error).__name__, *where))
    sys.stdout.buffer.write(result.encode("ascii"))
    sys.stdout.buffer.flush()
    os._exit(0)


def _limit(what: int, amount: int) -> None:
    resource.setrlimit(what, (amount, amount))
