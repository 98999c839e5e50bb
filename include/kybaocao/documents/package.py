"""The files of the report in one folder: for each document the text, its workbook and, where it can be made, PDF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from kybaocao.documents.model import ReportContent, SignOff
from kybaocao.documents.pdf import convert_to_pdf
from kybaocao.files import write_whole
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience

NAMES = {Audience.PROVINCE: "trinh-ubnd-tinh", Audience.MINISTRY: "bao-cao"}


def write_reports(
    plan: Plan, cycle: Cycle, contents: Mapping[Audience, ReportContent], folder: Path, as_of: dt.datetime
) -> dict[str, Path]:
    """Every document of a version as a draft; see `write_report`."""
    made: dict[str, Path] = {}
    for audience, content in contents.items():
        made |= write_report(plan, cycle, content, folder, as_of, audience)
    return made


def write_report(
    plan: Plan,
    cycle: Cycle,
    content: ReportContent,
    folder: Path,
    as_of: dt.datetime,
    audience: Audience = Audience.MINISTRY,
    sign_off: SignOff | None = None,
) -> dict[str, Path]:
    """Write every file of one document, each atomically; returns file name → path.

    Raises ValueError for another cycle's content.
    """
    from kybaocao.documents.report.annex import render_annex  # the libraries load only where a report is written
    from kybaocao.documents.report.document import render_document

    if (content.plan, content.cycle) != (plan.id, cycle.id):
        raise ValueError(f"nội dung của kỳ {content.cycle}, không phải kỳ {cycle.id}")
    name = f"{NAMES[audience]}-{cycle.id}"
    annex = f"phu-luc-{name}" if audience is Audience.PROVINCE else f"phu-luc-{cycle.id}"
    document = write_whole(folder / f"{name}.docx", render_document(content, as_of, sign_off))
    workbook = write_whole(folder / f"{annex}.xlsx", render_annex(content, as_of))
    made = [document, workbook]
    pdf = convert_to_pdf(document)
    if pdf is not None:
        made.append(pdf)
    return {path.name: path for path in made}
