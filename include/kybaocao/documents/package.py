"""The files of one report in one folder: document, workbook and, where it can be made, PDF."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from kybaocao.documents.model import ReportContent, SignOff
from kybaocao.documents.pdf import convert_to_pdf
from kybaocao.files import write_whole
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan


def write_report(
    plan: Plan,
    cycle: Cycle,
    content: ReportContent,
    folder: Path,
    as_of: dt.datetime,
    sign_off: SignOff | None = None,
) -> dict[str, Path]:
    """Write every file, each atomically; returns file name → path. Raises ValueError for another cycle's content."""
    from kybaocao.documents.report.annex import render_annex  # the libraries load only where a report is written
    from kybaocao.documents.report.document import render_document

    if (content.plan, content.cycle) != (plan.id, cycle.id):
        raise ValueError(f"nội dung của kỳ {content.cycle}, không phải kỳ {cycle.id}")
    document = write_whole(folder / f"bao-cao-{cycle.id}.docx", render_document(content, as_of, sign_off))
    workbook = write_whole(folder / f"phu-luc-{cycle.id}.xlsx", render_annex(content, as_of))
    made = [document, workbook]
    pdf = convert_to_pdf(document)
    if pdf is not None:
        made.append(pdf)
    return {path.name: path for path in made}
