"""Writing a form as an .xlsx workbook that an official finds pleasant.

    write_form(layout, path)                       an empty form
    write_form(layout, path, answers)              prefilled: {(table, row, column): value}
    render_form(layout, before=...)                with what was reported on each row in the previous cycle

Answer cells are pale yellow and unlocked, everything else is locked (no password: the lock prevents
slips, not people).  Each sheet prints on A4 with its heading repeated; no text is smaller than 9 points there.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.files import write_whole
from kybaocao.form.gaps import mark_blank, mark_gaps
from kybaocao.form.guide import write_guide
from kybaocao.form.input_help import add_input_help
from kybaocao.form.instructions import DECLARATION, guide_column, say_rule
from kybaocao.form.layout import GUIDE_SHEET, IDENTITY_SHEET, PLAN_SHEET, FormLayout, Row, TableLayout
from kybaocao.form.page import break_pages, count_lines, count_lines_of_row, finish_page, set_widths, write_line
from kybaocao.form.plan_text import link_plan_texts, write_plan_text
from kybaocao.form.styles import HEAD, NUMBER_FORMATS, SOFT, STYLE_NAMES, list_styles, make_font
from kybaocao.plan.form_edition import Column, Kind, Sheet, Source, Table

Answers = Mapping[tuple[str, str, str], object]
_BOLD = 0.85  # bold type needs more room


def write_form(layout: FormLayout, path: Path, answers: Answers | None = None) -> Path:
    """Write the workbook to `path`, atomically. Raises OSError when the folder cannot be written."""
    return write_whole(path, render_form(layout, answers))


def render_form(layout: FormLayout, answers: Answers | None = None, before: Mapping[str, str] | None = None) -> bytes:
    """The bytes of the workbook; `before`: row code -> what the agency reported on it in the previous cycle."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for style in list_styles():
        book.add_named_style(style)
    write_guide(book.create_sheet(GUIDE_SHEET), layout)
    for sheet, tables in layout.sheets:
        _write_sheet(book.create_sheet(sheet.name), sheet, tables, layout, answers or {}, before or {})
    write_plan_text(book.create_sheet(PLAN_SHEET), layout)
    _write_identity(book.create_sheet(IDENTITY_SHEET), layout)
    book.active = 0
    properties = book.properties
    properties.title = f"{layout.edition.title} {layout.cycle.name}"
    properties.creator = "Kỳ Báo Cáo"
    properties.description = "/".join((layout.identity.cycle, layout.identity.agency, layout.identity.checksum))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write_sheet(
    ws: Worksheet,
    sheet: Sheet,
    tables: tuple[TableLayout, ...],
    layout: FormLayout,
    answers: Answers,
    before: Mapping[str, str],
) -> None:
    set_widths(ws, tables)
    write_line(ws, 1, sheet.heading, make_font(14, HEAD, bold=True), height=22)
    write_line(ws, 2, f"{layout.agency.name} – {layout.cycle.name}", make_font(12, bold=True))
    row = 3
    if sheet.note:
        write_line(ws, row, sheet.note, make_font(11, SOFT, italic=True))
        row += 1
    first_header = None
    blocks = []
    for table in tables:
        row += 1
        begin = row
        write_line(ws, row, table.table.title, make_font(12, HEAD, bold=True))
        row += 1
        if table.table.declaration:
            row = _write_declaration(ws, row, table, layout, answers)
        if table.table.source is Source.FIELDS:
            row = _write_fields(ws, row, table, answers)
            continue
        first_header = first_header or row
        row = _write_table(ws, row, table, layout, answers, before)
        blocks.append((begin, row - 2))
    if first_header is not None and len(tables) == 1:
        ws.freeze_panes = f"C{first_header + 1}"
        ws.print_title_rows = f"{first_header}:{first_header}"
    elif first_header is not None:  # each table has a heading of its own
        ws.print_title_rows = "1:2"
        break_pages(ws, blocks)
    finish_page(ws, landscape=sheet.landscape, layout=layout)


def _write_declaration(ws: Worksheet, row: int, table: TableLayout, layout: FormLayout, answers: Answers) -> int:
    """The question above a table ("Có / Không phát sinh"), its answer in the fourth column."""
    words = layout.edition.words
    question = ws.cell(row, 1, table.table.declaration)
    question.font = make_font(12, bold=True)
    question.alignment = Alignment(wrap_text=True, vertical="center")
    ws.merge_cells(start_row=row, start_column=1, end_row=row, end_column=3)
    room = sum(float(ws.column_dimensions[letter].width) for letter in "ABC")
    ws.row_dimensions[row].height = 18 * count_lines(table.table.declaration, room * _BOLD, size=12) + 2
    cell: Any = ws.cell(row, 4, _cell_value(answers.get((table.table.id, "", "khai_bao"))))
    cell.style = "kbc_answer"
    add_input_help(ws, cell.coordinate, Kind.CHOICE, (words.yes, words.nothing), say_rule(DECLARATION))
    mark_blank(ws, cell.coordinate)
    return row + 2


def _write_fields(ws: Worksheet, row: int, table: TableLayout, answers: Answers) -> int:
    for field in table.table.fields:
        label = ws.cell(row, 1, field.label)
        label.style = "kbc_label"
        cell = ws.cell(row, 2, _cell_value(answers.get((table.table.id, field.id, "gia_tri"))))
        cell.style = STYLE_NAMES[field.kind] if field.kind is not Kind.DATE else "kbc_answer"
        cell.number_format = NUMBER_FORMATS[field.kind]
        ws.row_dimensions[row].height = 24
        add_input_help(ws, cell.coordinate, field.kind, field.choices, field.help)
        if field.required:
            mark_blank(ws, cell.coordinate)
        row += 1
    return row + 1


def _write_table(
    ws: Worksheet, row: int, table: TableLayout, layout: FormLayout, answers: Answers, before: Mapping[str, str]
) -> int:
    columns = table.table.columns
    for index, column in enumerate(columns, start=1):
        ws.cell(row, index, column.heading).style = "kbc_head"
    ws.row_dimensions[row].height = 16 * count_lines_of_row(ws, (column.heading for column in columns)) + 8
    first = row + 1
    rows = table.rows or tuple(Row("", {"stt": str(n)}) for n in range(1, table.table.blank_rows + 1))
    linked = {}
    for number, entry in enumerate(rows, start=1):
        row += 1
        entry = _add_before(entry, table.table, before)
        linked[f"A{row}"] = entry.code
        code = entry.code or str(number)
        cells_of_row = {column.id: f"{get_column_letter(i)}{row}" for i, column in enumerate(columns, start=1)}
        for index, column in enumerate(columns, start=1):
            _write_cell(ws.cell(row, index), column, entry, code, cells_of_row, answers, table.table.id)
        labels = (entry.labels.get(column.id, "") for column in columns)
        lines = max(count_lines_of_row(ws, labels), 1 if table.rows else 2)
        ws.row_dimensions[row].height = min(15 * lines + 4, 400)
    link_plan_texts(ws, layout, linked)
    due_on = {number: entry.due_on for number, entry in enumerate(rows, start=first) if entry.due_on}
    mark_gaps(ws, table.table, first, row, due_on, layout.cycle.period_to)
    for index, column in enumerate(columns, start=1):
        if column.is_answer:
            letter = get_column_letter(index)
            cells = f"{letter}{first}:{letter}{row}"
            add_input_help(ws, cells, column.kind, column.offered, guide_column(column, table.table))
    return row + 2


def _add_before(row: Row, table: Table, before: Mapping[str, str]) -> Row:
    """The row with what was reported on it in the previous cycle, below the label that has room for it."""
    column = next((one.id for one in table.columns if one.shows_previous), "")
    if not column or row.code not in before:
        return row
    return replace(row, labels=row.labels | {column: f"{row.labels.get(column, '')}\nKỳ trước: {before[row.code]}"})


def _write_cell(
    cell: Cell | MergedCell,
    column: Column,
    row: Row,
    code: str,
    cells_of_row: dict[str, str],
    answers: Answers,
    table: str,
) -> None:
    cell.style = "kbc_code" if column.id in ("ma", "stt") else STYLE_NAMES[column.kind]
    if column.kind is Kind.LABEL:
        cell.value = row.labels.get(column.id, "")
        if row.indent and column.id == "noi_dung":
            cell.alignment = Alignment(wrap_text=True, vertical="top", indent=1)
        return
    cell.number_format = NUMBER_FORMATS[column.kind]
    if column.kind is Kind.COMPUTED:
        cell.value = "=" + column.formula.format(**cells_of_row)
        return
    value = _cell_value(answers.get((table, code, column.id)))
    if value in column.choices:
        value = column.offered[column.choices.index(value)]
    if value is not None:
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # a text that begins with "=" stays a text


def _cell_value(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, str | int | float | dt.date):
        return value
    return str(value)


def _write_identity(ws: Worksheet, layout: FormLayout) -> None:
    identity = layout.identity
    rows = [
        ("ke_hoach", identity.plan),
        ("ky", identity.cycle),
        ("co_quan", identity.agency),
        ("phien_ban", identity.edition),
        ("ma_kiem_tra", identity.checksum),
    ]
    for number, (key, value) in enumerate(rows, start=1):
        ws.cell(number, 1, key)
        ws.cell(number, 2, value).number_format = "@"
    ws.protection.sheet = True
    ws.sheet_state = "veryHidden"
