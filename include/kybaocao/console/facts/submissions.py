"""What a list shows of a hundred agencies beside where they stand: the last reminder, who answers for them."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from kybaocao.console.facts.standings import AgencyStanding, Standings
from kybaocao.plan.agencies import Contact, ContactRole
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.steps import StepState
from kybaocao.store.tables import steps


@dataclass(frozen=True)
class Reminder:
    """The last step of the ladder that was taken and reported for an agency."""

    name: str
    at: dt.datetime


@dataclass(frozen=True)
class Submission:
    """One row of the list."""

    standing: AgencyStanding
    reminder: Reminder | None
    contact: Contact | None  # the officer who answers for it today
    missing: tuple[str, ...]  # names of the attachments that are missing

    @property
    def code(self) -> str:
        return self.standing.code


def describe_rows(p: Pass, found: Standings, rows: Sequence[AgencyStanding]) -> list[Submission]:
    """One question to the store for all of them."""
    reminders = list_last_reminders(p, [row.code for row in rows]) if found.arrivals.stamp else {}
    names = {one.id: one.name for one in p.plan.edition.attachments} if p.plan.edition else {}
    today = p.local.date()
    return [
        Submission(
            row,
            reminders.get(row.code),
            find_contact(p.plan, row.code, today),
            tuple(names.get(one, one) for one in row.missing),
        )
        for row in rows
    ]


def list_last_reminders(p: Pass, agencies: Collection[str]) -> Mapping[str, Reminder]:
    """Agency -> its last reminder; those that have had none are left out."""
    ladder = {step.id: step.name for step in p.plan.ladder.reminder_steps} if p.plan.ladder else {}
    query = select(steps.c.agency, steps.c.rung, steps.c.taken_at).where(
        steps.c.cycle == p.cycle.id, steps.c.agency.in_(agencies), steps.c.state == StepState.REPORTED
    )
    found: dict[str, Reminder] = {}
    with p.store.read() as connection:
        for agency, rung, at in connection.execute(query.order_by(steps.c.taken_at, steps.c.due_at)):
            name = rung.partition("@")[0]
            found[agency] = Reminder(ladder.get(name, name), at)
    return found


def find_contact(plan: Plan, agency: str, on: dt.date) -> Contact | None:
    return next((one for one in _list_officers(plan).get(agency, ()) if one.is_valid_on(on)), None)


@functools.lru_cache(maxsize=2)
def _list_officers(plan: Plan) -> Mapping[str, Sequence[Contact]]:
    found: dict[str, list[Contact]] = {}
    for contact in plan.contacts:
        if contact.role is ContactRole.OFFICER:
            found.setdefault(contact.agency, []).append(contact)
    return found
