"""What must hold of every season, computed independently of the ladder.

Nothing here asks the ladder, the calendar or the plan's decisions: days are walked one by one, deadlines are
read from the entries, and who owes what from the files that were judged.  An empty list means that

    nobody is reminded before the opening, after the closing, after acceptance, or who owes nothing
    nobody is reminded by a step that was due when the form was issued, or of a deadline that was over by then
    nobody who owes something is passed over by a reminder step once a pass has run
    no step is taken that is not on the agency's own ladder, none twice, none of one agency goes backwards
    nothing is written or sent on a day off or in quiet hours, unless the reminder step says so
    nobody gets two messages in one pass; everybody who has to hear of an agency does, and nobody else
    when an address is missing, a step goes to those in copy or the next one up, never early to the Chairman
    every letter has a recipient, and every recipient a domain the province has listed
    the letter of a step leaves at the first pass at which it can, or the step is outdated by then
    the leaders get the position of the cycle when they should (`position_proof`)
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.days_off import WorkingCalendar
from kybaocao.plan.reminder_steps import Addressee, Ladder, ReminderStep
from kybaocao.plan.verdict import Verdict
from kybaocao.season.events import Part
from kybaocao.season.playing import Letter, Played, Taken
from kybaocao.season.position_proof import find_unpositioned
from kybaocao.vietnamese import format_moment

DAY = dt.timedelta(days=1)
_Term = tuple[dt.date, dt.date, str]


def find_breaches(played: Played) -> list[str]:
    """One sentence for each thing that must not be; empty for a sound season."""
    proof = _Proof(played)
    return [
        *proof.find_wrongly_reminded(),
        *proof.find_unreminded(),
        *proof.find_misplaced(),
        *proof.find_repeated(),
        *proof.find_backward(),
        *proof.find_disturbing(),
        *proof.find_crowding(),
        *proof.find_misdirected(),
        *proof.find_unheard(),
        *proof.find_unsaid(),
        *find_unpositioned(played),
    ]


@dataclass(frozen=True)
class _Moment:
    """A reminder step falls due, in local time: what the ladder must come to."""

    reminder_step: ReminderStep
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
            if drop.file.verdict == Verdict.ACCEPTED:
                self.accepted.setdefault(drop.agency, look)
        self.terms = {
            agency.code: functools.lru_cache(functools.partial(self._term, agency.code))
            for agency in self.plan.expected
        }

    # --- what stands at a pass ---------------------------------------------------------------------------

    def _term(self, agency: str, day: dt.date) -> _Term:
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
        return self.accepted.get(agency, look + 1) > look and self._is_bound(agency, look)

    def _is_bound(self, agency: str, look: int) -> bool:
        """Whether a report is expected of the agency in the open cycle, accepted or not."""
        now, body = self.local[look], self.plan.agencies[agency]
        today = now.date()
        if now < self._opening or today > self._end:
            return False
        if any(
            (e.agency, e.cycle) == (agency, self.cycle.id) and e.dated <= today
            for e in self.plan.adjustments.exemptions
        ):
            return False
        return body.opens_on <= today <= body.closes_on and body.opens_on < self.terms[agency](today)[0]

    def _asked(self, agency: str) -> dt.datetime | None:
        """When the agency was given its form: the first pass that found the cycle open and the folder, too."""
        if agency not in self._forms:
            closed = {one.agency: one.until for one in self.season.closed_folders}
            looks = [n for n, look in enumerate(self.played.looks) if agency not in closed or look.at >= closed[agency]]
            self._forms[agency] = next((self.local[look] for look in looks if self._is_bound(agency, look)), None)
        return self._forms[agency]

    @functools.cached_property
    def _forms(self) -> dict[str, dt.datetime | None]:
        return {}

    @functools.cached_property
    def _opening(self) -> dt.datetime:
        return dt.datetime.combine(self.cycle.opens.date, self.cycle.opens.time)

    @functools.cached_property
    def _end(self) -> dt.date:
        days = [move.closes_on for move in self.plan.adjustments.moves if move.closes_on]
        return (days or [self.cycle.closes_on])[-1]

    def _may_write(self, moment: dt.datetime, *reminder_steps: ReminderStep) -> bool:
        if all(reminder_step.may_disturb for reminder_step in reminder_steps):
            return True
        quiet = self.ladder.quiet
        if quiet is None:
            is_quiet = False
        elif quiet.begins < quiet.ends:
            is_quiet = quiet.begins <= moment.time() < quiet.ends
        else:
            is_quiet = not quiet.ends <= moment.time() < quiet.begins
        return moment.date() in self.worked and not is_quiet

    def _find_hearer(self, agency: str, reminder_step: ReminderStep, day: dt.date) -> Addressee | None:
        """Who hears a reminder step: whom it names, who is in copy, or the next one up, but no sooner the Chairman."""
        order = list(Addressee)
        named = [one.to for one in self.ladder.reminder_steps]
        higher = [to for to in order if to in named and order.index(reminder_step.to) < order.index(to) < 3]
        return next(
            (to for to in (reminder_step.to, *reminder_step.copies, *higher) if self._list_people(agency, to, day)),
            None,
        )

    def _list_people(self, agency: str, to: Addressee, day: dt.date) -> frozenset[str]:
        """Addresses behind an addressee on a day, in small letters."""
        key = (agency, to, day)
        if key not in self._people:
            leaders = {
                Addressee.COORDINATOR: self.plan.require_recipients().coordinator,
                Addressee.CHAIRMAN: self.plan.require_recipients().chairman,
            }
            contacts = self.plan.contacts_of(agency, ContactRole(to.value), day) if to not in leaders else ()
            emails = [person.email for person in leaders.get(to, contacts)]
            self._people[key] = frozenset(email.lower() for email in emails if self._is_listed(email))
        return self._people[key]

    @functools.cached_property
    def _people(self) -> dict[tuple[str, Addressee, dt.date], frozenset[str]]:
        return {}

    def _is_listed(self, email: str) -> bool:
        host = email.split("@")[-1].casefold()
        listed = self.plan.require_recipients().allowed_domains
        return host in listed or any(host.endswith(f".{domain}") for domain in listed)

    # --- the breaches ---------------------------------------------------------------------------------------

    def find_wrongly_reminded(self) -> Iterator[str]:
        for letter in self.played.letters:
            for outstanding, _ in letter.notice.named:
                if not self._owes(outstanding.agency, letter.look):
                    yield f"gửi thư {_describe(letter)} khi {outstanding.agency} không còn nợ báo cáo"

    def find_unreminded(self) -> Iterator[str]:
        recorded: dict[tuple[str, str, int], int] = {}
        for taken in self.played.taken:
            for step in (taken.step, *taken.step.absorbs):
                recorded.setdefault((taken.agency, *step.key), taken.look)
        for agency in self.plan.expected:
            code = agency.code
            waiting: dict[_Term, list[_Moment]] = {}
            for look, now in enumerate(self.local[: self.accepted.get(code, len(self.local))]):
                term = self.terms[code](now.date())
                if term not in waiting:
                    waiting[term] = self._walk(code, term)
                if not waiting[term] or waiting[term][0].at > now or not self._owes(code, look):
                    continue
                for moment in waiting[term][: bisect_right(waiting[term], now, key=attrgetter("at"))]:
                    name = moment.reminder_step.id + term[2]
                    if recorded.get((code, name, moment.repetition), look + 1) <= look:
                        waiting[term].remove(moment)
                    elif self._may_write(now, moment.reminder_step) and self._find_hearer(
                        code, moment.reminder_step, now.date()
                    ):
                        waiting[term].remove(moment)
                        yield f"{code}: bỏ sót bậc {name} lần {moment.repetition} lúc {format_moment(now)}"

    def find_misplaced(self) -> Iterator[str]:
        ladders: dict[tuple[str, _Term], dict[tuple[str, int], dt.datetime]] = {}
        for taken in self.played.taken:
            term = self.terms[taken.agency](self.local[taken.look].date())
            if (taken.agency, term) not in ladders:
                moments = self._walk(taken.agency, term)
                ladders[taken.agency, term] = {(m.reminder_step.id + term[2], m.repetition): m.at for m in moments}
            for step in (taken.step, *taken.step.absorbs):
                due_at = step.due_at.astimezone(self.zone).replace(tzinfo=None)
                if ladders[taken.agency, term].get(step.key) != due_at:
                    yield f"{taken.agency}: bậc {step.key[0]} lần {step.key[1]} không có trong bậc thang của cơ quan"

    def _walk(self, agency: str, term: _Term) -> list[_Moment]:
        begins, duty = max(self._opening, dt.datetime.combine(term[1], dt.time.min)), self.plan.agencies[agency].duty
        asked = self._asked(agency)
        if asked is None or asked.date() >= term[0]:
            return []
        moments = _walk_ladder(self.ladder, self.worked, term[0], self._end)
        return [one for one in moments if one.at >= begins and one.at > asked and duty in one.reminder_step.duties]

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
        said: dict[tuple[str, Addressee, str], dt.datetime] = {}
        for letter in self.played.letters:
            for outstanding, step in letter.notice.named if not letter.notice.is_copy else ():
                key = (outstanding.agency, step.to, step.key[0].partition("@")[2])
                if key in said and step.due_at < said[key]:
                    yield f"{outstanding.agency}: thư bậc {step.key[0]} lần {step.key[1]} đi lùi"
                said[key] = step.due_at

    def find_disturbing(self) -> Iterator[str]:
        for letter in self.played.letters:
            reminder_steps = [step.reminder_step for _, step in letter.notice.steps]
            if not self._may_write(self.local[letter.look], *reminder_steps):
                yield f"thư {_describe(letter)} vào ngày nghỉ hoặc giờ yên lặng"
            if any(step.due_at > letter.sent_at for _, step in letter.notice.steps):
                yield f"thư {_describe(letter)} trước thời điểm của bậc"

    def find_crowding(self) -> Iterator[str]:
        heard: set[tuple[int, str, Addressee | None]] = set()
        for letter in self.played.letters:
            for address in (*letter.notice.recipients, *letter.notice.copies):
                key = (letter.look, address.lower(), letter.notice.to if letter.notice.to.is_collective else None)
                if key in heard:
                    yield f"hai thư cùng lúc cho {address}: {_describe(letter)}"
                heard.add(key)

    def find_misdirected(self) -> Iterator[str]:
        for letter in self.played.letters:
            everybody = (*letter.notice.recipients, *letter.notice.copies)
            if not letter.notice.recipients or not all(map(self._is_listed, everybody)):
                yield f"thư {_describe(letter)} không có người nhận trong danh sách cho phép"
            for outstanding, step in letter.notice.named:
                asked = (step.to,) if step.to.is_collective else (step.to, *step.reminder_step.copies)
                day = self.local[letter.look].date()
                if step.to is not self._find_hearer(outstanding.agency, step.reminder_step, day):
                    yield f"thư {_describe(letter)} gửi nhầm cấp về {outstanding.agency}"
                right = frozenset[str]().union(*(self._list_people(outstanding.agency, to, day) for to in asked))
                if not right.issuperset(address.lower() for address in everybody):
                    yield f"thư {_describe(letter)} gửi nhầm người về {outstanding.agency}"

    def find_unheard(self) -> Iterator[str]:
        heard: dict[tuple[int, str], set[str]] = {}
        for letter in self.played.letters:
            people = {address.lower() for address in (*letter.notice.recipients, *letter.notice.copies)}
            for outstanding, _ in letter.notice.named:
                heard.setdefault((letter.look, outstanding.agency), set()).update(people)
        for letter in self.played.letters:
            for outstanding, step in letter.notice.steps:
                asked = (step.to,) if step.to.is_collective else (step.to, *step.reminder_step.copies)
                day = self.local[letter.look].date()
                for to in asked:
                    if not self._list_people(outstanding.agency, to, day) <= heard[letter.look, outstanding.agency]:
                        yield f"có người không nhận được thư {_describe(letter)} về {outstanding.agency}"

    def find_unsaid(self) -> Iterator[str]:
        stops = [outage for outage in self.season.outages if outage.part is Part.MAIL]
        said: dict[tuple[str, str, int], int] = {}
        for letter in self.played.letters:
            for outstanding, step in letter.notice.steps:
                said.setdefault((outstanding.agency, *step.key), letter.look)
        dropped = {(one.agency, *one.key): one.look for one in self.played.dropped}
        for taken in self.played.taken:
            key = (taken.agency, *taken.step.key)
            if key in said and key in dropped:
                yield f"{_name(taken)} vừa được gửi vừa được rút"
            if said.get(key) == taken.look:
                continue
            for look in range(taken.look, len(self.local)):
                if said.get(key) == look:
                    break
                if dropped.get(key) == look:
                    if not self._has_no_sense(taken, look):
                        yield f"{_name(taken)} được rút lúc {format_moment(self.local[look])} khi vẫn phải gửi"
                    break
                at, now = self.played.looks[look].at, self.local[look]
                if any(stop.begins <= at < stop.ends for stop in stops):
                    continue
                reminder_step = taken.step.reminder_step
                if self._may_write(now, reminder_step) and self._find_hearer(taken.agency, reminder_step, now.date()):
                    yield f"{_name(taken)} gửi được mà không gửi lúc {format_moment(now)}"
                    break

    def _has_no_sense(self, taken: Taken, look: int) -> bool:
        """Nothing owed, another deadline, or something later was taken to the same person."""
        day = self.local[look].date()
        if not self._owes(taken.agency, look):
            return True
        term = self.terms[taken.agency](day)
        if taken.step.key not in {(m.reminder_step.id + term[2], m.repetition) for m in self._walk(taken.agency, term)}:
            return True
        hearer = self._find_hearer(taken.agency, taken.step.reminder_step, day)
        return any(
            step.due_at > taken.step.due_at and self._find_hearer(taken.agency, step.reminder_step, day) is hearer
            for other in self.played.taken
            if other.agency == taken.agency and other.look <= look
            for step in (other.step, *other.step.absorbs)
        )


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
    for reminder_step in ladder.reminder_steps:
        for repetition in itertools.count():
            number = last_day + reminder_step.day + repetition * (reminder_step.repeat_every_working_days or 0)
            if repetition and reminder_step.repeat_every_working_days is None:
                break
            at = _wake(ladder, reminder_step, days, number)
            if at.date() > end:
                break
            found.append(_Moment(reminder_step, repetition, at))
    return sorted(found, key=lambda moment: moment.at)


def _wake(ladder: Ladder, reminder_step: ReminderStep, days: list[dt.date], number: int) -> dt.datetime:
    """The reminder step's moment, or the end of the quiet hours it falls into."""
    quiet = ladder.quiet
    if quiet is None or reminder_step.may_disturb or not quiet.covers(reminder_step.time):
        return dt.datetime.combine(days[number], reminder_step.time)
    return dt.datetime.combine(days[number if reminder_step.time < quiet.ends else number + 1], quiet.ends)


def _name(taken: Taken) -> str:
    return f"{taken.agency}: bậc {taken.step.key[0]} lần {taken.step.key[1]}"


def _describe(letter: Letter) -> str:
    agencies = ", ".join(outstanding.agency for outstanding, _ in letter.notice.named[:3])
    return f"{letter.notice.reminder_step.id} ({agencies}) lúc {format_moment(letter.sent_at)}"
