"""Pages of the form: widths, heights, printing on A4, protection."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import Source


def set_widths(ws: Worksheet, tables: tuple[TableLayout, ...]) -> None:
    """Tables on one sheet share columns: each is as wide as the widest that stands there."""
    if tables[0].table.source is Source.FIELDS:
        ws.column_dimensions["A"].width, ws.column_dimensions["B"].width = 36, 52
        return
    for table in tables:
        for index, column in enumerate(table.table.columns, start=1):
            letter = get_column_letter(index)
            known = ws.column_dimensions[letter].width if letter in ws.column_dimensions else 0
            ws.column_dimensions[letter].width = max(known, column.width)


def count_lines_of_row(ws: Worksheet, texts: Iterable[str]) -> int:
    """How many printed lines the tallest of `texts` needs, the first standing in column A."""
    widths = (ws.column_dimensions[get_column_letter(index)].width or 10 for index in itertools.count(1))
    return max((count_lines(text, float(width)) for text, width in zip(texts, widths, strict=False)), default=1)


def count_lines(text: str, width: float, size: int = 11) -> int:
    """How many lines a text of `size` points needs, as Excel shows it, in a column of `width` characters.

    A unit of width is 7 pixels, a letter of Times New Roman 0,45 of its size (0,6 pixels a point).
    """
    per_line = max(int(width * 7 / (0.6 * size)), 1)
    return sum(max(1, -(-len(part) // per_line)) for part in text.split("\n"))


def write_line(ws: Worksheet, row: int, text: str, font: Font, height: float | None = None) -> None:
    """One line of text from column A on; `height` is in points."""
    cell = ws.cell(row, 1, text)
    cell.font = font
    cell.alignment = Alignment(wrap_text=False, vertical="center")
    if height:
        ws.row_dimensions[row].height = height


def break_pages(ws: Worksheet, blocks: list[tuple[int, int]]) -> None:
    """Begin a page before each block of rows that does not end on the one where it would begin.

    Heights are known for the rows that were given one, so a page may be left a little early.
    """
    used = 0.0
    for number, (first, last) in enumerate(blocks):
        height = sum(ws.row_dimensions[row].height or 15 for row in range(first, last + 1))
        if number and used + height > _PAGE_HEIGHT:
            ws.row_breaks.append(Break(id=first - 1))
            used = 0.0
        used = (used + height) % _PAGE_HEIGHT


_PAGE_HEIGHT = 560  # points of a landscape page at the scale to which the widest sheet is reduced


def finish_page(ws: Worksheet, *, landscape: bool, layout: FormLayout) -> None:
    """Print on A4, as many pages long as it takes, with a footer; lock what is not an answer."""
    ws.sheet_view.showGridLines = False
    ws.page_setup.orientation = "landscape" if landscape else "portrait"
    ws.page_setup.paperSize = 9  # A4
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    margins = ws.page_margins
    margins.left = margins.right = 0.35
    margins.top, margins.bottom, margins.footer = 0.5, 0.7, 0.35
    footer: Any = ws.oddFooter
    footer.left.text = f"{layout.agency.name} – {layout.cycle.name}"
    footer.right.text = "Trang &P/&N"
    footer.left.size = footer.right.size = 9
    ws.HeaderFooter.scaleWithDoc = False  # 9 points on paper, too
    protection = ws.protection
    protection.sheet = True
    # Findings may ask the agency to set a cell's format back to Number or to make a row higher.
    protection.formatCells = protection.formatRows = protection.formatColumns = False
    protection.sort = protection.autoFilter = False
    protection.insertRows = False  # a list may need more rows than are printed
