"""The report as a Word document: only how it looks, to Nghị định 30/2020/NĐ-CP, Phụ lục I.

    render_document(content, as_of)             a draft: number, date and signer blank
    render_document(content, as_of, sign_off)   as signed

Same content, same moment, same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace
from decimal import Decimal

from docx.document import Document
from docx.shared import Mm

from kybaocao.documents import layout
from kybaocao.documents.letterhead import add_address, add_letterhead, add_signature, add_title, spell_number
from kybaocao.documents.model import Annex, Block, Chart, Paragraph, ReportContent, SignOff, Style, Table
from kybaocao.documents.paper import Description, add_annex, add_paragraph, add_table, finish_paper, start_paper
from kybaocao.documents.report.charts import draw_chart, split_chart
from kybaocao.documents.styles import PART, PICTURE, add_styled, name_style
from kybaocao.vietnamese import format_number, spell_date

# "số        /BC-UBND ngày      tháng      năm 2026"
_BLANKS = re.compile(r"số +/\S+ ngày +tháng +năm \d{4}")


def render_document(content: ReportContent, as_of: dt.datetime, sign_off: SignOff | None = None) -> bytes:
    document = start_paper(content.sample_mark)
    add_letterhead(document, content.letterhead, sign_off)
    add_title(document, content)
    add_address(document, content.letterhead)
    for paragraph in content.opening:
        add_paragraph(document, paragraph, content.placeholder)
    for section in (content.summary, *content.sections):
        if section is None:
            continue
        add_styled(document, PART, section.heading)
        title = section.heading
        for block in section.blocks:
            _add_block(document, block, content.placeholder, title)
            if isinstance(block, Paragraph) and block.style is Style.CAPTION:
                title = block.text
    add_signature(document, content, sign_off)
    for annex in content.annexes:
        add_annex(document, _number_annex(annex, content, sign_off))
    description = Description(
        content.title, content.subject, content.letterhead.issuer_name, content.cycle, content.sample_mark
    )
    return finish_paper(document, description, as_of)


def _number_annex(annex: Annex, content: ReportContent, sign_off: SignOff | None) -> Annex:
    """The number and the date of the signed report in the line under the annex's title."""
    if sign_off is None:
        return annex
    number = spell_number(content.letterhead, sign_off).removeprefix(content.letterhead.number_label).strip(" :")
    return replace(annex, attached=_BLANKS.sub(f"số {number} {spell_date(sign_off.dated)}", annex.attached))


def _add_block(document: Document, block: Block, placeholder: str, title: str) -> None:
    """`title`: of a table."""
    if isinstance(block, Paragraph):
        add_paragraph(document, block, placeholder)
    elif isinstance(block, Table):
        add_table(document, block, title)
    else:
        _add_chart(document, block)


def _add_chart(document: Document, chart: Chart) -> None:
    for piece in split_chart(chart):
        holder = add_styled(document, PICTURE)
        picture = holder.add_run().add_picture(io.BytesIO(draw_chart(piece)), width=Mm(layout.TEXT_WIDTH))
        picture._inline.docPr.set("descr", _describe_chart(piece))
        picture._inline.docPr.set("name", chart.title)
    add_styled(document, name_style(Style.CAPTION), chart.title)


def _describe_chart(chart: Chart) -> str:
    """What the picture shows, for readers who cannot see it."""

    def show(value: Decimal) -> str:
        return format_number(value, 2 if chart.unit else None) + chart.unit

    values = (
        f"{category}: " + ", ".join(f"{series.name} {show(series.values[position])}" for series in chart.series)
        for position, category in enumerate(chart.categories)
    )
    return f"{chart.title}. " + "; ".join(values)
