"""Annexes of thousands of rows: hundreds of pages that nobody prints. The document says where the list is."""

from __future__ import annotations

from dataclasses import replace

from kybaocao.documents.model import Annex, Cell, Row, RowStyle, Table, WorkbookSheet
from kybaocao.documents.report.source import ReportSource, count_cell

MOST_PRINTED = 70_000  # signs of a table, about thirty pages; a season of ninety agencies has at most 50.000


def shorten_annex(source: ReportSource, annex: Annex) -> tuple[Annex, WorkbookSheet | None]:
    """The annex as it is printed, and the sheet of the workbook that has the whole table where it is too long."""
    if sum(len(cell.text) for row in annex.table.rows for cell in row.cells) <= MOST_PRINTED:
        return annex, None
    words = source.words.annex
    rows = sum(row.style is not RowStyle.GROUP for row in annex.table.rows)
    where = Cell(words.in_workbook.format(trang=annex.sheet))
    pointer = Table("elsewhere", words.in_workbook_columns, (Row((count_cell(rows), where)),))
    whole = WorkbookSheet(annex.sheet, f"{annex.label}. {annex.title}", "", annex.table)
    return replace(annex, table=pointer), whole
