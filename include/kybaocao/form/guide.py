"""The first sheet of the form: for whom and when it is, how to fill it in and hand it in."""

from __future__ import annotations

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.form.gaps import LACKING, NOT_ASKED
from kybaocao.form.layout import FormLayout
from kybaocao.form.page import count_lines, finish_page
from kybaocao.form.styles import ALERT, ANSWER_FILL, BOX, HEAD, SOFT, make_font
from kybaocao.vietnamese import write_date

_TEXT_WIDTH = 88  # characters
_LEGEND = (
    (ANSWER_FILL.fgColor.rgb, "ô màu này để cơ quan điền"),
    (LACKING.bgColor.rgb, "ô màu này còn thiếu; điền xong thì hết màu"),
    (NOT_ASKED.bgColor.rgb, "ô màu này để trống, theo lựa chọn ở cùng dòng"),
)


def write_guide(ws: Worksheet, layout: FormLayout) -> None:
    ws.column_dimensions["A"].width = 5
    ws.column_dimensions["B"].width = _TEXT_WIDTH
    row = 1
    for text, font in _list_headings(layout):
        ws.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        cell = ws.cell(row, 1, text)
        cell.font = font
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        row += 1
    ws.row_dimensions[2].height = 30
    row += 1
    ws.cell(row, 1, "Cách điền và nộp").font = make_font(12, HEAD, bold=True)
    for number, line in enumerate(layout.instructions, start=1):
        row += 1
        mark, cell = ws.cell(row, 1, number), ws.cell(row, 2, line)
        mark.font = make_font(12, HEAD, bold=True)
        mark.alignment = Alignment(vertical="top", horizontal="center")
        cell.font = make_font(12)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        ws.row_dimensions[row].height = 18 * count_lines(line, _TEXT_WIDTH, size=12) + 3
    row += 1
    for colour, meaning in _LEGEND:
        row += 1
        ws.cell(row, 1).fill = PatternFill("solid", fgColor=colour)
        ws.cell(row, 1).border = BOX
        ws.cell(row, 2, meaning).font = make_font(11, SOFT)
    finish_page(ws, landscape=False, layout=layout)


def _list_headings(layout: FormLayout) -> list[tuple[str, Font]]:
    cycle = layout.cycle
    period = f"Kỳ số liệu: từ {write_date(cycle.period_from)} đến {write_date(cycle.period_to)}"
    headings = [
        (layout.plan_name, make_font(11, SOFT)),
        (f"{layout.edition.title.upper()} – {cycle.name.upper()}", make_font(16, HEAD, bold=True)),
        (layout.agency.name, make_font(14, bold=True)),
        (period, make_font(12)),
        (f"Hạn cuối: {layout.due_text}", make_font(12, ALERT, bold=True)),
    ]
    if layout.is_sample:
        headings.append(("DỮ LIỆU MẪU – KHÔNG SỬ DỤNG", make_font(11, ALERT, italic=True)))
    return headings
