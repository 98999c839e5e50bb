"""Top and end of a document: quốc hiệu, issuing body, number, date, title; nơi nhận and signature.

Ô 1-5, 7 and 9 of the diagram in Nghị định 30/2020/NĐ-CP, Phụ lục I.  Rules are drawn as borders of empty
paragraphs indented to the length the decree asks for: it forbids underlined text.
"""

from __future__ import annotations

from typing import Protocol

from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from kybaocao.documents import layout
from kybaocao.documents.layout import measure_bold
from kybaocao.documents.model import Letterhead, ReportContent, Signature, SignOff
from kybaocao.documents.styles import CENTRED, PLAIN, add_styled, size_mark
from kybaocao.vietnamese import spell_date

_BLANK_NUMBER = " " * 8
_BLANK_DATE = "ngày      tháng      năm {year}"


class Closing(Protocol):
    """The end of a document: nơi nhận and signature."""

    @property
    def recipients_label(self) -> str: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def signature(self) -> Signature: ...


def add_letterhead(document: Document, head: Letterhead, sign_off: SignOff | None, *, about: str = "") -> None:
    """`about`: the "V/v …" of a công văn, under its number (ô 5b)."""
    table = _add_frame(document, layout.LETTERHEAD, rows=2)
    left, right = table.rows[0].cells
    if head.parent:
        _line(left, head.parent, layout.ISSUER)
    for line in head.issuer:
        _line(left, line, layout.ISSUER, bold=True)
    _rule(left.add_paragraph(), layout.ISSUER_RULE * measure_bold(head.issuer[-1], layout.ISSUER), layout.LETTERHEAD[0])
    _line(right, head.nation, layout.NATION, bold=True)
    _line(right, head.motto, layout.MOTTO, bold=True)
    _rule(right.add_paragraph(), measure_bold(head.motto, layout.MOTTO), layout.LETTERHEAD[1])

    left, right = table.rows[1].cells
    _line(left, spell_number(head, sign_off), layout.NUMBER, before=4)
    if about:
        _line(left, about, layout.ABOUT, before=6)
    if sign_off is None and head.draft:
        _line(left, head.draft, 11, bold=True, before=2)
    _line(right, spell_place(head, sign_off), layout.PLACE, italic=True, before=4)
    for row in table.rows:
        for cell in row.cells:
            _drop_first(cell)


def spell_number(head: Letterhead, sign_off: SignOff | None) -> str:
    """ "Số: 05/BC-UBND": below 10 with a leading zero; blank until the document system gives it."""
    if sign_off is None:
        return f"{head.number_label}{_BLANK_NUMBER}{head.symbol}"
    number = sign_off.number.strip()
    if number.isdecimal():
        number = number.zfill(2)
    return f"{head.number_label} {number}" + ("" if "/" in number else head.symbol)


def spell_place(head: Letterhead, sign_off: SignOff | None) -> str:
    """ "Sơn La, ngày 09 tháng 6 năm 2026"; blank until the day of signing."""
    dated = spell_date(sign_off.dated) if sign_off else _BLANK_DATE.format(year=head.year)
    return f"{head.place}, {dated}"


def add_title(document: Document, content: ReportContent) -> None:
    title = add_styled(document, CENTRED)
    _write(title, content.type_name, layout.BODY, bold=True)
    title.paragraph_format.space_before = Pt(18)
    subject = add_styled(document, CENTRED)
    _write(subject, content.subject, layout.BODY, bold=True)
    subject.paragraph_format.space_before = Pt(0)
    subject.paragraph_format.left_indent = subject.paragraph_format.right_indent = Mm(8)
    line = min(measure_bold(content.subject, layout.BODY), layout.TEXT_WIDTH - 16)
    _rule(add_styled(document, PLAIN), layout.SUBJECT_RULE * line, layout.TEXT_WIDTH)


def add_address(document: Document, head: Letterhead) -> None:
    """One addressee on the same line; several each on a line of their own (Phụ lục I, ô 9a)."""
    first = add_styled(document, CENTRED)
    first.paragraph_format.space_before = Pt(12)
    first.paragraph_format.space_after = Pt(6)
    if len(head.addressees) == 1:
        _write(first, f"{head.address_label} {head.addressees[0]}", layout.BODY)
        return
    _write(first, head.address_label, layout.BODY)
    for position, addressee in enumerate(head.addressees, start=1):
        line = add_styled(document, PLAIN)
        line.paragraph_format.left_indent = Mm(layout.TEXT_WIDTH / 2)
        _write(line, f"- {addressee}{'.' if position == len(head.addressees) else ';'}", layout.BODY)


def add_signature(document: Document, closing: Closing, sign_off: SignOff | None) -> None:
    """Nơi nhận on the left, level with the signature block on the right; never split over two pages, nor alone."""
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    spacer = add_styled(document, PLAIN)
    spacer.paragraph_format.keep_with_next = True
    spacer.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    spacer.paragraph_format.line_spacing = Pt(8)
    table = _add_frame(document, layout.CLOSING)
    left, right = table.rows[0].cells
    label = _line(left, closing.recipients_label, layout.RECIPIENTS_LABEL, bold=True, italic=True)
    label.alignment = WD_ALIGN_PARAGRAPH.LEFT
    for position, recipient in enumerate(closing.recipients, start=1):
        end = "." if position == len(closing.recipients) else ";"
        _line(left, f"- {recipient}{end}", layout.RECIPIENTS).alignment = WD_ALIGN_PARAGRAPH.LEFT
    for text in spell_capacity(closing.signature, sign_off):
        _line(right, text, layout.BODY, bold=True)
    for _ in range(5):  # room for the digital signature and the seal
        _line(right, "", layout.BODY)
    _line(right, sign_off.signer if sign_off else "", layout.BODY, bold=True)
    for cell in (left, right):
        _drop_first(cell)
        for paragraph in cell.paragraphs:
            paragraph.paragraph_format.keep_with_next = True


def spell_capacity(signature: Signature, sign_off: SignOff | None) -> list[str]:
    """ "TM. … / CHỦ TỊCH", or with "KT. CHỦ TỊCH" between when a deputy signs.

    People give their title in many ways ("Phó Chủ tịch Thường trực UBND tỉnh"); the decree (Phụ lục I, ô 7a)
    wants only the title itself, as the agency's name stands above it.
    """
    head = signature.position.upper()
    lines = [signature.authority] if signature.authority else []
    given = " ".join(sign_off.position.upper().split()) if sign_off else head
    given = given.removeprefix(f"{signature.deputy} {head}").strip()
    if not given or given.startswith(head):
        return [*lines, head]
    start = given.find(head)
    title = given[: start + len(head)] if start > 0 else given
    return [*lines, f"{signature.deputy} {head}", title]


# --- drawing ---------------------------------------------------------------------------------------------


def _add_frame(document: Document, widths: tuple[float, ...], rows: int = 1) -> Table:
    """A borderless table without cell margins, so that its columns have exactly the given widths (millimetres)."""
    table: Table = document.add_table(rows=rows, cols=len(widths))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    properties = table._tbl.tblPr
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "0")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.insert_element_before(margins, "w:tblLook", "w:tblCaption", "w:tblDescription")
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return table


def _line(cell: _Cell, text: str, size: int, *, bold: bool = False, italic: bool = False, before: int = 0) -> Paragraph:
    paragraph = add_styled(cell, PLAIN)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_before = Pt(before)
    _write(paragraph, text, size, bold=bold, italic=italic)
    return paragraph


def _write(paragraph: Paragraph, text: str, size: int, *, bold: bool = False, italic: bool = False) -> None:
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.bold = bold
    run.font.italic = italic
    size_mark(paragraph, size)


def _rule(paragraph: Paragraph, length: float, width: float) -> None:
    """A solid line of `length`, centred in `width`."""
    shape = paragraph.paragraph_format
    shape.left_indent = shape.right_indent = Mm((width - length) / 2)
    shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    shape.line_spacing = Pt(4)
    shape.space_before = Pt(2)
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _drop_first(cell: _Cell) -> None:
    """The empty paragraph every new cell starts with."""
    first = cell.paragraphs[0]
    if not first.text:
        first._p.getparent().remove(first._p)
