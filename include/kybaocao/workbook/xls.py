"""From the bytes of an .xls that holds our form to plain cells. Runs in the sandbox, like `parsing`.

An .xls keeps formulas as compiled tokens that xlrd does not spell, so there is no mark FORMULA.  Of their results only
those count whose kind is certain.  A formula without a result is UNWORKED.  A result that is the number 0 is DOUBTFUL:
LibreOffice stores it for a text or an empty text under a number format, others for what was never worked out.

Source: [MS-XLS], through xlrd.
"""

from __future__ import annotations

import codecs
import io
import struct

import xlrd
from xlrd.biffh import XLRDError

from kybaocao.addresses import name_cell
from kybaocao.workbook.number_formats import MONTH, TIME, judge_shown, read_serial
from kybaocao.workbook.plain_book import (
    DATE,
    DOUBTFUL,
    ERROR,
    LOWERED,
    MAX_COLUMNS,
    MAX_ROWS,
    RAISED,
    STRUCK,
    UNREADABLE,
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


# Texts of a workbook older than Excel 97; a confined reader cannot look for their tables any more.
for _code_page in ("ascii", "latin-1", "cp1252", "cp1258", "mac_roman"):
    codecs.lookup(_code_page)


def parse_xls(data: bytes) -> PlainBook:
    """Parse an .xls of Excel 97-2003 (BIFF8; older ones as far as xlrd reads them).

    Sheets of charts and macros are left out.  Raises EncryptedBookError, BookTooLargeError, and whatever xlrd
    raises on hostile bytes.
    """
    try:
        # on_demand: one sheet in memory at a time. ragged_rows: a short row costs no more than its cells.
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, ragged_rows=True, logfile=_Nowhere()
        )
    except XLRDError as error:
        if "encrypted" in str(error):
            raise EncryptedBookError from None
        raise
    book._xf_index_to_xl_type_map = _NumberByDefault(book._xf_index_to_xl_type_map)  # type: ignore[attr-defined]
    sheets: PlainBook = []
    for number in range(book.nsheets):
        unsure = list(_find_unsure_results(book, number))
        sheet = book.sheet_by_index(number)
        rows, marks = _read_sheet(book, sheet)
        for row, column, kind in unsure:
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = ""
            marks.append([row, column, kind, "="])
        sheets.append([clean_signs(sheet.name), sheet.visibility != 0, rows, marks])
        book.unload_sheet(number)
    return sheets


class _NumberByDefault(dict[int, int]):
    """Style -> type of a number's cell; xlrd would refuse the whole book for one cell without its style."""

    def __missing__(self, style: int) -> int:
        return 2  # xlrd.XL_CELL_NUMBER


class _Nowhere(io.TextIOBase):
    """Takes xlrd's remarks: xlrd writes them to stdout, which is the answer of the sandbox."""

    def write(self, text: str) -> int:
        return len(text)


_HEADER, _CELL = struct.Struct("<HH"), struct.Struct("<HH")
_FORMULA, _END, _BEGIN = 0x0006, 0x000A, 0x0809
_STRING, _BEFORE_STRING = 0x0207, (0x04BC, 0x0221, 0x0236, 0x0036, 0x0037)  # a shared formula, an array, a table
# FormulaValue, 2.5.133: a number, or what the first byte says where the last two are set
_RESULT, _TEXT, _TRUTH, _ERROR, _NO_RESULT = slice(6, 14), 0, 1, 2, b"\x03\0\0\0\0\0\xff\xff"
_ZEROS = (bytes(8), bytes(7) + b"\x80")


def _find_unsure_results(book: Book, number: int) -> Iterator[tuple[int, int, str]]:
    """(row, column, kind of mark) of the formulas of a sheet whose result is not certain.

    Results that xlrd would refuse the whole book for (a text that does not follow, an unknown kind) are taken away.
    Charts within the sheet are passed over.
    """
    stream: bytes = bytes(book.mem or b"")
    spoilt: list[int] = []
    for kind, start, end, following in _list_records(stream, book._sh_abs_posn[number]):  # type: ignore[attr-defined]
        result = stream[start:end][_RESULT]
        if kind != _FORMULA or len(result) < 8:
            continue
        row, column = _CELL.unpack_from(stream, start)
        mark = DOUBTFUL if result in _ZEROS else UNWORKED if result == _NO_RESULT else ""
        if result[6:] == b"\xff\xff" and result != _NO_RESULT:
            is_whole = following == _STRING if result[0] == _TEXT else result[0] in (_TRUTH, _ERROR)
            if not is_whole:
                spoilt.append(start + _RESULT.start)
                mark = UNWORKED
        if mark and row < MAX_ROWS and column < MAX_COLUMNS:
            yield row, column, mark
    if spoilt:
        changed = bytearray(stream)
        for place in spoilt:
            changed[place : place + 8] = _NO_RESULT
        book.mem = bytes(changed)


def _list_records(stream: bytes, place: int) -> Iterator[tuple[int, int, int, int]]:
    """(kind, start and end of its body, kind of the record behind it) for each record of a sheet itself."""
    depth = 0
    while place + _HEADER.size <= len(stream):
        kind, size = _HEADER.unpack_from(stream, place)
        start = place + _HEADER.size
        place = start + size
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, start, place, _find_following(stream, place)


def _find_following(stream: bytes, place: int) -> int:
    """The kind of the next record that is not the rest of a formula; 0 at the end."""
    for _ in range(2):
        if place + _HEADER.size > len(stream):
            return 0
        kind, size = _HEADER.unpack_from(stream, place)
        if kind not in _BEFORE_STRING:
            return int(kind)
        place += _HEADER.size + size
    return 0


def _read_sheet(book: Book, sheet: Sheet) -> tuple[list[list[Any]], list[Mark]]:
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
        _check_place(sheet, row, values)
        if row < MAX_ROWS:
            rows.append(values[:MAX_COLUMNS])
    marks += mark_covered((top, left, bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells)
    for row, column, *_ in marks:
        if row >= MAX_ROWS or column >= MAX_COLUMNS:  # dates and errors leave no value in their row
            raise BookTooLargeError(clean_signs(sheet.name), name_cell(row, column))
    while rows and not rows[-1]:
        rows.pop()
    return rows, marks


def _check_place(sheet: Sheet, row: int, values: list[Any]) -> None:
    """Raise BookTooLargeError for a value beyond the limits; blanks out there are nothing."""
    first = 0 if row >= MAX_ROWS else MAX_COLUMNS
    for column, value in enumerate(values[first:], start=first):
        if not isinstance(value, str) or value.strip():
            raise BookTooLargeError(clean_signs(sheet.name), name_cell(row, column))


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
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value), []
    if kind == xlrd.XL_CELL_ERROR:
        return "", [[row, column, ERROR, xlrd.error_text_from_code.get(int(value), "#ERROR!")]]
    number = sheet.cell_xf_index(row, column)
    style = book.xf_list[number] if number < len(book.xf_list) else None
    if style is None or style.format_key not in book.format_map:  # what is shown is not known
        return "", [[row, column, UNREADABLE, f"{value:.15g}"]]
    code = str(book.format_map[style.format_key].format_str)
    shown = judge_shown(code, float(value))
    if kind == xlrd.XL_CELL_DATE or shown in (DATE, MONTH, TIME):
        return read_serial(float(value), shown, row, column, is_1904=bool(book.datemode))
    return value, [[row, column, shown, code]] if shown else []
