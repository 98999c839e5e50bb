"""Opening a cycle: each agency's form in its folder, and a mail that says so."""

from __future__ import annotations

from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.form.workbook import write_form
from kybaocao.mail.letters import write_letter
from kybaocao.mail.recipients import find_contacts
from kybaocao.passes import Pass
from kybaocao.plan.model import ContactRole
from kybaocao.store.arrivals import insert_ignoring
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import Message, add_message
from kybaocao.store.tables import issued_forms


def form_name(layout: FormLayout) -> str:
    return layout.edition.file_name.format(co_quan=layout.identity.agency, ky=layout.identity.cycle)


def is_open(p: Pass) -> bool:
    """Between opening and closing; a cycle that ended before anyone looked is not opened any more."""
    return p.as_of >= p.calendar.at(p.cycle.opens) and p.local.date() <= p.cycle.closes_on


def issue_forms(p: Pass) -> list[str]:
    """Put every form that is not there yet into its agency's folder; returns the agencies served now."""
    if not is_open(p):
        return []
    with p.store.read() as connection:
        held = {
            row.agency for row in connection.execute(issued_forms.select().where(issued_forms.c.cycle == p.cycle.id))
        }
    served = []
    for agency in p.plan.expected:
        p.home.inbox(agency.code, p.cycle.id).mkdir(parents=True, exist_ok=True)
        p.home.replies(agency.code, p.cycle.id).mkdir(parents=True, exist_ok=True)
        owes = p.plan.owes_return(p.cycle.id, agency.code, p.local.date())
        if agency.code in held or not owes or p.plan.blocked(agency.code):
            continue
        _issue_form(p, agency.code)
        served.append(agency.code)
    return served


def _issue_form(p: Pass, agency: str) -> None:
    layout = build_layout(p.plan, p.cycle.id, agency)
    path = p.home.cycle_folder(agency, p.cycle.id) / form_name(layout)
    if not path.exists():  # an official may already be filling it in
        write_form(layout, path)
    subject, html, text = write_letter("mo_ky", p, agency=agency, file_name=path.name)
    officers, heads = (find_contacts(p.plan, agency, role, p.local.date()) for role in ContactRole)
    recipients = officers or heads
    with p.store.write() as connection:
        is_new = insert_ignoring(
            connection,
            issued_forms,
            cycle=p.cycle.id,
            agency=agency,
            edition=layout.identity.edition,
            checksum=layout.identity.checksum,
            path=str(path.relative_to(p.home.root)),
            issued_at=p.as_of,
        )
        if not is_new:
            return
        record_action(connection, "form-issued", at=p.as_of, cycle=p.cycle.id, agency=agency, path=path.name)
        if recipients:
            message = Message(
                key=f"{p.cycle.id}/mo_ky/{agency}",
                cycle=p.cycle.id,
                kind="mo_ky",
                agency=agency,
                recipients=recipients,
                subject=subject,
                html=html,
                text=text,
            )
            add_message(connection, message, at=p.as_of)
