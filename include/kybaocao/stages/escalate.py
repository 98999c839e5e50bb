"""Escalating: the steps of the reminder ladder that are due for one agency are taken, once each.

What a step says is written afterwards, for all agencies together (`stages.support.reminder_letters`), so that one
person gets one message.
"""

from __future__ import annotations

from sqlalchemy import Connection

from kybaocao.log_fields import log_about
from kybaocao.mail.reminder_letters import Reminded
from kybaocao.plan.ladder import due_steps
from kybaocao.plan.outstanding import find_outstanding
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.untaken_files import find_ours
from kybaocao.store.audit import record_action
from kybaocao.store.forms import list_issued
from kybaocao.store.sightings import list_sightings
from kybaocao.store.steps import StepId, StepState, list_steps, take_step
from kybaocao.store.submissions import list_components


def escalate_agency(p: Pass, agency: str) -> list[str]:
    """Take every step due for one agency now; returns their names.

    What it owes is looked at in the transaction that takes the steps: another pass may have accepted its file.
    """
    with log_about(cycle=p.cycle.id, agency=agency), p.store.write() as connection:
        if agency in find_ours(list_sightings(connection, p.cycle.id, agency), p.as_of):
            return []
        submissions = list_components(connection, p.cycle.id, agency)
        taken = list_steps(connection, p.cycle.id).get(agency, set())
        asked_at = list_issued(connection, p.cycle.id).get(agency)
        outstanding = find_outstanding(p.plan, p.cycle.id, agency, submissions, p.local.date(), asked_at)
        steps = due_steps(outstanding, p.reminders, taken, p.as_of) if outstanding else []
        return [step.reminder_step.id for step in steps if outstanding and _take(p, connection, (outstanding, step))]


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
