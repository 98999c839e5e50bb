"""Escalating: the steps of the ladder, taken once each, and the letters that say them.

Steps are taken agency by agency.  The letters are written afterwards, for everything the pass has to say, so
that one person gets one message.  A letter that never left is taken back and written anew, to whom it concerns
by then and with what is true by then.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from kybaocao.documents.official_letter.content import Late
from kybaocao.inbox.submission import Submission
from kybaocao.mail.letters import write_letter
from kybaocao.mail.reminder_letters import Reminded, ReminderLetter, gather_reminder_letters
from kybaocao.mail.usefulness import LAPSED
from kybaocao.plan.ladder import Key, OutstandingAgency, due_steps, find_end_of_use, find_sayable, is_outdated
from kybaocao.plan.model import FORM, ContactRole
from kybaocao.plan.outstanding import describe_owed, find_outstanding
from kybaocao.plan.recipients import find_addresses
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.official_letters import draft_official_letter, record_draft
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.untaken_files import find_ours
from kybaocao.stages.support.written_reminders import sort_letters
from kybaocao.store.audit import record_action
from kybaocao.store.forms import list_issued
from kybaocao.store.outbox import (
    LetterState,
    MailAttachment,
    Message,
    Queued,
    ReportedStep,
    add_message,
    count_reminders,
    list_reminders,
    mark_over,
)
from kybaocao.store.sightings import list_sightings
from kybaocao.store.steps import StepId, StepState, list_steps, list_unreported, mark_steps, take_step
from kybaocao.store.submissions import list_components
from kybaocao.vietnamese import name_day

DIGEST = "nhac_chung"  # the letter for one person about several agencies
# Why a letter was withdrawn, for the audit and the operators.
OUTDATED = "không còn cần gửi: cơ quan đã nộp, hạn đã đổi hoặc đã đến bước sau"
REWRITTEN = "được viết lại theo tình hình hiện nay"


# --- taking ---------------------------------------------------------------------------------------------------


def escalate_agency(p: Pass, agency: str) -> list[str]:
    """Take every step due for one agency now; returns the rungs taken.

    What it owes is looked at in the transaction that takes the steps: another pass may have accepted its file.
    """
    with p.store.write() as connection:
        if agency in find_ours(list_sightings(connection, p.cycle.id, agency), p.as_of):
            return []
        arrivals = list_components(connection, p.cycle.id, agency)
        taken = list_steps(connection, p.cycle.id).get(agency, set())
        asked_at = list_issued(connection, p.cycle.id).get(agency)
        outstanding = find_outstanding(p.plan, p.cycle.id, agency, arrivals, p.local.date(), asked_at)
        steps = due_steps(outstanding, p.reminders, taken, p.as_of) if outstanding else []
        return [step.rung.id for step in steps if outstanding and _take(p, connection, (outstanding, step))]


def _take(p: Pass, connection: Connection, reminded: Reminded) -> bool:
    outstanding, step = reminded
    mine = StepId(outstanding.agency, *step.key)
    if not take_step(connection, p.cycle.id, mine, due_at=step.due_at, at=p.as_of):
        return False
    for old in step.absorbs:  # the step taken now speaks for them
        absorbed = StepId(outstanding.agency, *old.key)
        take_step(connection, p.cycle.id, absorbed, due_at=old.due_at, at=p.as_of, state=StepState.REPORTED)
    record_action(
        connection,
        "step-taken",
        at=p.as_of,
        cycle=p.cycle.id,
        agency=outstanding.agency,
        rung=step.key[0],
        repetition=step.repetition,
        to=step.to.value,
        due_at=step.due_at.isoformat(),
    )
    return True


# --- saying ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Outstanding:
    """Who owes what at a pass, and what was done about it so far."""

    p: Pass
    arrivals: list[Submission]
    taken: dict[str, set[Key]]
    letters: Counter[str]  # agency -> letters of the chase that it was sent
    untaken: Collection[str]  # agencies with a file that we could not take: their steps wait

    @cached_property
    def _found(self) -> dict[str, OutstandingAgency | None]:
        return {}

    def find(self, agency: str) -> OutstandingAgency | None:
        if agency not in self._found:
            mine = self.arrivals_of(agency)
            self._found[agency] = find_outstanding(self.p.plan, self.p.cycle.id, agency, mine, self.p.local.date())
        return self._found[agency]

    def arrivals_of(self, agency: str) -> list[Submission]:
        return [submission for submission in self.arrivals if submission.agency == agency]

    def is_outdated(self, step: StepId) -> bool:
        taken = self.taken.get(step.agency, set())
        return is_outdated(step.key, self.find(step.agency), self.p.reminders, taken, self.p.as_of)

    def find_sayable(self, waiting: Collection[StepId]) -> list[Reminded]:
        found: list[Reminded] = []
        for agency in self.p.plan.expected:
            if agency.code in self.untaken:
                continue
            keys = [step.key for step in waiting if step.agency == agency.code]
            outstanding = self.find(agency.code) if keys else None
            if outstanding is not None:
                taken = self.taken.get(agency.code, set())
                steps = find_sayable(keys, outstanding, self.p.reminders, taken, self.p.as_of)
                # One whose successor is due waits: the successor will be taken, by a later pass if this one failed.
                found += [
                    (outstanding, step)
                    for step in steps
                    if find_end_of_use(step, outstanding, self.p.reminders) > self.p.as_of
                ]
        return found


def write_reminder_letters(p: Pass) -> int:
    """Write the letters of everything that was taken and not yet said; returns how many were queued.

    Either all of them and what they tell is recorded, or nothing.
    """
    if p.plan.ladder is None or p.plan.recipients is None:
        return 0
    with p.store.exclusive(f"outbox-{p.cycle.id}"):  # no letter leaves while it is looked at
        with p.store.read() as connection:
            unreported = list_unreported(connection, p.cycle.id, p.as_of)
            reminders = list_reminders(connection, p.cycle.id)
            letters = sort_letters(p, connection, reminders)
        if not (unreported or letters.open):
            return 0
        outstanding_work = _look_up(p, count_reminders(one for one in reminders if one not in letters.returned))
        recalled = {step for step in letters.recalled if not outstanding_work.is_outdated(step)}
        waiting = {*unreported, *letters.unsaid, *recalled}
        outdated = {step for step in waiting if outstanding_work.is_outdated(step)}
        today = p.local.date()
        notices = gather_reminder_letters(
            outstanding_work.find_sayable(waiting),
            p.plan.require_ladder(),
            lambda agency, to: find_addresses(p.plan, agency, to, today),
        )
        kept = {one.id: notice for notice in notices for one in letters.unsent if _is_still_right(p, one, notice)}
        fresh = [notice for notice in notices if notice not in kept.values()]
        messages = [_write_message(p, notice, outstanding_work) for notice in fresh]
        said = {reported for notice in notices for reported in _list_reported(notice)}
        pointless = {one.id: _find_pointless(one, outstanding_work) for one in (*letters.unsent, *letters.stuck)}
        with p.store.write() as connection:
            for one in letters.unsent:
                if one.id not in kept:
                    _close(p, connection, one, LetterState.WITHDRAWN, pointless[one.id] or REWRITTEN)
            for one in letters.stuck:
                if pointless[one.id]:
                    _close(p, connection, one, LetterState.WITHDRAWN, pointless[one.id])
            for one in letters.returned:
                _close(p, connection, one, LetterState.RETURNED, one.last_error)
            mark_steps(connection, p.cycle.id, letters.lost, StepState.FAILED, held=StepState.REPORTED)
            mark_steps(connection, p.cycle.id, waiting, StepState.WAITING)
            mark_steps(connection, p.cycle.id, {*outdated, *(reported.step for reported in said)}, StepState.REPORTED)
            for step in sorted(outdated):
                _audit_step(p, connection, "step-outdated", step)
            for notice, message in zip(fresh, messages, strict=True):
                add_message(connection, message, at=p.as_of)
                record_draft(connection, p, notice.rung, message.attachments)
    return len(messages)


def _list_reported(notice: ReminderLetter) -> tuple[ReportedStep, ...]:
    return tuple(ReportedStep(outstanding.agency, *step.key, step.to.value) for outstanding, step in notice.steps)


def _is_still_right(p: Pass, letter: Queued, notice: ReminderLetter) -> bool:
    """Whether a letter that waits for the mail server says today what would be written anew."""
    is_of_today = letter.created_at.astimezone(p.plan.timezone).date() == p.local.date()
    message = letter.message
    written = (message.steps, message.recipients, message.copies)
    is_valid = is_of_today and not letter.has_lapsed(p.as_of)
    return is_valid and written == (_list_reported(notice), notice.recipients, notice.copies)


def _look_up(p: Pass, sent: Counter[str]) -> _Outstanding:
    with p.store.read() as connection:
        return _Outstanding(
            p,
            list_components(connection, p.cycle.id),
            list_steps(connection, p.cycle.id),
            sent,
            find_ours(list_sightings(connection, p.cycle.id), p.as_of),
        )


def _find_pointless(letter: Queued, outstanding_work: _Outstanding) -> str:
    """Why a letter need not be sent any more; "" when it still makes sense."""
    if letter.has_lapsed(outstanding_work.p.as_of):
        return LAPSED
    return OUTDATED if all(outstanding_work.is_outdated(reported.step) for reported in letter.message.steps) else ""


def _close(p: Pass, connection: Connection, letter: Queued, state: LetterState, reason: str) -> None:
    mark_over(connection, letter.id, state, reason)
    message = letter.message
    record_action(
        connection,
        f"mail-{state}",
        at=p.as_of,
        cycle=p.cycle.id,
        agency=message.agency,
        key=message.key,
        reason=reason,
    )


def _audit_step(p: Pass, connection: Connection, action: str, step: StepId) -> None:
    record_action(
        connection,
        action,
        at=p.as_of,
        cycle=p.cycle.id,
        agency=step.agency,
        rung=step.rung,
        repetition=step.repetition,
    )


# --- letters --------------------------------------------------------------------------------------------------


def _write_message(p: Pass, notice: ReminderLetter, outstanding_work: _Outstanding) -> Message:
    if notice.to.is_collective:
        kind, facts, drafts = _describe_list(p, notice, outstanding_work)
    elif notice.is_digest:
        kind, facts, drafts = DIGEST, _describe_digest(p, notice, outstanding_work), ()
    else:
        kind, facts, drafts = notice.rung.template, _describe_outstanding(p, notice, outstanding_work), ()
    agency = "" if len(notice.named) > 1 or notice.to.is_collective else notice.named[0][0].agency
    subject, html, text = write_letter(kind, p, agency=agency, **facts)
    steps = _list_reported(notice)
    reported = hashlib.sha256(repr((steps, notice.recipients, notice.copies)).encode()).hexdigest()[:12]
    return Message(
        key=f"{p.cycle.id}/{notice.rung.id}/{agency or notice.to.value}/{p.as_of:%Y%m%dT%H%M%S%z}/{reported}",
        cycle=p.cycle.id,
        kind=kind,
        agency=agency,
        recipients=notice.recipients,
        copies=notice.copies,
        subject=subject,
        html=html,
        text=text,
        attachments=drafts,
        steps=steps,
        useful_until=min(find_end_of_use(step, outstanding, p.reminders) for outstanding, step in notice.steps),
    )


def _describe_outstanding(p: Pass, notice: ReminderLetter, outstanding_work: _Outstanding) -> dict[str, Any]:
    """The facts of a letter about one agency."""
    ((outstanding, _),) = notice.named
    own = p.plan.cycle_of(p.cycle.id, outstanding.agency, p.local.date())
    sent_before = outstanding_work.letters[outstanding.agency]
    return {
        "due_on": own.due_on,
        "days_left": p.calendar.working_days_between(p.local.date(), p.calendar.anchor(own)),
        "standing": describe_standing(outstanding, outstanding_work.arrivals_of(outstanding.agency)),
        "owed": describe_owed(outstanding.owed),
        "owes_form": outstanding.owes_form,
        "number": sent_before + 1,
        "sent_before": sent_before,
        "is_copy": notice.is_copy,
    }


def _describe_digest(p: Pass, notice: ReminderLetter, outstanding_work: _Outstanding) -> dict[str, Any]:
    """The facts of one person's letter about several agencies."""
    rows, is_late = [], False
    for outstanding, _ in notice.named:
        own = p.plan.cycle_of(p.cycle.id, outstanding.agency, p.local.date())
        is_late = is_late or p.as_of >= p.calendar.deadline(own)
        rows.append(
            (
                p.plan.agencies[outstanding.agency].name,
                describe_standing(outstanding, outstanding_work.arrivals_of(outstanding.agency)),
                describe_owed(outstanding.owed),
                name_day(own.due_on),
                f"{outstanding.agency}/{p.cycle.id}/nop",
                str(outstanding_work.letters[outstanding.agency] + 1),
            )
        )
    return {"rows": rows, "is_late": is_late, "is_copy": notice.is_copy, "to": notice.to.value}


def _describe_list(
    p: Pass, notice: ReminderLetter, outstanding_work: _Outstanding
) -> tuple[str, dict[str, Any], tuple[MailAttachment, ...]]:
    """The facts of a leader's list, and the công văn to sign that goes with it."""
    rows: list[tuple[str, str, str, str]] = []
    late: list[Late] = []
    for outstanding, _ in notice.named:
        contacts = p.plan.contacts_of(outstanding.agency, ContactRole.OFFICER, p.local.date())
        phones = ", ".join(contact.phone for contact in contacts if contact.phone)
        standing = describe_standing(outstanding, outstanding_work.arrivals_of(outstanding.agency))
        one = Late(p.plan.agencies[outstanding.agency].name, standing, outstanding_work.letters[outstanding.agency])
        late.append(one)
        rows.append((one.name, one.standing, phones, str(outstanding_work.letters[outstanding.agency])))
    duties = {*notice.rung.duties, *(outstanding.duty for outstanding, _ in notice.named)}
    accepted = {
        submission.agency
        for submission in outstanding_work.arrivals
        if submission.is_accepted and submission.component == FORM
    }
    asked = [a.code for a in p.plan.expected if a.duty in duties]
    owing = [code for code in asked if code in accepted or p.plan.owes_return(p.cycle.id, code, p.local.date())]
    done = sum(code in accepted for code in owing)
    # A list that stands in for agencies nobody could be sent a reminder is no reason to draft a công văn.
    is_due = any(step.rung == notice.rung for _, step in notice.named)
    drafts = draft_official_letter(p, notice.rung, late, accepted=done, expected=len(owing)) if is_due else ()
    facts = {"rows": rows, "accepted": done, "expected": len(owing), "has_draft": bool(drafts)}
    return notice.rung.template, facts, drafts


def describe_standing(outstanding: OutstandingAgency, arrivals: Sequence[Submission]) -> str:
    """Why the agency still owes something, in words."""
    forms = [submission for submission in arrivals if submission.component == FORM]
    returned = sum(1 for submission in forms if submission.verdict in (Verdict.RETURNED, Verdict.UNREADABLE))
    if not outstanding.owes_form:
        said = "biểu đã được tiếp nhận, còn thiếu tệp kèm theo"
    else:
        said = f"đã nộp, bị trả lại {returned} lần, chưa nộp bản sửa" if forms else "chưa nộp"
    if all(to.is_collective for to in outstanding.reachable):
        said += "; chưa có địa chỉ thư dùng được"
    return said
