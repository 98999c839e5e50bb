"""From the bytes of an .xls that holds our form to plain cells. Runs in the sandbox, like `parsing`.

An .xls keeps formulas as compiled tokens that xlrd does not spell, so there is no mark FORMULA.  A formula without
a result, which xlrd gives as an empty text, is UNWORKED; when its writer stored a zero instead, it is read as a zero.

Source: [MS-XLS], through xlrd.
"""

from __future__ import annotations

import io
import struct

from kybaocao.workbook.number_formats import MONTH, TIME, judge_shown, read_serial
from kybaocao.workbook.plain_book import (
    DATE,
    ERROR,
    LOWERED,
    MAX_COLUMNS,
    MAX_ROWS,
    RAISED,
    STRUCK,
    UNWORKED,
    BookTooLargeError,
    EncryptedBookError,
    clean_signs,
    mark_covered,
    spell_look,
)

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xlrd.book import Book
    from xlrd.sheet import Sheet

    from kybaocao.workbook.plain_book import Mark, PlainBook


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
        marks += [[row, column, UNWORKED, "="] for row, column in _list_unworked(book, number)]
        sheets.append([clean_signs(sheet.name), sheet.visibility != 0, rows, marks])
        book.unload_sheet(number)
    return sheets


class _Nowhere(io.TextIOBase):
    """Takes xlrd's remarks: xlrd writes them to stdout, which is the answer of the sandbox."""

    def write(self, text: str) -> int:
        return len(text)


_HEADER, _CELL = struct.Struct("<HH"), struct.Struct("<HH")
_FORMULA, _END, _BEGIN = 0x0006, 0x000A, 0x0809
_RESULT, _NO_RESULT = slice(6, 14), b"\x03\0\0\0\0\0\xff\xff"  # FormulaValue, 2.5.133: an empty text


def _list_unworked(book: Book, number: int) -> Iterator[tuple[int, int]]:
    """(row, column) of the formulas of a sheet that have no result; charts within the sheet are passed over."""
    stream: bytes = book.mem or b""
    place, depth = book._sh_abs_posn[number], 0  # type: ignore[attr-defined]  # where its substream begins
    while place + _HEADER.size <= len(stream):
        kind, size = _HEADER.unpack_from(stream, place)
        body = place + _HEADER.size
        place = body + size
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        if kind == _FORMULA and depth == 1 and bytes(stream[body:place][_RESULT]) == _NO_RESULT:
            row, column = _CELL.unpack_from(stream, body)
            if row < MAX_ROWS and column < MAX_COLUMNS:
                yield row, column


def _read_sheet(book: Book, sheet: Sheet) -> tuple[list[list[Any]], list[Mark]]:
    import xlrd

    plain = frozenset((xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_TEXT))
    rows: list[list[Any]] = []
    marks: list[Mark] = []
    runs_of: dict[int, list[tuple[int, list[tuple[int, int]]]]] = {}
    for (row, column), runs in sheet.rich_text_runlist_map.items():
        runs_of.setdefault(row, []).append((column, runs))
    for row in range(sheet.nrows):
        types = sheet.row_types(row)
        values: list[Any] = [clean_signs(one) if type(one) is str else one for one in sheet.row_values(row)]
        for column, runs in runs_of.get(row, ()):
            values[column] = _spell_runs(book, values[column], runs)
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


def _spell_runs(book: Book, text: Any, runs: list[tuple[int, int]]) -> Any:
    """A text whose runs (first sign, font) are raised, lowered or struck out here and there."""
    if not isinstance(text, str):
        return text
    ends = [*(first for first, _ in runs[1:]), len(text)]
    spelled = [text[: runs[0][0]] if runs else text]
    for (first, font), end in zip(runs, ends, strict=True):
        look = book.font_list[font] if font < len(book.font_list) else None
        name = {1: RAISED, 2: LOWERED}.get(look.escapement, STRUCK if look.struck_out else "") if look else ""
        spelled.append(spell_look(text[first:end], name))
    return "".join(spelled)


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
