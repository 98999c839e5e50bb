"""Readers as they are on kernels that have less than this one."""

from __future__ import annotations

from typing import Any

from kybaocao.workbook.sandbox import run_limited

NO_LANDLOCK, NO_SECCOMP, NEITHER = "no landlock", "no seccomp", "neither"
_NO_LIMITS = "reader._limit = lambda what, amount: None"
# What stands in place of a lock that this kernel has.
WITHOUT = {
    "": "",
    NO_LANDLOCK: "confinement._forbid_files = lambda libc: 0",
    NO_SECCOMP: f"confinement._filter_calls = lambda libc: False; {_NO_LIMITS}",
    NEITHER: f"confinement.confine = lambda: (0, False); {_NO_LIMITS}",
}
_IMPORTS = "import ctypes, _thread, fcntl, os, resource, socket, time"


def run(expression: str, without: str = "") -> Any:
    """What a reader answers that evaluates `expression`, with everything imported before it confines itself."""
    program = (
        f"{_IMPORTS}; libc = ctypes.CDLL(None, use_errno=True); from kybaocao.workbook import confinement, reader;"
        f"{WITHOUT[without]}\nreader.answer(lambda data: {expression})"
    )
    return run_limited(program, b"", seconds=10, megabytes=400)
