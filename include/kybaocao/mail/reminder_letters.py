"""From reminder steps to messages: one person gets one message in a pass, whatever the steps.

Steps towards an agency or its head become one message for each person: the contact of several agencies gets a
digest, somebody who is officer and head at once hears of an agency once.  Steps towards the coordinator's
leaders and the Chairman become one list each.  Pure: the stages and the simulator group by the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kybaocao.plan.ladder import OutstandingAgency, Step, find_letter_step
from kybaocao.plan.reminder_steps import Addressee, Ladder, ReminderStep

Reminded = tuple[OutstandingAgency, Step]
Addresses = Callable[[str, Addressee], tuple[str, ...]]


@dataclass(frozen=True)
class ReminderLetter:
    """One reminder message: what it says of which agencies, to whom."""

    reminder_step: ReminderStep  # whose letter it is: the highest of what is said
    to: Addressee
    steps: tuple[Reminded, ...]  # everything it reports
    named: tuple[Reminded, ...]  # one step for each agency: the latest
    recipients: tuple[str, ...]
    copies: tuple[str, ...] = ()
    is_copy: bool = False  # for information: what it says is addressed to somebody else, in a letter of his own

    @property
    def is_digest(self) -> bool:
        """Whether it is one person's message about several agencies."""
        return len(self.named) > 1 and not self.to.is_collective


def gather_reminder_letters(
    reminded: Sequence[Reminded], ladder: Ladder, find_addresses: Addresses
) -> list[ReminderLetter]:
    """The messages of one pass, in the order of `reminded`; nobody is written to twice.

    A leader's list is a message of its own, even when the same mailbox is some agency's contact.
    """
    single = [one for one in reminded if not one[1].to.is_collective]
    letters = _write_to_people(single, find_addresses)
    for to in Addressee:
        named = [one for one in reminded if one[1].to is to]
        if to.is_collective and named:
            letters.append(_write_list(to, named, ladder, find_addresses("", to)))
    return letters


def _write_list(to: Addressee, reminded: list[Reminded], ladder: Ladder, recipients: tuple[str, ...]) -> ReminderLetter:
    letters = [find_letter_step(step.reminder_step, to, ladder) for _, step in reminded]
    return ReminderLetter(
        max(letters, key=ladder.reminder_steps.index), to, tuple(reminded), _name_agencies(reminded), recipients
    )


def _write_to_people(reminded: Sequence[Reminded], find_addresses: Addresses) -> list[ReminderLetter]:
    hears: dict[str, dict[int, bool]] = {}  # person -> place among the steps -> addressed, not only in copy
    spelled: dict[str, str] = {}
    for place, (outstanding, step) in enumerate(reminded):
        for to in dict.fromkeys((step.to, *step.reminder_step.copies)):
            for address in find_addresses(outstanding.agency, to):
                person = address.casefold()
                spelled.setdefault(person, address)
                heard = hears.setdefault(person, {})
                heard[place] = heard.get(place, False) or to is step.to
    groups: dict[tuple[int, ...], list[str]] = {}
    for person, heard in hears.items():
        groups.setdefault(tuple(heard), []).append(person)
    return [_write_letter(reminded, places, people, hears, spelled) for places, people in groups.items()]


def _write_letter(
    reminded: Sequence[Reminded],
    places: tuple[int, ...],
    people: list[str],
    hears: dict[str, dict[int, bool]],
    spelled: dict[str, str],
) -> ReminderLetter:
    """One letter for all who hear the same. Who hears something else than the addressee gets a letter, not a copy."""
    addressed = [person for person in people if any(hears[person].values())] or people
    own = [place for place in places if any(hears[person][place] for person in addressed)] or list(places)
    named = _name_agencies([reminded[place] for place in own])
    # An agency that only the copy is about is named, too.
    known = {outstanding.agency for outstanding, _ in named}
    rest = [reminded[place] for place in places if reminded[place][0].agency not in known]
    named = (*named, *_name_agencies(rest))
    _, latest = max(named, key=lambda one: one[1].due_at)
    return ReminderLetter(
        latest.reminder_step,
        latest.to,
        tuple(reminded[place] for place in places),
        named,
        tuple(spelled[person] for person in addressed),
        tuple(spelled[person] for person in people if person not in addressed),
        is_copy=not any(any(hears[person].values()) for person in people),
    )


def _name_agencies(reminded: Sequence[Reminded]) -> tuple[Reminded, ...]:
    """Of each agency the latest step."""
    latest: dict[str, Reminded] = {}
    for outstanding, step in reminded:
        before = latest.get(outstanding.agency)
        if before is None or before[1].due_at <= step.due_at:
            latest[outstanding.agency] = outstanding, step
    return tuple(latest.values())
