"""The workbook in which Sở Tài chính types the results of a cycle that was run by hand.

Cells to fill are pale yellow and unlocked, everything else is locked (no password).  Each sheet is one flat list, so
that it can be filtered by agency, and prints on A4 landscape with its heading repeated.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.files import write_whole
from kybaocao.findings import shorten
from kybaocao.form.instructions import PROMPT_LENGTH, complain
from kybaocao.form.layout import IDENTITY_SHEET
from kybaocao.form.styles import ANSWER_FILL, BOX, HEAD, NUMBER_FORMATS, SOFT, list_styles, make_font
from kybaocao.imported.layout import KIND, AskedRow, ResultsLayout, TextTable
from kybaocao.imported.words import load_words
from kybaocao.plan.form_edition import Kind
from kybaocao.vietnamese import format_date

OPEN_ROWS = 200
_HEADING_ROW = 4
# Widths of columns, in characters.
_CODE, _NAME, _SHORT, _LABEL, _WIDE_LABEL, _WHAT, _FIGURE, _STATUS, _PAPER, _TEXT = (
    11,
    23,
    9,
    40,
    70,
    20,
    13,
    16,
    23,
    60,
)
# The cells that one rule of Excel holds for: (kind, choices, help) -> addresses.
_Rules = dict[tuple[Kind, tuple[str, ...], str], list[str]]


def write_results_workbook(layout: ResultsLayout, path: Path) -> Path:
    """Write the empty workbook to `path`, atomically. Raises OSError."""
    return write_whole(path, render_results_workbook(layout))


def render_results_workbook(layout: ResultsLayout) -> bytes:
    words = load_words()
    book = Workbook()
    book.remove(book.worksheets[0])
    for style in _list_styles():
        book.add_named_style(style)
    titles = words["tieu_de_trang"]
    _write_guide(book.create_sheet(words["trang"]["huong_dan"]), layout)
    _write_targets(book.create_sheet(words["trang"]["chi_tieu"]), layout, layout.targets, "chi_tieu")
    _write_targets(book.create_sheet(words["trang"]["toan_tinh"]), layout, layout.province, "toan_tinh")
    for table in layout.texts:
        title = titles["khac"].format(trang=table.sheet.name.upper(), ky=layout.cycle.name.upper())
        _write_texts(book.create_sheet(table.sheet.name), layout, table, title)
    _write_identity(book.create_sheet(IDENTITY_SHEET), layout)
    book.active = 0
    book.properties.title = f"{words['tieu_de']} {layout.cycle.name}"
    book.properties.creator = "Kỳ Báo Cáo"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _list_styles() -> list[NamedStyle]:
    """Those of the form, and two for the many locked cells that say what a figure is."""
    small, top = make_font(10, SOFT), Alignment(wrap_text=True, vertical="top")
    grey = PatternFill("solid", fgColor="F1F3F5")
    what = NamedStyle("kbc_what", font=small, border=BOX, alignment=top)
    return [*list_styles(), what, NamedStyle("kbc_none", font=small, fill=grey, border=BOX, alignment=top)]


# --- sheets --------------------------------------------------------------------------------------------


def _write_guide(ws: Worksheet, layout: ResultsLayout) -> None:
    words, cycle = load_words(), layout.cycle
    ws.column_dimensions["A"].width, ws.column_dimensions["B"].width = 5, 118
    head = make_font(16, HEAD, bold=True)
    lines = [
        (layout.plan.header.short_name, make_font(11, SOFT)),
        (f"{words['tieu_de']} – {cycle.name.upper()}", head),
    ]
    for row, (text, font) in enumerate(lines, start=1):
        ws.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        ws.cell(row, 1, text).font = font
    ws.row_dimensions[2].height = 28
    row = len(lines) + 1
    facts = {"ky": cycle.name, "ma_ky": cycle.id}
    for number, line in enumerate(words["huong_dan"], start=1):
        row += 1
        mark, cell = ws.cell(row, 1, number), ws.cell(row, 2, line.format(**facts))
        mark.font = make_font(12, HEAD, bold=True)
        mark.alignment = Alignment(vertical="top", horizontal="center")
        cell.font = make_font(12)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        ws.row_dimensions[row].height = 17 * _count_lines(str(cell.value), 118) + 4
    row += 2
    ws.cell(row, 1).fill, ws.cell(row, 1).border = ANSWER_FILL, BOX
    ws.cell(row, 2, words["mau"]).font = make_font(11, SOFT)
    _finish(ws, layout)


def _write_targets(ws: Worksheet, layout: ResultsLayout, rows: Sequence[AskedRow], sheet: str) -> None:
    """One row for each target of each agency, or of the province."""
    words, columns = load_words(), load_words()["cot"]
    is_by_agency = sheet == "chi_tieu"
    numbers = range(1, layout.width + 1)
    headings = [
        *([(columns["ma_co_quan"], _CODE), (columns["co_quan"], _NAME)] if is_by_agency else []),
        (columns["ma"], _SHORT),
        (columns["noi_dung"], _LABEL if is_by_agency else _WIDE_LABEL),
        *(pair for n in numbers for pair in _name_figure(n)),
        (columns["tinh_trang"], _STATUS),
        (columns["van_ban"], _PAPER),
    ]
    title = words["tieu_de_trang"][sheet].format(ky=layout.cycle.name.upper())
    note = words["ghi_chu_trang"][sheet].format(den_ngay=format_date(layout.cycle.period_to))
    _write_head(ws, title, note, headings)
    rules: _Rules = {}
    last = _HEADING_ROW
    for last, row in enumerate(rows, start=_HEADING_ROW + 1):
        fixed = [row.owner, row.owner_name, row.code, row.label] if is_by_agency else [row.code, row.label]
        place = _write_fixed(ws, last, fixed, is_by_agency)
        place = _write_figures(ws, last, place, row, layout.width, rules)
        status, paper = ws.cell(last, place), ws.cell(last, place + 1)
        status.style, paper.style = "kbc_answer", "kbc_answer"
        paper.number_format = "@"
        choices = row.status.choices if row.status else ()
        rules.setdefault((Kind.CHOICE, choices, words["nhac"]["tinh_trang"]), []).append(status.coordinate)
        rules.setdefault((Kind.TEXT, (), words["nhac"]["van_ban"]), []).append(paper.coordinate)
        widths = [_CODE, _NAME, _SHORT, _LABEL] if is_by_agency else [_SHORT, _WIDE_LABEL]
        _set_height(ws, last, [*fixed, *row.headings], [*widths, *[_WHAT] * len(row.headings)])
    _add_rules(ws, rules)
    _close_list(ws, layout, len(headings), last, frozen=5 if is_by_agency else 3)


def _name_figure(number: int) -> list[tuple[str, int]]:
    columns = load_words()["cot"]
    return [(columns["so_la"].format(so=number), _WHAT), (columns["so"].format(so=number), _FIGURE)]


def _write_fixed(ws: Worksheet, number: int, texts: Sequence[str], is_by_agency: bool) -> int:
    """Write the locked cells that name the row; returns the number of the first column after them."""
    codes = (1, 3) if is_by_agency else (1,)
    for place, text in enumerate(texts, start=1):
        cell = ws.cell(number, place, text)
        cell.style = "kbc_code" if place in codes else "kbc_label"
        cell.number_format = "@"
    return len(texts) + 1


def _write_figures(ws: Worksheet, number: int, place: int, row: AskedRow, width: int, rules: _Rules) -> int:
    prompt = load_words()["nhac"]["so"]
    for index in range(width):
        what, figure = ws.cell(number, place), ws.cell(number, place + 1)
        place += 2
        if index >= len(row.columns):
            what.style = figure.style = "kbc_none"
            continue
        column = row.columns[index]
        what.value, what.style, figure.style = row.headings[index], "kbc_what", "kbc_figure"
        figure.number_format = NUMBER_FORMATS[column.kind]
        room = PROMPT_LENGTH - len(prompt.format(cot=column.heading, la_gi=""))
        help_text = prompt.format(cot=column.heading, la_gi=shorten(row.meanings[index].rstrip(" ."), room))
        rules.setdefault((column.kind, (), help_text), []).append(figure.coordinate)
    return place


def _write_texts(ws: Worksheet, layout: ResultsLayout, table: TextTable, title: str) -> None:
    """One row for each task of each agency; without printed rows, blank ones with a cell for the agency's code."""
    words, columns = load_words(), load_words()["cot"]
    texts = [(column.heading, _TEXT) for column in table.columns]
    printed = [(columns["co_quan"], _NAME), (columns["ma"], _SHORT), (columns["noi_dung"], _LABEL)]
    headings = [(columns["ma_co_quan"], _CODE), *(printed if table.rows else []), *texts]
    _write_head(ws, title, words["ghi_chu_trang"]["khac"].format(it_nhat=table.least), headings)
    last = _HEADING_ROW
    for last in range(_HEADING_ROW + 1, _HEADING_ROW + 1 + (len(table.rows) or OPEN_ROWS)):
        place = 2
        if table.rows:
            row = table.rows[last - _HEADING_ROW - 1]
            fixed = [row.owner, row.owner_name, row.code, row.label]
            place = _write_fixed(ws, last, fixed, is_by_agency=True)
            _set_height(ws, last, fixed, [_CODE, _NAME, _SHORT, _LABEL])
        else:
            ws.cell(last, 1).style = "kbc_answer"
            ws.cell(last, 1).number_format = "@"
        for index in range(len(table.columns)):
            ws.cell(last, place + index).style = "kbc_answer"
            ws.cell(last, place + index).number_format = "@"
    if not table.rows:
        help_text = words["nhac"]["co_quan"]
        _add_rules(ws, {(Kind.TEXT, (), help_text): [f"A{_HEADING_ROW + 1}:A{last}"]})
    _close_list(ws, layout, len(headings), last, frozen=5 if table.rows else 2)


# --- what every list has -------------------------------------------------------------------------------


def _write_head(ws: Worksheet, title: str, note: str, headings: Sequence[tuple[str, int]]) -> None:
    ws.cell(1, 1, title).font = make_font(14, HEAD, bold=True)
    ws.cell(2, 1, note).font = make_font(11, SOFT, italic=True)
    for place, (text, width) in enumerate(headings, start=1):
        ws.cell(_HEADING_ROW, place, text).style = "kbc_head"
        ws.column_dimensions[get_column_letter(place)].width = width
    ws.row_dimensions[_HEADING_ROW].height = 34


def _set_height(ws: Worksheet, number: int, texts: Sequence[str], widths: Sequence[int]) -> None:
    """Room for wrapped labels: not every program fits rows when it opens a file."""
    lines = max(_count_lines(text, width) for text, width in zip(texts, widths, strict=True))
    ws.row_dimensions[number].height = 15 * lines + 3


def _count_lines(text: str, width: float) -> int:
    return max(1, -(-len(text) // max(int(width * 1.15), 1)))


def _close_list(ws: Worksheet, layout: ResultsLayout, width: int, last: int, *, frozen: int) -> None:
    letter = get_column_letter(width)
    ws.auto_filter.ref = f"A{_HEADING_ROW}:{letter}{max(last, _HEADING_ROW + 1)}"
    ws.freeze_panes = f"{get_column_letter(frozen)}{_HEADING_ROW + 1}"
    ws.print_title_rows = f"{_HEADING_ROW}:{_HEADING_ROW}"
    ws.print_area = f"A1:{letter}{max(last, _HEADING_ROW + 1)}"
    _finish(ws, layout)


def _finish(ws: Worksheet, layout: ResultsLayout) -> None:
    ws.sheet_view.showGridLines = False
    ws.page_setup.orientation, ws.page_setup.paperSize = "landscape", 9  # A4
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    ws.page_margins.left = ws.page_margins.right = 0.4
    ws.page_margins.top = ws.page_margins.bottom = 0.6
    footer: Any = ws.oddFooter
    footer.left.text, footer.right.text = f"{ws.title} – {layout.cycle.name}", "Trang &P/&N"
    footer.left.size = footer.right.size = 9
    protection = ws.protection
    protection.sheet = True
    protection.formatCells = protection.formatRows = protection.formatColumns = False  # allowed
    protection.autoFilter = False  # allowed


def _add_rules(ws: Worksheet, rules: _Rules) -> None:
    for (kind, choices, help_text), cells in rules.items():
        rule = _make_rule(kind, choices)
        rule.allow_blank = True
        if kind is not Kind.TEXT:
            rule.showErrorMessage = True
            rule.errorTitle, rule.error = "Chưa đúng", complain(kind)
        rule.showInputMessage = True
        rule.promptTitle, rule.prompt = load_words()["nhac"]["tieu_de"], help_text
        ws.add_data_validation(rule)
        for cell in cells:
            rule.add(cell)


def _make_rule(kind: Kind, choices: tuple[str, ...]) -> DataValidation:
    if kind is Kind.CHOICE:
        return DataValidation(type="list", formula1='"' + ",".join(choices) + '"')
    if kind is Kind.INTEGER:
        return DataValidation(type="whole", operator="between", formula1="0", formula2="1000000000000")
    if kind in (Kind.DECIMAL, Kind.PERCENT):
        return DataValidation(type="decimal", operator="between", formula1="-1000000000", formula2="1000000000000")
    return DataValidation()


def _write_identity(ws: Worksheet, layout: ResultsLayout) -> None:
    """What the file is, read before anything else; the keys are those of a form."""
    rows = [
        ("ke_hoach", layout.plan.id),
        ("ky", layout.cycle.id),
        ("loai", KIND),
        ("phien_ban", layout.edition),
    ]
    for number, (key, value) in enumerate(rows, start=1):
        ws.cell(number, 1, key)
        ws.cell(number, 2, value).number_format = "@"
    ws.protection.sheet = True
    ws.sheet_state = "veryHidden"
