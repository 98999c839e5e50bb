"""Writing a form as an .xlsx workbook that an official finds pleasant.

    write_form(layout, path)                       an empty form
    write_form(layout, path, answers)              prefilled: {(table, row, column): value}

Answer cells are pale yellow and unlocked, everything else is locked (no password: the lock prevents
slips, not people).  Each sheet prints on A4 with its heading repeated.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.files import write_whole
from kybaocao.form.instructions import DECLARATION, PROMPT_LENGTH, complain, guide_column, say_rule
from kybaocao.form.layout import GUIDE_SHEET, IDENTITY_SHEET, FormLayout, Row, TableLayout
from kybaocao.plan.form_edition import Column, Kind, Sheet, Source
from kybaocao.vietnamese import format_date

Answers = Mapping[tuple[str, str, str], object]

FONT = "Times New Roman"
_INK = "1F2937"
_HEAD = "1F5C6B"
_PALE = "FFF9DB"
_GREY = "F1F3F5"
_RULE = Side(style="thin", color="B8C1CC")
_BOX = Border(left=_RULE, right=_RULE, top=_RULE, bottom=_RULE)

_NUMBER_FORMATS = {
    Kind.INTEGER: "#,##0",
    Kind.DECIMAL: "#,##0.##",
    Kind.PERCENT: "0.##",
    Kind.DATE: "dd/mm/yyyy",
    Kind.TEXT: "@",
    Kind.CHOICE: "@",
    Kind.COMPUTED: "0.00",
    Kind.LABEL: "@",
}


def write_form(layout: FormLayout, path: Path, answers: Answers | None = None) -> Path:
    """Write the workbook to `path`, atomically. Raises OSError when the folder cannot be written."""
    return write_whole(path, render_form(layout, answers))


def render_form(layout: FormLayout, answers: Answers | None = None) -> bytes:
    """The bytes of the workbook."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    styles = _styles()
    for style in styles.values():
        book.add_named_style(style)
    _write_guide(book.create_sheet(GUIDE_SHEET), layout)
    for sheet, tables in layout.sheets:
        _write_sheet(book.create_sheet(sheet.name), sheet, tables, layout, answers or {})
    _write_identity(book.create_sheet(IDENTITY_SHEET), layout)
    book.active = 0
    properties = book.properties
    properties.title = f"{layout.edition.title} {layout.cycle.name}"
    properties.creator = "Kỳ Báo Cáo"
    properties.description = "/".join((layout.identity.cycle, layout.identity.agency, layout.identity.checksum))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


# --- styles --------------------------------------------------------------------------------------------


def _styles() -> dict[str, NamedStyle]:
    locked, open_ = Protection(locked=True), Protection(locked=False)
    wrap = Alignment(wrap_text=True, vertical="top")
    centre = Alignment(wrap_text=True, vertical="center", horizontal="center")

    def style(name: str, **parts: Any) -> NamedStyle:
        return NamedStyle(name=name, **({"protection": locked, "border": _BOX} | parts))

    return {
        "kbc_head": style(
            "kbc_head",
            font=Font(name=FONT, size=11, bold=True, color="FFFFFF"),
            fill=PatternFill("solid", fgColor=_HEAD),
            alignment=centre,
        ),
        "kbc_label": style("kbc_label", font=Font(name=FONT, size=11, color=_INK), alignment=wrap, number_format="@"),
        "kbc_code": style(
            "kbc_code",
            font=Font(name=FONT, size=10, color="5B6672"),
            alignment=Alignment(vertical="top", horizontal="center"),
            number_format="@",
        ),
        "kbc_answer": style(
            "kbc_answer",
            font=Font(name=FONT, size=11),
            fill=PatternFill("solid", fgColor=_PALE),
            alignment=wrap,
            protection=open_,
        ),
        "kbc_figure": style(
            "kbc_figure",
            font=Font(name=FONT, size=11),
            fill=PatternFill("solid", fgColor=_PALE),
            alignment=Alignment(vertical="top", horizontal="right"),
            protection=open_,
        ),
        "kbc_computed": style(
            "kbc_computed",
            font=Font(name=FONT, size=11, color="5B6672"),
            fill=PatternFill("solid", fgColor=_GREY),
            alignment=Alignment(vertical="top", horizontal="right"),
        ),
    }


_STYLE_OF = {
    Kind.LABEL: "kbc_label",
    Kind.COMPUTED: "kbc_computed",
    Kind.INTEGER: "kbc_figure",
    Kind.DECIMAL: "kbc_figure",
    Kind.PERCENT: "kbc_figure",
    Kind.DATE: "kbc_figure",
    Kind.CHOICE: "kbc_answer",
    Kind.TEXT: "kbc_answer",
}


# --- sheets --------------------------------------------------------------------------------------------


def _write_guide(ws: Worksheet, layout: FormLayout) -> None:
    ws.column_dimensions["A"].width = 5
    ws.column_dimensions["B"].width = 88
    lines: list[tuple[str, Font]] = [
        (layout.plan_name, Font(name=FONT, size=11, color="5B6672")),
        (
            f"{layout.edition.title.upper()} – {layout.cycle.name.upper()}",
            Font(name=FONT, size=16, bold=True, color=_HEAD),
        ),
        (layout.agency.name, Font(name=FONT, size=14, bold=True)),
        (
            f"Kỳ số liệu: từ {format_date(layout.cycle.period_from)} đến {format_date(layout.cycle.period_to)}",
            Font(name=FONT, size=12),
        ),
        (f"Hạn cuối: {layout.due_text}", Font(name=FONT, size=12, bold=True, color="B42318")),
    ]
    if layout.is_sample:
        lines.append(("DỮ LIỆU MẪU – KHÔNG SỬ DỤNG", Font(name=FONT, size=11, italic=True, color="B42318")))
    row = 1
    for text, font in lines:
        ws.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        cell = ws.cell(row, 1, text)
        cell.font = font
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        row += 1
    ws.row_dimensions[2].height = 30
    row += 1
    ws.cell(row, 1, "Cách điền và nộp").font = Font(name=FONT, size=12, bold=True, color=_HEAD)
    for number, line in enumerate(layout.instructions, start=1):
        row += 1
        mark, cell = ws.cell(row, 1, number), ws.cell(row, 2, line)
        mark.font = Font(name=FONT, size=12, bold=True, color=_HEAD)
        mark.alignment = Alignment(vertical="top", horizontal="center")
        cell.font = Font(name=FONT, size=12)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        ws.row_dimensions[row].height = 18 * _lines(line, 88) + 3
    row += 2
    ws.cell(row, 1).fill = PatternFill("solid", fgColor=_PALE)
    ws.cell(row, 1).border = _BOX
    ws.cell(row, 2, "ô màu này để cơ quan điền").font = Font(name=FONT, size=11, color="5B6672")
    _finish(ws, landscape=False, layout=layout)


def _write_sheet(
    ws: Worksheet, sheet: Sheet, tables: tuple[TableLayout, ...], layout: FormLayout, answers: Answers
) -> None:
    _set_widths(ws, tables)
    width = max(len(t.table.columns) or 2 for t in tables)
    _line(ws, 1, sheet.heading, width, Font(name=FONT, size=14, bold=True, color=_HEAD), height=22)
    _line(ws, 2, f"{layout.agency.name} – {layout.cycle.name}", width, Font(name=FONT, size=12, bold=True))
    row = 3
    if sheet.note:
        _line(ws, row, sheet.note, width, Font(name=FONT, size=11, italic=True, color="5B6672"))
        row += 1
    first_header = None
    for table in tables:
        row += 1
        _line(ws, row, table.table.title, width, Font(name=FONT, size=12, bold=True, color=_HEAD))
        row += 1
        if table.table.declaration:
            row = _write_declaration(ws, row, table, layout, answers)
        if table.table.source is Source.FIELDS:
            row = _write_fields(ws, row, table, answers)
            continue
        first_header = first_header or row
        row = _write_table(ws, row, table, layout, answers)
    if first_header is not None and len(tables) == 1:
        ws.freeze_panes = f"C{first_header + 1}"
        ws.print_title_rows = f"{first_header}:{first_header}"
    _finish(ws, landscape=sheet.landscape, layout=layout)


def _write_declaration(ws: Worksheet, row: int, table: TableLayout, layout: FormLayout, answers: Answers) -> int:
    """The question above a table ("Có / Không phát sinh"), its answer in the third column."""
    words = layout.edition.words
    question = ws.cell(row, 1, table.table.declaration)
    question.font = Font(name=FONT, size=12, bold=True)
    question.alignment = Alignment(wrap_text=True, vertical="center")
    ws.merge_cells(start_row=row, start_column=1, end_row=row, end_column=3)
    ws.row_dimensions[row].height = 20
    cell: Any = ws.cell(row, 4, _cell_value(answers.get((table.table.id, "", "khai_bao"))))
    cell.style = "kbc_answer"
    _validate_choice(ws, cell.coordinate, (words.yes, words.nothing), say_rule(DECLARATION))
    return row + 2


def _write_fields(ws: Worksheet, row: int, table: TableLayout, answers: Answers) -> int:
    for field in table.table.fields:
        label = ws.cell(row, 1, field.label)
        label.style = "kbc_label"
        cell = ws.cell(row, 2, _cell_value(answers.get((table.table.id, field.id, "gia_tri"))))
        cell.style = _STYLE_OF[field.kind] if field.kind is not Kind.DATE else "kbc_answer"
        cell.number_format = _NUMBER_FORMATS[field.kind]
        ws.row_dimensions[row].height = 24
        _validate(ws, cell.coordinate, field.kind, field.choices, field.help)
        row += 1
    return row + 1


def _write_table(ws: Worksheet, row: int, table: TableLayout, layout: FormLayout, answers: Answers) -> int:
    columns = table.table.columns
    for index, column in enumerate(columns, start=1):
        ws.cell(row, index, column.heading).style = "kbc_head"
    ws.row_dimensions[row].height = 16 * max(_lines(c.heading, _width_at(ws, i)) for i, c in enumerate(columns, 1)) + 8
    first = row + 1
    rows = table.rows or tuple(Row("", {"stt": str(n)}) for n in range(1, table.table.blank_rows + 1))
    for number, entry in enumerate(rows, start=1):
        row += 1
        code = entry.code or str(number)
        places = {column.id: f"{get_column_letter(i)}{row}" for i, column in enumerate(columns, start=1)}
        for index, column in enumerate(columns, start=1):
            _write_cell(ws.cell(row, index), column, entry, code, places, answers, table.table.id)
        tallest = max(
            (_lines(entry.labels.get(c.id, ""), _width_at(ws, i)) for i, c in enumerate(columns, 1)), default=1
        )
        ws.row_dimensions[row].height = min(15 * max(tallest, 1) + 4, 400)
    for index, column in enumerate(columns, start=1):
        if column.is_answer:
            letter = get_column_letter(index)
            _validate(
                ws, f"{letter}{first}:{letter}{row}", column.kind, column.choices, guide_column(column, table.table)
            )
    return row + 2


def _write_cell(
    cell: Cell | MergedCell, column: Column, row: Row, code: str, places: dict[str, str], answers: Answers, table: str
) -> None:
    cell.style = "kbc_code" if column.id in ("ma", "stt") else _STYLE_OF[column.kind]
    if column.kind is Kind.LABEL:
        cell.value = row.labels.get(column.id, "")
        if row.indent and column.id == "noi_dung":
            cell.alignment = Alignment(wrap_text=True, vertical="top", indent=1)
        return
    cell.number_format = _NUMBER_FORMATS[column.kind]
    if column.kind is Kind.COMPUTED:
        cell.value = "=" + column.formula.format(**places)
        return
    value = _cell_value(answers.get((table, code, column.id)))
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


# --- input help ------------------------------------------------------------------------------------------


def _validate(ws: Worksheet, cells: str, kind: Kind, choices: tuple[str, ...], help_text: str) -> None:
    if kind is Kind.CHOICE:
        _validate_choice(ws, cells, choices, help_text)
        return
    rule = {
        Kind.INTEGER: DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0"),
        Kind.DECIMAL: DataValidation(
            type="decimal", operator="between", formula1="-1000000000", formula2="1000000000000"
        ),
        Kind.PERCENT: DataValidation(type="decimal", operator="between", formula1="0", formula2="100"),
        Kind.DATE: DataValidation(type="date", operator="between", formula1="43831", formula2="47848"),
    }.get(kind)
    if rule is None:
        rule = DataValidation()
        if not help_text:
            return
    else:
        rule.errorTitle, rule.error = "Chưa đúng", complain(kind)
        rule.showErrorMessage = True
    _prompt(rule, help_text)
    ws.add_data_validation(rule)
    rule.add(cells)


def _validate_choice(ws: Worksheet, cells: str, choices: tuple[str, ...], help_text: str) -> None:
    rule = DataValidation(type="list", formula1='"' + ",".join(choices) + '"')
    rule.errorTitle, rule.error = "Chưa đúng", complain(Kind.CHOICE)
    rule.showErrorMessage = True
    _prompt(rule, help_text)
    ws.add_data_validation(rule)
    rule.add(cells)


def _prompt(rule: DataValidation, help_text: str) -> None:
    rule.allow_blank = True
    if help_text:
        rule.promptTitle, rule.prompt = "Cách điền", help_text[:PROMPT_LENGTH]
        rule.showInputMessage = True


# --- page ------------------------------------------------------------------------------------------------


def _set_widths(ws: Worksheet, tables: tuple[TableLayout, ...]) -> None:
    """Tables on one sheet share columns; the first table decides, later ones only widen what it lacks."""
    if tables[0].table.source is Source.FIELDS:
        ws.column_dimensions["A"].width, ws.column_dimensions["B"].width = 36, 52
        return
    for table in tables:
        for index, column in enumerate(table.table.columns, start=1):
            letter = get_column_letter(index)
            if letter not in ws.column_dimensions:
                ws.column_dimensions[letter].width = column.width


def _width_at(ws: Worksheet, index: int) -> float:
    return float(ws.column_dimensions[get_column_letter(index)].width or 10)


def _lines(text: str, width: float) -> int:
    """How many printed lines a text needs in a column of `width` characters."""
    per_line = max(int(width * 1.3), 1)  # Times New Roman 11-12 is narrower than Excel's unit
    return sum(max(1, -(-len(part) // per_line)) for part in text.split("\n"))


def _line(ws: Worksheet, row: int, text: str, width: int, font: Font, height: float | None = None) -> None:
    cell = ws.cell(row, 1, text)
    cell.font = font
    cell.alignment = Alignment(wrap_text=False, vertical="center")
    if height:
        ws.row_dimensions[row].height = height


def _finish(ws: Worksheet, *, landscape: bool, layout: FormLayout) -> None:
    ws.sheet_view.showGridLines = False
    ws.page_setup.orientation = "landscape" if landscape else "portrait"
    ws.page_setup.paperSize = 9  # A4
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    margins = ws.page_margins
    margins.left = margins.right = 0.5
    margins.top = margins.bottom = 0.6
    footer: Any = ws.oddFooter
    footer.left.text = f"{layout.agency.name} – {layout.cycle.name}"
    footer.right.text = "Trang &P/&N"
    footer.left.size = footer.right.size = 9
    protection = ws.protection
    protection.sheet = True
    # What a mend may ask for is allowed: a cell's format is set back to Number, a row made higher.
    protection.formatCells = protection.formatRows = protection.formatColumns = False
    protection.sort = protection.autoFilter = False


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
