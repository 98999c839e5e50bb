"""From the bytes of an .xls or .ods that holds our form to plain cells. Runs in the sandbox, like `parsing`.

Both readers give the `PlainBook` of `parsing`, with its kinds of marks.  Of two marks of one cell the later says
more: "merged" and "formula" stand before the date, the error or the percentage.  The reader of .ods is a room of
its own, `ods_book`; what both need is here.

What is never known from an .xls: formulas are kept there as compiled tokens that xlrd does not spell, so there
is no mark FORMULA, and a formula that was never worked out cannot be told from one whose result is the zero that
programs store in its place.

Source: [MS-XLS], through xlrd.
"""

from __future__ import annotations

import datetime as dt
import io
import re

from kybaocao.intake.parsing import (
    DATE,
    ERROR,
    MAX_COLUMNS,
    MAX_MERGED_CELLS,
    MAX_ROWS,
    MERGED,
    BookTooLargeError,
    _judge_format,
)

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xlrd.book import Book
    from xlrd.sheet import Sheet

    from kybaocao.intake.parsing import Mark, PlainBook

__all__ = ["BookTooLargeError", "DamagedBookError", "EncryptedBookError", "parse_ods", "parse_xls"]

MAX_CELLS = 1_000_000  # of one book, repeated cells and marks counted one by one


class DamagedBookError(ValueError):
    """The parts of the book contradict each other, or something is missing without which a value is a guess."""


class EncryptedBookError(ValueError):
    """The book has a password."""


def parse_ods(data: bytes) -> PlainBook:
    """Parse an OpenDocument spreadsheet; see `ods_book`."""
    from kybaocao.intake import ods_book

    return ods_book.parse_ods(data)


def parse_xls(data: bytes) -> PlainBook:
    """Parse an .xls of Excel 97-2003 (BIFF8; older ones as far as xlrd reads them).

    Sheets of charts and macros are left out.  Raises EncryptedBookError, BookTooLargeError, and whatever xlrd
    raises on hostile bytes.
    """
    import xlrd
    from xlrd.biffh import XLRDError

    try:
        # on_demand: one sheet in memory at a time. ragged_rows: a short row costs no more than its cells.
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, ragged_rows=True, logfile=_Nowhere()
        )
    except XLRDError as error:
        if "encrypted" in str(error):
            raise EncryptedBookError from None
        raise
    sheets: PlainBook = []
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        rows, marks = _read_sheet(book, sheet)
        sheets.append([sheet.name, sheet.visibility != 0, rows, marks])
        book.unload_sheet(number)
    return sheets


class _Nowhere(io.TextIOBase):
    """Where xlrd's remarks go: by itself it writes them to stdout, which is the answer of the sandbox."""

    def write(self, text: str) -> int:
        return len(text)


def _read_sheet(book: Book, sheet: Sheet) -> tuple[list[list[Any]], list[Mark]]:
    import xlrd

    plain = frozenset((xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_TEXT))
    rows: list[list[Any]] = []
    marks = mark_covered((top, left, bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells)
    for row in range(sheet.nrows):
        types = sheet.row_types(row)
        values: list[Any] = list(sheet.row_values(row))
        if not plain.issuperset(types):
            for column, kind in enumerate(types):
                if kind not in plain:
                    values[column], found = _read_value(book, sheet, row, column)
                    marks += found
        while values and values[-1] == "":
            values.pop()
        if len(values) > MAX_COLUMNS or (values and row >= MAX_ROWS):
            raise BookTooLargeError
        rows.append(values)
    if any(row >= MAX_ROWS or column >= MAX_COLUMNS for row, column, *_ in marks):
        raise BookTooLargeError  # dates and errors leave no value in their row
    while rows and not rows[-1]:
        rows.pop()
    return rows, marks


def _read_value(book: Book, sheet: Sheet, row: int, column: int) -> tuple[Any, list[Mark]]:
    """The value of a cell that is neither text nor empty, and its mark."""
    import xlrd

    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value), []
    if kind == xlrd.XL_CELL_ERROR:
        return "", [[row, column, ERROR, xlrd.error_text_from_code.get(int(value), "#ERROR!")]]
    style = book.xf_list[sheet.cell_xf_index(row, column)]
    code = str(book.format_map[style.format_key].format_str)
    if kind == xlrd.XL_CELL_DATE:
        return _read_serial(float(value), code, book.datemode, row, column)
    shown = _judge_format(code)
    return value, [[row, column, shown, code]] if shown else []


_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


def _read_serial(value: float, code: str, datemode: int, row: int, column: int) -> tuple[Any, list[Mark]]:
    """A number that shows a date, a time of day or a duration; one that shows no date of ours stays a number."""
    from xlrd.xldate import xldate_as_datetime

    try:
        if _ELAPSED.search(code):
            return str(dt.timedelta(seconds=round(value * 86_400))), []
        moment = xldate_as_datetime(value, 1 if datemode else 0)
    except (OverflowError, ValueError):
        return value, []
    if 0 <= value < 1:
        return str(moment.time()), []
    return "", [[row, column, DATE, moment.isoformat()]]


def mark_covered(merges: Iterable[tuple[int, int, int, int]]) -> list[Mark]:
    """MERGED for each covered cell of merges (row, column, height, width); of the largest merges none."""
    marks: list[Mark] = []
    for top, left, high, wide in merges:
        rows, columns = range(top, min(top + high, MAX_ROWS)), range(left, min(left + wide, MAX_COLUMNS))
        if len(rows) * len(columns) <= MAX_MERGED_CELLS:
            cover = _address(top, left)
            marks += [[row, column, MERGED, cover] for row in rows for column in columns][1:]
            if len(marks) > MAX_CELLS:
                raise BookTooLargeError
    return marks


def _address(row: int, column: int) -> str:
    """Zero-based (6, 1) -> "B7"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
