"""One page of a long list, and searching it as people type: without marks, in any case."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kybaocao.vietnamese import strip_marks

T = TypeVar("T")
PAGE_ROWS = 100


@dataclass(frozen=True)
class Listing(Generic[T]):
    """`rows` of page `number` (from 1) of a list of `total`."""

    rows: Sequence[T]
    number: int
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_ROWS + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * PAGE_ROWS, self.total)

    @property
    def has_more(self) -> bool:
        return self.last < self.total


def cut_page(rows: Sequence[T], number: int) -> Listing[T]:
    """Page `number`, or the last one there is."""
    last = max(1, -(-len(rows) // PAGE_ROWS))
    number = min(max(1, number), last)
    return Listing(rows[(number - 1) * PAGE_ROWS : number * PAGE_ROWS], number, len(rows))


@functools.lru_cache(maxsize=8_192)  # every search folds the same names of thousands of agencies
def fold(text: str) -> str:
    """ "Mường Lầm" -> "muong lam" """
    return strip_marks(text).casefold()


def find_rows(rows: Iterable[T], asked: str, words_of: Callable[[T], str]) -> list[T]:
    """Rows whose words hold every word that was asked for: "muong lam" finds Xã Mường Lầm."""
    wanted = fold(asked).split()
    return [row for row in rows if all(word in text for text in [fold(words_of(row))] for word in wanted)]
