"""The cells of a worksheet of an .xlsx. Runs in the sandbox.

What Excel itself would refuse (a cell given twice, an address outside its row) is refused.  A cell that says where it
stands, but not surely what it holds (a style that is not there, a number that is none), is UNREADABLE; the rest counts.

Source: ECMA-376 part 1, 18.3.1 (cells, rows), 18.18.11 (types of cells).
"""

from __future__ import annotations

import datetime as dt
import functools
import re

from kybaocao.addresses import find_column, name_cell
from kybaocao.workbook.number_formats import MONTH, TIME, VARYING, judge_shown, read_serial
from kybaocao.workbook.package_xml import walk_part
from kybaocao.workbook.plain_book import (
    DATE,
    ERROR,
    FORMULA,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_SHOWN,
    NUMERAL,
    UNREADABLE,
    UNWORKED,
    BookTooLargeError,
    DamagedBookError,
    clean_signs,
    mark_covered,
    read_moment,
)
from kybaocao.workbook.xlsx_text import find_look, lengthen, unescape

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from kybaocao.workbook.plain_book import Mark

_RANGE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6}):([A-Z]{1,3})([1-9][0-9]{0,6})")
_ERROR_TEXT = re.compile("#[A-Z0-9_/!?]{1,20}")
# What may stand between the texts of one cell (18.4.6, 18.4.7).
_OF_RICH_TEXT = {"r", "rPr", "rPh", "phoneticPr", "rFont", "charset", "family", "b", "i", "strike", "outline", "shadow"}
_OF_RICH_TEXT |= {"condense", "extend", "color", "sz", "u", "vertAlign", "scheme"}
_VALUE, _FORMULA_TEXT, _NOTHING = 1, 2, 0
_XML_SPACES = " \t\r\n"
_FLAGS = {"0": False, "1": True, "false": False, "true": True}


def read_cells(
    xml: bytes,
    strings: Mapping[str, str],
    styles: Mapping[str, tuple[str, str]],
    *,
    is_1904: bool,
    is_stale: bool = False,
) -> tuple[list[list[Any]], list[Mark]]:
    """(rows, marks) of a worksheet; where it `is_stale`, no result of a formula counts."""
    sheet = _Sheet(strings, styles, is_1904=is_1904, is_stale=is_stale)
    sheet.read(xml)
    return sheet.rows, sheet.marks + mark_covered(sheet.merges)


class _Sheet:
    """One worksheet being read."""

    def __init__(
        self,
        strings: Mapping[str, str],
        styles: Mapping[str, tuple[str, str]],
        *,
        is_1904: bool,
        is_stale: bool = False,
    ) -> None:
        self.strings, self.styles, self.is_1904, self.is_stale = strings, styles, is_1904, is_stale
        self.rows: list[list[Any]] = []
        self.marks: list[Mark] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self.empty: set[tuple[int, int]] = set()  # cells that hold "" beside a mark

    def read(self, xml: bytes) -> None:
        """Read the part element by element; a cell ends where the next element that is not of it begins."""
        pending: list[str] = []
        cell: dict[str, str] = {}
        value: str | None = None
        formula: str | None = None
        into = _NOTHING
        row, digits, column = -1, "", -1
        look, is_guide = "", False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal cell, value, formula, into, row, digits, column, look, is_guide
            take_text()
            if name == "v" or name == "is":
                if value is not None:
                    raise DamagedBookError("two values in one cell")
                value, into = "", _VALUE if name == "v" else _NOTHING
                look, is_guide = "", False
            elif name == "t":
                into = _NOTHING if is_guide else _VALUE
            elif name == "f":
                formula, into = "", _FORMULA_TEXT
            elif name in _OF_RICH_TEXT and value is not None:
                look, is_guide = find_look(name, attributes, look), is_guide or name == "rPh"
            else:
                if value is not None or formula is not None:
                    self._add(row, column, cell, value, formula)
                    value = formula = None
                if name == "c":
                    cell = attributes
                    reference = attributes.get("r")
                    column = _find_column(reference.removesuffix(digits)) if reference else column + 1
                elif name == "row":
                    digits = attributes.get("r") or str(row + 2)
                    row, column = _find_row(digits), -1
                elif name == "mergeCell":
                    self._merge(attributes.get("ref", ""))

        def take_text(_: str = "") -> None:
            """At every start and end of an element; what stands between elements is no text."""
            nonlocal value, formula, into
            if pending:
                if into == _VALUE:
                    value = lengthen(value or "", pending, look)
                elif into == _FORMULA_TEXT:
                    formula = "".join(pending)
                pending.clear()
            into = _NOTHING

        walk_part(xml, start, take_text, pending.append)
        start("", {})

    def _add(self, row: int, column: int, cell: Mapping[str, str], value: str | None, formula: str | None) -> None:
        """Put one cell with its marks into the sheet, if there is anything in it."""
        content, mark = self._read_value(row, column, cell, value)
        is_worked = True
        if formula is not None and cell.get("t") != "e":
            # A formula may well give "": then its type is text, and a missing value is a result.
            is_worked = not self.is_stale and (bool(value and not value.isspace()) or cell.get("t") == "str")
            if not is_worked:
                content, mark = "", None
        elif content == "" and mark is None:
            return
        if row >= MAX_ROWS or column >= MAX_COLUMNS:
            if is_worked and mark is None and isinstance(content, str) and not content.strip():
                return  # nothing is seen there
            raise BookTooLargeError(cell=name_cell(row, column))
        if formula is not None and cell.get("t") != "e":
            self.marks.append([row, column, FORMULA if is_worked else UNWORKED, f"={formula}"])
        if mark is not None:
            self.marks.append(mark)
        self._place(row, column, content)

    def _read_value(self, row: int, column: int, cell: Mapping[str, str], value: str | None) -> tuple[Any, Mark | None]:
        """What the row holds for a cell, and its mark."""
        kind = cell.get("t") or "n"
        if kind == "s":
            return self._find_string(row, column, value)
        if kind in ("inlineStr", "str"):
            return unescape(value or ""), None
        written = (value or "").strip(_XML_SPACES)
        if kind == "e":
            return "", [row, column, ERROR, written if _ERROR_TEXT.fullmatch(written) else "#ERROR!"]
        if not written or written.isspace():
            return "", None
        if kind == "n":
            return self._read_number(written, cell.get("s", "0"), row, column)
        if kind == "b" and written in _FLAGS:
            return _FLAGS[written], None
        if kind == "d" and (moment := _read_moment(written)):
            return (moment, None) if ":" in moment[:3] else ("", [row, column, DATE, moment])
        return _give_up(row, column, written)

    def _find_string(self, row: int, column: int, value: str | None) -> tuple[Any, Mark | None]:
        number = (value or "").strip()
        found = self.strings.get(number)
        return _give_up(row, column, number) if found is None and number else (found or "", None)

    def _read_number(self, text: str, style: str, row: int, column: int) -> tuple[Any, Mark | None]:
        known = self.styles.get(style) or self.styles.get(_spell_style(style))
        if known is None or not NUMERAL.fullmatch(text):
            return _give_up(row, column, text)
        value = float(text)
        kind, code = known
        if kind == VARYING:
            kind = judge_shown(code, value)
        if not kind:
            return value, None
        if kind in (DATE, MONTH, TIME):
            shown_text, marks = read_serial(value, kind, row, column, is_1904=self.is_1904)
            if shown_text == value:  # the sheet shows ##### instead
                return "", [row, column, ERROR, "#####"]
            return shown_text, marks[0] if marks else None
        return value, [row, column, kind, code]

    def _place(self, row: int, column: int, content: Any) -> None:
        if row < 0:
            raise DamagedBookError("a cell outside of rows")
        rows = self.rows
        while len(rows) <= row:
            rows.append([])
        cells = rows[row]
        gap = column - len(cells)
        if gap < 0:
            if cells[column] != "" or (row, column) in self.empty:
                raise DamagedBookError("a cell given twice")
            cells[column] = content
        else:
            if gap:
                cells.extend([""] * gap)
            cells.append(content)
        if content == "":
            self.empty.add((row, column))

    def _merge(self, reference: str) -> None:
        found = _RANGE.fullmatch(reference)
        if found:
            left, top, right, bottom = find_column(found[1]), int(found[2]), find_column(found[3]), int(found[4])
            self.merges.append((top - 1, left, bottom - top + 1, right - left + 1))


def _give_up(row: int, column: int, written: str) -> tuple[Any, Mark]:
    """Of a cell that no two programs need read alike."""
    return "", [row, column, UNREADABLE, clean_signs(written[:MAX_SHOWN])]


def _spell_style(style: str) -> str:
    """The number of a style as `styles` has it: "" and white space are no number, as if there were none."""
    bare = style.strip(_XML_SPACES)
    return bare.lstrip("0") or "0" if (bare.isascii() and bare.isdigit()) or not bare else style


def _read_moment(text: str) -> str:
    """A date with its time in ISO form, or a time of day alone; "" for neither."""
    if moment := read_moment(text):
        return moment
    try:
        return dt.time.fromisoformat(text).replace(tzinfo=None).isoformat() if ":" in text else ""
    except ValueError:
        return ""


def _find_row(digits: str) -> int:
    """Zero-based."""
    if not (digits.isascii() and digits.isdigit()) or digits.startswith("0"):
        raise DamagedBookError("a row without a number")
    return int(digits) - 1


@functools.cache
def _find_column(letters: str) -> int:
    """The zero-based column of a reference whose row's digits are cut off. Raises DamagedBookError for another row."""
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha() and letters.isupper()):
        raise DamagedBookError("a cell whose address is not in its row")
    return find_column(letters)
