"""Readers as they are on kernels that have less than this one."""

from __future__ import annotations

from typing import Any

import pytest

from kybaocao.workbook.confinement_degree import Degree
from kybaocao.workbook.sandbox import run_limited

NO_LANDLOCK, NO_SECCOMP, NEITHER = "no landlock", "no seccomp", "neither"
# What stands in place of a lock that this kernel has.
WITHOUT = {
    "": "",
    NO_LANDLOCK: "confinement._forbid_files = lambda libc: 0",
    NO_SECCOMP: "confinement._filter_calls = lambda libc: False",
    NEITHER: "confinement.confine = lambda: (0, False); reader._limit = lambda what, amount: None",
}
_IMPORTS = "import ctypes, _thread, fcntl, os, resource, socket, time"


def run(expression: str, without: str = "") -> Any:
    """What a reader answers that evaluates `expression`, with everything imported before it confines itself."""
    program = (
        f"{_IMPORTS}; libc = ctypes.CDLL(None, use_errno=True); from kybaocao.workbook import confinement, reader;"
        f"{WITHOUT[without]}\nreader.answer(lambda data: {expression})"
    )
    return run_limited(program, b"", seconds=10, megabytes=400)


def ask_degree() -> Degree:
    """What this machine has; a reader says so."""
    found: list[Degree] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kybaocao.workbook.sandbox.note_degree", found.append)
        run("1")
    return found[0]
