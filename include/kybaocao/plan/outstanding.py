"""Which agencies still owe something in a cycle, what, and who can be written to about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Protocol

from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import OutstandingAgency, Owed
from kybaocao.plan.plan import Plan
from kybaocao.plan.recipients import reachable_addressees
from kybaocao.plan.verdict import Verdict

COMPONENTS = {FORM: "biểu mẫu báo cáo (.xlsx)"}
_OWED = {component: (Owed(item), Owed(item, is_returned=True)) for component, item in COMPONENTS.items()}


class Version(Protocol):
    """One version of one component of a submission, oldest first; `verdict` is None until it is judged."""

    @property
    def component(self) -> str: ...
    @property
    def verdict(self) -> str | None: ...


def list_owed(versions: Sequence[Version]) -> tuple[Owed, ...]:
    """What is missing, and what was returned and not corrected.

    A component with an accepted version is done, whatever came later.  While a version waits to be judged the
    agency owes nothing: that version may be the good one.
    """
    owed = []
    for component, (missing, returned) in _OWED.items():
        verdicts = [version.verdict for version in versions if version.component == component]
        if not verdicts:
            owed.append(missing)
        elif None not in verdicts and Verdict.ACCEPTED not in verdicts:
            owed.append(returned)
    return tuple(owed)


def list_owed_attachments(
    plan: Plan, cycle: str, agency: str, versions: Sequence[Version], on: dt.date, *, owes_form: bool
) -> tuple[Owed, ...]:
    """Required attachments without an accepted file.

    One with a later date of its own is named beside the form, and by itself only once that date has passed.
    """
    required = [one for one in plan.edition.attachments if one.is_required] if plan.edition else []
    owed = []
    for attachment in required:
        verdicts = [version.verdict for version in versions if version.component == attachment.id]
        if Verdict.ACCEPTED in verdicts or None in verdicts:
            continue
        calendar = Calendar.of(plan.require_calendar(), plan.timezone)
        due_on = calendar.shift(plan.cycle_of(cycle, agency, on).due_on, attachment.days_after_due)
        if owes_form or not attachment.days_after_due or on > due_on:
            item = f"{attachment.name[:1].lower()}{attachment.name[1:]} ({attachment.kinds_text})"
            owed.append(Owed(item, component=attachment.id))
    return tuple(owed)


def describe_owed(owed: Iterable[Owed]) -> str:
    """ "Biểu mẫu báo cáo (.xlsx)" or "Bản sửa của biểu mẫu báo cáo (.xlsx) đã được trả lại", joined by semicolons."""
    text = "; ".join(f"bản sửa của {one.item} đã được trả lại" if one.is_returned else one.item for one in owed)
    return text[:1].upper() + text[1:]


def find_outstanding(
    plan: Plan,
    cycle: str,
    agency: str,
    versions: Sequence[Version],
    on: dt.date,
    asked_at: dt.datetime | None = None,
) -> OutstandingAgency | None:
    """The agency as the ladder sees it on a day; None when it owes nothing. `versions` are of every component.

    `asked_at` is when its form was issued: without it no step of the ladder is due.
    Raises PlanError when the cycle or the recipients are broken.
    """
    owed = list_owed(versions)
    owed += list_owed_attachments(plan, cycle, agency, versions, on, owes_form=bool(owed))
    if not owed or not plan.owes_return(cycle, agency, on):
        return None
    term, reachable = plan.term_of(cycle, agency, on), reachable_addressees(plan, agency, on)
    return OutstandingAgency(agency, plan.agencies[agency].duty, term, owed, reachable, asked_at)
