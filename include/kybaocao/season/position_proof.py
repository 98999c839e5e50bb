"""What the leaders' position letters of a season must come to, computed from the days alone.

Like `proof`, this asks neither the ladder nor the calendar: the worked days are walked one by one.  An empty list means
that each letter left at the first pass at which it could, that the latest moment spoke for those before it, that none
left twice, early, on a day off or in quiet hours, and that none was left out.
"""

from __future__ import annotations

import datetime as dt
import functools
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from kybaocao.plan.days_off import WorkingCalendar
from kybaocao.plan.reminder_steps import Addressee, Ladder
from kybaocao.season.events import Part
from kybaocao.season.playing import Played
from kybaocao.vietnamese import format_moment

DAY = dt.timedelta(days=1)


def find_unpositioned(played: Played) -> Iterator[str]:
    """One sentence for each position letter that is missing, or should not have left."""
    season, plan = played.season, played.season.plan
    days = _Days(played)
    sent = {letter.look: letter for letter in played.positions}
    stops = [outage for outage in season.outages if outage.part is Part.MAIL]
    written: dt.datetime | None = None  # the moment whose letter was written last
    waits = False
    for look, one in enumerate(played.looks):
        now = one.as_of.astimezone(plan.timezone).replace(tzinfo=None)
        moments = days.list_moments(now.date())
        passed = [moment for moment in moments if moment <= now]
        may_write = days.may_write(now) and now.date() <= days.read("closes_on", now.date())
        if passed and may_write and days.has_leader and (written is None or passed[-1].date() > written.date()):
            written, waits = passed[-1], True
        is_old = written is not None and any(written < moment <= now for moment in moments)
        is_taken = not any(stop.begins <= one.at < stop.ends for stop in stops)
        leaves = waits and may_write and not is_old and is_taken
        waits = waits and not leaves
        if (look in sent) is not leaves:
            yield f"thư tình hình {'thiếu' if leaves else 'thừa'} lúc {format_moment(now)}"
        elif leaves and sent[look].due_at.astimezone(plan.timezone).replace(tzinfo=None) != written:
            yield f"thư tình hình lúc {format_moment(now)} không phải của mốc mới nhất"


class _Days:
    def __init__(self, played: Played) -> None:
        self.plan = played.season.plan
        self.cycle = self.plan.cycles[played.season.cycle]
        self.ladder: Ladder = self.plan.require_ladder()
        self.worked = _list_worked(self.plan.require_calendar(), self.cycle.opens.date - 120 * DAY)
        domains = self.plan.require_recipients().allowed_domains
        self.has_leader = any(
            f".{person.email.rpartition('@')[2].casefold()}".endswith(tuple(f".{domain}" for domain in domains))
            for person in self.plan.require_recipients().coordinator
        )
        self._moments: dict[tuple[Any, ...], list[dt.datetime]] = {}

    def read(self, name: str, day: dt.date) -> Any:
        """A date of the cycle as it was decided by a day."""
        value = getattr(self.cycle, name)
        for move in self.plan.adjustments.moves:
            if move.cycle == self.cycle.id and move.dated <= day and getattr(move, name) is not None:
                value = getattr(move, name)
        return value

    def may_write(self, now: dt.datetime) -> bool:
        return self._find_worked(now.date()) == now.date() and not self._is_quiet(now.time())

    def _find_worked(self, day: dt.date) -> dt.date:
        """The day itself when worked, else the next worked one."""
        return self.worked[bisect_left(self.worked, day)]

    def _is_quiet(self, time: dt.time) -> bool:
        quiet = self.ladder.quiet
        if quiet is None:
            return False
        if quiet.begins < quiet.ends:
            return quiet.begins <= time < quiet.ends
        return not quiet.ends <= time < quiet.begins

    def list_moments(self, day: dt.date) -> list[dt.datetime]:
        """Every moment of the cycle as it stands on a day, in order."""
        letter = self.ladder.position
        if letter is None:
            return []
        due, compiled, end = (self.read(name, day) for name in ("due_before", "compile_at", "bo_tai_chinh_by"))
        if (due, compiled, end) not in self._moments:
            opening = dt.datetime.combine(self.cycle.opens.date, self.cycle.opens.time)
            last = bisect_left(self.worked, due) - 1
            asked = {due, compiled.date}
            for step in self.ladder.reminder_steps:
                if step.to is not Addressee.COORDINATOR:
                    is_woken = step.may_disturb or not self._is_quiet(step.time)
                    quiet = self.ladder.quiet
                    is_next_day = not is_woken and quiet is not None and step.time >= quiet.ends
                    asked.add(self.worked[last + step.day + is_next_day])
            asked |= {one for one in _walk(opening.date(), end) if one.weekday() == letter.weekday_number}
            found: dict[dt.date, dt.datetime] = {}
            for one in sorted(asked):
                moment = self._wake(self._find_worked(one), letter.time)
                found.setdefault(moment.date(), moment)
            self._moments[due, compiled, end] = [
                moment for moment in sorted(found.values()) if opening < moment and moment.date() <= end
            ]
        return self._moments[due, compiled, end]

    def _wake(self, day: dt.date, time: dt.time) -> dt.datetime:
        """An hour on a worked day, or the end of the quiet hours it falls into."""
        quiet = self.ladder.quiet
        if quiet is None or not self._is_quiet(time):
            return dt.datetime.combine(day, time)
        later = day if time < quiet.ends else self._find_worked(day + DAY)
        return dt.datetime.combine(later, quiet.ends)


@functools.lru_cache(maxsize=8)
def _list_worked(working: WorkingCalendar, first: dt.date) -> tuple[dt.date, ...]:
    off, swapped = ([day.date for day in days] for days in (working.holidays, working.working_weekends))
    span = (first + number * DAY for number in range(800))
    return tuple(day for day in span if day in swapped or (day.isoweekday() <= 5 and day not in off))


def _walk(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        yield first + number * DAY
