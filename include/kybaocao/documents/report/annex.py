"""The annexes as an .xlsx workbook, with one more sheet: the cell every figure was read from.

No text of an agency can become a formula: every text is stored as text, and one that begins like a formula
is marked so that it stays text when somebody edits the cell.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from copy import copy

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring, tostring

from kybaocao.documents import layout
from kybaocao.documents.model import Cell, ReportContent, Row, RowStyle, Table
from kybaocao.documents.office_file import fix_archive, to_naive_utc
from kybaocao.vietnamese import format_number

_CORE, _STYLES = "docProps/core.xml", "xl/styles.xml"
_FONT_PARTS = "b i strike condense extend outline shadow u vertAlign sz color name family charset scheme".split()  # noqa: SIM905
_LEADERS = ("=", "+", "-", "@", "\t", "\r")
_DAY = re.compile(r"\d\d/\d{1,2}/\d{4}")
_LONGEST = 32767  # characters a cell may hold
_HEADING_ROW = 4
_TALLEST = 409  # points a row may have
_SIDE = Side(style="thin", color="7F7F7F")
_BOX = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_SHADE = PatternFill("solid", fgColor="EDEDED")


def render_annex(content: ReportContent, as_of: dt.datetime) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for annex in content.annexes:
        heading = f"{annex.label}. {annex.title}"
        _write_sheet(book.create_sheet(annex.sheet), heading, annex.table, content)
    if content.origins_sheet:
        _write_sheet(book.create_sheet(content.origins_sheet), content.origins_sheet, content.origins, content)
    properties = book.properties
    properties.title = content.title
    properties.creator = properties.lastModifiedBy = content.letterhead.issuer_name
    properties.language = "vi-VN"
    properties.description = content.sample_mark
    properties.created = to_naive_utc(as_of)
    written = io.BytesIO()
    book.save(written)
    properties.modified = to_naive_utc(as_of)  # saving sets it to the present time
    replaced = {_CORE: tostring(properties.to_tree()), _STYLES: _sort_fonts(written.getvalue())}
    return fix_archive(written.getvalue(), replaced)


def _sort_fonts(book: bytes) -> bytes:
    """The styles with the elements of each font in the order of the schema, which openpyxl does not keep."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        styles = fromstring(archive.read(_STYLES))
    for font in styles.iterfind(f".//{{{SHEET_MAIN_NS}}}font"):
        font[:] = sorted(font, key=lambda part: _FONT_PARTS.index(part.tag.rpartition("}")[2]))
    return tostring(styles)  # type: ignore[return-value]


def _write_sheet(sheet: Worksheet, heading: str, table: Table, content: ReportContent) -> None:
    columns = layout.COLUMNS[table.id]
    widths = [max(8.0, column.width / 1.9) for column in columns]  # in characters
    _write_text(sheet.cell(1, 1), heading).font = Font(name=layout.FONT, size=13, bold=True)
    _write_text(sheet.cell(2, 1), content.title).font = Font(name=layout.FONT, size=11, bold=True)
    note = ". ".join(part for part in (content.sample_mark, content.working_copy) if part)
    _write_text(sheet.cell(3, 1), note).font = Font(name=layout.FONT, size=10, italic=True)
    for column, text in enumerate(table.columns, start=1):
        cell = _write_text(sheet.cell(_HEADING_ROW, column), text)
        cell.font = Font(name=layout.FONT, size=11, bold=True)
        cell.fill, cell.border = _SHADE, _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    _set_height(sheet, _HEADING_ROW, table.columns, widths)
    looks = _Looks(sheet)
    for number, row in enumerate(table.rows, start=_HEADING_ROW + 1):
        for column, value in enumerate(_fill(row, len(columns)), start=1):
            align = "left" if row.style is RowStyle.GROUP else columns[column - 1].align
            _write_value(sheet.cell(number, column), value, looks, align, row.style)
        if row.style is not RowStyle.GROUP:
            _set_height(sheet, number, [cell.text for cell in row.cells], widths)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    _set_print(sheet, len(columns), _HEADING_ROW + len(table.rows), content)


def _set_height(sheet: Worksheet, number: int, texts: Sequence[str], widths: Sequence[float]) -> None:
    """Room for wrapped text: not every program fits rows to it when it opens a file."""
    # Times New Roman sets about a fifth more letters in a line than the digits a width is counted in.
    lines = max(-(-len(text) // int(width * 1.2)) for text, width in zip(texts, widths, strict=True))
    if lines > 1:
        sheet.row_dimensions[number].height = min(_TALLEST, 15 * lines + 1)


def _fill(row: Row, width: int) -> tuple[Cell, ...]:
    if row.style is RowStyle.GROUP:
        return row.cells[0], *(Cell(""),) * (width - 1)
    return row.cells


class _Looks:
    """Styles of body cells, each registered with the workbook once: once per cell would take seconds."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._known: dict[tuple[str, RowStyle, str, bool], StyleArray] = {}

    def find(self, align: str, style: RowStyle, number_format: str, is_guarded: bool) -> StyleArray:
        key = (align, style, number_format, is_guarded)
        if key not in self._known:
            model = SheetCell(self._sheet, row=1, column=1)
            model.font = Font(name=layout.FONT, size=11, bold=style is RowStyle.GROUP, italic=style is RowStyle.PART)
            model.alignment = Alignment(horizontal=align, vertical="top", wrap_text=style is not RowStyle.GROUP)
            model.border = _BOX
            if style is RowStyle.GROUP:
                model.fill = _SHADE
            model.number_format = number_format
            model.quotePrefix = is_guarded
            self._known[key] = model._style  # type: ignore[attr-defined]
        return copy(self._known[key])


def _write_value(cell: SheetCell | MergedCell, value: Cell, looks: _Looks, align: str, style: RowStyle) -> None:
    number_format = _choose_format(value)
    day = _read_day(value.text)
    if day is not None:
        cell.value = day
        cell._style = looks.find(align, style, "dd/mm/yyyy", is_guarded=False)  # type: ignore[union-attr]
        return
    if number_format is None:
        text = _write_text(cell, value.text)
        look = looks.find(align, style, "@", is_guarded=value.text.startswith(_LEADERS))
        text._style = look  # type: ignore[attr-defined]
        return
    assert value.number is not None
    cell.value = value.number / 100 if number_format.endswith("%") else value.number
    look = looks.find(align, style, number_format, is_guarded=False)
    cell._style = look  # type: ignore[union-attr]


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


def _write_text(cell: SheetCell | MergedCell, text: str) -> SheetCell:
    assert isinstance(cell, SheetCell)  # no cell is merged
    cell.value = text[:_LONGEST] or None
    if text:
        cell.data_type = "s"
    if text.startswith(_LEADERS):
        cell.quotePrefix = True
    return cell


def _set_print(sheet: Worksheet, columns: int, rows: int, content: ReportContent) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top, sheet.page_margins.bottom = 0.7, 0.6
    sheet.print_title_rows = f"{_HEADING_ROW}:{_HEADING_ROW}"
    sheet.print_area = f"A1:{get_column_letter(columns)}{rows}"
    sheet.auto_filter.ref = f"A{_HEADING_ROW}:{get_column_letter(columns)}{rows}"
    sheet.freeze_panes = f"C{_HEADING_ROW + 1}"
    header = sheet.oddHeader
    assert header is not None
    header.center.text = "&P/&N"
    header.right.text = content.sample_mark or None
    sheet.sheet_view.zoomScale = 90
