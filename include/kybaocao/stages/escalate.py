"""Escalating: the steps of the reminder ladder that are due for agencies are taken, once each.

What a step says is written afterwards, for all agencies together (`stages.support.reminder_letters`), so that one
person gets one message.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from kybaocao.log_fields import log_about
from kybaocao.mail.reminder_letters import Reminded
from kybaocao.plan.ladder import due_steps
from kybaocao.plan.outstanding import find_outstanding
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.row_groups import Served, serve_each
from kybaocao.stages.support.untaken_files import find_ours
from kybaocao.store.audit import record_action
from kybaocao.store.forms import list_issued
from kybaocao.store.sightings import list_held_up
from kybaocao.store.steps import StepId, StepState, list_steps, take_step
from kybaocao.store.submissions import list_verdicts


def escalate_agency(p: Pass, agency: str) -> list[str]:
    """Take every step due for one agency now; returns their names."""
    served = escalate_agencies(p, [agency])
    for error in served.errors.values():
        raise error
    return served.done[agency]


def escalate_agencies(p: Pass, agencies: Sequence[str]) -> Served[list[str]]:
    """Take every step due for these agencies now, each agency's steps or none of them; the names of the steps.

    What they owe is looked at in the transaction that takes the steps: another pass may have accepted a file.
    """
    with p.store.write() as connection:
        return escalate_in(p, connection, agencies)


def escalate_in(p: Pass, connection: Connection, agencies: Sequence[str]) -> Served[list[str]]:
    """The same inside a writer's transaction. Each table is asked once for all agencies."""
    held_up = find_ours(list_held_up(connection, p.cycle.id, agencies), p.as_of)
    versions = list_verdicts(connection, p.cycle.id, agencies)
    taken = list_steps(connection, p.cycle.id, agencies)
    asked = list_issued(connection, p.cycle.id, agencies)

    def escalate(agency: str) -> list[str]:
        if agency in held_up:
            return []
        mine, asked_at = versions.get(agency, ()), asked.get(agency)
        outstanding = find_outstanding(p.plan, p.cycle.id, agency, mine, p.local.date(), asked_at)
        if outstanding is None:
            return []
        steps = due_steps(outstanding, p.reminders, taken.get(agency, set()), p.as_of)
        with log_about(cycle=p.cycle.id, agency=agency), connection.begin_nested():
            return [step.reminder_step.id for step in steps if _take(p, connection, (outstanding, step))]

    return serve_each(agencies, escalate)


def _take(p: Pass, connection: Connection, reminded: Reminded) -> bool:
    outstanding, step = reminded
    mine = StepId(outstanding.agency, *step.key)
    if not take_step(connection, p.cycle.id, mine, due_at=step.due_at, at=p.as_of):
        return False
    for old in step.absorbs:  # the step taken now speaks for them
        absorbed = StepId(outstanding.agency, *old.key)
        take_step(connection, p.cycle.id, absorbed, due_at=old.due_at, at=p.as_of, state=StepState.REPORTED)
    record_action(
        connection,
        "step-taken",
        at=p.as_of,
        cycle=p.cycle.id,
        agency=outstanding.agency,
        rung=step.key[0],
        repetition=step.repetition,
        to=step.to.value,
        due_at=step.due_at.isoformat(),
    )
    return True
