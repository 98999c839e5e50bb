"""Whom a message goes to: valid contacts whose domain is on the plan's allow-list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from kybaocao.plan.model import ContactRole, Person
from kybaocao.plan.plan import Plan


def is_allowed(plan: Plan, email: str) -> bool:
    """Official messages leave only for domains the province has listed."""
    domain = email.rpartition("@")[2].lower()
    return any(
        domain == allowed or domain.endswith("." + allowed) for allowed in plan.require_recipients().allowed_domains
    )


def find_contacts(plan: Plan, agency: str, role: ContactRole, on: dt.date) -> tuple[str, ...]:
    """Usable addresses of an agency for a role on a day; empty when there is none."""
    return tuple(c.email for c in plan.contacts_of(agency, role, on) if is_allowed(plan, c.email))


def allowed_people(plan: Plan, people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(person.email for person in people if is_allowed(plan, person.email))


def list_unreachable(plan: Plan, on: dt.date) -> list[str]:
    """Expected agencies without a usable officer contact: the operators must hear of them."""
    return [a.code for a in plan.expected if not find_contacts(plan, a.code, ContactRole.OFFICER, on)]
