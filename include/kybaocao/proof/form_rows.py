"""The rows of a form in a file that was read anew: found by the code in column "Mã", figures read by rules of our own.

Only what makes two words the same word, and which signs nobody sees, is shared with the first computation
(`answers.words`, `vietnamese`).
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.addresses import name_cell
from kybaocao.answers.words import find_word, normalize_label
from kybaocao.form.layout import CODE_COLUMN, IDENTITY_SHEET
from kybaocao.plan.form_edition import WORK, Column, Edition, Kind, Source, Words
from kybaocao.proof.archived_files import DAY, NUMBER, PERCENT, TEXT, Cell, Sheet
from kybaocao.vietnamese import drop_invisible

STATUS, PROGRESS, DONE_ON = "tinh_trang", "trang_thai", "ngay"
MAX_HEADING = 200  # characters
_Y_TO_I = str.maketrans("yỳýỷỹỵ", "iìíỉĩị")


@dataclass(frozen=True)
class Place:
    """A cell and where it stands."""

    sheet: str
    cell: str
    content: Cell


@dataclass(frozen=True)
class FormRow:
    """One row: heading, made comparable -> the cell below it."""

    sheet: str
    number: int
    columns: Mapping[str, int]
    cells: Mapping[int, Cell]

    def find(self, column: Column) -> Place | None:
        index = self.columns.get(spell(column.heading))
        content = None if index is None else self.cells.get(index)
        return None if index is None or content is None else Place(self.sheet, name_cell(self.number, index), content)


@functools.lru_cache(maxsize=4096)  # the headings are the same in every file
def spell(text: str) -> str:
    """A heading or code, comparable: "kì" is "kỳ"."""
    return normalize_label(text).translate(_Y_TO_I) if len(text) <= MAX_HEADING else ""


def find_stated_edition(sheets: Collection[Sheet]) -> str:
    """The edition of the form that a file says it is; "" where it says none."""
    rows = (row for sheet in sheets if spell(sheet.name) == spell(IDENTITY_SHEET) for row in sheet.rows.values())
    named = ([cells[index].text for index in sorted(cells)] for cells in rows)
    return next((texts[1] for texts in named if len(texts) > 1 and texts[0] == "phien_ban"), "")


def find_rows(sheets: Collection[Sheet], edition: Edition, codes: Collection[str]) -> dict[str, FormRow]:
    """code -> its row. Of several the one on the sheet that the form has for it, else the first that is shown."""
    asked = [(sheet, table) for sheet, table in edition.tables if table.source in (Source.INDICATORS, *WORK)]
    headings = {spell(column.heading) for _, table in asked for column in table.columns}
    marks = {spell(table.headings[CODE_COLUMN]) for _, table in asked}
    own = {spell(sheet.name) for sheet, _ in asked}
    wanted = {_spell_code(code): code for code in codes}
    found: dict[str, tuple[tuple[bool, bool], FormRow]] = {}
    for sheet in sheets:
        rank = (spell(sheet.name) not in own, sheet.is_hidden)
        for code, row in _list_rows(sheet, headings, marks, wanted):
            if code not in found or rank < found[code][0]:
                found[code] = (rank, row)
    return {code: row for code, (_, row) in found.items()}


def _list_rows(
    sheet: Sheet, headings: Collection[str], marks: Collection[str], wanted: Mapping[str, str]
) -> Iterator[tuple[str, FormRow]]:
    columns: dict[str, int] = {}
    code_column = -1
    for number in sorted(sheet.rows):
        cells = sheet.rows[number]
        code = cells.get(code_column)
        if code is not None and (known := wanted.get(_spell_code(code.text))):
            yield known, FormRow(sheet.name, number, columns, cells)
            continue
        words: dict[str, int] = {}
        for index in sorted(cells):
            if cells[index].kind == TEXT and (word := spell(cells[index].text)) in headings:
                words.setdefault(word, index)
        if len(words) >= 3 and (mark := next((word for word in marks if word in words), None)):
            columns, code_column = words, words[mark]
        elif code_column >= 0:  # headings in two rows
            columns = words | columns


def _spell_code(text: str) -> str:
    return spell(text).replace(" ", "").rstrip(".")


# --- one cell --------------------------------------------------------------------------------------------------------


def read_word(place: Place | None, words: Words, column: str) -> str:
    """The word of the plan that a status cell says, "" for none."""
    return (find_word(place.content.text, sorted(words.meanings(column))) or "") if place else ""


def read_figure(place: Place | None, kind: Kind) -> Decimal | None:
    """The number of a cell, None where none stands or nothing says which it is. A spreadsheet knows 15 digits."""
    if place is None:
        return None
    if place.content.kind in (NUMBER, PERCENT):
        number = Decimal(f"{float(place.content.text):.15g}")
        number = number * 100 if place.content.kind == PERCENT else number
        is_remainder = kind is Kind.PERCENT and 100 < number <= 100 + _REMAINDER
        return Decimal(100) if is_remainder else number
    return _read_typed(place.content.text, kind)


def read_day(place: Place | None) -> dt.date | None:
    """The day of a cell: one that a spreadsheet knows, or the first three numbers of what was typed.

    Day, month, year as the Vietnamese write them, unless the year stands first.  Nothing else was accepted.
    """
    if place is None or place.content.kind not in (DAY, TEXT):
        return None
    found = [int(one) for one in re.findall(r"\d+", unicodedata.normalize("NFKC", drop_invisible(place.content.text)))]
    if len(found) < 3:
        return None
    first, month, last = found[:3]
    try:
        return dt.date(first, month, last) if first > 31 else dt.date(last, month, first)
    except ValueError:
        return None


_REMAINDER = Decimal("0.000001")  # of a formula
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?: \d{3})+(?=\D|$)")
_VIETNAMESE = re.compile(r"-?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?", re.ASCII)
_ENGLISH = re.compile(r"-?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)


def _read_typed(text: str, kind: Kind) -> Decimal | None:
    """A number that was typed as text: of its readings the only one that the column allows."""
    text = " ".join(unicodedata.normalize("NFKC", drop_invisible(text)).replace("\u2212", "-").split()).lstrip("'’‘ ")
    if kind is Kind.PERCENT:
        text = text.removesuffix("%").rstrip()
    if grouped := _GROUPED.match(text):
        text = grouped[0].replace(" ", "") + text[grouped.end() :]
    vietnamese = Decimal(text.replace(".", "").replace(",", ".")) if _VIETNAMESE.fullmatch(text) else None
    english = Decimal(text.replace(",", "")) if _ENGLISH.fullmatch(text) else None
    if vietnamese is not None and kind is Kind.INTEGER and "." in text:
        return vietnamese
    readings = {one for one in (vietnamese, english) if one is not None and _is_allowed(one, kind)}
    return readings.pop() if len(readings) == 1 else None


def _is_allowed(number: Decimal, kind: Kind) -> bool:
    if kind is Kind.PERCENT:
        return 0 <= number <= 100
    return kind is not Kind.INTEGER or (number >= 0 and number == number.to_integral_value())
