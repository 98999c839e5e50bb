"""What must hold of every season, found out another way.

Nothing here asks the ladder, the calendar or the plan's decisions: days are walked one by one, deadlines are
read from the entries, and who owes what from the files that were judged.  An empty list means that

    nobody is chased before the opening, after the closing, after acceptance, or who owes nothing
    nobody who owes something is passed over by a rung once a pass has run
    no step is taken twice, none of one agency goes backwards
    nothing is written or sent on a day off or in quiet hours, unless the rung says so
    every letter has a recipient, and every recipient a domain the province has listed
    a letter leaves at the first pass at which it can, or has lost its sense by then
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from kybaocao.plan.model import Addressee, ContactRole, Ladder, Rung, WorkingCalendar
from kybaocao.season.events import Part
from kybaocao.season.playing import Letter, Played
from kybaocao.vietnamese import format_moment

DAY = dt.timedelta(days=1)


def find_breaches(played: Played) -> list[str]:
    """One sentence for each thing that must not be; empty for a sound season."""
    proof = _Proof(played)
    return [
        *proof.find_wrongly_chased(),
        *proof.find_unchased(),
        *proof.find_repeated(),
        *proof.find_backward(),
        *proof.find_disturbing(),
        *proof.find_misdirected(),
        *proof.find_late_letters(),
    ]


@dataclass(frozen=True)
class _Moment:
    """A rung falls due, in local time: what the ladder must come to."""

    rung: Rung
    repetition: int
    at: dt.datetime


class _Proof:
    def __init__(self, played: Played) -> None:
        self.played, self.season, self.plan = played, played.season, played.season.plan
        self.zone, self.cycle = self.plan.timezone, self.plan.cycles[self.season.cycle]
        self.ladder = self.plan.require_ladder()
        self.worked = _list_worked(
            self.plan.require_calendar(), self.cycle.opens.date - 120 * DAY, self._end + 60 * DAY
        )
        self.local = [look.as_of.astimezone(self.zone).replace(tzinfo=None) for look in played.looks]
        self.accepted: dict[str, int] = {}
        for look, drop in played.judged:
            if drop.file.verdict == "accepted":
                self.accepted.setdefault(drop.agency, look)
        self.terms = {
            agency.code: functools.lru_cache(functools.partial(self._term, agency.code))
            for agency in self.plan.expected
        }

    # --- what stands at a pass ---------------------------------------------------------------------------

    def _term(self, agency: str, day: dt.date) -> tuple[dt.date, dt.date, str]:
        """(deadline, first day of its ladder, mark of its steps) on a day."""
        decided = self.plan.adjustments
        due, since = self.cycle.due_before, self.cycle.opens.date
        for move in decided.moves:
            if move.cycle == self.cycle.id and move.dated <= day:
                due, since = move.due_before, move.dated
        own = [e for e in decided.extensions if (e.agency, e.cycle) == (agency, self.cycle.id) and e.dated <= day]
        if own and own[-1].due_before > due:
            due, since = own[-1].due_before, own[-1].dated
        since = max(since, self.plan.agencies[agency].opens_on)
        return due, since, "" if due == self.cycle.due_before else f"@{due.isoformat()}"

    def _owes(self, agency: str, look: int) -> bool:
        now, body = self.local[look], self.plan.agencies[agency]
        today = now.date()
        if now < self._opening or today > self._end or self.accepted.get(agency, look + 1) <= look:
            return False
        if any(
            (e.agency, e.cycle) == (agency, self.cycle.id) and e.dated <= today
            for e in self.plan.adjustments.exemptions
        ):
            return False
        return body.opens_on <= today <= body.closes_on and body.opens_on < self.terms[agency](today)[0]

    @functools.cached_property
    def _opening(self) -> dt.datetime:
        return dt.datetime.combine(self.cycle.opens.date, self.cycle.opens.time)

    @functools.cached_property
    def _end(self) -> dt.date:
        days = [move.closes_on for move in self.plan.adjustments.moves if move.closes_on]
        return (days or [self.cycle.closes_on])[-1]

    def _may_write(self, moment: dt.datetime, *rungs: Rung) -> bool:
        if all(rung.may_disturb for rung in rungs):
            return True
        quiet = self.ladder.quiet
        if quiet is None:
            is_quiet = False
        elif quiet.begins < quiet.ends:
            is_quiet = quiet.begins <= moment.time() < quiet.ends
        else:
            is_quiet = not quiet.ends <= moment.time() < quiet.begins
        return moment.date() in self.worked and not is_quiet

    def _is_heard(self, agency: str, rung: Rung, day: dt.date) -> bool:
        """Whether somebody can be written to: whom the rung names, who is in copy, or the coordinator's leaders."""
        if rung.to is Addressee.CHAIRMAN:
            return any(self._is_listed(person.email) for person in self.plan.require_recipients().chairman)
        if any(to is Addressee.COORDINATOR for to in (rung.to, *(higher.to for higher in self.ladder.rungs))) and any(
            self._is_listed(person.email) for person in self.plan.require_recipients().coordinator
        ):
            return True
        asked = {to for to in (rung.to, *rung.copies)}
        if rung.to is Addressee.OFFICER and any(higher.to is Addressee.HEAD for higher in self.ladder.rungs):
            asked.add(Addressee.HEAD)
        roles = {
            ContactRole.HEAD if to is Addressee.HEAD else ContactRole.OFFICER for to in asked if not to.is_collective
        }
        return any(
            self._is_listed(contact.email) for role in roles for contact in self.plan.contacts_of(agency, role, day)
        )

    def _is_listed(self, email: str) -> bool:
        host = email.split("@")[-1].casefold()
        listed = self.plan.require_recipients().allowed_domains
        return host in listed or any(host.endswith(f".{domain}") for domain in listed)

    # --- the breaches ---------------------------------------------------------------------------------------

    def find_wrongly_chased(self) -> Iterator[str]:
        for letter in self.played.letters:
            named = [taken.agency for taken in letter.steps]
            if not all(self._owes(agency, letter.look) for agency in named):
                yield f"viết thư {_describe(letter)} khi không còn nợ báo cáo"
            if letter.sent_look is not None and not any(self._owes(agency, letter.sent_look) for agency in named):
                yield f"gửi thư {_describe(letter)} khi không còn nợ báo cáo"

    def find_unchased(self) -> Iterator[str]:
        recorded: dict[tuple[str, str, int], int] = {}
        for taken in self.played.taken:
            for step in (taken.step, *taken.step.absorbs):
                recorded.setdefault((taken.agency, *step.key), taken.look)
        for agency in self.plan.expected:
            code = agency.code
            waiting: dict[tuple[dt.date, dt.date, str], list[_Moment]] = {}
            for look, now in enumerate(self.local[: self.accepted.get(code, len(self.local))]):
                term = self.terms[code](now.date())
                if term not in waiting:
                    waiting[term] = [m for m in self._walk(term) if agency.duty in m.rung.duties]
                if not waiting[term] or waiting[term][0].at > now or not self._owes(code, look):
                    continue
                for moment in waiting[term][: bisect_right(waiting[term], now, key=attrgetter("at"))]:
                    name = moment.rung.id + term[2]
                    if recorded.get((code, name, moment.repetition), look + 1) <= look:
                        waiting[term].remove(moment)
                    elif self._may_write(now, moment.rung) and self._is_heard(code, moment.rung, now.date()):
                        waiting[term].remove(moment)
                        yield f"{code}: bỏ sót bậc {name} lần {moment.repetition} lúc {format_moment(now)}"

    def _walk(self, term: tuple[dt.date, dt.date, str]) -> Iterator[_Moment]:
        begins = max(self._opening, dt.datetime.combine(term[1], dt.time.min))
        return (m for m in _walk_ladder(self.ladder, self.worked, term[0], self._end) if m.at >= begins)

    def find_repeated(self) -> Iterator[str]:
        seen: set[tuple[str, str, int]] = set()
        for taken in self.played.taken:
            for step in (taken.step, *taken.step.absorbs):
                key = (taken.agency, *step.key)
                if key in seen:
                    yield f"{taken.agency}: bậc {step.key[0]} lần {step.key[1]} thực hiện hai lần"
                seen.add(key)

    def find_backward(self) -> Iterator[str]:
        heard: dict[tuple[str, Addressee, str], dt.datetime] = {}
        for taken in self.played.taken:
            step = taken.step
            key = (taken.agency, step.to, step.key[0].partition("@")[2])
            if key in heard and step.due_at <= heard[key]:
                yield f"{taken.agency}: bậc {step.key[0]} lần {step.key[1]} đi lùi"
            heard[key] = step.due_at
        said: dict[tuple[str, Addressee, int], Letter] = {}
        for letter in self.played.letters:
            for taken in letter.steps:
                if letter.sent_look is None or letter.to.is_collective:
                    continue
                if (taken.agency, letter.to, letter.sent_look) in said:
                    yield f"{taken.agency}: hai thư cùng lúc cho một người nhận lúc {letter.sent_at}"
                said[taken.agency, letter.to, letter.sent_look] = letter

    def find_disturbing(self) -> Iterator[str]:
        for letter in self.played.letters:
            for look in (letter.look, letter.sent_look):
                if look is not None and not self._may_write(self.local[look], *_rungs(letter)):
                    yield f"thư {_describe(letter)} vào ngày nghỉ hoặc giờ yên lặng"
            for taken in letter.steps:
                if taken.step.due_at > letter.written_at:
                    yield f"thư {_describe(letter)} trước thời điểm của bậc"

    def find_misdirected(self) -> Iterator[str]:
        for letter in self.played.letters:
            if not letter.recipients or not all(map(self._is_listed, (*letter.recipients, *letter.copies))):
                yield f"thư {_describe(letter)} không có người nhận trong danh sách cho phép"

    def find_late_letters(self) -> Iterator[str]:
        stops = [outage for outage in self.season.outages if outage.part is Part.MAIL]
        for letter in self.played.letters:
            for look in range(letter.look, len(self.local)):
                at = self.played.looks[look].at
                if any(stop.begins <= at < stop.ends for stop in stops):
                    continue
                if letter.is_withdrawn or letter.sent_look == look:
                    break
                if self._may_write(self.local[look], *_rungs(letter)):
                    yield f"thư {_describe(letter)} gửi được mà không gửi lúc {format_moment(self.local[look])}"
                    break


@functools.lru_cache(maxsize=8)
def _list_worked(working: WorkingCalendar, first: dt.date, last: dt.date) -> frozenset[dt.date]:
    off, swapped = ([day.date for day in days] for days in (working.holidays, working.working_weekends))
    days = (first + number * DAY for number in range((last - first).days))
    return frozenset(day for day in days if day in swapped or (day.isoweekday() <= 5 and day not in off))


@functools.lru_cache(maxsize=512)
def _walk_ladder(ladder: Ladder, worked: frozenset[dt.date], due_before: dt.date, end: dt.date) -> list[_Moment]:
    days = sorted(worked)
    last_day = max(number for number, day in enumerate(days) if day < due_before)
    found = []
    for rung in ladder.rungs:
        for repetition in itertools.count():
            number = last_day + rung.day + repetition * (rung.repeat_every_working_days or 0)
            if repetition and rung.repeat_every_working_days is None:
                break
            at = _wake(ladder, rung, days, number)
            if at.date() > end:
                break
            found.append(_Moment(rung, repetition, at))
    return sorted(found, key=lambda moment: moment.at)


def _wake(ladder: Ladder, rung: Rung, days: list[dt.date], number: int) -> dt.datetime:
    """The rung's moment, or the end of the quiet hours it falls into."""
    quiet = ladder.quiet
    if quiet is None or rung.may_disturb or not quiet.covers(rung.time):
        return dt.datetime.combine(days[number], rung.time)
    return dt.datetime.combine(days[number if rung.time < quiet.ends else number + 1], quiet.ends)


def _rungs(letter: Letter) -> list[Rung]:
    return [taken.step.rung for taken in letter.steps]


def _describe(letter: Letter) -> str:
    agencies = ", ".join(taken.agency for taken in letter.steps[:3])
    return f"{letter.rung.id} ({agencies}) lúc {format_moment(letter.written_at)}"
