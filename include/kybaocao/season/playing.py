"""The passes of a season: files are judged, the ladder is asked, letters are written and delivered.

Judging a file and sending a letter are pretended; every decision in between is taken by the functions the
stages use, with the same arguments.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass, field
from operator import attrgetter

from kybaocao.calendar import ONE_DAY, Calendar
from kybaocao.debtors import describe_owed, find_debtor
from kybaocao.ladder import Chase, Debtor, Key, Step, due_steps, find_letter_rung, is_outdated
from kybaocao.mail.recipients import find_addresses
from kybaocao.milestones import plan_milestones
from kybaocao.plan.model import FORM, Addressee, Cycle, Ladder, Rung
from kybaocao.season.events import Drop, Outage, Part, Season

SETTLING = dt.timedelta(minutes=1)  # from a file's arrival to the pass it starts


@dataclass(frozen=True)
class Look:
    """One pass: when it really ran, and what the system's clock said."""

    at: dt.datetime
    as_of: dt.datetime


@dataclass(frozen=True)
class Version:
    component: str
    verdict: str | None


@dataclass(frozen=True)
class Taken:
    """A step of one agency, taken in a pass (`look` is its place among the passes)."""

    look: int
    agency: str
    step: Step


@dataclass
class Letter:
    """One message of the chase; a collective one stands for steps of several agencies."""

    look: int
    written_at: dt.datetime
    rung: Rung
    to: Addressee
    steps: tuple[Taken, ...]
    recipients: tuple[str, ...]
    copies: tuple[str, ...]
    owed: str
    sent_look: int | None = None
    sent_at: dt.datetime | None = None
    is_withdrawn: bool = False

    @property
    def may_disturb(self) -> bool:
        return all(taken.step.rung.may_disturb for taken in self.steps)


@dataclass
class Played:
    """A season and what came of it."""

    season: Season
    looks: list[Look]
    judged: list[tuple[int, Drop]] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)


def play_season(season: Season) -> Played:
    """Every pass of a season, in order. Raises PlanError when a part of the plan is broken."""
    return _Player(season).play()


class _Player:
    def __init__(self, season: Season) -> None:
        self.season, self.plan = season, season.plan
        self.calendar = Calendar.of(self.plan.require_calendar(), self.plan.timezone)
        self.played = Played(season, list_looks(season, self.calendar))
        self.codes = [agency.code for agency in self.plan.expected]
        self.versions: dict[str, list[Version]] = {code: [] for code in self.codes}
        self.taken: dict[str, set[Key]] = {code: set() for code in self.codes}
        self.debtors: dict[str, Debtor] = {}  # who owes something on the day of the pass
        self.day = dt.date.min
        self.chase: Chase
        self.waiting: list[Letter] = []

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
            self._find_debtors(self.calendar.day_of(look.as_of), arrived)
            self._pass(number, look)
        return self.played

    def _find_debtors(self, today: dt.date, arrived: set[str]) -> None:
        """Everybody is asked about once a day, and again when a file of the agency was judged."""
        for agency in self.codes if today != self.day else arrived:
            debtor = find_debtor(self.plan, self.season.cycle, agency, self.versions[agency], today)
            if debtor is not None:
                self.debtors[agency] = debtor
            else:
                self.debtors.pop(agency, None)
        if today != self.day:
            self.chase = self._lay_ladder(today)
        self.day = today

    def _pass(self, number: int, look: Look) -> None:
        chase = self.chase
        fresh: list[Taken] = []
        for agency, debtor in self.debtors.items():
            for step in due_steps(debtor, chase, self.taken[agency], look.as_of):
                self.taken[agency].update((step.key, *(old.key for old in step.absorbs)))
                fresh.append(Taken(number, agency, step))
        if fresh:
            self.played.taken += fresh
            self._write_letters(number, look, chase, fresh)
        if self.waiting and not _is_out(self.season.outages, Part.MAIL, look.at):
            self._deliver(number, look, chase)

    def _lay_ladder(self, today: dt.date) -> Chase:
        return _lay_ladder(self.plan.cycle_on(self.season.cycle, today), self.plan.require_ladder(), self.calendar)

    def _write_letters(self, number: int, look: Look, chase: Chase, fresh: list[Taken]) -> None:
        lists: dict[Addressee, list[tuple[Rung, Taken]]] = {}
        for taken in fresh:
            step = taken.step
            if step.to.is_collective:
                lists.setdefault(step.to, []).append((find_letter_rung(step.rung, step.to, chase.ladder), taken))
                continue
            copies = [address for to in step.rung.copies for address in self._addresses(taken.agency, to)]
            recipients = self._addresses(taken.agency, step.to)
            copies = [address for address in copies if address not in recipients]
            owed = describe_owed(self.debtors[taken.agency].owed)
            self._post(Letter(number, look.as_of, step.rung, step.to, (taken,), recipients, tuple(copies), owed))
        for to, named in lists.items():
            for rung in dict.fromkeys(rung for rung, _ in named):
                steps = tuple(taken for other, taken in named if other is rung)
                self._post(Letter(number, look.as_of, rung, to, steps, self._addresses("", to), (), ""))

    def _addresses(self, agency: str, to: Addressee) -> tuple[str, ...]:
        return find_addresses(self.plan, agency, to, self.day)

    def _post(self, letter: Letter) -> None:
        self.played.letters.append(letter)
        self.waiting.append(letter)

    def _deliver(self, number: int, look: Look, chase: Chase) -> None:
        is_quiet = not self.calendar.may_write(look.as_of, chase.ladder.quiet)
        still: list[Letter] = []
        for letter in self.waiting:
            if all(
                is_outdated(one.step, self.debtors.get(one.agency), chase, self.taken[one.agency], look.as_of)
                for one in letter.steps
            ):
                letter.is_withdrawn = True
            elif is_quiet and not letter.may_disturb:
                still.append(letter)
            else:
                letter.sent_look, letter.sent_at = number, look.as_of
        self.waiting = still


@functools.lru_cache(maxsize=64)
def _lay_ladder(cycle: Cycle, ladder: Ladder, calendar: Calendar) -> Chase:
    """The same for every season of a cycle: its moments are computed once for all of them."""
    return Chase(cycle, ladder, calendar)


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
