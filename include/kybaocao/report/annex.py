"""The annexes as an .xlsx workbook, with one sheet more: the cell every figure was read from.

Nothing an agency wrote can become a live formula: every text is stored as text, and what begins like a
formula is marked so that it stays text when a reader edits the cell.
"""

from __future__ import annotations

import datetime as dt
import io
from copy import copy

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from kybaocao.report import layout
from kybaocao.report.archive import fix_archive, utc
from kybaocao.report.model import Cell, ReportContent, Row, RowStyle, Table

_CORE = "docProps/core.xml"
_LEADERS = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32767  # characters a cell may hold
_HEADING_ROW = 4
_SIDE = Side(style="thin", color="7F7F7F")
_BOX = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_SHADE = PatternFill("solid", fgColor="EDEDED")


def render_annex(content: ReportContent, as_of: dt.datetime) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for annex in content.annexes:
        heading = f"{annex.label}. {annex.title}"
        _write_sheet(book.create_sheet(annex.sheet), heading, annex.table, content)
    _write_sheet(book.create_sheet(content.origins_sheet), content.origins_sheet, content.origins, content)
    properties = book.properties
    properties.title = content.title
    properties.creator = properties.lastModifiedBy = content.letterhead.issuer_name
    properties.language = "vi-VN"
    properties.description = content.sample_mark
    properties.created = utc(as_of)
    written = io.BytesIO()
    book.save(written)
    properties.modified = utc(as_of)  # saving stamps the clock; the stored copy gets the moment we were given
    return fix_archive(written.getvalue(), {_CORE: tostring(properties.to_tree())})


def _write_sheet(sheet: Worksheet, heading: str, table: Table, content: ReportContent) -> None:
    columns = layout.COLUMNS[table.id]
    _write_text(sheet.cell(1, 1), heading).font = Font(name=layout.FONT, size=13, bold=True)
    _write_text(sheet.cell(2, 1), content.title).font = Font(name=layout.FONT, size=11, bold=True)
    note = ". ".join(part for part in (content.sample_mark, content.working_copy) if part)
    _write_text(sheet.cell(3, 1), note).font = Font(name=layout.FONT, size=10, italic=True)
    for place, text in enumerate(table.columns, start=1):
        cell = _write_text(sheet.cell(_HEADING_ROW, place), text)
        cell.font = Font(name=layout.FONT, size=11, bold=True)
        cell.fill, cell.border = _SHADE, _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    looks = _Looks(sheet)
    for number, row in enumerate(table.rows, start=_HEADING_ROW + 1):
        for place, value in enumerate(_fill(row, len(columns)), start=1):
            _write_value(sheet.cell(number, place), value, looks, columns[place - 1].align, row.style)
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(8.0, column.width / 1.9)
    _set_print(sheet, len(columns), _HEADING_ROW + len(table.rows), content)


def _fill(row: Row, width: int) -> tuple[Cell, ...]:
    if row.style is RowStyle.GROUP:
        return row.cells[0], *(Cell(""),) * (width - 1)
    return row.cells


class _Looks:
    """Styles of body cells, each registered with the workbook once: per cell it would take seconds."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._known: dict[tuple[str, RowStyle, str, bool], StyleArray] = {}

    def find(self, align: str, style: RowStyle, number_format: str, is_guarded: bool) -> StyleArray:
        key = (align, style, number_format, is_guarded)
        if key not in self._known:
            model = SheetCell(self._sheet)
            model.font = Font(name=layout.FONT, size=11, bold=style is RowStyle.GROUP, italic=style is RowStyle.PART)
            model.alignment = Alignment(horizontal=align, vertical="top", wrap_text=style is not RowStyle.GROUP)
            model.border = _BOX
            if style is RowStyle.GROUP:
                model.fill = _SHADE
            model.number_format = number_format
            model.quotePrefix = is_guarded  # type: ignore[attr-defined]
            self._known[key] = model._style
        return copy(self._known[key])


def _write_value(cell: SheetCell, value: Cell, looks: _Looks, align: str, style: RowStyle) -> None:
    if value.number is not None and _is_figure(value):
        cell.value = value.number
        cell._style = looks.find(align, style, "#,##0.00" if "," in value.text else "#,##0", is_guarded=False)
    else:
        _write_text(cell, value.text)
        cell._style = looks.find(align, style, "@", is_guarded=value.text.startswith(_LEADERS))


def _is_figure(value: Cell) -> bool:
    """Whether the printed text is the number itself: "21/34" and "tối thiểu 80%" stay text."""
    return all(char in "0123456789.,-%" for char in value.text)


def _write_text(cell: SheetCell, text: str) -> SheetCell:
    cell.value = text[:_LONGEST] or None
    if text:
        cell.data_type = "s"
    if text.startswith(_LEADERS):
        cell.quotePrefix = True  # type: ignore[attr-defined]
    return cell


def _set_print(sheet: Worksheet, columns: int, rows: int, content: ReportContent) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top, sheet.page_margins.bottom = 0.7, 0.6
    sheet.print_title_rows = f"{_HEADING_ROW}:{_HEADING_ROW}"
    sheet.print_area = f"A1:{get_column_letter(columns)}{rows}"
    sheet.freeze_panes = sheet.cell(_HEADING_ROW + 1, 3)
    sheet.oddHeader.center.text = "&P/&N"
    if content.sample_mark:
        sheet.oddHeader.right.text = content.sample_mark
    sheet.sheet_view.zoomScale = 90
