"""Opening a cycle: each agency's form in its folder, and a mail that says so."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from kybaocao.files import write_inside
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.intake.astray import HERE
from kybaocao.mail.letters import write_letter
from kybaocao.mail.recipients import find_contacts
from kybaocao.mail.usefulness import find_last_moment
from kybaocao.passes import Pass
from kybaocao.plan.model import ContactRole
from kybaocao.stages.answers import make_folders
from kybaocao.store.arrivals import insert_ignoring, remember_drop
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import Message, add_message
from kybaocao.store.tables import issued_forms


def is_open(p: Pass) -> bool:
    """Between opening and closing; a cycle that ended before anyone looked is not opened any more."""
    return p.as_of >= p.calendar.at(p.cycle.opens) and p.local.date() <= p.cycle.closes_on


def issue_forms(p: Pass) -> list[str]:
    """Put every form that is not there yet into its agency's folder; returns the agencies served now.

    A folder that takes no form (see `list_without_form`) is tried again by the next pass, and stops nobody else.
    """
    if not is_open(p):
        return []
    p.home.shared.mkdir(parents=True, exist_ok=True)
    without = list_without_form(p)
    served = []
    for agency in p.plan.expected:
        try:
            make_folders(p, agency.code)
            if agency.code in without:
                _issue_form(p, agency.code)
                served.append(agency.code)
        except OSError:
            continue
    return served


def list_without_form(p: Pass) -> list[str]:
    """Agencies that owe a return and have not been given the form of an open cycle."""
    if not is_open(p):
        return []
    with p.store.read() as connection:
        held = {
            row.agency for row in connection.execute(issued_forms.select().where(issued_forms.c.cycle == p.cycle.id))
        }
    today = p.local.date()
    owing = (agency.code for agency in p.plan.expected if p.plan.owes_return(p.cycle.id, agency.code, today))
    return [code for code in owing if code not in held and not p.plan.blocked(code)]


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _issue_form(p: Pass, agency: str) -> None:
    layout = build_layout(p.plan, p.cycle.id, agency)
    path = p.home.cycle_folder(agency, p.cycle.id) / layout.edition.name_form(agency, p.cycle.id)
    content = b""
    if not _is_file(path):  # an official may already be filling it in
        content = render_form(layout)
        write_inside(p.home.shared, path.relative_to(p.home.shared), content)
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
        if content:  # known again, as long as nobody has filled it in
            remember_drop(connection, p.cycle.id, agency, HERE + path.name, "", hashlib.sha256(content).hexdigest())
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
                useful_until=find_last_moment(p, "mo_ky", agency),
            )
            add_message(connection, message, at=p.as_of)
