"""The answer an agency finds in its folder and its mailbox: a receipt, or what to mend and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.findings import WordedFinding
from kybaocao.form.edition import Kind, Source
from kybaocao.form.layout import FormLayout
from kybaocao.intake.judgement import Judgement, Verdict
from kybaocao.intake.reading import Answer, Key
from kybaocao.mail.letters import write_letter
from kybaocao.passes import Pass
from kybaocao.store.arrivals import Arrival
from kybaocao.vietnamese import format_date, format_number

MAIL_ERRORS = 20  # a mail names the worst ones; the slip in the folder names all


@dataclass(frozen=True)
class Reply:
    """One answer: the file for the folder and the mail."""

    kind: str  # tiep_nhan or tra_lai
    file_name: str
    page: str
    subject: str
    html: str
    text: str


def write_reply(
    p: Pass, arrival: Arrival, judgement: Judgement, layout: FormLayout, accepted: Arrival | None, marked: str = ""
) -> Reply:
    """The answer to one judged version.

    `accepted` is the version in force before it, `marked` the name of the marked copy beside the slip.
    """
    if judgement.verdict is Verdict.ACCEPTED:
        return _write_receipt(p, arrival, judgement, layout, accepted, marked)
    return _write_return(p, arrival, judgement, accepted, marked)


def _write_receipt(
    p: Pass, arrival: Arrival, judgement: Judgement, layout: FormLayout, accepted: Arrival | None, marked: str
) -> Reply:
    facts = {
        "number": arrival.receipt_number,
        "received_at": arrival.received_at.astimezone(p.plan.timezone),
        "late_days": p.calendar.late_working_days(p.cycle, arrival.received_at) if accepted is None else 0,
        "file_name": arrival.file_name,
        "sha256": arrival.sha256,
        "replaces": accepted.receipt_number if accepted else "",
        "findings": [_locate(finding) for finding in judgement.worded],
        "figures": list_figures(layout, judgement.answers),
        "marked": marked,
    }
    subject, html, text = write_letter("tiep_nhan", p, agency=arrival.agency, **facts)
    return Reply("tiep_nhan", f"Phieu-tiep-nhan_{arrival.version:02d}.html", html, subject, html, text)


def _write_return(p: Pass, arrival: Arrival, judgement: Judgement, accepted: Arrival | None, marked: str) -> Reply:
    errors = [_row(finding) for finding in judgement.worded if finding.sends_back]
    facts = {
        "number": arrival.receipt_number,
        "received_at": arrival.received_at.astimezone(p.plan.timezone),
        "file_name": arrival.file_name,
        "error_count": len(errors),
        "is_late": p.as_of >= p.calendar.deadline(p.cycle),
        "kept": accepted.receipt_number if accepted else "",
        "marked": marked,
    }
    _, page, _ = write_letter("tra_lai", p, agency=arrival.agency, errors=errors, more=0, **facts)
    subject, html, text = write_letter(
        "tra_lai",
        p,
        agency=arrival.agency,
        errors=errors[:MAIL_ERRORS],
        more=max(0, len(errors) - MAIL_ERRORS),
        **facts,
    )
    return Reply("tra_lai", f"Phieu-tra-lai_{arrival.version:02d}.html", page, subject, html, text)


def _row(finding: WordedFinding) -> tuple[str, str, str]:
    message = f"{finding.message} {_tell_cause(finding)}" if finding.cause else finding.message
    return _place(finding) or "Cả tệp", message, finding.hint


def _tell_cause(finding: WordedFinding) -> str:
    return finding.cause if finding.cause.startswith("Có thể") else f"Nguyên nhân thường gặp: {finding.cause}"


def _locate(finding: WordedFinding) -> str:
    place = _place(finding)
    return f"{place}: {finding.message}" if place else finding.message


def _place(finding: WordedFinding) -> str:
    """ "Ô G7, trang Chỉ tiêu": where to look, as one would say it."""
    if finding.cell:
        return f"Ô {finding.cell}, trang {finding.sheet}"
    return f"Trang {finding.sheet}" if finding.sheet else ""


def list_figures(layout: FormLayout, answers: Mapping[Key, Answer]) -> list[tuple[str, str, str]]:
    """(code, name, figures as understood) of every indicator row, so that the agency can see our reading."""
    rows = []
    for table in layout.tables:
        if table.table.source is not Source.INDICATORS:
            continue
        for row in table.rows:
            said = []
            for column in table.table.answers:
                answer = answers.get((table.table.id, row.code, column.id))
                if answer is None or answer.value is None or column.kind is Kind.TEXT:
                    continue
                shown = _show(answer)
                said.append(shown if column.kind is Kind.CHOICE else f"{column.heading.lower()}: {shown}")
            rows.append((row.code, row.labels.get("noi_dung", ""), "; ".join(said)))
    return rows


def _show(answer: Answer) -> str:
    if isinstance(answer.value, Decimal):
        return format_number(answer.value)
    return format_date(answer.value) if hasattr(answer.value, "year") else str(answer.value)  # type: ignore[arg-type]
