"""A workbook as plain cells with addresses: the only shape that rooms above this one see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kybaocao.vietnamese import clean_text

if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook

CellValue = str | int | float | bool


class Mark(NamedTuple):
    """What a cell shows beside its bare value: a kind of `plain_book`, and its text."""

    kind: str
    text: str


@dataclass(frozen=True)
class SheetCells:
    """One sheet: `rows[r][c]` is the value at row r+1, column c+1; "" where empty."""

    name: str
    is_hidden: bool
    rows: list[list[CellValue]]
    marks: Mapping[tuple[int, int], Mark]

    def at(self, row: int, column: int) -> CellValue:
        """The value at a zero-based place; "" outside the sheet."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return ""

    def is_blank(self, row: int, column: int) -> bool:
        """Nothing is seen there: no value, no date, no error, no formula."""
        value = self.at(row, column)
        if isinstance(value, str) and not clean_text(value):
            mark = self.marks.get((row, column))
            return mark is None or mark.kind == "merged"
        return False


@dataclass(frozen=True)
class Book:
    sheets: tuple[SheetCells, ...]


def load_book(plain: PlainBook) -> Book:
    """The book behind `parse_book`'s data."""
    return Book(
        tuple(
            SheetCells(name, is_hidden, rows, {(row, column): Mark(kind, text) for row, column, kind, text in marks})
            for name, is_hidden, rows, marks in plain
        )
    )


def text_of(value: CellValue | dt.datetime | None) -> str:
    """A cell as an official sees it, cleaned."""
    if isinstance(value, str):
        return clean_text(value) if value else ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y}" if value.time() == dt.time.min else f"{value:%d/%m/%Y %H:%M}"
    return clean_text(str(value))
