"""The passes of a season: forms are issued, files are judged, the ladder is asked, letters are written and delivered.

Judging a file and sending a letter are pretended; every decision in between is taken by the functions the
stages use, with the same arguments.
"""

from __future__ import annotations

import datetime as dt
import functools
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from kybaocao.mail.reminder_letters import Reminded, ReminderLetter, gather_reminder_letters
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.calendar import ONE_DAY, Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.ladder import Key, OutstandingAgency, Reminders, Step, due_steps, find_sayable, is_outdated
from kybaocao.plan.milestones import plan_milestones
from kybaocao.plan.outstanding import describe_owed, find_outstanding
from kybaocao.plan.plan import Plan
from kybaocao.plan.position_moments import find_due_position, find_position_end
from kybaocao.plan.recipients import find_addresses
from kybaocao.plan.reminder_steps import Addressee, Ladder
from kybaocao.plan.verdict import Verdict
from kybaocao.season.events import Drop, Outage, Part, Season

SETTLING = dt.timedelta(minutes=1)  # from a file's submission to the pass it starts


@dataclass(frozen=True)
class Look:
    """One pass: when it really ran, and what the system's clock said."""

    at: dt.datetime
    as_of: dt.datetime


@dataclass(frozen=True)
class Version:
    component: str
    verdict: Verdict | None


@dataclass(frozen=True)
class Taken:
    """A step of one agency, taken in a pass (`look` is its place among the passes)."""

    look: int
    agency: str
    step: Step


@dataclass(frozen=True)
class Letter:
    """One reminder letter as it left; a digest or a list names several agencies."""

    look: int
    sent_at: dt.datetime
    notice: ReminderLetter
    owed: tuple[str, ...]  # for each agency that is named


@dataclass(frozen=True)
class Dropped:
    """A step that was taken and became outdated before its letter could leave."""

    look: int
    agency: str
    key: Key


@dataclass(frozen=True)
class Position:
    """The position letter of a moment as it left."""

    look: int  # the pass that sent it
    due_at: dt.datetime
    sent_at: dt.datetime
    recipients: tuple[str, ...]


@dataclass
class Played:
    """A season and what came of it."""

    season: Season
    looks: list[Look]
    issued: dict[str, int] = field(default_factory=dict)  # agency -> the pass that issued its form
    judged: list[tuple[int, Drop]] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)


def play_season(season: Season) -> Played:
    """Every pass of a season, in order. Raises PlanError when a part of the plan is broken."""
    return _Player(season).play()


class _Player:
    def __init__(self, season: Season) -> None:
        self.season, self.plan = season, season.plan
        self.calendar = Calendar.of(self.plan.require_calendar(), self.plan.timezone)
        self.played = Played(season, list_looks(season, self.calendar))
        self.codes = [agency.code for agency in self.plan.expected]
        self.places = {code: place for place, code in enumerate(self.codes)}
        self.versions: dict[str, list[Version]] = {code: [] for code in self.codes}
        self.taken: dict[str, set[Key]] = {code: set() for code in self.codes}
        self.outstanding_agencies: dict[str, OutstandingAgency] = {}  # who owes something on the day of the pass
        self.asked: dict[str, dt.datetime] = {}  # agency -> when its form was issued
        self.closed_until = {closed.agency: closed.until for closed in season.closed_folders}
        self.turns = _list_turns(self.plan)
        self.day = dt.date.min
        self.reminders: Reminders
        self.waiting: dict[str, set[Key]] = {}  # taken, without a letter yet
        self.position: dt.datetime | None = None  # the moment of the last position letter that was written
        self.is_position_waiting = False  # it has not left

    def play(self) -> Played:
        drops = iter(self.season.drops)
        drop = next(drops, None)
        for number, look in enumerate(self.played.looks):
            arrived: set[str] = set()
            while drop is not None and drop.at <= look.at:
                if drop.agency in self.versions:
                    self.versions[drop.agency].append(Version(FORM, drop.file.verdict))
                    self.played.judged.append((number, drop))
                    arrived.add(drop.agency)
                drop = next(drops, None)
            is_turned = self._turn_to(self.calendar.day_of(look.as_of))
            changed = arrived | self._issue_forms(number, look)
            self._find_outstanding(self.codes if is_turned else changed)
            self._pass(number, look)
            self._tell_position(number, look)
        return self.played

    def _turn_to(self, today: dt.date) -> bool:
        """Go to a day; whether it changes who owes what, until when, or to whom one writes."""
        is_turned = bisect_right(self.turns, today) != bisect_right(self.turns, self.day)
        if is_turned:
            self.reminders = self._lay_ladder(today)
        self.day = today
        return is_turned

    def _issue_forms(self, number: int, look: Look) -> set[str]:
        """Ask every agency that owes a report and was not asked yet; returns those asked now."""
        if len(self.asked) == len(self.codes) or not self.reminders.opening <= look.as_of <= self.reminders.end:
            return set()
        owing = (a for a in self.codes if a not in self.asked and self.plan.owes_return(self.season.cycle, a, self.day))
        served = {agency for agency in owing if self.closed_until.get(agency, look.at) <= look.at}
        self.asked |= dict.fromkeys(served, look.as_of)
        self.played.issued |= dict.fromkeys(sorted(served, key=self.places.__getitem__), number)
        return served

    def _find_outstanding(self, changed: Iterable[str]) -> None:
        """Of everybody when a day changes something, of one agency when its form was issued or a file of it judged."""
        for agency in changed:
            versions, asked_at = self.versions[agency], self.asked.get(agency)
            outstanding = find_outstanding(self.plan, self.season.cycle, agency, versions, self.day, asked_at)
            if outstanding is not None:
                self.outstanding_agencies[agency] = outstanding
            else:
                self.outstanding_agencies.pop(agency, None)

    def _pass(self, number: int, look: Look) -> None:
        for agency, outstanding in self.outstanding_agencies.items():
            for step in due_steps(outstanding, self.reminders, self.taken[agency], look.as_of):
                self.taken[agency].update((step.key, *(old.key for old in step.absorbs)))
                self.waiting.setdefault(agency, set()).add(step.key)
                self.played.taken.append(Taken(number, agency, step))
        if not self.waiting:
            return
        self._drop_outdated(number, look)
        # Letters that cannot leave are taken back by the next pass: it is as if they had not been written.
        if self.waiting and not _is_out(self.season.outages, Part.MAIL, look.at):
            self._write_letters(number, look)

    def _tell_position(self, number: int, look: Look) -> None:
        """Write the leaders' position letter when it is due; it leaves when somebody takes it, as long as it is new."""
        people = self._addresses("", Addressee.COORDINATOR)
        last = self.calendar.day_of(self.position) if self.position else None
        due = find_due_position(self.reminders, look.as_of, last) if people else None
        if due is not None:
            self.position, self.is_position_waiting = due, True
        if self.position is None or not self.is_position_waiting or self.reminders.is_quiet(look.as_of):
            return
        if find_position_end(self.reminders, self.position) <= look.as_of:
            self.is_position_waiting = False  # withdrawn: it makes no sense any more
        elif not _is_out(self.season.outages, Part.MAIL, look.at):
            self.is_position_waiting = False
            self.played.positions.append(Position(number, self.position, look.as_of, people))

    def _lay_ladder(self, today: dt.date) -> Reminders:
        return _lay_ladder(self.plan.cycle_on(self.season.cycle, today), self.plan.require_ladder(), self.calendar)

    def _drop_outdated(self, number: int, look: Look) -> None:
        for agency in list(self.waiting):
            outstanding, taken = self.outstanding_agencies.get(agency), self.taken[agency]
            outdated = {
                key for key in self.waiting[agency] if is_outdated(key, outstanding, self.reminders, taken, look.as_of)
            }
            self.played.dropped += [Dropped(number, agency, key) for key in sorted(outdated)]
            self._forget(agency, outdated)

    def _write_letters(self, number: int, look: Look) -> None:
        reminded: list[Reminded] = []
        for agency in sorted(self.waiting, key=self.places.__getitem__):
            outstanding = self.outstanding_agencies[agency]
            steps = find_sayable(self.waiting[agency], outstanding, self.reminders, self.taken[agency], look.as_of)
            reminded += [(outstanding, step) for step in steps]
        for notice in gather_reminder_letters(reminded, self.reminders.ladder, self._addresses):
            owed = tuple(describe_owed(outstanding.owed) for outstanding, _ in notice.named)
            self.played.letters.append(Letter(number, look.as_of, notice, owed))
            for outstanding, step in notice.steps:
                self._forget(outstanding.agency, {step.key})

    def _forget(self, agency: str, keys: set[Key]) -> None:
        self.waiting[agency] = self.waiting.get(agency, set()) - keys  # several people may get a letter about one step
        if not self.waiting[agency]:
            del self.waiting[agency]

    def _addresses(self, agency: str, to: Addressee) -> tuple[str, ...]:
        return find_addresses(self.plan, agency, to, self.day)


def _list_turns(plan: Plan) -> list[dt.date]:
    """The days on which who owes what, until when and to whom one writes can change."""
    days = {dt.date.min + ONE_DAY, *(entry.dated for entry in plan.adjustments.entries)}
    for agency in plan.expected:
        days |= {agency.opens_on, _day_after(agency.closes_on)}
    for contact in plan.contacts:
        days |= {contact.valid_from, _day_after(contact.valid_until)}
    return sorted(days)


def _day_after(day: dt.date) -> dt.date:
    return day if day == dt.date.max else day + ONE_DAY


@functools.lru_cache(maxsize=64)
def _lay_ladder(cycle: Cycle, ladder: Ladder, calendar: Calendar) -> Reminders:
    """The same for every season of a cycle: its moments are computed once for all of them."""
    return Reminders(cycle, ladder, calendar)


# --- when passes run ------------------------------------------------------------------------------------------


def list_looks(season: Season, calendar: Calendar) -> list[Look]:
    """The passes of a season: the milestones, each file, one after each outage and each jump of the clock."""
    if season.passes is not None:
        return [Look(moment, moment) for moment in season.passes]
    cycle = season.plan.require_cycle(season.cycle)
    milestones = [milestone.at for milestone in plan_milestones(season.plan, cycle)]
    looks: list[Look] = []
    for begins, ends, ahead in _clock_sections(season, milestones):
        begun = [begins] if begins > milestones[0] else []  # a clock that jumped has missed something
        inside = [moment - ahead for moment in milestones if begins <= moment - ahead < ends]
        files = [drop.at + SETTLING for drop in season.drops if begins <= drop.at + SETTLING < ends]
        looks += [Look(at, at + ahead) for at in (*begun, *inside, *files)]
    stops = [outage for outage in season.outages if outage.part is Part.SCHEDULER]
    if stops:
        looks = [look for look in looks if not _is_out(stops, Part.SCHEDULER, look.at)]
        for stop in stops:  # two that overlap end once
            if not _is_out(stops, Part.SCHEDULER, stop.ends):
                looks.append(Look(stop.ends, stop.ends + _ahead_at(season, stop.ends)))
    return sorted(looks, key=attrgetter("at"))


def _clock_sections(
    season: Season, milestones: list[dt.datetime]
) -> list[tuple[dt.datetime, dt.datetime, dt.timedelta]]:
    """(from, until, how far the clock is ahead): all time, cut where the clock changes."""
    begins, end = milestones[0] - 30 * ONE_DAY, milestones[-1] + 30 * ONE_DAY
    sections = []
    for wrong in season.clocks:
        sections += [(begins, wrong.begins, dt.timedelta(0)), (wrong.begins, wrong.ends, wrong.ahead)]
        begins = wrong.ends
    return [*sections, (begins, end, dt.timedelta(0))]


def _ahead_at(season: Season, moment: dt.datetime) -> dt.timedelta:
    return next((w.ahead for w in season.clocks if w.begins <= moment < w.ends), dt.timedelta(0))


def _is_out(outages: list[Outage] | tuple[Outage, ...], part: Part, moment: dt.datetime) -> bool:
    return any(outage.part is part and outage.covers(moment) for outage in outages)
