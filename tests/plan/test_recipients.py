"""Whom a letter goes to: people in office that day, at domains the province has listed."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from kybaocao.plan.agencies import Contact, ContactRole
from kybaocao.plan.people import Person
from kybaocao.plan.plan import Plan
from kybaocao.plan.recipients import allowed_people, find_contacts, is_allowed, list_unreachable

DAY = dt.date(2026, 12, 9)
OFFICER = ContactRole.OFFICER


def contact(email: str, **changes: object) -> Contact:
    entry = {"ma": "STC", "vai_tro": "dau_moi", "ho_ten": "Lê Thị Thanh Hoa", "email": email}
    return Contact.model_validate(entry | changes)


def with_contacts(plan: Plan, *contacts: Contact) -> Plan:
    return dataclasses.replace(plan, contacts=contacts)


@pytest.mark.parametrize(
    ("email", "allowed"),
    [
        ("vanthu@sonla.example.vn", True),
        ("vanthu@stc.sonla.example.vn", True),
        ("VanThu@SonLa.Example.VN", True),
        ("vanthu@xsonla.example.vn", False),
        ("vanthu@sonla.example.vn.evil.com", False),
        ("sonla.example.vn@gmail.com", False),
        ("vanthu@example.vn", False),
        ("vanthu@sonla.example.vn@gmail.com", False),
    ],
)
def test_only_listed_domains_and_those_below_them(plan: Plan, email: str, allowed: bool) -> None:
    """A subdomain is the province's own; a domain that only looks like it is not."""
    assert is_allowed(plan, email) is allowed


def test_a_contact_counts_from_the_first_to_the_last_of_its_days(plan: Plan) -> None:
    """In office on both days named, not on the day before or after."""
    changed = with_contacts(plan, contact("a@sonla.example.vn", tu_ngay="2026-12-01", den_ngay="2026-12-09"))
    days = [dt.date(2026, 11, 30), dt.date(2026, 12, 1), DAY, dt.date(2026, 12, 10)]
    assert [len(find_contacts(changed, "STC", OFFICER, day)) for day in days] == [0, 1, 1, 0]


def test_a_successor_takes_over_on_the_day(plan: Plan) -> None:
    """Two people in turn: each day has exactly one."""
    changed = with_contacts(
        plan,
        contact("cu@sonla.example.vn", den_ngay="2026-12-08"),
        contact("moi@sonla.example.vn", tu_ngay="2026-12-09"),
    )
    found = [find_contacts(changed, "STC", OFFICER, day) for day in (DAY - dt.timedelta(days=1), DAY)]
    assert found == [("cu@sonla.example.vn",), ("moi@sonla.example.vn",)]


def test_roles_are_kept_apart(plan: Plan) -> None:
    """The head does not get the officer's mail."""
    assert find_contacts(plan, "STC", OFFICER, DAY) == ("vanthu.stc@sonla.example.vn",)
    assert find_contacts(plan, "STC", ContactRole.HEAD, DAY) == ("lanhdao.stc@sonla.example.vn",)


def test_a_private_address_is_left_out(plan: Plan) -> None:
    """An officer's Gmail is not written to, the official box beside it is."""
    changed = with_contacts(plan, contact("hoa@gmail.com"), contact("vanthu@sonla.example.vn"))
    assert find_contacts(changed, "STC", OFFICER, DAY) == ("vanthu@sonla.example.vn",)


def test_people_of_a_release_are_held_to_the_same_list(plan: Plan) -> None:
    """Leaders and copy recipients at other domains are left out."""
    people = [
        Person.model_validate({"ten": "Bộ Tài chính", "email": "vanthu@mof.example.vn"}),
        Person.model_validate({"ten": "Người lạ", "email": "ai.do@mof.example.com"}),
    ]
    assert allowed_people(plan, people) == ("vanthu@mof.example.vn",)


def test_every_configured_recipient_is_on_the_list(plan: Plan) -> None:
    """Nobody of nguoi_nhan.yaml and lien_he.csv would silently be left out."""
    named = plan.require_recipients()
    groups = (named.coordinator, named.chairman, named.ministry, named.copies, named.operators)
    addresses = [person.email for people in groups for person in people] + [c.email for c in plan.contacts]
    assert len(addresses) > 190
    assert [address for address in addresses if not is_allowed(plan, address)] == []


def test_an_agency_nobody_can_write_to_is_listed(plan: Plan) -> None:
    """No contact, a contact out of office, a private address: each makes the agency unreachable."""
    expired = contact("a@sonla.example.vn", ma="STP", den_ngay="2026-11-30")
    private = contact("b@gmail.com", ma="SNV")
    kept = [c for c in plan.contacts if c.agency not in ("STC", "STP", "SNV")]
    assert list_unreachable(plan, DAY) == []
    assert list_unreachable(with_contacts(plan, *kept, expired, private), DAY) == ["STC", "STP", "SNV"]


def test_a_head_without_an_officer_is_still_unreachable(plan: Plan) -> None:
    """Reminders go to the officer; the head's address does not replace it unseen."""
    kept = [c for c in plan.contacts if (c.agency, c.role) != ("STC", OFFICER)]
    assert list_unreachable(with_contacts(plan, *kept), DAY) == ["STC"]
