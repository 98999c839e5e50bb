"""The letters about the reminder steps that were taken: written for all agencies of a pass together.

A letter that never left is withdrawn and written anew, to whom it concerns by then and with what is true by then.
"""

from __future__ import annotations

from kybaocao.mail.reminder_letters import ReminderLetter, gather_reminder_letters
from kybaocao.mail.usefulness import LAPSED
from kybaocao.plan.recipients import find_addresses
from kybaocao.stages.support.official_letters import record_draft
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.reminder_overview import Overview
from kybaocao.stages.support.reminder_texts import list_reported, write_reminder
from kybaocao.stages.support.written_reminders import close_reminder, sort_letters
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import LetterState, Message, Queued, ReportedStep, add_message, list_reminders
from kybaocao.store.steps import StepState, list_unreported, mark_steps

# Why a letter was withdrawn, for the audit and the operators.
OUTDATED = "không còn cần gửi: cơ quan đã nộp, hạn đã đổi hoặc đã đến bước sau"
REWRITTEN = "được viết lại theo tình hình hiện nay"


def write_reminder_letters(p: Pass) -> int:
    """Write the letters of everything that was taken and not yet said; returns how many were queued.

    In one transaction: all letters and what they report, or nothing.
    """
    if p.plan.ladder is None or p.plan.recipients is None:
        return 0
    with p.store.exclusive(f"outbox-{p.cycle.id}"):  # no letter leaves while it is looked at
        with p.store.read() as connection:
            unreported = list_unreported(connection, p.cycle.id, p.as_of)
            reminders = list_reminders(connection, p.cycle.id)
            written = sort_letters(p, connection, reminders)
        if not (unreported or written.open):
            return 0
        back = {one.id for one in written.returned}
        overview = Overview.read(p, [one for one in reminders if one.id not in back])
        recalled = {step for step in written.recalled if not overview.is_outdated(step)}
        waiting = {*unreported, *written.unsaid, *recalled}
        outdated = {step for step in waiting if overview.is_outdated(step)}
        today = p.local.date()
        letters = gather_reminder_letters(
            overview.find_sayable(waiting),
            p.plan.require_ladder(),
            lambda agency, to: find_addresses(p.plan, agency, to, today),
        )
        current = {_read_content(one.message) for one in written.unsent if _is_of_today(p, one)}
        fresh = [one for one in letters if _find_content(one) not in current]
        wanted = {_find_content(one) for one in letters} & current
        kept = {one.id for one in written.unsent if _is_of_today(p, one) and _read_content(one.message) in wanted}
        messages = [write_reminder(p, one, overview) for one in fresh]
        said = {reported.step for one in letters for reported in list_reported(one)}
        pointless = {one.id: _find_pointless(one, overview) for one in (*written.unsent, *written.stuck)}
        with p.store.write() as connection:
            for queued in written.unsent:
                if queued.id not in kept:
                    close_reminder(p, connection, queued, LetterState.WITHDRAWN, pointless[queued.id] or REWRITTEN)
            for queued in written.stuck:
                if pointless[queued.id]:
                    close_reminder(p, connection, queued, LetterState.WITHDRAWN, pointless[queued.id])
            for queued in written.returned:
                close_reminder(p, connection, queued, LetterState.RETURNED, queued.last_error)
            mark_steps(connection, p.cycle.id, written.lost, StepState.FAILED, held=StepState.REPORTED)
            mark_steps(connection, p.cycle.id, waiting, StepState.WAITING)
            mark_steps(connection, p.cycle.id, outdated | said, StepState.REPORTED)
            for step in sorted(outdated):
                record_action(
                    connection,
                    "step-outdated",
                    at=p.as_of,
                    cycle=p.cycle.id,
                    agency=step.agency,
                    rung=step.reminder_step,
                    repetition=step.repetition,
                )
            for one, message in zip(fresh, messages, strict=True):
                add_message(connection, message, at=p.as_of)
                record_draft(connection, p, one.reminder_step, message.attachments)
    return len(messages)


Content = tuple[tuple[ReportedStep, ...], tuple[str, ...], tuple[str, ...]]


def _is_of_today(p: Pass, queued: Queued) -> bool:
    """Whether a letter that waits for the mail server stays: if it says today what would be written anew."""
    return queued.created_at.astimezone(p.plan.timezone).date() == p.local.date() and not queued.has_lapsed(p.as_of)


def _read_content(message: Message) -> Content:
    return message.steps, message.recipients, message.copies


def _find_content(letter: ReminderLetter) -> Content:
    return list_reported(letter), letter.recipients, letter.copies


def _find_pointless(queued: Queued, overview: Overview) -> str:
    """Why a letter need not be sent any more; "" when it still makes sense."""
    if queued.has_lapsed(overview.p.as_of):
        return LAPSED
    return OUTDATED if all(overview.is_outdated(reported.step) for reported in queued.message.steps) else ""
