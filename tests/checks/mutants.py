"""How mutants are made: a filled form, a random change, and what the file then means to say.

`intended` is kept by the mutations themselves, from the answers that were written, and never from what the
reader under test reads.  OPEN stands for a cell that has no right reading any more: whatever is taken from it in
silence is wrong.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.answers.reading import Key
from kybaocao.checks.judgement import judge
from kybaocao.demo.figures import Answers, Filler
from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.form.workbook import write_form
from kybaocao.plan.form_edition import Column, Kind, Source
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import layout_of, the_plan

AGENCIES = ("X-04183", "STC", "SKHCN")  # between them every kind of table
OPEN = "…open…"
FIRST_STAND_IN = 910_000_000
Meaning = Decimal | dt.date | str
Position = tuple[str, int, int]  # sheet, row, column; from 1, as openpyxl counts


@dataclass(frozen=True)
class Mutant:
    """A mutated workbook. Every answer not named in `intended` is blank."""

    number: int
    kinds: tuple[str, ...]
    agency: str
    data: bytes
    intended: Mapping[Key, Meaning]


@dataclass
class Draft:
    """A workbook being mutated: first cells, then the layout, then the package."""

    agency: str
    random: Random
    book: Workbook
    intended: dict[Key, Meaning]
    positions: dict[Key, Position]  # of every answer cell, blank ones too
    touched: set[Key] = field(default_factory=set)
    patches: dict[str, str] = field(default_factory=dict)  # number standing in for a cell -> the cell's XML
    steps: list[Callable[[bytes], bytes]] = field(default_factory=list)

    # --- choosing ------------------------------------------------------------------------------------------

    def pick(self, *kinds: Kind, is_filled: bool = True) -> Key:
        """An answer nobody has touched yet."""
        columns = columns_of(self.agency)
        keys = [
            key
            for key in self.positions
            if columns[key].kind in kinds
            and (not is_filled or key in self.intended)
            and key not in self.touched
            and key[2] != "khai_bao"
        ]
        key = self.random.choice(keys)
        self.touched.add(key)
        return key

    def tables(self, *sources: Source) -> list[TableLayout]:
        """Tables of these kinds that have rows in this workbook."""
        present = {key[0] for key, (sheet, _, _) in self.positions.items() if sheet in self.book.sheetnames}
        return [t for t in layout_of(self.agency).tables if t.table.source in sources and t.table.id in present]

    def cell(self, key: Key) -> Cell:
        sheet, row, column = self.positions[key]
        found = self.book[sheet].cell(row, column)
        assert isinstance(found, Cell)
        return found

    # --- saying ----------------------------------------------------------------------------------------------

    def mean(self, key: Key, meaning: Meaning | None) -> None:
        if meaning is None:
            self.intended.pop(key, None)
        else:
            self.intended[key] = meaning

    def write_xml(self, key: Key, inside: str, attributes: str = "") -> None:
        """The cell's XML as given, once the workbook is saved; `{r}` in it is the cell's address."""
        stand_in = str(FIRST_STAND_IN + len(self.patches))
        style = "" if attributes.startswith(" s=") else "{s}"
        self.patches[stand_in] = f'<c r="{{r}}"{style}{attributes}>{inside}</c>'
        self.cell(key).value = int(stand_in)

    # --- moving ------------------------------------------------------------------------------------------------

    def move(self, sheet: str, to: Callable[[int, int], tuple[int, int]]) -> None:
        """Keep track of answers whose cells were moved on a sheet."""
        for key, (name, row, column) in self.positions.items():
            if name == sheet:
                self.positions[key] = (name, *to(row, column))

    def insert_rows(self, sheet: str, at: int, count: int) -> None:
        """Like Excel: merged cells below move along."""
        ws = self.book[sheet]
        held = [str(merged) for merged in ws.merged_cells.ranges if merged.min_row >= at]
        moved = [merged for merged in ws.merged_cells.ranges if merged.min_row >= at]
        bounds = [(m.min_row + count, m.min_col, m.max_row + count, m.max_col) for m in moved]
        for name in held:
            ws.unmerge_cells(name)
        ws.insert_rows(at, count)
        for top, left, bottom, right in bounds:
            ws.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
        self.move(sheet, lambda row, column: (row + count if row >= at else row, column))

    def rename(self, sheet: str, name: str) -> None:
        self.book[sheet].title = name
        for key, (old, row, column) in self.positions.items():
            if old == sheet:
                self.positions[key] = (name, row, column)

    def block(self, table: TableLayout) -> Block:
        """Where the rows of a table with headings stand."""
        cells = [
            position
            for (name, _, column), position in self.positions.items()
            if name == table.table.id and column != "khai_bao"
        ]
        sheet = cells[0][0]
        rows = sorted({row for _, row, _ in cells})
        ws = self.book[sheet]
        wanted = {column.heading for column in table.table.columns}
        header = max(range(1, rows[0]), key=lambda row: (sum(cell.value in wanted for cell in ws[row]), row))
        prepared = range(rows[-1] + 1, ws.max_row + 1) if table.table.source is Source.OPEN else ()
        return Block(ws, header, rows, [*rows, *prepared], ws.max_column)

    # --- ending -------------------------------------------------------------------------------------------------

    def finish(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        data = out.getvalue()
        if self.patches:
            data = change_members(data, _SHEET, self._patch)
        for step in self.steps:
            data = step(data)
        return data

    def _patch(self, xml: bytes) -> bytes:
        def _replace(found: re.Match[str]) -> str:
            patch = self.patches.get(found[3])
            return found[0] if patch is None else patch.replace("{r}", found[1]).replace("{s}", found[2] or "")

        return _STAND_IN.sub(_replace, xml.decode()).encode()


_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
_STAND_IN = re.compile(r'<c r="([A-Z]+\d+)"( s="\d+")?(?: t="n")?><v>(91\d{7})</v></c>')


@dataclass(frozen=True)
class Block:
    """A table on its sheet: the row of headings, the rows of answers (and blank ones), how many columns."""

    ws: Worksheet
    header: int
    rows: list[int]
    all_rows: list[int]
    width: int

    def row_values(self, row: int) -> list[tuple[Any, str]]:
        return [(self.ws.cell(row, c).value, self.ws.cell(row, c).number_format) for c in range(1, self.width + 1)]

    def write_row(self, row: int, values: Iterable[tuple[Any, str]]) -> None:
        for column, (value, number_format) in enumerate(values, start=1):
            cell: Any = self.ws.cell(row, column)
            cell.value, cell.number_format = value, number_format


# --- the forms they start from ---------------------------------------------------------------------------------


@functools.cache
def columns_of(agency: str) -> dict[Key, Column]:
    """Of every answer cell, the column that says how to read it."""
    found: dict[Key, Column] = {}
    for table in layout_of(agency).tables:
        name = table.table.id
        if table.table.source is Source.FIELDS:
            for one in table.table.fields:
                column = Column.model_construct(id="gia_tri", heading=one.label, kind=one.kind, choices=one.choices)
                found[(name, one.id, "gia_tri")] = column
            continue
        codes = [row.code for row in table.rows] or [str(n) for n in range(1, table.table.blank_rows + 1)]
        found |= {(name, code, column.id): column for code in codes for column in table.table.answers}
        if table.table.declaration:
            found[(name, "", "khai_bao")] = Column.model_construct(
                id="khai_bao", heading="", kind=Kind.CHOICE, choices=("Có", "Không phát sinh")
            )
    return found


def fill(agency: str) -> Answers:
    """Valid answers with three rows in every open table."""
    layout = layout_of(agency)
    answers = Filler(5).fill(layout)
    for table in layout.tables:
        if table.table.source is not Source.OPEN:
            continue
        for key in [key for key in answers if key[0] == table.table.id]:
            del answers[key]
        answers[(table.table.id, "", "khai_bao")] = layout.edition.words.yes
        for number in (1, 2, 3):
            for column in table.table.answers:
                answers[(table.table.id, str(number), column.id)] = (
                    column.choices[number % len(column.choices)]
                    if column.choices
                    else dt.date(2026, 8, number)
                    if column.kind is Kind.DATE
                    else f"Nội dung thứ {number} của cột {column.heading.lower()}"
                )
    return answers


def understand(value: object) -> Meaning:
    """What a written answer means."""
    if isinstance(value, int | float):
        return Decimal(str(value))
    assert isinstance(value, str | dt.date)
    return value


@functools.cache
def base(agency: str, has_percentages: bool) -> tuple[bytes, dict[Key, Meaning], dict[Key, Position]]:
    """The file, the meaning and the position of its cells; `has_percentages`: 1 that shows 100%, as Excel keeps it."""
    layout, answers = layout_of(agency), fill(agency)
    with tempfile.TemporaryDirectory() as folder:
        data = write_form(layout, Path(folder) / "a.xlsx", answers).read_bytes()
    intended = {key: understand(value) for key, value in answers.items() if value is not None}
    positions = _find_positions(data, layout, intended)
    if has_percentages:
        book = load_workbook(io.BytesIO(data))
        for key, (sheet, row, column) in positions.items():
            cell: Any = book[sheet].cell(row, column)
            if columns_of(agency)[key].kind is Kind.PERCENT and cell.value is not None:
                cell.value, cell.number_format = cell.value / 100, "0%"
        out = io.BytesIO()
        book.save(out)
        data = out.getvalue()
    return data, intended, positions


def _find_positions(data: bytes, layout: FormLayout, intended: Mapping[Key, Meaning]) -> dict[Key, Position]:
    """The cells from which the reader takes the answers of the unchanged form, all of them read as written."""
    judgement = judge(data, layout, the_plan(), parse=parse_book)
    read = {key: answer.value for key, answer in judgement.answers.items() if answer.value is not None}
    assert read == intended, "the untouched form must be read as it was written"
    found = {}
    for key, answer in judgement.answers.items():
        match = re.fullmatch(r"([A-Z]+)([0-9]+)", answer.cell)
        assert match is not None
        column = functools.reduce(lambda total, letter: total * 26 + ord(letter) - 64, match[1], 0)
        found[key] = (answer.sheet, int(match[2]), column)
    return found


def start(agency: str, has_percentages: bool, random: Random) -> Draft:
    data, intended, positions = base(agency, has_percentages)
    return Draft(agency, random, load_workbook(io.BytesIO(data)), dict(intended), dict(positions))


# --- packages ----------------------------------------------------------------------------------------------------


def change_members(data: bytes, which: re.Pattern[str], change: Callable[[bytes], bytes]) -> bytes:
    """The package with some members changed, packed as before."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            target.writestr(info, change(content) if which.fullmatch(info.filename) else content)
    return out.getvalue()


def share_strings(data: bytes) -> bytes:
    """Texts kept once and pointed to, as Excel keeps them; openpyxl may write each into its cell."""
    texts: dict[str, int] = {}

    def _point(found: re.Match[str]) -> str:
        number = texts.setdefault(found[2], len(texts))
        return f'<c{found[1]} t="s"><v>{number}</v></c>'

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    if "xl/sharedStrings.xml" in members:
        return data
    for name in members:
        if _SHEET.fullmatch(name):
            members[name] = _INLINE.sub(_point, members[name].decode()).encode()
    shown = "".join(f"<si>{text}</si>" for text in texts)
    members["xl/sharedStrings.xml"] = (
        f'<sst xmlns="{_MAIN}" count="{len(texts)}" uniqueCount="{len(texts)}">{shown}</sst>'.encode()
    )
    types, relations = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_STRINGS_TYPE}"/></Types>'
    members[types] = members[types].replace(b"</Types>", part.encode())
    part = f'<Relationship Type="{_STRINGS_RELATION}" Target="sharedStrings.xml" Id="rIdS"/></Relationships>'
    members[relations] = members[relations].replace(b"</Relationships>", part.encode())
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return out.getvalue()


_INLINE = re.compile(r'<c((?: [rs]="[A-Z0-9]+")*) t="inlineStr"><is>(<t(?: [^>]*)?>[^<]*</t>)</is></c>')
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_STRINGS_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"


# --- comparing ---------------------------------------------------------------------------------------------------


def is_same(read: object, intended: Meaning) -> bool:
    """Numbers to the 15 digits a spreadsheet keeps; texts without what is not seen."""
    if isinstance(read, Decimal) and isinstance(intended, Decimal):
        is_whole = read == read.to_integral_value()
        return read == intended if is_whole else f"{read:.14e}" == f"{intended:.14e}"
    if isinstance(read, str) and isinstance(intended, str):
        return _bare(read) == _bare(intended) and intended != OPEN
    return type(read) is type(intended) and read == intended


def _bare(text: str) -> str:
    shown = "".join(sign for sign in unicodedata.normalize("NFC", text) if unicodedata.category(sign) != "Cf")
    return " ".join(shown.split())
