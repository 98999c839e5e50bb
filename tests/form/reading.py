"""Reading a form back as another program sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from openpyxl.cell.cell import Cell
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import Column, Source

COMMUNE = "X-04183"
# The coordinator, a department of many tasks, one of few, an invited body, a ward, a commune.
SIX_KINDS = ("STC", "SKHCN", "SGDDT", "HHDN", "X-03664", COMMUNE)

Open = Callable[[str], tuple[FormLayout, Workbook]]


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def header_row(sheet: Worksheet, table: TableLayout) -> int:
    headings = [column.heading for column in table.table.columns]
    return next(row[0].row for row in sheet.iter_rows() if [cell.value for cell in row][: len(headings)] == headings)


def answer_cells(layout: FormLayout, book: Workbook) -> Iterator[tuple[TableLayout, Column, Cell]]:
    """Every cell of an indicator, task or open table that the agency fills, with its column."""
    for table in layout.tables:
        if table.table.source is Source.FIELDS:
            continue
        sheet = book[table.sheet.name]
        first = header_row(sheet, table) + 1
        for number in range(len(table.rows) or table.table.blank_rows):
            for index, column in enumerate(table.table.columns, start=1):
                if column.is_answer:
                    yield table, column, sheet.cell(first + number, index)


def rule_of(sheet: Worksheet, cell: Cell) -> DataValidation | None:
    return next((rule for rule in sheet.data_validations.dataValidation if cell.coordinate in rule.sqref), None)
