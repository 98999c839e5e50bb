"""Which reminders are due: a pure function of an agency's state, a calendar, a ladder and a moment.

    reminders = Reminders(cycle, ladder, calendar)       once for a cycle
    due_steps(outstanding, reminders, taken, at)         for each agency, in about a microsecond

No clock, no I/O.  When several steps fell due while no pass ran, each addressee gets one letter, that of the
latest step; the earlier ones are recorded with it, so nothing is sent twice (decision record 3).

An agency owes only the steps that are due after it was asked, that is, after its form was issued with the opening
letter; and none of a deadline that was over by then (decision record 10).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

from kybaocao.plan.adjustments import Term
from kybaocao.plan.agencies import Duty
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.reminder_steps import Addressee, Ladder, ReminderStep

Key = tuple[str, int]  # a step's name and repetition, as it is recorded
Taken = Collection[Key]


@dataclass(frozen=True)
class Owed:
    """One thing an agency still has to hand in."""

    item: str  # "Biểu mẫu báo cáo (.xlsx)"
    is_returned: bool = False  # it came and was returned: the corrected one is owed
    component: str = FORM


@dataclass(frozen=True)
class OutstandingAgency:
    """What the ladder needs to know, on a day, of an agency that owes something."""

    agency: str
    duty: Duty
    term: Term
    owed: tuple[Owed, ...]
    reachable: frozenset[Addressee]  # who can be written to about it
    asked_at: dt.datetime | None = None  # when its form was issued; None: not yet, so no step is due

    @property
    def owes_form(self) -> bool:
        """Whether the form itself is owed, not only what goes with it."""
        return any(one.component == FORM for one in self.owed)


@dataclass(frozen=True)
class Step:
    """A reminder step at the moment when it is due, for the `repetition`-th time (0 for the first)."""

    key: Key
    reminder_step: ReminderStep
    repetition: int
    due_at: dt.datetime
    to: Addressee  # not the reminder step's own while nobody there can be written to
    absorbs: tuple[Step, ...] = ()  # earlier steps to the same addressee that it stands for


class Reminders:
    """The ladder over the days of one cycle; every moment is computed once for all agencies."""

    def __init__(self, cycle: Cycle, ladder: Ladder, calendar: Calendar) -> None:
        self.cycle, self.ladder, self.calendar = cycle, ladder, calendar
        self.opening = calendar.at(cycle.opens)
        self.end = calendar.moment(cycle.closes_on, dt.time.max)
        self._steps: dict[Term, tuple[Step, ...]] = {}
        self._latest: dict[tuple[Term, Duty, frozenset[Addressee], int, int, bool], tuple[Step, ...]] = {}
        self._known: dict[Term, dict[Key, Step]] = {}
        self._asked_at: dt.datetime | None = None
        self._is_quiet = False
        self._answers: dict[tuple[Term, Duty, frozenset[Addressee], dt.datetime | None], tuple[Step, ...]] = {}

    def list_steps(self, term: Term) -> tuple[Step, ...]:
        """Every step of a term from its beginning to the end of the cycle, by moment."""
        found = self._steps.get(term)
        if found is None:
            begins = self.opening
            if term.since is not None:
                begins = max(begins, self.calendar.moment(term.since, dt.time.min))
            steps = [
                step
                for reminder_step in self.ladder.reminder_steps
                for step in self._repetitions(reminder_step, term)
                if step.due_at >= begins
            ]
            # By moment, not by reminder step: a reminder step that repeats may come again after a higher one.
            found = self._steps[term] = tuple(sorted(steps, key=lambda step: step.due_at))
        return found

    def _repetitions(self, reminder_step: ReminderStep, term: Term) -> Iterator[Step]:
        name = reminder_step.id + term.mark
        for repetition, moment in enumerate(
            reminder_step_moments(reminder_step, term.due_before, self.ladder, self.calendar)
        ):
            if moment > self.end:
                return
            yield Step((name, repetition), reminder_step, repetition, moment, reminder_step.to)

    def latest_steps(self, outstanding: OutstandingAgency, at: dt.datetime) -> tuple[Step, ...]:
        """For each addressee the last owed step whose moment has passed, with all before; what may go out at `at`."""
        self._look_at(at)
        question = (outstanding.term, outstanding.duty, outstanding.reachable, outstanding.asked_at)
        found = self._answers.get(question)
        if found is None:
            found = self._answers[question] = self._find_latest(*question, at)
        return found

    def is_quiet(self, at: dt.datetime) -> bool:
        """Whether only reminder steps that may disturb go out."""
        self._look_at(at)
        return self._is_quiet

    def find_step(self, key: Key, term: Term) -> Step | None:
        """The step of a term by its name; None when the term has no such step."""
        known = self._known.get(term)
        if known is None:
            known = self._known[term] = {step.key: step for step in self.list_steps(term)}
        return known.get(key)

    def _look_at(self, at: dt.datetime) -> None:
        """A pass asks about all agencies at one moment: what depends on the moment alone is computed once."""
        if at is not self._asked_at:
            self._asked_at, self._answers = at, {}
            self._is_quiet = not self.calendar.may_write(at, self.ladder.quiet)

    def _find_latest(
        self, term: Term, duty: Duty, reachable: frozenset[Addressee], asked_at: dt.datetime | None, at: dt.datetime
    ) -> tuple[Step, ...]:
        if asked_at is None or asked_at >= self.calendar.moment(term.due_before, dt.time.min):
            return ()  # the deadline was over before the form was issued
        steps = self.list_steps(term)
        first, passed = (bisect_right(steps, moment, key=attrgetter("due_at")) for moment in (asked_at, at))
        key = (term, duty, reachable, first, passed, self._is_quiet)
        if key not in self._latest:
            self._latest[key] = self._collapse(steps[first:passed], duty, reachable)
        return self._latest[key]

    def _collapse(self, passed: Iterable[Step], duty: Duty, reachable: frozenset[Addressee]) -> tuple[Step, ...]:
        earlier: dict[Addressee, list[Step]] = {}
        sayable: dict[Addressee, tuple[Step, int]] = {}  # in quiet hours only steps that may disturb
        for step in passed:
            to = (
                find_addressee(step.reminder_step, self.ladder, reachable)
                if duty in step.reminder_step.duties
                else None
            )
            if to is None:  # it stays due while nobody can be written to; the operators see it
                continue
            before = earlier.setdefault(to, [])
            own = step if step.to is to else replace(step, to=to)
            if step.reminder_step.may_disturb or not self._is_quiet:
                sayable[to] = own, len(before)
            before.append(own)
        found = (replace(step, absorbs=tuple(earlier[to][:count])) for to, (step, count) in sayable.items())
        return tuple(sorted(found, key=attrgetter("due_at")))


def due_steps(outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime) -> list[Step]:
    """The steps to take now for one agency that owes something, by moment."""
    if not reminders.opening <= at <= reminders.end:
        return []
    fresh = []
    for step in reminders.latest_steps(outstanding, at):
        if step.key not in taken:
            absorbs = tuple(old for old in step.absorbs if old.key not in taken)
            fresh.append(step if len(absorbs) == len(step.absorbs) else replace(step, absorbs=absorbs))
    return fresh


def is_outdated(
    key: Key, outstanding: OutstandingAgency | None, reminders: Reminders, taken: Taken, at: dt.datetime
) -> bool:
    """Whether a step that was taken needs no letter any more.

    Nothing is owed, the cycle is closed, the deadline is another by now, or a later step to the same addressee
    was taken.
    """
    if outstanding is None or at > reminders.end:
        return True
    step = reminders.find_step(key, outstanding.term)
    if step is None:
        return True
    to = find_addressee(step.reminder_step, reminders.ladder, outstanding.reachable)
    return to is not None and any(
        later.key in taken
        and later.due_at > step.due_at
        and find_addressee(later.reminder_step, reminders.ladder, outstanding.reachable) is to
        for later in reminders.list_steps(outstanding.term)
    )


def find_sayable(
    waiting: Taken, outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> Iterator[Step]:
    """Of the steps that were taken and wait, those whose letter may go out now, each with today's addressee, by moment.

    The caller drops what is outdated; the rest goes on waiting: in quiet hours, or while nobody can be
    written to.
    """
    for step in reminders.list_steps(outstanding.term):
        if step.key not in waiting or is_outdated(step.key, outstanding, reminders, taken, at):
            continue
        to = find_addressee(step.reminder_step, reminders.ladder, outstanding.reachable)
        if to is not None and (step.reminder_step.may_disturb or not reminders.is_quiet(at)):
            yield step if step.to is to else replace(step, to=to)


def find_end_of_use(step: Step, outstanding: OutstandingAgency, reminders: Reminders) -> dt.datetime:
    """Until when a letter about a step makes sense: the next step to the same addressee, or the end of the cycle.

    A reminder of a deadline makes no sense after that deadline.
    """
    deadline = reminders.calendar.moment(outstanding.term.due_before, dt.time.min)
    end = deadline if step.due_at < deadline else reminders.end
    for later in reminders.list_steps(outstanding.term):
        if later.due_at >= end:
            break
        if later.due_at > step.due_at and outstanding.duty in later.reminder_step.duties:
            to = find_addressee(later.reminder_step, reminders.ladder, outstanding.reachable)
            if to is step.to:
                return later.due_at
    return end


def find_addressee(reminder_step: ReminderStep, ladder: Ladder, reachable: Collection[Addressee]) -> Addressee | None:
    """Who receives a reminder step: its own addressee, else those in copy, else the next one up the ladder.

    The coordinator adds a missing address; it never brings an agency before the Chairman early.
    None when nobody can be written to.
    """
    if reminder_step.to in reachable:
        return reminder_step.to
    up = [
        higher.to
        for higher in ladder.reminder_steps
        if _rank(reminder_step.to) < _rank(higher.to) < _rank(Addressee.CHAIRMAN)
    ]
    chosen = (*reminder_step.copies, *sorted(up, key=_rank))
    return next((to for to in chosen if to in reachable), None)


_RANKS = {addressee: rank for rank, addressee in enumerate(Addressee)}
_rank = _RANKS.__getitem__


def find_letter_step(reminder_step: ReminderStep, to: Addressee, ladder: Ladder) -> ReminderStep:
    """The reminder step whose letter is used: its own, or the first of an addressee who gets lists."""
    if reminder_step.to is to or not to.is_collective:
        return reminder_step
    return next(other for other in ladder.reminder_steps if other.to is to)


def reminder_step_moments(
    reminder_step: ReminderStep, due_before: dt.date, ladder: Ladder, calendar: Calendar
) -> Iterator[dt.datetime]:
    """Every moment of a reminder step, without end when it repeats; one in quiet hours comes when they are over."""
    day = calendar.shift(calendar.last_working_day(due_before - dt.timedelta(days=1)), reminder_step.day)
    while True:
        moment = calendar.moment(day, reminder_step.time)
        yield moment if reminder_step.may_disturb else calendar.next_writable(moment, ladder.quiet)
        if reminder_step.repeat_every_working_days is None:
            return
        day = calendar.shift(day, reminder_step.repeat_every_working_days)
