"""Open slots: where the coordinator writes into the report what the software cannot assess.

The key of a slot is the number of the part it belongs to:

    I           what was issued; where no agency reported any document
    III         assessment of the whole; no software writes it
    III.3       assessment of section 3; its only text when no agency reported
    III.3.SCT   what agency SCT has not reported in section 3
    IV          remarks on the causes
    V.2         the work ahead, which no form asks for; at the year's end that of the next year
"""

from __future__ import annotations

from dataclasses import dataclass

from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan

DIRECTION, GENERAL, CAUSES, NEXT_WORK = "I", "III", "IV", "V.2"


@dataclass(frozen=True)
class OpenSlot:
    """One part of the report that the coordinator may write."""

    key: str
    heading: str
    part: str  # of the report, as printed
    is_lasting: bool  # stays open whatever the agencies submit; other slots close when the submission comes in

    @property
    def label(self) -> str:
        """Its heading in the coordinator's file."""
        return f"{self.key} {self.heading}"


def name_section(number: int) -> str:
    return f"III.{number}"


def name_agency(section: int, agency: str) -> str:
    return f"III.{section}.{agency}"


def is_year_end(plan: Plan, cycle: Cycle) -> bool:
    """Whether the cycle is the plan's last: its report looks to the next year."""
    return all(other.period_to <= cycle.period_to for other in plan.cycles.values())


def list_open_slots(plan: Plan, cycle: Cycle | None = None) -> tuple[OpenSlot, ...]:
    """Every slot there can be, in the order of the report. Raises PlanError when its wording is broken.

    `cycle`: the headings are those of its report.
    """
    words = plan.require_wording().supplement
    found = [OpenSlot(DIRECTION, words.direction, DIRECTION, is_lasting=False)]
    for section in plan.header.sections:
        part = name_section(section.number)
        heading = words.section.format(muc=section.short)
        found.append(OpenSlot(part, heading, part, is_lasting=True))
        for agency in _list_named_agencies(plan, section.number):
            known = plan.agencies.get(agency)
            heading = words.agency.format(co_quan=known.name if known else agency)
            found.append(OpenSlot(name_agency(section.number, agency), heading, part, is_lasting=False))
    found.append(OpenSlot(GENERAL, words.general, GENERAL, is_lasting=True))
    found.append(OpenSlot(CAUSES, words.causes, CAUSES, is_lasting=True))
    ahead = words.next_year.format(nam=plan.header.year + 1) if cycle and is_year_end(plan, cycle) else words.next_work
    found.append(OpenSlot(NEXT_WORK, ahead, NEXT_WORK, is_lasting=True))
    return tuple(found)


def _list_named_agencies(plan: Plan, section: int) -> list[str]:
    """Agencies that a task of the section names; a task of whole groups opens no slot for each of them."""
    named = [
        task.leads
        for task in plan.tasks
        if task.section == section and not any(code in plan.header.groups for code in task.leads)
    ]
    return list(dict.fromkeys(code for leads in named for code in plan.members(leads)))
