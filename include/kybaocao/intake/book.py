"""A workbook as plain cells with addresses: the only shape the rest of intake sees."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kybaocao.intake.numbers import clean_text
from kybaocao.intake.shown import PERCENT, list_marks
from kybaocao.vietnamese import format_number

CellValue = str | int | float | bool | dt.datetime | None

MAX_ROWS = 5_000
MAX_COLUMNS = 200


@dataclass(frozen=True)
class SheetCells:
    """One sheet: `rows[r][c]` is the value at row r+1, column c+1; "" where empty."""

    name: str
    is_hidden: bool
    rows: tuple[tuple[CellValue, ...], ...]

    def at(self, row: int, column: int) -> CellValue:
        """The value at a zero-based place; "" outside the sheet."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return ""


@dataclass(frozen=True)
class Book:
    sheets: tuple[SheetCells, ...]


PlainBook = list[list[Any]]  # [name, is hidden, rows], dates as ["d", ISO text]


def parse_book(data: bytes) -> PlainBook:
    """Parse a workbook into plain JSON data. Only called inside the sandbox; raises whatever the reader raises."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    marks = list_marks(data, MAX_ROWS)
    sheets: PlainBook = []
    for meta in book.sheets_metadata:
        sheet = book.get_sheet_by_name(meta.name)
        if sheet.total_height > MAX_ROWS * 20 or sheet.total_width > MAX_COLUMNS * 20:
            raise MemoryError("sheet too large")  # a limit, and told as one: the file is not damaged
        rows = sheet.to_python(skip_empty_area=False)
        cells = [[_plain(value) for value in row[:MAX_COLUMNS]] for row in rows[:MAX_ROWS]]
        for (row, column), mark in marks.get(meta.name, {}).items():
            if row < len(cells) and column < len(cells[row]):
                cells[row][column] = _show(cells[row][column], mark)
        sheets.append([meta.name, meta.visible != SheetVisibleEnum.Visible, cells])
    return sheets


def load_book(plain: PlainBook) -> Book:
    """The book behind `parse_book`'s data."""
    return Book(
        tuple(
            SheetCells(str(name), bool(is_hidden), tuple(tuple(map(_value, row)) for row in rows))
            for name, is_hidden, rows in plain
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return ["d", value.isoformat()]
    if isinstance(value, dt.date):
        return ["d", dt.datetime.combine(value, dt.time.min).isoformat()]
    if isinstance(value, dt.time | dt.timedelta):
        return str(value)
    return value


def _show(value: Any, mark: str) -> Any:
    """A marked cell as the official sees it."""
    if mark != PERCENT:
        return mark if value == "" else value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return format_number(Decimal(repr(value)) * 100) + PERCENT if is_number else value


def _value(value: Any) -> CellValue:
    if isinstance(value, list):
        return dt.datetime.fromisoformat(value[1])
    return value  # type: ignore[no-any-return]


def address(row: int, column: int) -> str:
    """Zero-based (11, 27) -> "AB12"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def text_of(value: CellValue) -> str:
    """A cell as an official sees it, cleaned."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y}" if value.time() == dt.time.min else f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    return clean_text(str(value))
