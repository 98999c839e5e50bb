"""The answer an agency finds in its folder and its mailbox: a receipt, or what to fix and how."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from kybaocao.answers.differences import list_differences
from kybaocao.answers.packing import pack_answers
from kybaocao.checks.judgement import Judgement
from kybaocao.findings import WordedFinding, group_by_cause
from kybaocao.form.layout import FormLayout
from kybaocao.inbox.submission import SLIPS, Submission, name_slip
from kybaocao.mail.letters import show_digest, write_slip
from kybaocao.mail.messages import write_message
from kybaocao.mail.read_figures import leave_out_blank, list_read_figures, list_read_progress
from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.verdict import Verdict
from kybaocao.store.outbox import Message
from kybaocao.vietnamese import format_number

IN_MAIL = 5  # of one cause: whoever knows five cells knows the fault; the slip in the folder names all
IN_SLIP = 200
ON_FIRST_SHEET = 7  # findings that leave room for two signatures on a sheet of A4
PLACES = 12
CHANGES = 20  # more differences than this nobody reads one by one

AttachmentRow = tuple[str, str, str, str]  # file, taken as what, what became of it, sha256
Group = tuple[str, list[tuple[str, ...]]]  # one cause: its name and how often, a row for each place


_OUTCOMES = {"tiep_nhan": "đã tiếp nhận", "tra_lai": "trả lại để sửa"}


@dataclass(frozen=True)
class Reply:
    """One answer: the page for the folder, and what its mail says."""

    kind: str  # tiep_nhan or tra_lai
    version: int
    page: str
    facts: Mapping[str, Any]

    @property
    def file_name(self) -> str:
        return name_slip(self.kind, self.version)

    @property
    def opposite(self) -> str:
        """The page of the other outcome, which a pass that died may have written for the same version."""
        return next(name_slip(kind, self.version) for kind in SLIPS if kind != self.kind)

    def write_mail(self, at: CycleMoment, recipients: tuple[str, ...], others: Sequence[Reply] = ()) -> Message:
        """`others` are older versions answered in the same pass, by their pages and here."""
        rows = [(one.facts["file_name"], one.facts["number"], _OUTCOMES[one.kind], one.file_name) for one in others]
        key = f"{self.facts['number']}/{self.kind}"
        return write_message(self.kind, at, key=key, recipients=recipients, **self.facts, others=rows)


def write_reply(
    at: CycleMoment,
    submission: Submission,
    judgement: Judgement,
    layout: FormLayout,
    accepted: Submission | None,
    marked: str = "",
    marked_cells: Collection[tuple[str, str]] = (),
    attachments: Sequence[AttachmentRow] = (),
    consequence: str = "",
    later: Submission | None = None,
) -> Reply:
    """The answer to one judged version.

    `accepted` is the version in force before it, `later` an accepted one whose file came after it, `marked` the name
    of the marked copy beside the slip and `marked_cells` the (sheet, cell) that are seen to be marked in it,
    `attachments` what else the agency has handed in, `consequence` (submitted, sent, closed) what became of the
    report before.
    """
    own = at.plan.cycle_of(at.cycle.id, submission.agency, at.local.date())
    facts = {
        "agency": submission.agency,
        "number": submission.receipt_number,
        "received_at": submission.received_at.astimezone(at.plan.timezone),
        "file_name": submission.file_name,
        "sha256": submission.sha256,
        "marked": marked,
        "has_marked_cells": any(
            (finding.sheet, finding.cell) in marked_cells
            for finding in judgement.worded
            if finding.sends_back or judgement.verdict is Verdict.ACCEPTED
        ),
        "attachments": [(*row[:3], show_digest(row[3])) for row in attachments],
        "due_on": own.due_on,
        "consequence": consequence,
        "in_force": later.receipt_number if later else "",
    }
    if judgement.verdict is Verdict.ACCEPTED:
        return _write_receipt(at, submission, judgement, layout, accepted, own, facts)
    return _write_return(at, submission, judgement, layout, later or accepted, own, facts)


def _write_receipt(
    at: CycleMoment,
    submission: Submission,
    judgement: Judgement,
    layout: FormLayout,
    accepted: Submission | None,
    own: Cycle,
    facts: dict[str, Any],
) -> Reply:
    changes = []
    if accepted is not None:
        changes = list_differences(layout, json.loads(accepted.answers), pack_answers(judgement.answers))
    facts |= {
        "late_days": at.calendar.late_working_days(own, submission.received_at) if accepted is None else 0,
        "replaces": accepted.receipt_number if accepted else "",
        "changes": changes[:CHANGES],
        "more_changes": len(changes[CHANGES:]),
        "findings": list_notes(judgement.worded),
    }
    figures = list_read_figures(layout, judgement.answers)
    progress = list_read_progress(layout, judgement.answers)
    page = write_slip("tiep_nhan", at, figures=[*figures, *progress], others=(), **facts)
    return Reply("tiep_nhan", submission.version, page, facts | {"figures": figures})


def _write_return(
    at: CycleMoment,
    submission: Submission,
    judgement: Judgement,
    layout: FormLayout,
    accepted: Submission | None,
    own: Cycle,
    facts: dict[str, Any],
) -> Reply:
    errors = [finding for finding in judgement.worded if finding.sends_back]
    facts |= {
        "error_count": len(errors),
        "is_form": judgement.verdict is Verdict.RETURNED,
        "is_late": at.as_of >= at.calendar.deadline(own),
        "kept": accepted.receipt_number if accepted else "",
        "is_unmarked": not facts["marked"] and any(finding.cell for finding in errors),
    }
    figures = leave_out_blank(list_read_figures(layout, judgement.answers))
    figures += list_read_progress(layout, judgement.answers)
    causes = list_causes(errors, IN_SLIP)
    summary = summarize_causes(errors) if len(errors) > ON_FIRST_SHEET else ()
    page = write_slip("tra_lai", at, causes=causes, summary=summary, figures=figures, others=(), **facts)
    in_mail = {"causes": list_causes(errors, IN_MAIL), "summary": (), "figures": ()}
    return Reply("tra_lai", submission.version, page, facts | in_mail)


def list_causes(findings: Iterable[WordedFinding], limit: int) -> list[Group]:
    """(cause, its rows of place, what is wrong, suggested fix); at most `limit` rows of one, then a count of the rest.

    A submission may have the same fault in hundreds of cells: they are listed once, under one cause.
    """
    groups: list[Group] = []
    for group in group_by_cause(findings):
        rows: list[tuple[str, ...]] = [_row(finding) for finding in group[:limit]]
        if rest := group[limit:]:
            rows.append((_count_rest(rest), "Như trên.", "Như trên."))
        groups.append((_name_cause(group), rows))
    return groups


def list_notes(findings: Iterable[WordedFinding]) -> list[str]:
    """The notes of a receipt, a line for each place; of one cause only the first few."""
    notes: list[str] = []
    for group in group_by_cause(findings):
        notes += [_locate(finding) for finding in group[:IN_MAIL]]
        notes += [_count_rest(rest) + "."] if (rest := group[IN_MAIL:]) else []
    return notes


def summarize_causes(findings: Iterable[WordedFinding]) -> list[tuple[str, str]]:
    """(cause, where) of every cause: what fits on the sheet that is signed."""
    causes = [(_name_cause(group), _list_places(group)) for group in group_by_cause(findings)]
    return [(cause, places[:1].upper() + places[1:]) for cause, places in causes]


def _name_cause(group: Sequence[WordedFinding]) -> str:
    return group[0].title + (f" ({format_number(len(group))} chỗ)" if len(group) > 1 else "")


def _list_places(findings: Sequence[WordedFinding]) -> str:
    """ "Trang Chỉ tiêu: ô E9, E10; trang Nhiệm vụ: ô F7, …"."""
    shown = [
        (f"trang {sheet}: ô " if any(f.cell for f in group) else f"trang {sheet}" if sheet else "cả tệp")
        + ", ".join(dict.fromkeys(f.cell for f in group if f.cell))
        for sheet, group in ((sheet, list(group)) for sheet, group in groupby(findings[:PLACES], lambda f: f.sheet))
    ]
    return "; ".join(shown) + (", …" if findings[PLACES:] else "")


def _count_rest(rest: Sequence[WordedFinding]) -> str:
    return f"… và {format_number(len(rest))} chỗ khác: {_list_places(rest)}"


def _row(finding: WordedFinding) -> tuple[str, str, str]:
    message = f"{finding.message} {finding.reported_cause}".rstrip()
    return _place(finding) or "Cả tệp", message, finding.hint


def _locate(finding: WordedFinding) -> str:
    place, said = _place(finding), f"{finding.message} {finding.hint}"
    return f"{place}: {said}" if place else said


def _place(finding: WordedFinding) -> str:
    """ "Ô G7, trang Chỉ tiêu": where to look, as one would say it."""
    if finding.cell:
        return f"Ô {finding.cell}, trang {finding.sheet}"
    return f"Trang {finding.sheet}" if finding.sheet else ""
