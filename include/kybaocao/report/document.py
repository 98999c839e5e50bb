"""The report as a Word document: only how it looks, to Nghị định 30/2020/NĐ-CP, Phụ lục I.

    render_document(content, as_of)             a draft: number, date and signer blank
    render_document(content, as_of, sign_off)   as signed

Same content, same moment, same bytes.
"""

from __future__ import annotations

import datetime as dt
import io

import docx
from docx.document import Document
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as WordParagraph

from kybaocao.report import layout
from kybaocao.report.archive import fix_archive, utc
from kybaocao.report.charts import draw_chart
from kybaocao.report.grid import build_table
from kybaocao.report.letterhead import add_address, add_letterhead, add_signature, add_title
from kybaocao.report.model import Annex, Block, Chart, Paragraph, ReportContent, SignOff, Style, Table
from kybaocao.report.styles import (
    CENTRED,
    PART,
    PICTURE,
    PLAIN,
    add_annex_page,
    define_styles,
    name_style,
    set_page,
    write_page_headers,
)

_BULLETS = {Style.ITEM: "- ", Style.SUBITEM: "+ "}


def render_document(content: ReportContent, as_of: dt.datetime, sign_off: SignOff | None = None) -> bytes:
    document = docx.Document()
    define_styles(document)
    set_page(document.sections[0])
    write_page_headers(document.sections[0], content.sample_mark)
    add_letterhead(document, content.letterhead, sign_off)
    add_title(document, content)
    add_address(document, content.letterhead)
    for paragraph in content.opening:
        _add_paragraph(document, paragraph, content.placeholder)
    for section in content.sections:
        document.add_paragraph(section.heading, style=PART)
        for block in section.blocks:
            _add_block(document, block, content.placeholder)
    document.paragraphs[-1].paragraph_format.keep_with_next = True  # the signature never stands alone on a page
    add_signature(document, content, sign_off)
    for annex in content.annexes:
        _add_annex(document, annex)
    _describe(document, content, as_of)
    written = io.BytesIO()
    document.save(written)
    return fix_archive(written.getvalue())


def _add_block(document: Document, block: Block, placeholder: str) -> None:
    if isinstance(block, Paragraph):
        _add_paragraph(document, block, placeholder)
    elif isinstance(block, Table):
        _add_table(document, block)
    else:
        _add_chart(document, block)


def _add_paragraph(document: Document, paragraph: Paragraph, placeholder: str) -> None:
    added = document.add_paragraph(style=name_style(paragraph.style))
    before, *after = (_BULLETS.get(paragraph.style, "") + paragraph.text).split(placeholder)
    added.add_run(before)
    for text in after:
        # Marked by weight, not colour: the text of the document is black.
        added.add_run(placeholder).bold = True
        if text:
            added.add_run(text)
    if paragraph.style is Style.CAPTION or paragraph.text.endswith(":"):
        added.paragraph_format.keep_with_next = True


def _add_table(document: Document, table: Table) -> None:
    document.element.body.insert_element_before(build_table(table), "w:sectPr")


def _add_chart(document: Document, chart: Chart) -> None:
    holder = document.add_paragraph(style=PICTURE)
    picture = holder.add_run().add_picture(io.BytesIO(draw_chart(chart)), width=Mm(layout.TEXT_WIDTH))
    picture._inline.docPr.set("descr", _describe_chart(chart))
    picture._inline.docPr.set("name", chart.title)
    document.add_paragraph(chart.title, style=name_style(Style.CAPTION))


def _describe_chart(chart: Chart) -> str:
    """What the picture shows, for readers who cannot see it."""
    values = (
        f"{category}: " + ", ".join(f"{series.name} {series.values[place]:.2f}" for series in chart.series)
        for place, category in enumerate(chart.categories)
    )
    return f"{chart.title}. " + "; ".join(values)


def _add_annex(document: Document, annex: Annex) -> None:
    add_annex_page(document)
    _centred(document, annex.label, bold=True)
    _centred(document, annex.title, bold=True)
    attached = _centred(document, annex.attached, italic=True)
    attached.paragraph_format.space_after = Pt(8)
    attached.paragraph_format.keep_with_next = True
    _add_table(document, annex.table)
    # Word wants a paragraph after a table that ends a section; it takes no room.
    end = document.add_paragraph(style=PLAIN)
    end.paragraph_format.line_spacing = Pt(1)


def _centred(document: Document, text: str, *, bold: bool = False, italic: bool = False) -> WordParagraph:
    paragraph = document.add_paragraph(style=CENTRED)
    paragraph.paragraph_format.space_before = Pt(0)
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    return paragraph


def _describe(document: Document, content: ReportContent, as_of: dt.datetime) -> None:
    properties = document.core_properties
    properties.title = content.title
    properties.subject = content.subject
    properties.author = properties.last_modified_by = content.letterhead.issuer_name
    properties.language = "vi-VN"
    properties.identifier = content.cycle
    properties.comments = content.sample_mark
    properties.created = properties.modified = utc(as_of)
    properties.revision = 1
