"""A plan with as many reporting agencies as wanted."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from kybaocao.plan.agencies import Agency, AgencyKind, Contact, ContactRole, Duty
from kybaocao.plan.plan import Plan


def size_plan(plan: Plan, count: int) -> Plan:
    """The first `count` expected agencies of the plan; when it has fewer, invented communes are added."""
    kept = list(islice(plan.expected, count))
    codes = {agency.code for agency in kept}
    contacts = [contact for contact in plan.contacts if contact.agency in codes]
    for number in range(1, count - len(kept) + 1):
        commune, people = _invent(number, plan)
        kept.append(commune)
        contacts += people
    others = [agency for agency in plan.agencies.values() if not agency.is_expected]
    agencies = {agency.code: agency for agency in (*kept, *others)}
    return replace(plan, agencies=agencies, contacts=tuple(contacts))


def _invent(number: int, plan: Plan) -> tuple[Agency, list[Contact]]:
    code, domain = f"THU-{number:04d}", plan.require_recipients().allowed_domains[0]
    name = f"Ủy ban nhân dân xã Thử nghiệm {number}"
    commune = Agency.model_validate({"ma": code, "ten": name, "loai": AgencyKind.COMMUNE, "nghia_vu": Duty.BOUND})
    people = [
        Contact.model_validate({"ma": code, "vai_tro": role, "ho_ten": "Mẫu", "email": f"{role}.{number}@{domain}"})
        for role in ContactRole
    ]
    return commune, people
