"""A workbook as plain JSON data, and what its cells show beside their values: what every reader gives.

What a sheet shows and bare values hide is kept beside them: 0.4 that shows 40%, 1 that shows 100%, #DIV/0!, a
formula without a result; without these marks each would become a wrong figure.  Only light modules are imported
(no dataclasses, no zipfile): the process of the sandbox waits for each of them.

A `PlainBook` is JSON: a list of sheets `[name, is hidden, rows, marks]`.  Rows hold "" | str | int | float |
bool from A1 on; marks are `[row, column, kind, text]`, zero-based, of the kinds below, and of two marks on one
cell the later one counts.
"""

from __future__ import annotations

import datetime as dt
import re

from kybaocao.addresses import name_cell

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    PlainBook = list[list[Any]]
    Mark = list[Any]

MAX_ROWS = 5_000
MAX_COLUMNS = 200
MAX_MEMBER_BYTES = 40 * 2**20
MAX_SHEET_NAME = 255  # characters; Excel takes 31, others more
MAX_CELL_TEXT = 32_767  # characters, as in Excel
MAX_SHOWN = 100  # characters of what an unreadable cell holds
MAX_MERGED_CELLS = 2_000
MAX_CELLS = 1_000_000  # of one book, repeated cells and marks counted one by one

NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")  # as workbooks store a number

# kinds of mark                 the row holds          text
PERCENT = "percent"  # the bare number        its number format
SCALED = "scaled"  # the bare number        its number format: shown in thousands or millions
LITERAL = "literal"  # the bare number        its number format: words beside it change what it says
FORMULA = "formula"  # the stored result      "=…"
UNWORKED = "unworked"  # ""                     "=…"
ERROR = "error"  # ""                     "#DIV/0!"
DATE = "date"  # ""                     ISO text
DOUBTFUL = "doubtful"  # ""                     "=", a formula whose result 0 may stand for a text or nothing
UNREADABLE = "unreadable"  # ""                     what is written there, where no program agrees what it is
MERGED = "merged"  # "" or what is hidden   the cell that covers it, "B7"


class BookTooLargeError(Exception):
    """A sheet has content beyond MAX_ROWS or MAX_COLUMNS; the file is refused, not cut. Names the place if known."""

    def __init__(self, sheet: str = "", cell: str = "") -> None:
        super().__init__(sheet, cell)
        self.sheet, self.cell = sheet, cell


class UnsafeXmlError(Exception):
    """A member declares a document type: no spreadsheet does, every entity attack must."""


class DamagedBookError(ValueError):
    """The parts of the book contradict each other, or something is missing without which a value is a guess."""


class EncryptedBookError(ValueError):
    """The book has a password."""


# Characters that no text of a book may hold: a database refuses them, a terminal obeys them. Programs that know no
# other way to write them spell them out.
_NO_SIGN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
    "|_x(?:00[0189][0-9A-Fa-f]|007[Ff]|[Dd][89A-Fa-f][0-9A-Fa-f]{2}|[Ff]{3}[EFef])_"
)


def clean_signs(text: str) -> str:
    """The text with a line break in place of each such character, which digits around it do not bridge."""
    return _NO_SIGN.sub("\n", text)


# looks of a run of rich text, as an .xlsx names them
RAISED, LOWERED, STRUCK = "superscript", "subscript", "strike"
_DIGITS = {
    RAISED: str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"),
    LOWERED: str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋"),
}


def spell_look(text: str, look: str) -> str:
    """A run as it is seen: 10² is not 102, and a number that is struck out is not a number."""
    if look in _DIGITS:
        return text.translate(_DIGITS[look])
    return "".join(f"{sign}\u0336" for sign in text) if look == STRUCK else text


_HERE = dt.timezone(dt.timedelta(hours=7))


def read_moment(written: str) -> str:
    """A date of a workbook, with or without its time, in ISO form with its time; "" for no date.

    A time with a zone is told in Vietnamese time: programs write midnight here as 17:00Z of the day before.
    """
    try:
        moment = dt.datetime.fromisoformat(written)
        return (moment.astimezone(_HERE) if moment.tzinfo else moment).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return ""


def mark_covered(merges: Iterable[tuple[int, int, int, int]]) -> list[Mark]:
    """MERGED for each covered cell of merges (row, column, height, width); of the largest merges none."""
    marks: list[Mark] = []
    for top, left, high, wide in merges:
        rows, columns = range(top, min(top + high, MAX_ROWS)), range(left, min(left + wide, MAX_COLUMNS))
        if len(rows) * len(columns) <= MAX_MERGED_CELLS:
            cover = name_cell(top, left)
            marks += [[row, column, MERGED, cover] for row in rows for column in columns][1:]
            if len(marks) > MAX_CELLS:
                raise BookTooLargeError
    return marks
