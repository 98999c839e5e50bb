"""The places of the report that wait for the coordinator: software collects and counts, it judges nothing.

A place is known by the number of the part it belongs to, its key:

    I           what was issued, when no agency reported any document
    III.3       assessment of section 3; it also stands alone where nobody reported
    III.3.SCT   what agency SCT owes in section 3
    IV          remarks on the causes
    V.2         the work ahead, which no return asks for
"""

from __future__ import annotations

from dataclasses import dataclass

from kybaocao.plan.plan import Plan

DIRECTION, CAUSES, NEXT_WORK = "I", "IV", "V.2"


@dataclass(frozen=True)
class Place:
    """Where the coordinator's words may stand."""

    key: str
    heading: str
    is_lasting: bool  # may be written in whatever the returns say; other places close when a return comes in

    @property
    def label(self) -> str:
        """As it heads its words in the coordinator's file."""
        return f"{self.key} {self.heading}"


def name_section(number: int) -> str:
    return f"III.{number}"


def name_agency(section: int, agency: str) -> str:
    return f"III.{section}.{agency}"


def list_places(plan: Plan) -> tuple[Place, ...]:
    """Every place there can be, in the order of the report. Raises PlanError when its wording is broken."""
    words = plan.require_wording().supplement
    found = [Place(DIRECTION, words.direction, is_lasting=False)]
    for section in plan.header.sections:
        heading = words.section.format(muc=section.short)
        found.append(Place(name_section(section.number), heading, is_lasting=True))
        for agency in _list_named_agencies(plan, section.number):
            known = plan.agencies.get(agency)
            heading = words.agency.format(co_quan=known.name if known else agency)
            found.append(Place(name_agency(section.number, agency), heading, is_lasting=False))
    found.append(Place(CAUSES, words.causes, is_lasting=True))
    found.append(Place(NEXT_WORK, words.next_work, is_lasting=True))
    return tuple(found)


def _list_named_agencies(plan: Plan, section: int) -> list[str]:
    """Agencies that a task of the section names; a task of whole groups has no place for each of them."""
    named = [
        task.leads
        for task in plan.tasks
        if task.section == section and not any(code in plan.header.groups for code in task.leads)
    ]
    return list(dict.fromkeys(code for leads in named for code in plan.members(leads)))
