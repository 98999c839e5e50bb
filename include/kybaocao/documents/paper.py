"""A sheet of official paper: what the report and a công văn are both set on (Nghị định 30/2020/NĐ-CP, Phụ lục I)."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass

import docx
from docx.document import Document
from docx.shared import Pt
from docx.text.paragraph import Paragraph as WordParagraph

from kybaocao.documents.model import Annex, Paragraph, Style, Table
from kybaocao.documents.office_file import fix_archive, to_naive_utc
from kybaocao.documents.styles import (
    CENTRED,
    PLAIN,
    add_annex_page,
    add_styled,
    define_styles,
    name_style,
    set_page,
    write_page_headers,
)
from kybaocao.documents.word_table import build_table

_LEFTOVERS = ("thumbnail", "extended-properties", "stylesWithEffects", "customXml")  # kinds of parts
_BULLETS = {Style.ITEM: "- ", Style.SUBITEM: "+ "}


@dataclass(frozen=True)
class Description:
    """The properties of the file."""

    title: str
    subject: str
    author: str
    identifier: str
    comments: str


def start_paper(sample_mark: str) -> Document:
    """An empty document with the styles, margins and page headers of the decree."""
    document = docx.Document()
    _drop_leftovers(document)
    define_styles(document)
    set_page(document.sections[0])
    write_page_headers(document.sections[0], sample_mark)
    return document


def _drop_leftovers(document: Document) -> None:
    """What python-docx's template brings along: a picture of another page, its program's name, styles of 2010.

    A part without a relationship is not written.
    """
    for relationships in (document.part.package.rels, document.part.rels):
        for key in [key for key, one in relationships.items() if one.reltype.rpartition("/")[2] in _LEFTOVERS]:
            del relationships[key]


def finish_paper(document: Document, description: Description, as_of: dt.datetime) -> bytes:
    """The file; its bytes depend on its content and on `as_of` alone."""
    properties = document.core_properties
    properties.title = description.title
    properties.subject = description.subject
    properties.author = properties.last_modified_by = description.author
    properties.language = "vi-VN"
    properties.identifier = description.identifier
    properties.comments = description.comments
    properties.created = properties.modified = to_naive_utc(as_of)
    properties.revision = 1
    written = io.BytesIO()
    document.save(written)
    return fix_archive(written.getvalue())


def add_paragraph(document: Document, paragraph: Paragraph, placeholder: str = "") -> None:
    added = add_styled(document, name_style(paragraph.style))
    text = _BULLETS.get(paragraph.style, "") + paragraph.text
    before, *after = text.split(placeholder) if placeholder else [text]
    added.add_run(before)
    for text in after:
        # Marked by weight, not colour: the text of the document is black.
        added.add_run(placeholder).bold = True
        if text:
            added.add_run(text)
    if paragraph.style is Style.CAPTION or paragraph.text.endswith(":"):
        added.paragraph_format.keep_with_next = True


def add_table(document: Document, table: Table, title: str = "") -> None:
    """`title`: read aloud to those who cannot see the table."""
    document.element.body.insert_element_before(build_table(table, title), "w:sectPr")


def add_annex(document: Document, annex: Annex, *, landscape: bool = True) -> None:
    add_annex_page(document, landscape=landscape)
    add_centred(document, annex.label, bold=True)
    add_centred(document, annex.title, bold=True)
    attached = add_centred(document, annex.attached, italic=True)
    attached.paragraph_format.space_after = Pt(8)
    attached.paragraph_format.keep_with_next = True
    add_table(document, annex.table, annex.title)
    # Word wants a paragraph after a table that ends a section; it takes no room.
    end = add_styled(document, PLAIN)
    end.paragraph_format.line_spacing = Pt(1)


def add_centred(document: Document, text: str, *, bold: bool = False, italic: bool = False) -> WordParagraph:
    paragraph = add_styled(document, CENTRED)
    paragraph.paragraph_format.space_before = Pt(0)
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    return paragraph
