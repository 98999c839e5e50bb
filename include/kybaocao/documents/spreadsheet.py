"""Tables as sheets of an .xlsx workbook: numbers, dates and percentages as such, ready to filter and to print.

No text of an agency can become a formula: every text is stored as text, and one that begins like a formula
is marked so that it stays text when somebody edits the cell.

Sheets are written row by row, so that 76,000 rows take no more memory than one.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring, tostring

from kybaocao.documents import layout
from kybaocao.documents.layout import ColumnLayout
from kybaocao.documents.model import Cell, Row, RowStyle, WorkbookSheet
from kybaocao.documents.office_file import fix_archive, to_naive_utc
from kybaocao.documents.spreadsheet_chart import describe_charts, draw_bars
from kybaocao.figures.snapshot import Verdict
from kybaocao.spreadsheet_text import FORMULA_SIGNS, begins_like_formula
from kybaocao.vietnamese import format_number

_CORE, _STYLES = "docProps/core.xml", "xl/styles.xml"
_FONT_PARTS = "b i strike condense extend outline shadow u vertAlign sz color name family charset scheme".split()  # noqa: SIM905
_SPECIAL = (*FORMULA_SIGNS, "#")  # "#N/A" would be read as an error
_DAY = re.compile(r"\d\d/\d{1,2}/\d{4}")
_LONGEST = 32767  # characters a cell may hold
_TALLEST = 409  # points a row may have
_LINE = 14.5  # points
_SIDE = Side(style="thin", color="7F7F7F")
_BOX = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_SHADE = PatternFill("solid", fgColor="EDEDED")
_MISSED = Font(color="9C0006")
_ROW_HEIGHT = 0.5  # centimetres
_STRONG = (RowStyle.GROUP, RowStyle.TOTAL)
_HEADING_FONT = Font(name=layout.FONT, size=11, bold=True)
_NARROWEST = 6.0  # characters
_CHARACTER, _PADDING = 1.9, 1.0  # millimetres: a digit, by which widths are counted; what a cell keeps free
_SIZE = 11
_SPREAD = 1.28  # columns are that much wider than in the document: A4 then shows type of 9 points, on fewer pages
_REGULAR = 0.95  # of the width of bold type
_BLANK = Cell("")


@dataclass(frozen=True)
class BookDescription:
    """The properties of the file."""

    title: str
    author: str
    comments: str


def start_book() -> Workbook:
    book = Workbook(write_only=True)
    book._fonts[0] = Font(name=layout.FONT, size=_SIZE, family=1)  # type: ignore[attr-defined]  # of plain cells
    return book


def write_book(book: Workbook, description: BookDescription, as_of: dt.datetime) -> bytes:
    properties = book.properties
    properties.title = description.title
    properties.creator = properties.lastModifiedBy = description.author
    properties.language = "vi-VN"
    properties.description = description.comments
    properties.created = to_naive_utc(as_of)
    written = io.BytesIO()
    book.save(written)
    properties.modified = to_naive_utc(as_of)  # saving sets it to the present time
    replaced = {_CORE: tostring(properties.to_tree()), _STYLES: _sort_fonts(written.getvalue())}
    replaced |= describe_charts(written.getvalue())
    return fix_archive(written.getvalue(), replaced)


def _sort_fonts(book: bytes) -> bytes:
    """The styles with the elements of each font in the order of the schema, which openpyxl does not keep."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        styles = fromstring(archive.read(_STYLES))
    for font in styles.iterfind(f".//{{{SHEET_MAIN_NS}}}font"):
        font[:] = sorted(font, key=lambda part: _FONT_PARTS.index(part.tag.rpartition("}")[2]))
    return tostring(styles)  # type: ignore[return-value]


# --- a sheet -----------------------------------------------------------------------------------------------------


def write_sheet(
    book: Workbook, sheet: WorkbookSheet, title: str, note: str, sample_mark: str, rows: Iterable[Row] | None = None
) -> None:
    """The heading of the sheet, `title` and `note` of the whole workbook, and the table.

    `rows`: instead of those of the table, for a table that is too long to be held; their cells have no look of their
    own, which takes a quarter of the time.
    """
    table = sheet.table
    columns = layout.list_columns(table.id, len(table.columns))
    writer = _SheetWriter(book, sheet.name, columns, 6 if sheet.groups else 5 if sheet.note else 4)
    writer.make_room(table.rows)
    writer.prepare(2 if sheet.groups else 1)
    writer.write_line(sheet.title, Font(name=layout.FONT, size=13, bold=True))
    writer.write_line(title, Font(name=layout.FONT, size=11, bold=True))
    writer.write_line(note, Font(name=layout.FONT, size=10, italic=True))
    if sheet.note or sheet.groups:
        writer.write_line(sheet.note, Font(name=layout.FONT, size=10, italic=True))
    if sheet.groups:
        writer.write_groups(sheet.groups)
    writer.write_headings(table.columns)
    if rows is None:
        for row in table.rows:
            writer.write_row(row)
    else:
        for row in rows:
            writer.write_plain_row(row)
    writer.finish(sample_mark)
    if sheet.chart:
        chart = draw_bars(writer.sheet, table, writer.heading_row, sheet.chart)
        writer.sheet.add_chart(chart, f"A{writer.number + 2}")
        writer.extend_print_area(math.ceil(chart.height / _ROW_HEIGHT) + 2)


class _SheetWriter:
    """One sheet, from its first row to its last. Its shape is set before the first row is written."""

    def __init__(self, book: Workbook, name: str, columns: Sequence[ColumnLayout], heading_row: int) -> None:
        self.sheet: Any = book.create_sheet(name)  # the stubs do not know sheets that are written row by row
        self.heading_row = heading_row
        self.number = 0  # of the last row written
        self._columns = columns
        self._widths = [max(_NARROWEST, _SPREAD * column.width / _CHARACTER) for column in columns]  # in characters
        self._last_column = get_column_letter(len(columns))
        self._looks = _Looks(self.sheet)
        self._totals = 0

    def make_room(self, rows: Iterable[Row]) -> None:
        """A number that is wider than its column would be shown as "####"."""
        for row in rows:
            for place, value in enumerate(row.cells):
                if value.number is not None and row.style is not RowStyle.GROUP:
                    self._widths[place] = max(self._widths[place], 1.05 * len(value.text) + 1)

    def prepare(self, repeated: int) -> None:
        """Columns, window and page. `repeated`: rows of headings that stand on every page."""
        sheet = self.sheet
        for number, width in enumerate(self._widths, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.sheet_view.zoomScale = 90
        sheet.freeze_panes = f"C{self.heading_row + 1}"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top, sheet.page_margins.bottom = 0.6, 0.4
        sheet.page_margins.header, sheet.page_margins.footer = 0.3, 0.2
        sheet.print_options.gridLines = True
        sheet.print_title_rows = f"{self.heading_row - repeated + 1}:{self.heading_row}"

    def write_line(self, text: str, font: Font) -> None:
        """A line over the table, as wide as it is."""
        cell = self._make_text(text, font=font)
        if text:
            row = self.number + 1
            self.sheet.merged_cells.add(f"A{row}:{self._last_column}{row}")
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            self._set_height([text], [sum(self._widths)])
        self._append([cell])

    def write_groups(self, groups: Sequence[tuple[str, int]]) -> None:
        """Headings over several columns each."""
        cells, first, texts, widths = [], 1, [], []
        for text, span in groups:
            cells += [self._make_heading(text), *(self._make_heading("") for _ in range(span - 1))]
            self.sheet.merged_cells.add(
                f"{get_column_letter(first)}{self.number + 1}:{get_column_letter(first + span - 1)}{self.number + 1}"
            )
            texts.append(text)
            widths.append(sum(self._widths[first - 1 : first - 1 + span]))
            first += span
        self._set_height(texts, widths)
        self._append(cells)

    def write_headings(self, texts: Sequence[str]) -> None:
        self._set_height(texts, self._widths)
        self._append([self._make_heading(text) for text in texts])

    def write_row(self, row: Row) -> None:
        values = row.cells
        if row.style is RowStyle.GROUP:
            values = (values[0], *(_BLANK,) * (len(self._columns) - 1))
        else:
            self._set_height([value.text for value in values], self._widths)
        self._totals += row.style is RowStyle.TOTAL
        self._append(
            [
                self._make_value(value, "left" if row.style is RowStyle.GROUP else column.align, row.style)
                for value, column in zip(values, self._columns, strict=True)
            ]
        )

    def write_plain_row(self, row: Row) -> None:
        """Numbers and texts as they are, in the type of the workbook; a text that could be a formula is guarded."""
        self.sheet.append([self._make_plain(value) for value in row.cells])
        self.number += 1

    def _make_plain(self, value: Cell) -> Decimal | str | SheetCell:
        if value.number is not None:
            return value.number
        return self._make_text(value.text) if value.text.startswith(_SPECIAL) else value.text[:_LONGEST]

    def finish(self, sample_mark: str) -> None:
        """What can only be said when the last row is known."""
        sheet = self.sheet
        sheet.print_area = f"A1:{self._last_column}{self.number}"
        sheet.auto_filter.ref = (
            f"A{self.heading_row}:{self._last_column}{max(self.number - self._totals, self.heading_row)}"
        )
        missed = f'"{Verdict.NOT_MET.value.capitalize()}"'
        rule = CellIsRule(operator="equal", formula=[missed], font=_MISSED)  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(f"A{self.heading_row + 1}:{self._last_column}{self.number + 1}", rule)
        sheet.oddHeader.center.text = "&P/&N"
        sheet.oddHeader.right.text = sample_mark or None

    def extend_print_area(self, rows: int) -> None:
        self.sheet.print_area = f"A1:{self._last_column}{self.number + rows}"

    def _append(self, cells: list[SheetCell]) -> None:
        self.sheet.append(cells)
        self.number += 1

    def _set_height(self, texts: Sequence[str], widths: Sequence[float]) -> None:
        """Room for wrapped text: not every program fits rows to it when it opens a file."""
        lines = max(_count_lines(text, width) for text, width in zip(texts, widths, strict=True))
        if lines > 1:
            self.sheet.row_dimensions[self.number + 1].height = min(_TALLEST, _LINE * lines + 1)

    def _make_heading(self, text: str) -> SheetCell:
        cell = self._make_text(text, font=_HEADING_FONT)
        cell.fill, cell.border = _SHADE, _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        return cell

    def _make_text(self, text: str, *, font: Font | None = None) -> SheetCell:
        cell = SheetCell(self.sheet, row=1, column=1)
        if text:
            cell.value = text[:_LONGEST]
            cell.data_type = "s"
        if font is not None:
            cell.font = font
        cell.quotePrefix = begins_like_formula(text)
        return cell

    def _make_value(self, value: Cell, align: str, style: RowStyle) -> SheetCell:
        cell = SheetCell(self.sheet, row=1, column=1)
        day, number_format = _read_day(value.text), _choose_format(value)
        if day is not None:
            cell.value, number_format = day, "dd/mm/yyyy"
        elif number_format is not None:
            assert value.number is not None
            cell.value = value.number / 100 if number_format.endswith("%") else value.number
        elif value.text:
            cell.value = value.text[:_LONGEST]
            cell.data_type = "s"
        is_guarded = number_format is None and begins_like_formula(value.text)
        look = self._looks.find(align, style, number_format or "@", is_guarded)
        cell._style = look  # type: ignore[attr-defined]
        return cell


class _Looks:
    """Styles of body cells, each registered with the workbook once: once per cell would take seconds."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._known: dict[tuple[str, RowStyle, str, bool], StyleArray] = {}

    def find(self, align: str, style: RowStyle, number_format: str, is_guarded: bool) -> StyleArray:
        key = (align, style, number_format, is_guarded)
        if key not in self._known:
            model = SheetCell(self._sheet, row=1, column=1)
            model.font = Font(name=layout.FONT, size=11, bold=style in _STRONG, italic=style is RowStyle.PART)
            model.alignment = Alignment(horizontal=align, vertical="top", wrap_text=style is not RowStyle.GROUP)
            model.border = _BOX
            if style in _STRONG:
                model.fill = _SHADE
            model.number_format = number_format
            model.quotePrefix = is_guarded
            self._known[key] = model._style  # type: ignore[attr-defined]
        return self._known[key]


@functools.lru_cache(maxsize=4096)
def _count_lines(text: str, width: float) -> int:
    """Lines of a text in a column of so many characters. No line but the last is full: it breaks between words."""
    if len(text) <= width:
        return 1
    return math.ceil(_REGULAR * layout.measure_bold(text, _SIZE) / (width * _CHARACTER - _PADDING))


# --- a cell ------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def _choose_format(value: Cell) -> str | None:
    """The number format that shows what the document prints; None when the text is more than the number.

    "21/34" and "15-20%" stay text; 99,998% keeps its three decimals rather than turn into 100.
    """
    printed = value.text.removesuffix("%")
    decimals = len(printed.partition(",")[2])
    if value.number is None or printed != format_number(value.number, decimals):
        return None
    percent = "%" if value.text.endswith("%") else ""
    return "#,##0" + ("." + "0" * decimals if decimals else "") + percent


def _read_day(text: str) -> dt.date | None:
    """A cell that holds a date and nothing else can be sorted and filtered as one."""
    if not _DAY.fullmatch(text):
        return None
    day, month, year = (int(part) for part in text.split("/"))
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
