"""What a reminder letter says: the facts for its template, and the official letter that goes with a leader's list."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kybaocao.documents.official_letter.content import Late
from kybaocao.figures.headline import count_headline
from kybaocao.inbox.submission import Submission
from kybaocao.mail.messages import write_message
from kybaocao.mail.reminder_letters import ReminderLetter
from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.ladder import OutstandingAgency, find_end_of_use
from kybaocao.plan.outstanding import describe_owed
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.official_letters import draft_official_letter
from kybaocao.stages.support.own_deadlines import find_own_deadlines
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.reminder_overview import Overview
from kybaocao.store.outbox import MailAttachment, Message, ReportedStep
from kybaocao.store.reports import load_newest_snapshot
from kybaocao.vietnamese import name_day

DIGEST = "nhac_chung"  # the letter for one person about several agencies


def list_reported(letter: ReminderLetter) -> tuple[ReportedStep, ...]:
    """The steps that a letter says, as the outbox records them."""
    return tuple(ReportedStep(outstanding.agency, *step.key, step.to.value) for outstanding, step in letter.steps)


def write_reminder(p: Pass, letter: ReminderLetter, overview: Overview) -> Message:
    """The message for the outbox; its key changes with what it says and to whom."""
    drafts: tuple[MailAttachment, ...] = ()
    if letter.to.is_collective:
        kind = letter.reminder_step.template
        facts, drafts = _describe_list(p, letter, overview)
    elif letter.is_digest:
        kind, facts = DIGEST, _describe_digest(p, letter, overview)
    else:
        kind, facts = letter.reminder_step.template, _describe_outstanding(p, letter, overview)
    agency = "" if len(letter.named) > 1 or letter.to.is_collective else letter.named[0][0].agency
    steps = list_reported(letter)
    digest = hashlib.sha256(repr((steps, letter.recipients, letter.copies)).encode()).hexdigest()[:12]
    message = write_message(
        kind,
        p,
        key=f"{p.cycle.id}/{letter.reminder_step.id}/{agency or letter.to.value}/{p.as_of:%Y%m%dT%H%M%S%z}/{digest}",
        recipients=letter.recipients,
        agency=agency,
        **facts,
    )
    return replace(
        message,
        copies=letter.copies,
        attachments=drafts,
        steps=steps,
        useful_until=min(find_end_of_use(step, outstanding, p.reminders) for outstanding, step in letter.steps),
    )


def _describe_outstanding(p: Pass, letter: ReminderLetter, overview: Overview) -> dict[str, Any]:
    """The facts of a letter about one agency."""
    ((outstanding, _),) = letter.named
    own = p.plan.cycle_of(p.cycle.id, outstanding.agency, p.local.date())
    sent_before = overview.letters[outstanding.agency]
    return {
        "due_on": own.due_on,
        "days_left": p.calendar.working_days_between(p.local.date(), p.calendar.anchor(own)),
        "standing": _describe_standing(outstanding, overview.submissions_of(outstanding.agency)),
        "owed": describe_owed(outstanding.owed),
        "owes_form": outstanding.owes_form,
        "number": sent_before + 1,
        "sent_before": sent_before,
        "is_copy": letter.is_copy,
        "own_deadlines": find_own_deadlines(p, outstanding.agency),
    }


def _describe_digest(p: Pass, letter: ReminderLetter, overview: Overview) -> dict[str, Any]:
    """The facts of one person's letter about several agencies."""
    rows, deadlines, is_late = [], [], False
    for outstanding, _ in letter.named:
        own = p.plan.cycle_of(p.cycle.id, outstanding.agency, p.local.date())
        is_late = is_late or p.as_of >= p.calendar.deadline(own)
        name = p.plan.agencies[outstanding.agency].name
        if (dated := find_own_deadlines(p, outstanding.agency)).shown:
            deadlines.append((name, dated))
        rows.append(
            (
                name,
                _describe_standing(outstanding, overview.submissions_of(outstanding.agency)),
                describe_owed(outstanding.owed),
                name_day(own.due_on),
                f"{outstanding.agency}/{p.cycle.id}/nop",
                str(overview.letters[outstanding.agency] + 1),
            )
        )
    return {
        "rows": rows,
        "own_deadlines": deadlines,
        "is_late": is_late,
        "is_copy": letter.is_copy,
        "to": letter.to.value,
    }


def _describe_list(
    p: Pass, letter: ReminderLetter, overview: Overview
) -> tuple[dict[str, Any], tuple[MailAttachment, ...]]:
    """The facts of a leader's list, and the official letter (công văn) to sign that goes with it."""
    rows: list[tuple[str, str, str, str]] = []
    late: list[Late] = []
    for outstanding, _ in letter.named:
        contacts = p.plan.contacts_of(outstanding.agency, ContactRole.OFFICER, p.local.date())
        phones = ", ".join(contact.phone for contact in contacts if contact.phone)
        standing = _describe_standing(outstanding, overview.submissions_of(outstanding.agency))
        sent_before = overview.letters[outstanding.agency]
        late.append(Late(p.plan.agencies[outstanding.agency].name, standing, sent_before))
        rows.append((late[-1].name, standing, phones, str(sent_before)))
    duties = {*letter.reminder_step.duties, *(outstanding.duty for outstanding, _ in letter.named)}
    accepted = {
        agency
        for agency, versions in overview.submissions.items()
        if any(one.is_accepted and one.component == FORM for one in versions)
    }
    asked = [agency.code for agency in p.plan.expected if agency.duty in duties]
    owing = [code for code in asked if code in accepted or p.plan.owes_return(p.cycle.id, code, p.local.date())]
    done = sum(code in accepted for code in owing)
    # A list of agencies that nobody could send a reminder to is no reason to draft an official letter.
    is_due = any(step.reminder_step == letter.reminder_step for _, step in letter.named)
    drafts = draft_official_letter(p, letter.reminder_step, late, accepted=done, expected=len(owing)) if is_due else ()
    with p.store.read() as connection:
        snapshot = load_newest_snapshot(connection, p.cycle.id)
    facts = {
        "rows": rows,
        "accepted": done,
        "expected": len(owing),
        "has_draft": bool(drafts),
        "headline": count_headline(snapshot) if snapshot else None,
    }
    return facts, drafts


def _describe_standing(outstanding: OutstandingAgency, submissions: Sequence[Submission]) -> str:
    """Why the agency still owes something, in words."""
    forms = [submission for submission in submissions if submission.component == FORM]
    returned = sum(submission.verdict in (Verdict.RETURNED, Verdict.UNREADABLE) for submission in forms)
    if not outstanding.owes_form:
        standing = "biểu đã được tiếp nhận, còn thiếu tệp kèm theo"
    else:
        standing = f"đã nộp, bị trả lại {returned} lần, chưa nộp bản sửa" if forms else "chưa nộp"
    if all(to.is_collective for to in outstanding.reachable):
        standing += "; chưa có địa chỉ thư dùng được"
    return standing
