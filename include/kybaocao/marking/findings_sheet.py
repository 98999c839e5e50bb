"""The sheet in front of the others: every finding in a row, with a link to its cell.

Whatever the agency wrote stands there as text, never as a formula, and stays text when somebody edits the cell.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.parts import MAIN, XML_SPACE, Element, main
from kybaocao.marking.sheets import join_address, locate, split_address
from kybaocao.marking.styles import ERROR, NOTE, WARNING, Styles

NAME = "Kết quả kiểm tra"
MAX_LISTED = 1_000
MAX_FROZEN_NAMED = 5
_COLUMNS = (("STT", 6), ("Vị trí", 23), ("Đã ghi", 24), ("Điều chưa đúng", 52), ("Cách sửa", 52))
_WIDTH = sum(width for _, width in _COLUMNS)
_SECTIONS = {
    ERROR: "Phải sửa: {} điểm",
    WARNING: "Cần xem lại: {} điểm",
    NOTE: "Để biết: {} điểm – không phải sửa",
}
_COLOURS = {ERROR: "màu đỏ nhạt", WARNING: "màu vàng cam"}
_ALL_COLOURED, _SOME_COLOURED = " – các ô tô {}", " – trong đó {} điểm ở các ô tô {}"
# Near the colours of marked cells and not among them, see `styles`.
_TINTS = {ERROR: "FFFBCFC7", WARNING: "FFFDDF9F", NOTE: "FFE8EEF2"}
_NOTHING = "Không có điểm nào cần sửa."
_MORE = "… và {} điểm khác. Sau khi sửa các điểm trên và nộp lại, hệ thống kiểm tra lại toàn bộ."
_FROZEN = (
    "Để bảo đảm an toàn, {} công thức lấy dữ liệu từ ngoài tệp hoặc dùng hàm ít gặp được thay bằng giá trị đã tính"
    " ({}). Nếu sửa số liệu liên quan, đề nghị Quý cơ quan tính lại các ô này."
)
_INK, _HEAD = "FF1F2937", "FF1F5C6B"


class Heading(NamedTuple):
    """What stands above the list: a title, then lines as they are (whose submission, number and time, what to do)."""

    title: str
    lines: tuple[str, ...] = ()


class Remark(NamedTuple):
    """A finding in words; `severity` is "error", "warning" or "note"."""

    severity: str
    sheet: str
    cell: str
    value: str
    message: str
    hint: str
    cause: str = ""  # as a sentence
    title: str = ""  # names what remarks of one cause have in common


def build_findings_sheet(
    remarks: Sequence[Remark],
    heading: Heading,
    styles: Styles,
    visible: Mapping[str, bool],
    coloured: Mapping[str, int],
) -> tuple[Element, int]:
    """The worksheet and the row of its column headings.

    `visible`: name -> is it seen, of the sheets to link to; `coloured`: severity -> how many remarks lie on cells in
    its colour.
    """
    page = _Page(_Look(styles))
    page.write_heading(heading)
    header = page.write_column_headings()
    if not remarks:
        page.write_line(_NOTHING, page.look.text, height=20)
    number = 0
    for severity, group in groupby(remarks[:MAX_LISTED], key=lambda remark: remark.severity):
        count = sum(1 for remark in remarks if remark.severity == severity)
        title = _name_section(severity, count, coloured.get(severity, 0))
        page.write_line(title, page.look.sections[severity], height=22)
        for title, alike in groupby(group, key=lambda remark: remark.title):
            listed = list(alike)
            if title and len(listed) > 1:
                page.write_line(f"{title}: {len(listed)} chỗ", page.look.cause, height=20)
            for number, remark in enumerate(listed, start=number + 1):  # noqa: B020 - goes on counting
                page.write_remark(number, remark, visible)
    if len(remarks) > MAX_LISTED:
        page.write_line(_MORE.format(len(remarks) - MAX_LISTED), page.look.text, height=20)
    return page.build(header), header


def describe_frozen(places: Sequence[tuple[str, str]]) -> list[str]:
    """The line that names formulas replaced by their values, given as (sheet, cell); no line when there are none."""
    if not places:
        return []
    shown = [f"ô {cell}, trang {sheet}" if cell else f"trang {sheet}" for sheet, cell in places[:MAX_FROZEN_NAMED]]
    return [_FROZEN.format(len(places), "; ".join(shown) + ("; …" if len(places) > MAX_FROZEN_NAMED else ""))]


def _name_section(severity: str, count: int, coloured: int) -> str:
    """ "Phải sửa: 3 điểm – các ô tô màu đỏ nhạt"; nothing of colours where there are none."""
    colour = _COLOURS.get(severity)
    seen = ""
    if colour and coloured:
        seen = _ALL_COLOURED.format(colour) if coloured == count else _SOME_COLOURED.format(coloured, colour)
    return _SECTIONS[severity].format(count) + seen


def clean(text: str) -> str:
    """Text as XML and Excel can hold it: no control characters, and "_x0041_" is no code for "A"."""
    text = re.sub(r"[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)


class _Look:
    """The cell styles of the sheet, as numbers."""

    def __init__(self, styles: Styles) -> None:
        def font(size: int, more: str = "", colour: str = _INK) -> str:
            family = '<name val="Times New Roman"/><family val="1"/>'
            return f'{more}<sz val="{size}"/><color rgb="{colour}"/>{family}'

        def solid(colour: str) -> str:
            return f'<patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/></patternFill>'

        sides = ("left", "right", "top", "bottom")
        box = "".join(f'<{side} style="thin"><color rgb="FFB8C1CC"/></{side}>' for side in sides) + "<diagonal/>"
        middle = 'vertical="center" wrapText="1"'
        inside = f'horizontal="left" indent="1" {middle}'
        text = 'quotePrefix="1"'  # a text that begins with "=" stays one, also when edited
        self.title = styles.add_style(font(16, "<b/>", _HEAD), alignment=middle)
        self.line = styles.add_style(font(12), alignment=middle, flags=text)
        self.head = styles.add_style(
            font(11, "<b/>", "FFFFFFFF"), solid(_HEAD), box, f'horizontal="center" {middle}', flags=text
        )
        self.sections = {
            severity: styles.add_style(font(12, "<b/>"), solid(tint), box, inside) for severity, tint in _TINTS.items()
        }
        self.cause = styles.add_style(font(11, "<b/>"), "", box, inside, flags=text)
        self.number = styles.add_style(font(11), "", box, f'horizontal="center" {middle}')
        self.text = styles.add_style(font(11), "", box, inside, flags=text)
        self.link = styles.add_style(font(11, "<u/>", "FF0B5CAD"), "", box, inside, flags=text)


class _Page:
    """The worksheet while it is written, from the top down."""

    def __init__(self, look: _Look) -> None:
        self.look = look
        self._row = 0
        self._data = etree.Element(main("sheetData"), nsmap={None: MAIN})
        self._merged: list[str] = []
        self._links: list[tuple[str, str]] = []

    def write_heading(self, heading: Heading) -> None:
        self.write_line(heading.title, self.look.title, height=30)
        for line in heading.lines:
            self.write_line(line, self.look.line, height=18 * _count_lines(line, _WIDTH))
        self._row += 1

    def write_column_headings(self) -> int:
        row = self._add_row(24)
        for column, (heading, _) in enumerate(_COLUMNS, start=1):
            self._write_text(row, column, heading, self.look.head)
        return self._row

    def write_line(self, text: str, style: int, *, height: int) -> None:
        """A line over all columns."""
        row = self._add_row(height)
        self._write_text(row, 1, text, style)
        for column in range(2, len(_COLUMNS) + 1):
            self._add_cell(row, column, style)
        self._merged.append(f"A{self._row}:{join_address((self._row, len(_COLUMNS)))}")

    def write_remark(self, number: int, remark: Remark, visible: Mapping[str, bool]) -> None:
        seen = f"{remark.message}\n{remark.cause}" if remark.cause else remark.message
        texts = (_name_place(remark), remark.value, seen, remark.hint)
        lines = max(_count_lines(text, width) for text, (_, width) in zip(texts, _COLUMNS[1:], strict=True))
        row = self._add_row(min(15 * lines + 5, 400))
        etree.SubElement(self._add_cell(row, 1, self.look.number), main("v")).text = str(number)
        is_linked = visible.get(remark.sheet, False)
        self._write_text(row, 2, texts[0], self.look.link if is_linked else self.look.text)
        if is_linked:
            cell = remark.cell if split_address(remark.cell) else "A1"
            self._links.append((f"B{self._row}", locate(remark.sheet, cell)))
        for column, text in enumerate(texts[1:], start=3):
            self._write_text(row, column, text, self.look.text)

    def build(self, header: int) -> Element:
        """The worksheet, its children in the order of CT_Worksheet."""
        sheet = etree.Element(main("worksheet"), nsmap={None: MAIN})
        etree.SubElement(_child(sheet, "sheetPr"), main("pageSetUpPr")).set("fitToPage", "1")
        _child(sheet, "dimension", ref=f"A1:E{self._row}")
        view = _child(_child(sheet, "sheetViews"), "sheetView", showGridLines="0", tabSelected="1", workbookViewId="0")
        below = f"A{header + 1}"
        _child(view, "pane", ySplit=str(header), topLeftCell=below, activePane="bottomLeft", state="frozen")
        _child(view, "selection", pane="bottomLeft", activeCell=below, sqref=below)
        _child(sheet, "sheetFormatPr", defaultRowHeight="15")
        columns = _child(sheet, "cols")
        for number, (_, width) in enumerate(_COLUMNS, start=1):
            _child(columns, "col", min=str(number), max=str(number), width=str(width), customWidth="1")
        sheet.append(self._data)
        merged = _child(sheet, "mergeCells", count=str(len(self._merged)))
        for reference in self._merged:
            _child(merged, "mergeCell", ref=reference)
        if self._links:
            links = _child(sheet, "hyperlinks")
            for cell, location in self._links:
                _child(links, "hyperlink", ref=cell, location=location, display=location)
        _child(sheet, "pageMargins", left="0.5", right="0.5", top="0.6", bottom="0.6", header="0.3", footer="0.3")
        _child(sheet, "pageSetup", paperSize="9", orientation="landscape", fitToWidth="1", fitToHeight="0")
        footer = _child(_child(sheet, "headerFooter"), "oddFooter")
        footer.text = f"&L&9{NAME}&R&9Trang &P/&N"
        return sheet

    def _add_row(self, height: int) -> Element:
        self._row += 1
        return _child(self._data, "row", r=str(self._row), ht=str(height), customHeight="1")

    def _add_cell(self, row: Element, column: int, style: int) -> Element:
        return _child(row, "c", r=join_address((self._row, column)), s=str(style))

    def _write_text(self, row: Element, column: int, text: str, style: int) -> None:
        cell = self._add_cell(row, column, style)
        if text:
            cell.set("t", "inlineStr")
            written = _child(_child(cell, "is"), "t")
            written.text = clean(text)
            written.set(XML_SPACE, "preserve")


def _child(parent: Element, name: str, **attributes: str) -> Element:
    child = etree.SubElement(parent, main(name))
    for key, value in attributes.items():
        child.set(key, clean(value))
    return child


def _count_lines(text: str, width: float) -> int:
    """How many lines a text takes in a column; a character of Times New Roman is a little narrower than its unit.

    Programs differ in whether they fit a row to its text when they open a file, so heights are given.
    """
    return sum(max(1, len(textwrap.wrap(line, int(width * 1.08) - 2))) for line in text.split("\n"))


def _name_place(remark: Remark) -> str:
    if remark.cell:
        return f"Ô {remark.cell}, trang {remark.sheet}"
    return f"Trang {remark.sheet}" if remark.sheet else "Cả tệp"
