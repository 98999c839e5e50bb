"""When the coordinator's leaders get the position of a cycle: every week, and on the day of each milestone.

Pure, like the ladder: the pass that writes the letter, the timetable and the simulator ask the same functions.  A
moment that falls on a day off or into quiet hours comes when they are over.  While no pass ran several moments may
have passed: the latest stands for all of them (decision record 3).
"""

from __future__ import annotations

import datetime as dt
import functools
from bisect import bisect_right

from kybaocao.plan.calendar import ONE_DAY
from kybaocao.plan.ladder import Reminders, reminder_step_moments
from kybaocao.plan.reminder_steps import Addressee


@functools.lru_cache(maxsize=64)
def list_position_moments(reminders: Reminders) -> tuple[dt.datetime, ...]:
    """From the opening to the last day for the ministry's report, at most one a day, in order; none when not asked for.

    On the day of a reminder step that goes to the coordinator's leaders, their list of that day is the position.
    """
    cycle, ladder, calendar = reminders.cycle, reminders.ladder, reminders.calendar
    letter = ladder.position
    if letter is None:
        return ()
    first = [
        next(reminder_step_moments(step, cycle.due_before, ladder, calendar))
        for step in ladder.reminder_steps
        if step.to is not Addressee.COORDINATOR
    ]
    days = {calendar.day_of(moment) for moment in first} | {cycle.due_before, cycle.compile_at.date}
    day = cycle.opens.date
    while day <= cycle.bo_tai_chinh_by:
        if day.weekday() == letter.weekday_number:
            days.add(day)
        day += ONE_DAY
    found: dict[dt.date, dt.datetime] = {}
    for day in sorted(days):
        while not calendar.is_working(day):
            day += ONE_DAY
        moment = calendar.next_writable(calendar.moment(day, letter.time), ladder.quiet)
        found.setdefault(calendar.day_of(moment), moment)
    end = calendar.moment(cycle.bo_tai_chinh_by, dt.time.max)
    return tuple(moment for moment in sorted(found.values()) if reminders.opening < moment <= end)


def find_due_position(reminders: Reminders, at: dt.datetime, last: dt.date | None) -> dt.datetime | None:
    """The moment whose letter is to be written at `at`; None when there is none.

    `last`: the day of the latest one written. Nobody is disturbed in quiet hours: the next pass writes it.
    """
    moments = list_position_moments(reminders)
    passed = bisect_right(moments, at)
    if not passed or at > reminders.end or reminders.is_quiet(at):
        return None
    moment = moments[passed - 1]
    return moment if last is None or reminders.calendar.day_of(moment) > last else None


def find_position_end(reminders: Reminders, moment: dt.datetime) -> dt.datetime:
    """Until when the letter of a moment makes sense: the next moment, or the end of the cycle."""
    moments = list_position_moments(reminders)
    return next((later for later in moments if later > moment), reminders.end)
