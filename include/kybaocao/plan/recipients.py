"""Whom a message goes to: valid contacts whose domain is on the plan's allow-list and whose mail does not come back."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from dataclasses import replace

from kybaocao.plan.agencies import Contact, ContactRole
from kybaocao.plan.people import Person
from kybaocao.plan.plan import Plan
from kybaocao.plan.reminder_steps import Addressee

_SAMPLE_LABELS = {"example", "invalid", "test", "localhost", "localdomain"}


def is_sample_domain(email_or_domain: str) -> bool:
    """Whether no real mail can go there: example.vn, example.com, anything below .example, .invalid, .test."""
    labels = email_or_domain.rpartition("@")[2].lower().strip(".").split(".")
    return labels[-1] in _SAMPLE_LABELS or "example" in labels


def is_allowed(plan: Plan, email: str) -> bool:
    """Official messages leave only for domains the province has listed."""
    return _is_below(email.rpartition("@")[2].lower(), plan.require_recipients().allowed_domains)


def is_usable(plan: Plan, email: str) -> bool:
    """Whether the address may be written to, and its mail arrives."""
    return email.lower() not in plan.dead_addresses and is_allowed(plan, email)


@functools.lru_cache(maxsize=4096)
def _is_below(domain: str, allowed_domains: tuple[str, ...]) -> bool:
    return any(domain == allowed or domain.endswith("." + allowed) for allowed in allowed_domains)


def find_contacts(plan: Plan, agency: str, role: ContactRole, on: dt.date) -> tuple[str, ...]:
    """Usable addresses of an agency for a role on a day; empty when there is none."""
    return tuple([c.email for c in _usable_contacts(plan).get((agency, role), ()) if c.is_valid_on(on)])


@functools.lru_cache(maxsize=8)
def _usable_contacts(plan: Plan) -> dict[tuple[str, ContactRole], list[Contact]]:
    found: dict[tuple[str, ContactRole], list[Contact]] = {}
    for contact in plan.contacts:
        if is_usable(plan, contact.email):
            found.setdefault((contact.agency, contact.role), []).append(contact)
    return found


def allowed_people(plan: Plan, people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(person.email for person in people if is_usable(plan, person.email))


def find_addresses(plan: Plan, agency: str, to: Addressee, on: dt.date) -> tuple[str, ...]:
    """Usable addresses behind an addressee of the ladder, on a day."""
    if to is Addressee.COORDINATOR:
        return allowed_people(plan, plan.require_recipients().coordinator)
    if to is Addressee.CHAIRMAN:
        return allowed_people(plan, plan.require_recipients().chairman)
    return find_contacts(plan, agency, ContactRole.HEAD if to is Addressee.HEAD else ContactRole.OFFICER, on)


def reachable_addressees(plan: Plan, agency: str, on: dt.date) -> frozenset[Addressee]:
    """Those of the ladder's addressees who can be written to about an agency on a day."""
    own = [to for to in (Addressee.OFFICER, Addressee.HEAD) if find_addresses(plan, agency, to, on)]
    return _reachable_leaders(plan).union(own)


@functools.lru_cache(maxsize=8)
def _reachable_leaders(plan: Plan) -> frozenset[Addressee]:
    leaders = (Addressee.COORDINATOR, Addressee.CHAIRMAN)
    return frozenset(to for to in leaders if find_addresses(plan, "", to, dt.date.min))


@functools.lru_cache(maxsize=8)
def mark_dead(plan: Plan, addresses: frozenset[str]) -> Plan:
    """The plan as it is while mail to these addresses comes back."""
    return replace(plan, dead_addresses=addresses)


def list_unreachable(plan: Plan, on: dt.date) -> list[str]:
    """Expected agencies without a usable officer contact: the operators see them in their letter."""
    return [a.code for a in plan.expected if not find_contacts(plan, a.code, ContactRole.OFFICER, on)]
