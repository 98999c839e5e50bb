"""Working days and deadlines, in the province's own time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.plan.calendar import ONE_DAY, Calendar, explain_dates
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.load import load_plan
from kybaocao.plan.reminder_steps import QuietHours
from tests.conftest import CONFIG, CYCLE

PLAN = load_plan(Path(CONFIG))
CALENDAR = Calendar.of(PLAN.require_calendar(), PLAN.timezone)
KY1, KY2 = PLAN.cycles["nq02-2026-ky1"], PLAN.cycles[CYCLE]
YEAR = [dt.date(2026, 1, 1) + n * ONE_DAY for n in range(365)]

days = st.dates(dt.date(2025, 12, 1), dt.date(2027, 3, 31))
working_days = days.filter(CALENDAR.is_working)


def _local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


# --- which days are worked ---------------------------------------------------------------------------------------


def test_the_year_has_as_many_working_days_as_decreed() -> None:
    """261 weekdays of 2026, less 14 days off on weekdays, plus two swapped Saturdays."""
    weekdays = [day for day in YEAR if day.weekday() < 5]
    off = [holiday.date for holiday in PLAN.require_calendar().holidays if holiday.date.year == 2026]
    assert (len(weekdays), len(off)) == (261, 14)
    assert sum(CALENDAR.is_working(day) for day in YEAR) == 261 - 14 + 2


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        ("2026-01-02", False),  # Friday, swapped for
        ("2026-01-10", True),  # this Saturday
        ("2026-01-11", False),
        ("2026-02-16", False),  # Tết
        ("2026-02-23", True),
        ("2026-04-27", False),  # Monday after the Kings' day on a Sunday
        ("2026-08-22", True),  # Saturday, swapped for
        ("2026-08-31", False),  # this Monday
        ("2026-09-03", True),
        ("2026-12-05", False),
        ("2026-12-10", True),
    ],
)
def test_swapped_days_are_worked_and_holidays_are_not(day: str, is_working: bool) -> None:
    """Swaps are decided year by year; they are lines of the configuration."""
    assert CALENDAR.is_working(dt.date.fromisoformat(day)) is is_working


@given(days)
def test_the_last_working_day_is_the_day_itself_or_the_nearest_before(day: dt.date) -> None:
    """Nothing worked lies between it and the day asked for."""
    found = CALENDAR.last_working_day(day)
    assert CALENDAR.is_working(found) and found <= day
    assert CALENDAR.working_days_between(found, day) == 0


# --- counting them ------------------------------------------------------------------------------------------------------


@given(working_days, st.integers(-60, 60))
def test_shifting_there_and_back_comes_home(day: dt.date, count: int) -> None:
    """So many working days forward and as many back."""
    assert CALENDAR.shift(CALENDAR.shift(day, count), -count) == day


@given(days, st.integers(1, 60))
def test_a_shift_crosses_exactly_that_many_working_days(day: dt.date, count: int) -> None:
    """Counting what lies between gives the number back; both ways."""
    later, earlier = CALENDAR.shift(day, count), CALENDAR.shift(day, -count)
    assert CALENDAR.working_days_between(day, later) == count
    assert CALENDAR.is_working(later) and CALENDAR.is_working(earlier) and earlier < day < later
    assert CALENDAR.working_days_between(earlier, day) == count - 1 + CALENDAR.is_working(day)


@given(days, days, days)
def test_counts_add_up(a: dt.date, b: dt.date, c: dt.date) -> None:
    """Over any day between; and nothing lies between a day and an earlier one."""
    first, middle, last = sorted((a, b, c))
    count = CALENDAR.working_days_between
    assert count(first, last) == count(first, middle) + count(middle, last)
    assert count(last, first) == 0


# --- "trước ngày X" ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received_at", "late_days"),
    [
        ("2026-12-09T23:59:59.999999", 0),
        ("2026-12-10T00:00:00", 1),
        ("2026-12-10T23:59:59", 1),
        ("2026-12-11T08:00:00", 2),
        ("2026-12-12T08:00:00", 2),  # a Saturday adds no day
        ("2026-12-13T08:00:00", 2),
        ("2026-12-14T08:00:00", 3),
    ],
)
def test_before_the_day_means_before_its_first_second(received_at: str, late_days: int) -> None:
    """Kế hoạch, IV.1: "trước ngày 10/12" – the last second is 23:59:59 of the ninth."""
    assert CALENDAR.late_working_days(KY2, _local(received_at)) == late_days


def test_the_deadline_is_midnight_in_son_la_not_in_greenwich() -> None:
    """00:00 of the tenth is 17:00 of the ninth in UTC: seven hours that a server in UTC must not give away."""
    assert CALENDAR.deadline(KY2).astimezone(dt.UTC) == dt.datetime(2026, 12, 9, 17, tzinfo=dt.UTC)
    assert CALENDAR.late_working_days(KY2, dt.datetime(2026, 12, 9, 16, 59, 59, tzinfo=dt.UTC)) == 0
    assert CALENDAR.late_working_days(KY2, dt.datetime(2026, 12, 9, 17, tzinfo=dt.UTC)) == 1
    assert CALENDAR.day_of(dt.datetime(2026, 12, 9, 17, tzinfo=dt.UTC)) == dt.date(2026, 12, 10)


@given(st.datetimes(dt.datetime(2026, 11, 1), dt.datetime(2027, 2, 1)))  # noqa: DTZ001 - zones are added below
def test_lateness_is_zero_on_time_and_at_least_one_day_otherwise(moment: dt.datetime) -> None:
    """Whatever zone the moment is given in, and never less for who comes later."""
    local = moment.replace(tzinfo=PLAN.timezone)
    late = CALENDAR.late_working_days(KY2, local)
    assert (late == 0) == (local < CALENDAR.deadline(KY2)) and late >= 0
    assert CALENDAR.late_working_days(KY2, local.astimezone(dt.UTC)) == late
    assert CALENDAR.late_working_days(KY2, local + dt.timedelta(hours=13)) >= late


@pytest.mark.parametrize(("weekday_before", "anchor"), [("2026-12-14", "2026-12-11"), ("2026-11-25", "2026-11-23")])
def test_a_deadline_after_days_off_is_chased_from_the_last_worked_day(weekday_before: str, anchor: str) -> None:
    """A Sunday, or the day of culture on a Tuesday: reminders count from the last day somebody is at work."""
    cycle = KY2.model_copy(update={"due_before": dt.date.fromisoformat(weekday_before)})
    assert CALENDAR.anchor(cycle) == dt.date.fromisoformat(anchor)


def test_being_late_on_a_day_off_is_being_late() -> None:
    """Due on a Friday, received on Saturday: one day, though no working day has passed."""
    cycle = KY2.model_copy(update={"due_before": dt.date(2026, 12, 12)})
    assert CALENDAR.late_working_days(cycle, _local("2026-12-12T00:00:00")) == 1


@pytest.mark.parametrize("cycle", [KY1, KY2], ids=lambda cycle: cycle.id)
def test_the_cut_off_leaves_the_working_day_the_decree_asks_for(cycle: Cycle) -> None:
    """Nghị định 09/2019/NĐ-CP, Điều 8 khoản 5: at least one working day between cut-off and sending."""
    assert CALENDAR.leaves_time(cycle)


@pytest.mark.parametrize(
    ("cut_off", "is_enough"),
    [("2026-12-07", True), ("2026-12-08", False), ("2026-12-09", False)],
)
def test_the_day_between_lies_between(cut_off: str, is_enough: bool) -> None:
    """Neither the cut-off itself nor the last day for sending is the working day that agencies are owed."""
    assert CALENDAR.leaves_time(KY2.model_copy(update={"period_to": dt.date.fromisoformat(cut_off)})) is is_enough


def test_days_off_are_no_working_day_between() -> None:
    """Data until Friday, last day on Monday: the weekend between them helps nobody."""
    days = {"period_to": dt.date(2026, 12, 4), "due_before": dt.date(2026, 12, 8)}
    assert not CALENDAR.leaves_time(KY2.model_copy(update=days))


# --- when somebody may be written to ----------------------------------------------------------------------------------

NIGHT = QuietHours.model_validate({"tu": "18:00", "den": "07:00"})
NOON = QuietHours.model_validate({"tu": "11:30", "den": "13:30"})


@pytest.mark.parametrize(
    ("moment", "quiet", "next_one"),
    [
        ("2026-12-10T08:00", NIGHT, "2026-12-10T08:00"),
        ("2026-12-10T07:00", NIGHT, "2026-12-10T07:00"),  # quiet hours are over at their last second
        ("2026-12-10T06:59:59", NIGHT, "2026-12-10T07:00"),
        ("2026-12-10T18:00", NIGHT, "2026-12-11T07:00"),
        ("2026-12-11T20:00", NIGHT, "2026-12-14T07:00"),  # Friday evening: Monday morning
        ("2026-12-12T10:00", NIGHT, "2026-12-14T07:00"),  # a Saturday
        ("2026-08-22T10:00", NIGHT, "2026-08-22T10:00"),  # a Saturday that is worked
        ("2026-02-13T19:00", NIGHT, "2026-02-23T07:00"),  # the whole of Tết
        ("2026-12-10T12:00", NOON, "2026-12-10T13:30"),
        ("2026-12-12T12:00", NOON, "2026-12-14T00:00"),
        ("2026-12-10T23:00", None, "2026-12-10T23:00"),
        ("2026-12-12T10:00", None, "2026-12-14T00:00"),  # without quiet hours days off still are days off
    ],
)
def test_what_may_not_be_written_now_waits_for_the_next_moment(
    moment: str, quiet: QuietHours | None, next_one: str
) -> None:
    """Quiet hours over midnight or over noon, weekends, Tết."""
    assert CALENDAR.next_writable(_local(moment), quiet) == _local(next_one)


@given(st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)), st.sampled_from([NIGHT, NOON, None]))  # noqa: DTZ001 - zones are added below
def test_the_next_moment_may_be_used_and_none_before_it(moment: dt.datetime, quiet: QuietHours | None) -> None:
    """Whatever the moment: the answer is a working moment, and half a minute earlier was not, or was the past."""
    at = moment.replace(tzinfo=PLAN.timezone)
    found = CALENDAR.next_writable(at, quiet)
    assert found >= at and CALENDAR.may_write(found, quiet)
    earlier = found - dt.timedelta(seconds=30)
    assert found == at or earlier < at or not CALENDAR.may_write(earlier, quiet)


# --- said in words -----------------------------------------------------------------------------------------------------


def test_every_date_is_told_in_words_in_the_order_of_the_days() -> None:
    """What an official reads before going live; derived days too."""
    reported = explain_dates(KY2, CALENDAR, "Sở Tài chính", "Bộ Tài chính")
    assert [named.words for named in reported] == [
        "Số liệu tính từ: thứ Hai 01/6/2026",
        "Mở kỳ: thứ Hai 16/11/2026 lúc 08:00",
        "Chốt số liệu: thứ Hai 30/11/2026",
        "Hạn cuối: thứ Tư 09/12/2026",
        "Tổng hợp: thứ Hai 14/12/2026 lúc 10:00; báo cáo nộp muộn trước giờ này còn kịp",
        "Hạn cuối của Sở Tài chính: thứ Hai 14/12/2026",
        "Hạn cuối gửi Bộ Tài chính: thứ Sáu 25/12/2026",
        "Đóng kỳ: thứ Sáu 29/01/2027",
    ]
    assert [named.date for named in reported] == sorted(named.date for named in reported)


def test_a_last_day_that_is_a_day_off_names_the_last_working_day() -> None:
    """14 June 2026 is a Sunday: Sở Tài chính has until Friday."""
    reported = {named.what: named.words for named in explain_dates(KY1, CALENDAR, "Sở Tài chính", "Bộ Tài chính")}
    assert reported["Hạn cuối của Sở Tài chính"] == (
        "Hạn cuối của Sở Tài chính: Chủ nhật 14/6/2026 (ngày làm việc cuối cùng: thứ Sáu 12/6/2026)"
    )
    assert reported["Hạn cuối"] == "Hạn cuối: thứ Ba 09/6/2026"
