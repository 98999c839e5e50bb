"""The sheet with the plan's own text of every target and task of the agency, and the links to it."""

from __future__ import annotations

from openpyxl.styles import Alignment
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.form.layout import PLAN_SHEET, FormLayout
from kybaocao.form.page import count_lines, finish_page, write_line
from kybaocao.form.styles import HEAD, SOFT, make_font

_WIDTHS = {"A": 11, "B": 82}  # characters
_FIRST = 6


def write_plan_text(ws: Worksheet, layout: FormLayout) -> None:
    """Code and text, in the order of the form; nothing in it is asked or read."""
    for letter, width in _WIDTHS.items():
        ws.column_dimensions[letter].width = width
    write_line(ws, 1, PLAN_SHEET.upper(), make_font(14, HEAD, bold=True), height=22)
    write_line(ws, 2, f"{layout.agency.name} – {layout.cycle.name}", make_font(12, bold=True))
    write_line(ws, 3, "Để tra cứu; không điền vào trang này.", make_font(11, SOFT, italic=True))
    for index, heading in enumerate(("Mã số", "Nguyên văn"), start=1):
        ws.cell(_FIRST - 1, index, heading).style = "kbc_head"
    for number, (code, text) in enumerate(_list_texts(layout).items(), start=_FIRST):
        mark, cell = ws.cell(number, 1, code), ws.cell(number, 2, text)
        mark.style, cell.style = "kbc_code", "kbc_label"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        ws.row_dimensions[number].height = min(15 * count_lines(text, _WIDTHS["B"]) + 4, 400)
    ws.print_title_rows = f"{_FIRST - 1}:{_FIRST - 1}"
    ws.freeze_panes = f"A{_FIRST}"
    finish_page(ws, landscape=False, layout=layout)


def link_plan_texts(ws: Worksheet, layout: FormLayout, cells: dict[str, str]) -> None:
    """Let each code lead to its text; `cells`: address -> code of the row."""
    rows = {code: number for number, code in enumerate(_list_texts(layout), start=_FIRST)}
    for cell, code in cells.items():
        if code in rows:
            ws[cell].hyperlink = Hyperlink(ref=cell, location=f"'{PLAN_SHEET}'!A{rows[code]}", tooltip=PLAN_SHEET)


def _list_texts(layout: FormLayout) -> dict[str, str]:
    return {row.code: row.plan_text for table in layout.tables for row in table.rows if row.plan_text}
