"""How far a reader is confined on this machine, and whether less than everything is enough.

What was applied is said by the reader itself, with its answer.  It is logged once on a machine, not once for a file.
"""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass

from kybaocao.workbook.reader_slots import is_first

log = logging.getLogger(__name__)

SETTING = "KYBAOCAO_REQUIRE_CONFINEMENT"
_NO_ABI = 1000
REQUIRED = "required"  # the argument that asks the reader for it


@dataclass(frozen=True)
class Degree:
    """The ABI of Landlock in force, 0 without, and whether the filter of system calls is."""

    abi: int
    is_filtered: bool

    @property
    def is_full(self) -> bool:
        return self.abi > 0 and self.is_filtered

    def __str__(self) -> str:
        landlock = f"có Landlock (ABI {self.abi})" if self.abi else "không có Landlock"
        seccomp = "có bộ lọc seccomp" if self.is_filtered else "không có bộ lọc seccomp"
        word = "đầy đủ" if self.is_full else "một phần" if self.abi or self.is_filtered else "không cách ly"
        return f"{word} ({landlock}, {seccomp})"


def read_degree(said: object) -> Degree:
    """What a reader says of itself. Raises ValueError for what none says."""
    match said:
        case [int(abi), bool(is_filtered)] if 0 <= abi < _NO_ABI:
            return Degree(abi, is_filtered)
    raise ValueError


def is_required() -> bool:
    """Whether a file waits rather than be read by a reader that is not confined in full. Whatever is set means yes."""
    return os.environ.get(SETTING, "").strip() not in ("", "0")


@functools.lru_cache(maxsize=2)
def note_degree(degree: Degree) -> None:
    """Log it, unless somebody on this machine has."""
    if is_first(f"confined-{degree.abi}-{degree.is_filtered:d}"):
        log.log(logging.INFO if degree.is_full else logging.WARNING, "cách ly tiến trình đọc tệp: %s", degree)
