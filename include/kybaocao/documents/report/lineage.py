"""The lineage workbook: every figure → agency, file, sheet, cell and value. For the province alone.

It is made of the snapshot, not of the content that leaders approve: 3,800 agencies have 76,000 cells.
"""

from __future__ import annotations

import datetime as dt

from kybaocao.documents.model import ReportContent, Table, WorkbookSheet
from kybaocao.documents.report.origins import list_origins
from kybaocao.documents.report.source import ReportSource
from kybaocao.documents.spreadsheet import BookDescription, start_book, write_book, write_sheet
from kybaocao.figures.snapshot import Snapshot
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan


def render_lineage(plan: Plan, cycle: Cycle, snapshot: Snapshot, content: ReportContent, as_of: dt.datetime) -> bytes:
    """`content`: the document that the workbook goes with."""
    words = plan.require_wording()
    source = ReportSource(plan, cycle, snapshot, words)
    title = words.tables.origins.title
    sheet = WorkbookSheet(words.annex.sheets[-1], title, "", Table("origins", words.tables.origins.columns, ()))
    book = start_book()
    write_sheet(book, sheet, content.title, content.sample_mark, content.sample_mark, list_origins(source))
    description = BookDescription(f"{title}. {content.title}", content.letterhead.issuer_name, content.sample_mark)
    return write_book(book, description, as_of)
