"""Attachments of an agency: accepted or refused, answered on one page that lists them all, reported when missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kybaocao.attachments.inspection import inspect_attachment
from kybaocao.findings import word
from kybaocao.inbox.archive import read_kept
from kybaocao.inbox.submission import Submission
from kybaocao.mail.letters import write_slip
from kybaocao.mail.messages import write_message
from kybaocao.mail.submission_reply import AttachmentRow
from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.attachment_kinds import AttachmentFormat, AttachmentKind
from kybaocao.plan.recipients import find_contacts
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.agency_folder import put_answer
from kybaocao.stages.support.outcomes import log_outcome
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import Message, add_message
from kybaocao.store.submissions import list_attachments, list_submissions, record_verdict
from kybaocao.vietnamese import format_date

SLIP = "Tep-kem-theo.html"
ACCEPTED, REFUSED = Verdict.ACCEPTED, Verdict.RETURNED


def judge_attachments(p: Pass, agency: str) -> list[Submission]:
    """Judge every attachment that waits, and answer; returns all attachments of the agency, judged.

    A mail goes out only when no form waits to be answered: the answer to the form lists the attachments, too.
    """
    with p.store.read() as connection:
        found = list_attachments(connection, p.cycle.id, agency)
        forms = list_submissions(connection, p.cycle.id, agency)
    waiting = [submission for submission in found if submission.verdict is None]
    if not waiting:
        return found
    decided = {submission.id: _decide(p, submission) for submission in waiting}
    judged = [decided.get(submission.id, submission) for submission in found]
    write_attachment_slip(p, agency, judged, form_verdict_of(forms))
    is_form_waiting = any(form.verdict is None for form in forms)
    message = None if is_form_waiting else _write_message(p, agency, judged, forms)
    recorded: list[Submission] = []
    with p.store.write() as connection:
        for submission in decided.values():
            if not record_verdict(connection, submission):
                continue  # another pass was faster, and has answered
            recorded.append(submission)
            record_action(
                connection,
                "companion-accepted" if submission.is_accepted else "companion-refused",
                at=p.as_of,
                cycle=p.cycle.id,
                agency=agency,
                component=submission.component,
                version=submission.version,
                file=submission.file_name,
                sha256=submission.sha256,
                findings=[finding["code"] for finding in json.loads(submission.findings)],
            )
        if message is not None and recorded:
            add_message(connection, message, at=p.as_of)
    for submission in recorded:
        log_outcome(submission)
    return judged


def _decide(p: Pass, submission: Submission) -> Submission:
    """The submission as it will be recorded."""
    attachment = find_attachment_kind(p, submission.component)
    data = read_kept(p.home.archive, submission.sha256, attachment.limit_bytes + 1)
    finding = inspect_attachment(data, attachment)
    findings = [word(finding).as_dict()] if finding else []
    return submission.judged(REFUSED if findings else ACCEPTED, findings, [], p.as_of)


def find_attachment_kind(p: Pass, component: str) -> AttachmentKind:
    """The configured entry; for one taken out of the configuration since, what it may have been at most."""
    configured = (one for one in p.plan.require_edition().attachments if one.id == component)
    return next(configured, None) or AttachmentKind.model_validate(
        {"ma": component, "ten": "Tệp kèm theo", "loai": list(AttachmentFormat)}
    )


# --- reporting ------------------------------------------------------------------------------------------------------


def list_attachment_rows(p: Pass, attachments: Sequence[Submission]) -> list[AttachmentRow]:
    """Every attachment with what became of it, oldest first, for receipts and slips."""
    return [
        (
            submission.file_name,
            find_attachment_kind(p, submission.component).name,
            _describe(submission),
            submission.sha256,
        )
        for submission in attachments
    ]


def _describe(submission: Submission) -> str:
    if submission.verdict is None:
        return "đang kiểm tra"
    if submission.is_accepted:
        return f"đã nhận, số {submission.receipt_number}"
    findings = json.loads(submission.findings)
    return "chưa nhận: " + " ".join(f"{finding['message']} {finding['hint']}" for finding in findings)


def write_attachment_slip(p: Pass, agency: str, attachments: Sequence[Submission], form_verdict: str | None) -> None:
    """The one page about an agency's attachments, written anew as a whole.

    `form_verdict` is that of the newest form: "" when none has come, None while it waits.
    """
    if attachments:
        page = write_slip("kem_theo", p, agency=agency, **_facts(p, agency, attachments, form_verdict))
        put_answer(p, agency, SLIP, page.encode())


def _facts(p: Pass, agency: str, attachments: Sequence[Submission], form_verdict: str | None) -> dict[str, Any]:
    own = p.plan.cycle_of(p.cycle.id, agency, p.local.date())
    rows = [
        (
            submission.file_name,
            find_attachment_kind(p, submission.component).name,
            submission.received_at.astimezone(p.plan.timezone),
            submission.sha256,
            _describe(submission),
        )
        for submission in attachments
    ]
    return {
        "rows": rows,
        "any_taken": any(submission.is_accepted for submission in attachments),
        "any_refused": any(submission.verdict is not None and not submission.is_accepted for submission in attachments),
        "form": {"": "chua_nop", ACCEPTED: "tiep_nhan", None: "dang_kiem_tra"}.get(form_verdict, "tra_lai"),
        "is_late": p.as_of >= p.calendar.deadline(own),
        "due_on": own.due_on,
        "missing": list_missing_attachments(p, agency, attachments),
    }


def _write_message(
    p: Pass, agency: str, attachments: Sequence[Submission], forms: Sequence[Submission]
) -> Message | None:
    recipients = find_contacts(p.plan, agency, ContactRole.OFFICER, p.local.date())
    if not recipients:
        return None
    facts = _facts(p, agency, attachments, form_verdict_of(forms))
    key = f"{p.cycle.id}/{agency}/kem_theo/{len(attachments):02d}"  # each batch makes the list longer
    return write_message("kem_theo", p, key=key, recipients=recipients, agency=agency, **facts)


def form_verdict_of(forms: Sequence[Submission]) -> str | None:
    """What the agency should hear about its form: accepted once a version is, else the newest version's verdict."""
    if any(form.is_accepted for form in forms):
        return ACCEPTED
    return forms[-1].verdict if forms else ""


# --- missing -------------------------------------------------------------------------------------------------------


def list_missing_attachments(p: Pass, agency: str, attachments: Sequence[Submission]) -> list[str]:
    """Required attachments an agency has not handed in: ["Báo cáo bằng văn bản đã ký (PDF), hạn cuối 14/12/2026"].

    Empty for an agency that owes no submission; `attachments` of other agencies are passed over.
    Raises PlanError while the edition is broken.
    """
    today = p.local.date()
    required = [one for one in p.plan.require_edition().attachments if one.is_required]
    if not required or not p.plan.owes_return(p.cycle.id, agency, today):
        return []
    there = {
        submission.component for submission in attachments if submission.agency == agency and submission.is_accepted
    }
    own = p.plan.cycle_of(p.cycle.id, agency, today)
    missing = []
    for attachment in required:
        if attachment.id not in there:
            due_on = p.calendar.shift(own.due_on, attachment.days_after_due)
            late = ", đã quá hạn" if today > due_on else ""
            missing.append(f"{attachment.name} ({attachment.kinds_text}), hạn cuối {format_date(due_on)}{late}")
    return missing
