"""The files of the report in one folder: for each document the text, its workbook and, where it can be made, PDF."""

from __future__ import annotations

import datetime as dt
import gc
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kybaocao.documents.model import ReportContent, SignOff
from kybaocao.documents.pdf import convert_to_pdf
from kybaocao.figures.snapshot import Snapshot
from kybaocao.files import write_whole
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience
from kybaocao.vietnamese import strip_marks

if TYPE_CHECKING:
    from kybaocao.documents.report.change_words import ChangeReport

_DRAFT = "Du-thao"
_ANNEX, _LINEAGE, _CHANGES = "Phu-luc", "Truy-nguyen", "Thay-doi-so-voi-phien-ban"
_LONGEST = 40  # signs of each part: folders of Windows take 260 in all


def write_reports(
    plan: Plan,
    cycle: Cycle,
    contents: Mapping[Audience, ReportContent],
    folder: Path,
    as_of: dt.datetime,
    snapshot: Snapshot,
) -> dict[str, Path]:
    """Every document of a version as a draft, see `write_report`, and the lineage of the `snapshot` it is made of.

    The lineage goes with the first document: that to UBND tỉnh, where there is one.
    """
    from kybaocao.documents.report.lineage import render_lineage

    made: dict[str, Path] = {}
    for content in contents.values():
        made |= write_report(plan, cycle, content, folder, as_of)
    first = contents[min(contents, key=list(Audience).index)]
    path = folder / f"{_LINEAGE}_{name_document(plan, cycle, first)}.xlsx"
    return made | {path.name: write_whole(path, render_lineage(plan, cycle, snapshot, first, as_of))}


def write_changes(report: ChangeReport, content: ReportContent, folder: Path, as_of: dt.datetime) -> dict[str, Path]:
    """The page "Thay đổi so với phiên bản …", for the province alone. `content`: the document it goes with."""
    from kybaocao.documents.report.change_words import render_changes

    data = render_changes(report, content.letterhead.issuer_name, content.sample_mark, as_of)
    path = write_whole(folder / name_changes(report.before), data)
    return {path.name: path}


def name_changes(before: int) -> str:
    """ "Thay-doi-so-voi-phien-ban-1.docx" """
    return f"{_CHANGES}-{before}.docx"


def name_document(plan: Plan, cycle: Cycle, content: ReportContent, sign_off: SignOff | None = None) -> str:
    """ "215-BC-UBND_Son-La_NQ02_2026", "Du-thao_BC-UBND_Son-La_NQ02_6-thang-dau-nam-2026"; without its suffix.

    Letters without marks, digits, "-" and "_": every system and every mail program keeps such a name.
    """
    letterhead = content.letterhead
    symbol = _simplify(letterhead.symbol)
    given = sign_off.number if sign_off else ""
    number = _simplify(given.partition("/")[0]) or _simplify(given)
    kind = f"{number}-{symbol}" if number else f"{_DRAFT}_{symbol}"
    period = _simplify(cycle.name).removeprefix("nam-")
    subject = _simplify(plan.id.removesuffix(f"-{plan.header.year}")).upper()
    return "_".join(part for part in (kind, _simplify(letterhead.place), subject, period) if part)


def _simplify(text: str) -> str:
    """ "/BC-UBND" -> "BC-UBND", "Đắk Lắk" -> "Dak-Lak"."""
    return re.sub(r"[^A-Za-z0-9]+", "-", strip_marks(text))[:_LONGEST].strip("-")


def write_report(
    plan: Plan,
    cycle: Cycle,
    content: ReportContent,
    folder: Path,
    as_of: dt.datetime,
    sign_off: SignOff | None = None,
) -> dict[str, Path]:
    """Write every file of one document, each atomically; returns file name → path.

    Raises ValueError for another cycle's content.
    """
    from kybaocao.documents.report.annex import render_annex  # the libraries load only where a report is written
    from kybaocao.documents.report.document import render_document

    if (content.plan, content.cycle) != (plan.id, cycle.id):
        raise ValueError(f"nội dung của kỳ {content.cycle}, không phải kỳ {cycle.id}")
    name = name_document(plan, cycle, content, sign_off)
    document = write_whole(folder / f"{name}.docx", render_document(content, as_of, sign_off))
    gc.collect()  # the tree of a document holds itself, and the collector does not see how large it is
    workbook = write_whole(folder / f"{_ANNEX}_{name}.xlsx", render_annex(content, as_of))
    made = [document, workbook]
    pdf = convert_to_pdf(document)
    if pdf is not None:
        made.append(pdf)
    return {path.name: path for path in made}
