"""The reminder letters that were written so far, sorted by what may have to be done about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from kybaocao.plan.recipients import find_addresses
from kybaocao.plan.reminder_steps import Addressee
from kybaocao.stages.support.completion import withdraw_rest
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.bounces import list_bounces
from kybaocao.store.deliveries import HAVE_IT, list_deliveries
from kybaocao.store.outbox import LetterState, Queued, list_stand_ins, mark_over
from kybaocao.store.steps import StepId, StepState, list_steps_in


@dataclass(frozen=True)
class ReminderLetters:
    """The reminder letters about which something may have to be done."""

    unsent: list[Queued]  # certain not to have left
    stuck: list[Queued]  # sent as they are, unless outdated: they, or others with the same steps, may have left
    returned: list[Queued]  # nobody got them
    recalled: set[StepId]  # steps of letters that were recorded as returned when the delivery notice was read
    lost: set[StepId]  # steps of letters that came back although the address is right
    heard: frozenset[StepId] = frozenset()  # steps that another letter has reported to the right person

    @property
    def open(self) -> bool:
        return bool(self.unsent or self.stuck or self.returned or self.recalled or self.lost)

    @property
    def unsaid(self) -> set[StepId]:
        unsent = {step.step for one in self.unsent for step in one.message.steps}
        return unsent | ({step.step for one in self.returned for step in one.message.steps} - self.heard)


def sort_letters(p: Pass, connection: Connection, letters: list[Queued]) -> ReminderLetters:
    dead = list_bounces(connection)
    failed, reported = (
        list_steps_in(connection, p.cycle.id, state) for state in (StepState.FAILED, StepState.REPORTED)
    )
    pending = [one for one in letters if one.state == LetterState.PENDING and one.created_at != p.as_of]
    taken = {
        message_id
        for message_id, rows in list_deliveries(connection, [one.message.message_id for one in pending]).items()
        if any(row.state in HAVE_IT for row in rows.values())
    }
    # What somebody asked to be sent again or elsewhere is sent as it is.
    kept = _list_steps(letters, LetterState.SENDING, LetterState.SENT) | failed
    unsent = [
        one
        for one in pending
        if not (
            one.message.in_place_of or one.message.message_id in taken or kept & _list_steps([one], LetterState.PENDING)
        )
    ]
    held = {one.id for one in pending} - {one.id for one in unsent}
    stuck = [one for one in letters if one.state == LetterState.SENDING or one.id in held]
    stuck += [
        one
        for one in list_copies(connection, p.cycle.id, letters)
        if one.state in (LetterState.PENDING, LetterState.SENDING)
    ]
    unheard = reported - _list_steps(letters, LetterState.PENDING, LetterState.SENDING, LetterState.SENT)
    gone = [one for one in letters if one.state == LetterState.RETURNED]
    recalled = _list_steps([one for one in gone if _is_dead(one, dead)], LetterState.RETURNED) & unheard
    lost = _list_steps([one for one in gone if not _is_dead(one, dead)], LetterState.RETURNED) & unheard
    returned = list(_find_returned(letters, dead))
    back = {one.id for one in returned}
    heard = _list_heard(p, [one for one in letters if one.id not in back])
    return ReminderLetters(unsent, stuck, returned, recalled, lost - recalled, heard)


def close_reminder(
    p: Pass, connection: Connection, letter: Queued, state: LetterState, reason: str, by: str = ""
) -> None:
    """Nobody sends it any more; `state` is RETURNED or WITHDRAWN; `by` decided it, else the pass."""
    if state == LetterState.WITHDRAWN:
        withdraw_rest(connection, letter, reason, p.as_of)
    else:
        mark_over(connection, letter.id, state, reason)
    message = letter.message
    record_action(
        connection,
        f"mail-{state}",
        at=p.as_of,
        cycle=p.cycle.id,
        agency=message.agency,
        actor=by,
        key=message.key,
        reason=reason,
    )


def list_copies(connection: Connection, cycle: str, letters: Iterable[Queued]) -> list[Queued]:
    """Reminder letters that still have to reach one of their addresses by a message of its own.

    Such a message records no steps; each is returned with those of the letter in whose place it is sent.
    """
    steps = {one.message.key: one.message.steps for one in letters}
    found = []
    for one in list_stand_ins(connection, cycle):  # oldest first: the one in whose place it is sent is known
        if mine := steps.get(one.message.in_place_of):
            steps[one.message.key] = mine
            found.append(replace(one, message=replace(one.message, steps=mine)))
    return found


def _list_heard(p: Pass, letters: Iterable[Queued]) -> frozenset[StepId]:
    """The steps that have left to the person they are for, and not only as a copy to somebody else."""
    today = p.local.date()
    return frozenset(
        step.step
        for one in letters
        if one.state in (LetterState.SENDING, LetterState.SENT)
        for step in one.message.steps
        if {*find_addresses(p.plan, step.agency, Addressee(step.to), today)} & {*one.message.recipients}
    )


def _list_steps(letters: Iterable[Queued], *states: str) -> set[StepId]:
    """The steps of those letters that are in one of the states."""
    return {reported.step for one in letters if one.state in states for reported in one.message.steps}


def _is_dead(letter: Queued, dead: Collection[str]) -> bool:
    """Whether everybody it was addressed to is unreachable."""
    return all(address.lower() in dead for address in letter.message.recipients)


def _find_returned(letters: list[Queued], dead: Collection[str]) -> list[Queued]:
    """The last letter to each dead address, when everybody it was addressed to is dead: nobody heard it."""
    last: dict[str, Queued] = {}
    for one in letters:
        if one.state != LetterState.WITHDRAWN:
            last |= {address.lower(): one for address in one.message.recipients if address.lower() in dead}
    found = {
        one.id: one
        for one in last.values()
        if one.state not in (LetterState.PENDING, LetterState.SENDING, LetterState.RETURNED)
    }
    return [one for one in found.values() if _is_dead(one, dead)]
