"""When the leaders get the position of a cycle: weekly, at each milestone, once a day, never in quiet hours."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import Reminders
from kybaocao.plan.plan import Plan
from kybaocao.plan.position_moments import find_due_position, find_position_end, list_position_moments
from tests.conftest import CYCLE


def lay(plan: Plan, **changes: Any) -> Reminders:
    ladder = plan.require_ladder().model_copy(update=changes)
    return Reminders(plan.cycles[CYCLE], ladder, Calendar.of(plan.require_calendar(), plan.timezone))


def local(plan: Plan, text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=plan.timezone)


def test_every_monday_and_every_milestone_has_one(plan: Plan) -> None:
    """Not the opening itself, not the day of the leaders' own list, nothing after the ministry's report is due."""
    assert [f"{moment:%d/%m %H:%M}" for moment in list_position_moments(lay(plan))] == [
        "23/11 08:00",
        "25/11 08:00",  # first reminder
        "30/11 08:00",
        "02/12 08:00",
        "07/12 08:00",
        "09/12 08:00",  # the last day
        "10/12 08:00",  # overdue
        "14/12 08:00",  # compilation
        "21/12 08:00",
    ]


def test_a_monday_off_is_made_up_for_on_the_next_worked_day(plan: Plan) -> None:
    holiday = plan.require_calendar().holidays[0].model_copy(update={"date": dt.date(2026, 11, 23)})
    calendar = plan.require_calendar().model_copy(update={"holidays": (holiday,)})
    reminders = Reminders(plan.cycles[CYCLE], plan.require_ladder(), Calendar.of(calendar, plan.timezone))
    assert f"{list_position_moments(reminders)[0]:%d/%m %H:%M}" == "24/11 08:00"


def test_an_hour_in_quiet_hours_waits_for_their_end(plan: Plan) -> None:
    letter = lay(plan).ladder.position
    assert letter is not None
    late = lay(plan, position=letter.model_copy(update={"time": dt.time(20, 0)}))
    assert f"{list_position_moments(late)[0]:%d/%m %H:%M}" == "17/11 07:00"  # of Monday evening


def test_without_the_entry_there_is_none(plan: Plan) -> None:
    reminders = lay(plan, position=None)
    assert list_position_moments(reminders) == ()
    assert find_due_position(reminders, local(plan, "2026-12-09T09:00"), None) is None


@pytest.mark.parametrize(
    ("at", "last", "due"),
    [
        ("2026-11-23T07:59", None, None),
        ("2026-11-23T08:00", None, "23/11"),
        ("2026-11-24T08:00", dt.date(2026, 11, 23), None),  # each once
        ("2026-12-08T10:00", dt.date(2026, 11, 23), "07/12"),  # after a standstill the latest stands for all
        ("2026-12-08T10:00", None, "07/12"),
        ("2026-11-25T09:00", dt.date(2026, 12, 7), None),  # an old pass run again says nothing old
        ("2026-12-08T22:00", dt.date(2026, 11, 23), None),  # quiet hours: the next pass
        ("2027-02-01T08:00", None, None),  # closed
    ],
)
def test_the_latest_moment_that_has_passed_is_due(plan: Plan, at: str, last: dt.date | None, due: str | None) -> None:
    found = find_due_position(lay(plan), local(plan, at), last)
    assert (f"{found:%d/%m}" if found else None) == due


def test_a_letter_makes_sense_until_the_next(plan: Plan) -> None:
    reminders = lay(plan)
    *_, before, last = list_position_moments(reminders)
    assert (find_position_end(reminders, before), find_position_end(reminders, last)) == (last, reminders.end)
