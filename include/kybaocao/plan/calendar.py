"""Working days and deadlines of a plan, in its own time zone.

"trước ngày X" is strict: the last day is X-1 (Kế hoạch, IV.1).  Nghị định 09/2019/NĐ-CP, khoản 5 Điều 8, wants
at least one working day between the data cut-off and the sending deadline.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kybaocao.plan.cycles import Clock, Cycle
from kybaocao.plan.days_off import SATURDAY, WorkingCalendar
from kybaocao.plan.reminder_steps import QuietHours
from kybaocao.vietnamese import name_day

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
        return day.weekday() < SATURDAY and day not in self.days_off

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

    # --- when somebody may be written to -----------------------------------------------------------------

    def may_write(self, moment: dt.datetime, quiet: QuietHours | None) -> bool:
        """On a worked day, and not in quiet hours."""
        local = moment.astimezone(self.timezone)
        return self.is_working(local.date()) and not (quiet and quiet.covers(local.time()))

    def next_writable(self, moment: dt.datetime, quiet: QuietHours | None) -> dt.datetime:
        """`moment` itself when it may be used, else the first one after it that may."""
        while not self.may_write(moment, quiet):
            local = moment.astimezone(self.timezone)
            day, time = local.date(), local.time()
            if quiet and quiet.covers(time) and time < quiet.ends:
                moment = self.moment(day, quiet.ends)  # the same day, which may be one off
            else:
                moment = self.moment(self.shift(day, 1), dt.time.min)
        return moment

    # --- a cycle's deadlines ---------------------------------------------------------------------------

    def deadline(self, cycle: Cycle) -> dt.datetime:
        """The first moment that is too late: 00:00 of the day named by "trước ngày"."""
        return self.moment(cycle.due_before, dt.time.min)

    def anchor(self, cycle: Cycle) -> dt.date:
        """The last working day of the agencies' time: reminder step days count from here."""
        return self.last_working_day(cycle.due_on)

    def leaves_time(self, cycle: Cycle) -> bool:
        """Whether a worked day lies between the data cut-off and the last day (NĐ 09/2019, khoản 5 Điều 8)."""
        return self.working_days_between(cycle.period_to, cycle.due_on - ONE_DAY) >= 1

    def late_working_days(self, cycle: Cycle, received_at: dt.datetime) -> int:
        """Worked days by which a submission is late: 0 when on time, at least 1 otherwise."""
        if received_at < self.deadline(cycle):
            return 0
        return max(1, self.working_days_between(cycle.due_on, self.day_of(received_at)))


# --- said in words -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NamedDate:
    """A date of a cycle as an official reads it."""

    what: str  # "Hạn cuối"
    date: dt.date
    words: str  # "Hạn cuối: thứ Tư 09/12/2026"


def explain_dates(cycle: Cycle, calendar: Calendar, coordinator: str, ministry: str) -> list[NamedDate]:
    """Every date of a cycle, given or derived, in the order of the days; sentences without a full stop."""

    def before_days_off(day: dt.date) -> str:
        worked = calendar.last_working_day(day)
        return "" if worked == day else f" (ngày làm việc cuối cùng: {name_day(worked)})"

    opening, compilation = cycle.opens, cycle.compile_at
    dates = [
        ("Số liệu tính từ", cycle.period_from, ""),
        ("Chốt số liệu", cycle.period_to, ""),
        ("Mở kỳ", opening.date, f" lúc {opening.time:%H:%M}"),
        ("Hạn cuối", cycle.due_on, before_days_off(cycle.due_on)),
        ("Tổng hợp", compilation.date, f" lúc {compilation.time:%H:%M}; báo cáo nộp muộn trước giờ này còn kịp"),
        (f"Hạn cuối của {coordinator}", cycle.so_tai_chinh_due_on, before_days_off(cycle.so_tai_chinh_due_on)),
        (f"Hạn cuối gửi {ministry}", cycle.bo_tai_chinh_by, ""),
        ("Đóng kỳ", cycle.closes_on, ""),
    ]
    found = [NamedDate(what, day, f"{what}: {name_day(day)}{more}") for what, day, more in dates]
    return sorted(found, key=lambda named: named.date)
