"""The annexes as an .xlsx workbook, with the sheets that are too wide to print in the document."""

from __future__ import annotations

import datetime as dt

from kybaocao.documents.model import Annex, ReportContent, WorkbookSheet
from kybaocao.documents.spreadsheet import BookDescription, start_book, write_book, write_sheet


def render_annex(content: ReportContent, as_of: dt.datetime) -> bytes:
    """Its bytes depend on the content and on `as_of` alone."""
    annexed = {annex.sheet: _make_sheet(annex) for annex in content.annexes}
    own = [sheet for sheet in content.sheets if sheet.name not in annexed]
    annexed |= {sheet.name: sheet for sheet in content.sheets if sheet.name in annexed}  # too long to be printed
    first, *others = annexed.values()
    book = start_book()
    for sheet in (first, *own, *others):
        write_sheet(book, sheet, content.title, _join_notes(content), content.sample_mark)
    author = content.letterhead.issuer_name
    return write_book(book, BookDescription(content.title, author, content.sample_mark), as_of)


def _make_sheet(annex: Annex) -> WorkbookSheet:
    return WorkbookSheet(annex.sheet, f"{annex.label}. {annex.title}", "", annex.table)


def _join_notes(content: ReportContent) -> str:
    return ". ".join(part for part in (content.sample_mark, content.working_copy) if part)
