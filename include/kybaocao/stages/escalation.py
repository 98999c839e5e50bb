"""Escalating: the steps of the ladder, taken once each, with the mail they cause.

Steps towards one agency or its head are mailed one by one.  Steps towards Sở Tài chính's leaders and the
Chairman are collective: each agency's step is recorded, and one letter names them all.
"""

from __future__ import annotations

from kybaocao.ladder import Debtor, Step, due_steps
from kybaocao.mail.letters import write_letter
from kybaocao.mail.recipients import allowed_people, find_contacts
from kybaocao.passes import Pass
from kybaocao.plan.model import Addressee, ContactRole, Rung
from kybaocao.store.arrivals import latest_accepted, list_arrivals
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import Message, add_message, count_messages
from kybaocao.store.steps import list_steps, take_step
from kybaocao.store.tables import steps as steps_table

CHASE_KINDS = ("nhac", "qua_han", "qua_han_thu_truong")
FORM_OWED = "Biểu mẫu báo cáo (.xlsx)"


def escalate_agency(p: Pass, agency: str) -> list[str]:
    """Take every step due for one agency now; returns the rungs taken."""
    with p.store.read() as connection:
        is_owing = latest_accepted(connection, p.cycle.id, agency) is None
        taken = list_steps(connection, p.cycle.id).get(agency, set())
    debtor = Debtor(agency, p.plan.agencies[agency].duty, is_owing)
    due = due_steps(debtor, p.cycle, p.plan.require_ladder(), p.calendar, taken, p.as_of)
    return [step.rung.id for step in due if _take(p, agency, step)]


def _take(p: Pass, agency: str, step: Step) -> bool:
    message = None if step.rung.is_collective else _write_notice(p, agency, step)
    with p.store.write() as connection:
        is_new = take_step(
            connection, p.cycle.id, agency, step.rung.id, step.repetition, due_at=step.due_at, at=p.as_of
        )
        if not is_new:
            return False
        for old in step.absorbs:  # taken at its own moment, so that no letter of now names it
            take_step(connection, p.cycle.id, agency, old.rung.id, old.repetition, due_at=old.due_at, at=old.due_at)
        record_action(
            connection,
            "step-taken",
            at=p.as_of,
            cycle=p.cycle.id,
            agency=agency,
            rung=step.rung.id,
            repetition=step.repetition,
            due_at=step.due_at.isoformat(),
            has_recipient=step.rung.is_collective or message is not None,
        )
        if message is not None:
            add_message(connection, message, at=p.as_of)
    return True


def _write_notice(p: Pass, agency: str, step: Step) -> Message | None:
    """The letter of an individual step; None when nobody of the agency can be written to."""
    recipients = _addresses(p, agency, step.rung.to)
    copies = tuple(a for other in step.rung.copies for a in _addresses(p, agency, other) if a not in recipients)
    if not recipients:
        recipients, copies = copies, ()
    if not recipients:
        return None
    with p.store.read() as connection:
        sent_before = count_messages(connection, p.cycle.id, agency, CHASE_KINDS)
    subject, html, text = write_letter(
        step.rung.template,
        p,
        agency=agency,
        days_left=p.calendar.working_days_between(p.local.date(), p.calendar.anchor(p.cycle)),
        standing=describe_standing(p, agency),
        owed=FORM_OWED,
        number=sent_before + 1,
        sent_before=sent_before,
    )
    return Message(
        key=f"{p.cycle.id}/{step.rung.id}/{step.repetition}/{agency}",
        cycle=p.cycle.id,
        kind=step.rung.template,
        agency=agency,
        recipients=recipients,
        copies=copies,
        subject=subject,
        html=html,
        text=text,
    )


def _addresses(p: Pass, agency: str, addressee: Addressee) -> tuple[str, ...]:
    role = ContactRole.HEAD if addressee is Addressee.HEAD else ContactRole.OFFICER
    return find_contacts(p.plan, agency, role, p.local.date())


def describe_standing(p: Pass, agency: str) -> str:
    """Why the agency still owes something, in words."""
    with p.store.read() as connection:
        mine = list_arrivals(connection, p.cycle.id, agency)
    if not mine:
        return "chưa nộp"
    returned = sum(1 for arrival in mine if arrival.verdict in ("returned", "unreadable"))
    return f"đã nộp, bị trả lại {returned} lần, chưa nộp bản sửa"


def write_collective_notices(p: Pass) -> int:
    """One letter for each collective rung taken in this pass; returns how many were queued."""
    if p.plan.ladder is None:
        return 0
    queued = 0
    for rung in p.plan.ladder.rungs:
        if rung.is_collective:
            queued += _write_collective(p, rung)
    return queued


def _write_collective(p: Pass, rung: Rung) -> int:
    with p.store.read() as connection:
        taken = connection.execute(
            steps_table.select().where(
                steps_table.c.cycle == p.cycle.id,
                steps_table.c.rung == rung.id,
                steps_table.c.taken_at == p.as_of,
            )
        ).all()
        accepted = {a.agency for a in list_arrivals(connection, p.cycle.id) if a.is_accepted}
    named = {row.agency for row in taken} - accepted
    late = [agency for agency in p.plan.expected if agency.code in named]
    people = p.plan.require_recipients()
    recipients = allowed_people(p.plan, people.coordinator if rung.to is Addressee.COORDINATOR else people.chairman)
    if not late or not recipients:
        return 0
    rows = []
    with p.store.read() as connection:
        for agency in late:
            phones = [c.phone for c in p.plan.contacts_of(agency.code, ContactRole.OFFICER, p.local.date()) if c.phone]
            count = count_messages(connection, p.cycle.id, agency.code, CHASE_KINDS)
            rows.append((agency.name, describe_standing(p, agency.code), ", ".join(phones), str(count)))
    asked = [agency.code for agency in p.plan.expected if agency.duty in rung.duties]
    subject, html, text = write_letter(
        rung.template, p, rows=rows, accepted=sum(code in accepted for code in asked), expected=len(asked)
    )
    message = Message(
        key=f"{p.cycle.id}/{rung.id}/{p.as_of.isoformat()}",
        cycle=p.cycle.id,
        kind=rung.template,
        recipients=recipients,
        subject=subject,
        html=html,
        text=text,
    )
    with p.store.write() as connection:
        return int(add_message(connection, message, at=p.as_of))
