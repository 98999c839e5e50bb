"""The form on paper: A4, legible, every page with its heading."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from PIL import ImageFont

import kybaocao.documents
from kybaocao.form.layout import GUIDE_SHEET, IDENTITY_SHEET
from tests.form.reading import SIX_KINDS, Open, header_row

LEAST = 9.0  # points on paper
A4 = (595.3, 841.9)  # points
CHARACTER, CELL = 7, 5  # pixels: of one character of a column's width, and beside them
PIXEL = 0.75  # points
FONT = Path(kybaocao.documents.__path__[0]) / "fonts" / "LiberationSerif-Regular.ttf"


def measure_scale(sheet: Worksheet) -> float:
    """How much the sheet is reduced to fit the width of its page; 1 when it fits."""
    paper = A4[1] if sheet.page_setup.orientation == "landscape" else A4[0]
    room = paper - 72 * (sheet.page_margins.left + sheet.page_margins.right)
    widths = (sheet.column_dimensions[get_column_letter(c)].width for c in range(1, sheet.max_column + 1))
    return min(1.0, room / sum((width * CHARACTER + CELL) * PIXEL for width in widths))


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_no_text_is_printed_smaller_than_nine_points(issued: Open, agency: str) -> None:
    """Font size times the scale at which the whole width of the sheet goes on its page."""
    _, book = issued(agency)
    sizes = {
        (sheet.title, cell.font.size * measure_scale(sheet))
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.has_style and sheet.title != IDENTITY_SHEET
    }
    assert [(title, round(size, 2)) for title, size in sizes if size < LEAST] == []


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_a_sheet_takes_as_many_pages_as_it_needs(issued: Open, agency: str) -> None:
    """One page wide, any number high; numbered; the heading of a single table on each."""
    layout, book = issued(agency)
    printed = [sheet for sheet in book if sheet.title != IDENTITY_SHEET]
    assert {(s.page_setup.fitToWidth, s.page_setup.fitToHeight, s.page_setup.paperSize) for s in printed} == {(1, 0, 9)}
    assert {(s.oddFooter.right.text, s.HeaderFooter.scaleWithDoc) for s in printed} == {("Trang &P/&N", False)}
    for sheet, tables in layout.sheets:
        if len(tables) == 1 and tables[0].table.columns:
            header = header_row(book[sheet.name], tables[0])
            assert book[sheet.name].print_title_rows == f"${header}:${header}"
        elif len(tables) > 1:
            assert book[sheet.name].print_title_rows == "$1:$2"


def test_a_table_begins_a_page_where_it_would_be_torn(issued: Open) -> None:
    """Of several tables on one sheet; a table with its title."""
    layout, book = issued("STC")
    sheet = book["Chỉ tiêu"]
    titles = {table.table.title for table in layout.tables}
    above = [sheet.cell(one.id + 1, 1).value for one in sheet.row_breaks.brk]
    assert above and set(above) <= titles


def test_no_line_of_the_instructions_is_cut_off(issued: Open) -> None:
    """Measured with the font that is shipped, whose letters are as wide as those of Times New Roman: 12 points on a
    screen of 96 dots an inch, in a column whose unit is 7 of them."""
    _, book = issued("X-04183")
    sheet = book.worksheets[0]
    font = ImageFont.truetype(str(FONT), 16)
    room = sheet.column_dimensions["B"].width * 7 - 4
    for cell in sheet["B"]:
        if cell.alignment.wrap_text and cell.value:
            lines = math.ceil(font.getlength(cell.value) / room)
            assert sheet.row_dimensions[cell.row].height >= 15 * lines, cell.value


def test_the_first_sheet_explains_the_colours(issued: Open) -> None:
    _, book = issued("STC")
    guide = [str(cell.value) for cell in book[GUIDE_SHEET]["B"] if cell.value]
    assert sum(text.startswith("ô màu này") for text in guide) == 3
