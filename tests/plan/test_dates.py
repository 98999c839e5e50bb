"""Every date of the plan, as its text and Nghị định 09/2019/NĐ-CP want it."""

from __future__ import annotations

import datetime as dt

import pytest

from kybaocao.plan.agencies import Duty
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.plan import Plan
from kybaocao.plan.reminder_steps import Addressee
from kybaocao.vietnamese import name_day
from tests.conftest import CONFIG
from tests.plan.van_ban import plain

CYCLES = ("nq02-2026-ky1", "nq02-2026-ky2")


def test_two_cycles_are_configured(plan: Plan) -> None:
    """Half-year and year end, in this order."""
    assert tuple(plan.cycles) == CYCLES


@pytest.mark.parametrize(("cycle", "day"), [(CYCLES[0], "thứ Ba 09/6/2026"), (CYCLES[1], "thứ Tư 09/12/2026")])
def test_before_the_tenth_means_the_ninth(plan: Plan, cycle: str, day: str) -> None:
    """ "Trước ngày 10" is strict: the last day is the 9th."""
    assert name_day(plan.cycles[cycle].due_on) == day


def test_the_dates_are_the_ones_printed_in_section_four(plan: Plan) -> None:
    """IV.1: trước ngày 10/6 và 10/12; IV.3: trước ngày 15/6 và 15/12."""
    text = plain((CONFIG / "van_ban.md").read_text(encoding="utf-8"))
    first, second = (plan.cycles[code] for code in CYCLES)
    agencies = f"trước ngày {first.due_before.day} tháng {first.due_before.month} và ngày {second.due_before.day} tháng {second.due_before.month} năm 2026"
    coordinator = f"trước ngày {first.so_tai_chinh_before:%d/%-m} và ngày {second.so_tai_chinh_before:%d/%-m} năm 2026"
    assert [phrase for phrase in (agencies, coordinator) if phrase not in text] == []


@pytest.mark.parametrize("cycle", CYCLES)
def test_the_cut_off_leaves_a_working_day_before_the_deadline(plan: Plan, cycle: str) -> None:
    """Nghị định 09/2019, khoản 5 Điều 8: at least one working day from cut-off to deadline."""
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    chosen = plan.cycles[cycle]
    assert calendar.working_days_between(chosen.period_to, chosen.due_on - dt.timedelta(days=1)) >= 1


@pytest.mark.parametrize("cycle", CYCLES)
def test_every_deadline_an_official_is_held_to_is_a_working_day(plan: Plan, cycle: str) -> None:
    """Opening, last day, compilation and the ministry's date can all be worked on."""
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    chosen = plan.cycles[cycle]
    days = [chosen.opens.date, chosen.due_on, chosen.compile_at.date, chosen.bo_tai_chinh_by]
    assert [day.isoformat() for day in days if not calendar.is_working(day)] == []


def test_the_second_period_begins_where_the_first_ended(plan: Plan) -> None:
    """No day of the year is reported twice or not at all."""
    first, second = (plan.cycles[code] for code in CYCLES)
    assert second.period_from - first.period_to == dt.timedelta(days=1)
    assert second.previous == first.id


def test_invited_bodies_are_never_named_to_the_chairman(plan: Plan) -> None:
    """Only bodies bound by IV.1 reach the Chairman's reminder step."""
    reminder_steps = [
        reminder_step
        for reminder_step in plan.require_ladder().reminder_steps
        if reminder_step.to is Addressee.CHAIRMAN
    ]
    assert [reminder_step.id for reminder_step in reminder_steps] == ["bao_cao_chu_tich"]
    assert [reminder_step.duties for reminder_step in reminder_steps] == [(Duty.BOUND,)]


def test_invited_bodies_are_reminded_like_the_others(plan: Plan) -> None:
    """Every reminder step but the Chairman's applies to them."""
    without = [
        reminder_step.id
        for reminder_step in plan.require_ladder().reminder_steps
        if Duty.INVITED not in reminder_step.duties
    ]
    assert without == ["bao_cao_chu_tich"]


def test_every_day_off_names_its_source(plan: Plan) -> None:
    """No holiday by hearsay: each names the law or the letter it rests on, and falls on a weekday."""
    calendar = plan.require_calendar()
    assert len(calendar.holidays) >= 12
    assert [day.date.isoformat() for day in calendar.holidays if day.date.weekday() >= 5 or not day.source] == []


def test_every_swapped_working_day_is_a_weekend_day(plan: Plan) -> None:
    """A day worked instead of another falls on Saturday or Sunday."""
    swapped = plan.require_calendar().working_weekends
    assert [day.date.isoformat() for day in swapped] == ["2026-01-10", "2026-08-22"]
    assert all(day.date.weekday() >= 5 for day in swapped)
