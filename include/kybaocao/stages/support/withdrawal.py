"""Undoing reminder steps that were taken by mistake: they can be taken again, and their unsent letters never leave.

What has left cannot be called back.  The letter stays in the outbox and in the audit trail, but it no longer counts as
a reminder of the steps that are withdrawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from kybaocao.stages.support.completion import list_outcomes
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.written_reminders import close_reminder, list_copies
from kybaocao.store.audit import record_action
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.outbox import LetterState, Queued, list_reminders, withdraw_steps_of
from kybaocao.store.steps import StepState, TakenStep, delete_steps, list_taken, mark_steps


@dataclass(frozen=True)
class Withdrawn:
    """What was undone: the steps, how many letters are not tried any more, and how many had left already."""

    steps: tuple[TakenStep, ...]
    letters_stopped: int
    letters_sent: int


def select_steps(
    p: Pass,
    *,
    agencies: Collection[str] = (),
    steps: Collection[str] = (),
    since: dt.datetime | None = None,
    only_early: bool = False,
) -> list[TakenStep]:
    """Steps that were taken, narrowed down: of these agencies, with these names, recorded since a moment.

    `only_early` leaves those that are not due yet at the pass's moment: nothing but a wrong clock takes them.
    """
    with p.store.read() as connection:
        taken = list_taken(connection, p.cycle.id)
    return [
        one
        for one in taken
        if (not agencies or one.agency in agencies)
        and (not steps or one.reminder_step.partition("@")[0] in steps)
        and (since is None or one.taken_at >= since)
        and (not only_early or one.due_at > p.as_of)
    ]


def withdraw_steps(p: Pass, chosen: Collection[TakenStep], *, by: str, reason: str) -> Withdrawn:
    """Undo these steps, and those they stood for, in one transaction.

    A step that collapsed into a withdrawn one has no letter of its own: it is withdrawn, too.  Safe to run
    again: what is gone is passed over.
    """
    with p.store.exclusive(f"outbox-{p.cycle.id}"), p.store.write() as connection:
        taken, letters = list_taken(connection, p.cycle.id), list_reminders(connection, p.cycle.id)
        wanted = {one.step for one in chosen}
        passes = {(one.agency, one.taken_at) for one in taken if one.step in wanted}
        reported = {one.step for letter in letters for one in letter.message.steps}
        there = [
            one
            for one in taken
            if one.step in wanted or ((one.agency, one.taken_at) in passes and one.step not in reported)
        ]
        gone = {one.step for one in there}
        stopped = sent = 0
        for letter in list_copies(connection, p.cycle.id, letters):
            if {one.step for one in letter.message.steps} <= gone:
                close_reminder(p, connection, letter, LetterState.WITHDRAWN, reason, by)
                stopped += 1
        for letter in letters:
            kept = tuple(one for one in letter.message.steps if one.step not in gone)
            if len(kept) == len(letter.message.steps):
                continue
            if letter.state == LetterState.PENDING:  # whatever else it says is written anew by the next pass
                close_reminder(p, connection, letter, LetterState.WITHDRAWN, reason, by)
                mark_steps(connection, p.cycle.id, (one.step for one in kept), StepState.WAITING)
                stopped += 1
            elif not kept and letter.state not in (
                LetterState.SENT,
                LetterState.WITHDRAWN,
            ):  # tried again by a pass, or by an operator
                close_reminder(p, connection, letter, LetterState.WITHDRAWN, reason, by)
                stopped += 1
            else:
                withdraw_steps_of(connection, letter.id, kept)
                sent += letter.sent_at is not None
                if not kept:
                    _give_up_dead(p, connection, letter, f"{by}: {reason}")
        delete_steps(connection, p.cycle.id, gone)
        for one in there:
            record_action(
                connection,
                "step-withdrawn",
                at=p.as_of,
                cycle=p.cycle.id,
                agency=one.agency,
                actor=by,
                rung=one.reminder_step,
                repetition=one.repetition,
                due_at=one.due_at.isoformat(),
                taken_at=one.taken_at.isoformat(),
                reason=reason,
            )
    return Withdrawn(tuple(there), stopped, sent)


def _give_up_dead(p: Pass, connection: Connection, letter: Queued, reply: str) -> None:
    """Of a letter that others have: the addresses that do not have it need not get it."""
    for one in list_outcomes(connection, letter):
        if one.is_dead and one.letter.id == letter.id:
            message_id = letter.message.message_id
            record_delivery(connection, message_id, one.address, AddressState.WITHDRAWN, at=p.as_of, reply=reply)
