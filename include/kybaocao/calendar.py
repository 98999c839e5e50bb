"""Working days and deadlines of a plan, in its own time zone.

"trước ngày X" is strict: the last day is X-1 (seed register, section 5).  Nghị định 09/2019/NĐ-CP, khoản 5
Điều 8, wants at least one working day between the data cut-off and the sending deadline.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kybaocao.plan.model import Clock, Cycle, Rung, WorkingCalendar

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked, and which moment a day and an hour are."""

    days_off: frozenset[dt.date]
    worked_weekends: frozenset[dt.date]
    timezone: ZoneInfo

    @classmethod
    def of(cls, config: WorkingCalendar, timezone: ZoneInfo) -> Calendar:
        return cls(
            frozenset(holiday.date for holiday in config.holidays),
            frozenset(day.date for day in config.working_weekends),
            timezone,
        )

    def is_working(self, day: dt.date) -> bool:
        if day in self.worked_weekends:
            return True
        return day.weekday() < 5 and day not in self.days_off

    def last_working_day(self, day: dt.date) -> dt.date:
        """`day` itself when worked, else the nearest worked day before it."""
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def shift(self, day: dt.date, working_days: int) -> dt.date:
        """The worked day that lies `working_days` worked days after (or before) `day`."""
        step = ONE_DAY if working_days > 0 else -ONE_DAY
        for _ in range(abs(working_days)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def working_days_between(self, earlier: dt.date, later: dt.date) -> int:
        """Worked days after `earlier` up to and including `later`; 0 when later is not after earlier."""
        count, day = 0, earlier
        while day < later:
            day += ONE_DAY
            count += self.is_working(day)
        return count

    def moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, tzinfo=self.timezone)

    def at(self, clock: Clock) -> dt.datetime:
        return self.moment(clock.date, clock.time)

    def day_of(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.timezone).date()

    # --- a cycle's deadlines ---------------------------------------------------------------------------

    def deadline(self, cycle: Cycle) -> dt.datetime:
        """The first moment that is too late: 00:00 of the day named by "trước ngày"."""
        return self.moment(cycle.due_before, dt.time.min)

    def anchor(self, cycle: Cycle) -> dt.date:
        """The last working day of the agencies' time: rung days count from here."""
        return self.last_working_day(cycle.due_on)

    def rung_moment(self, cycle: Cycle, rung: Rung) -> dt.datetime:
        return self.moment(self.shift(self.anchor(cycle), rung.day), rung.time)

    def late_working_days(self, cycle: Cycle, received_at: dt.datetime) -> int:
        """Worked days by which a return is late: 0 when on time, at least 1 otherwise."""
        if received_at < self.deadline(cycle):
            return 0
        return max(1, self.working_days_between(cycle.due_on, self.day_of(received_at)))
