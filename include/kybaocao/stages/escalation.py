"""Escalating: the steps of the ladder, taken once each, with the mail they cause.

Steps towards one agency or its head are mailed one by one.  Steps towards Sở Tài chính's leaders and the
Chairman are collective: each agency's step is recorded, and one letter names them all.
"""

from __future__ import annotations

from kybaocao.debtors import describe_owed, find_debtor
from kybaocao.ladder import Debtor, Step, due_steps, find_addressee, find_letter_rung
from kybaocao.mail.letters import write_letter
from kybaocao.mail.recipients import find_addresses
from kybaocao.passes import Pass
from kybaocao.plan.model import ContactRole, Rung
from kybaocao.store.arrivals import list_arrivals
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import Message, add_message, count_messages
from kybaocao.store.steps import list_steps, take_step
from kybaocao.store.tables import steps as steps_table

CHASE_KINDS = ("nhac", "qua_han", "qua_han_thu_truong")


def escalate_agency(p: Pass, agency: str) -> list[str]:
    """Take every step due for one agency now; returns the rungs taken."""
    with p.store.read() as connection:
        arrivals = list_arrivals(connection, p.cycle.id, agency)
        taken = list_steps(connection, p.cycle.id).get(agency, set())
    debtor = find_debtor(p.plan, p.cycle.id, agency, arrivals, p.local.date())
    if debtor is None:
        return []
    return [step.rung.id for step in due_steps(debtor, p.chase, taken, p.as_of) if _take(p, debtor, step)]


def _take(p: Pass, debtor: Debtor, step: Step) -> bool:
    message = None if step.to.is_collective else _write_notice(p, debtor, step)
    agency = debtor.agency
    with p.store.write() as connection:
        name, repetition = step.key
        is_new = take_step(connection, p.cycle.id, agency, name, repetition, due_at=step.due_at, at=p.as_of)
        if not is_new:
            return False
        for old in step.absorbs:  # taken at its own moment, so that no letter of now names it
            name, repetition = old.key
            take_step(connection, p.cycle.id, agency, name, repetition, due_at=old.due_at, at=old.due_at)
        record_action(
            connection,
            "step-taken",
            at=p.as_of,
            cycle=p.cycle.id,
            agency=agency,
            rung=step.key[0],
            repetition=step.repetition,
            to=step.to.value,
            due_at=step.due_at.isoformat(),
        )
        if message is not None:
            add_message(connection, message, at=p.as_of)
    return True


def _write_notice(p: Pass, debtor: Debtor, step: Step) -> Message:
    """The letter of an individual step."""
    agency, today = debtor.agency, p.local.date()
    recipients = find_addresses(p.plan, agency, step.to, today)
    copied = (address for to in step.rung.copies for address in find_addresses(p.plan, agency, to, today))
    copies = tuple(address for address in copied if address not in recipients)
    own = p.plan.cycle_of(p.cycle.id, agency, today)
    with p.store.read() as connection:
        sent_before = count_messages(connection, p.cycle.id, agency, CHASE_KINDS)
    subject, html, text = write_letter(
        step.rung.template,
        p,
        agency=agency,
        due_on=own.due_on,
        days_left=p.calendar.working_days_between(today, p.calendar.anchor(own)),
        standing=describe_standing(p, debtor),
        owed=describe_owed(debtor.owed),
        number=sent_before + 1,
        sent_before=sent_before,
    )
    name, repetition = step.key
    return Message(
        key=f"{p.cycle.id}/{name}/{repetition}/{agency}",
        cycle=p.cycle.id,
        kind=step.rung.template,
        agency=agency,
        recipients=recipients,
        copies=copies,
        subject=subject,
        html=html,
        text=text,
    )


def describe_standing(p: Pass, debtor: Debtor) -> str:
    """Why the agency still owes something, in words."""
    with p.store.read() as connection:
        mine = list_arrivals(connection, p.cycle.id, debtor.agency)
    returned = sum(1 for arrival in mine if arrival.verdict in ("returned", "unreadable"))
    said = f"đã nộp, bị trả lại {returned} lần, chưa nộp bản sửa" if mine else "chưa nộp"
    if all(to.is_collective for to in debtor.reachable):
        said += "; chưa có địa chỉ thư dùng được"
    return said


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
    people = find_addresses(p.plan, "", rung.to, p.local.date())
    late = _list_named(p, rung) if people else []
    if not late:
        return 0
    rows = []
    with p.store.read() as connection:
        accepted = {a.agency for a in list_arrivals(connection, p.cycle.id) if a.is_accepted}
        for debtor in late:
            contacts = p.plan.contacts_of(debtor.agency, ContactRole.OFFICER, p.local.date())
            phones = ", ".join(contact.phone for contact in contacts if contact.phone)
            count = count_messages(connection, p.cycle.id, debtor.agency, CHASE_KINDS)
            rows.append((p.plan.agencies[debtor.agency].name, describe_standing(p, debtor), phones, str(count)))
    asked = [a.code for a in p.plan.expected if a.duty in rung.duties]
    owing = [code for code in asked if code in accepted or p.plan.owes_return(p.cycle.id, code, p.local.date())]
    subject, html, text = write_letter(
        rung.template, p, rows=rows, accepted=sum(code in accepted for code in owing), expected=len(owing)
    )
    message = Message(
        key=f"{p.cycle.id}/{rung.id}/{p.as_of.isoformat()}",
        cycle=p.cycle.id,
        kind=rung.template,
        recipients=people,
        subject=subject,
        html=html,
        text=text,
    )
    with p.store.write() as connection:
        return int(add_message(connection, message, at=p.as_of))


def _list_named(p: Pass, rung: Rung) -> list[Debtor]:
    """Who is named in a collective letter of this pass: its steps taken now, and those nobody else could be sent."""
    ladder, found = p.plan.require_ladder(), []
    with p.store.read() as connection:
        rows = connection.execute(
            steps_table.select().where(steps_table.c.cycle == p.cycle.id, steps_table.c.taken_at == p.as_of)
        ).all()
        arrivals = list_arrivals(connection, p.cycle.id)
    taken: dict[str, set[str]] = {}
    for row in rows:
        taken.setdefault(row.agency, set()).add(row.rung.partition("@")[0])
    for agency in p.plan.expected:
        if agency.code not in taken:
            continue
        mine = [arrival for arrival in arrivals if arrival.agency == agency.code]
        debtor = find_debtor(p.plan, p.cycle.id, agency.code, mine, p.local.date())
        if debtor is None:
            continue
        carried = [
            find_letter_rung(one, to, ladder)
            for one in ladder.rungs
            if one.id in taken[agency.code] and (to := find_addressee(one, ladder, debtor.reachable)) is rung.to
        ]
        if rung in carried:
            found.append(debtor)
    return found
