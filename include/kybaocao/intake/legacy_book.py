"""From the bytes of an .xls that holds our form to plain cells. Runs in the sandbox, like `parsing`.

What is never known from an .xls: formulas are kept there as compiled tokens that xlrd does not spell, so there
is no mark FORMULA, and a formula that was never worked out cannot be told from one whose result is the zero that
programs store in its place.

Source: [MS-XLS], through xlrd.
"""

from __future__ import annotations

import io

from kybaocao.intake.number_formats import MONTH, TIME, judge_shown, read_serial
from kybaocao.intake.parsing import (
    DATE,
    ERROR,
    MAX_COLUMNS,
    MAX_ROWS,
    BookTooLargeError,
    EncryptedBookError,
    clean_signs,
    mark_covered,
)

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from typing import Any

    from xlrd.book import Book
    from xlrd.sheet import Sheet

    from kybaocao.intake.parsing import Mark, PlainBook


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
        sheets.append([clean_signs(sheet.name), sheet.visibility != 0, rows, marks])
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
    marks: list[Mark] = []
    for row in range(sheet.nrows):
        types = sheet.row_types(row)
        values: list[Any] = [clean_signs(one) if type(one) is str else one for one in sheet.row_values(row)]
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
    marks += mark_covered((top, left, bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells)
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
    shown = judge_shown(code, float(value))
    if kind == xlrd.XL_CELL_DATE or shown in (DATE, MONTH, TIME):
        return read_serial(float(value), shown, row, column, is_1904=bool(book.datemode))
    return value, [[row, column, shown, code]] if shown else []
