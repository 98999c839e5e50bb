"""The reminders broken on purpose, one thing at a time: the rules of `season.proof` say what is wrong with it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, islice
from typing import Any

import pytest

from kybaocao.mail.reminder_letters import Addresses, Reminded, ReminderLetter, gather_reminder_letters
from kybaocao.plan.agencies import Duty
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import Key, OutstandingAgency, Reminders, Step, Taken, due_steps, find_sayable, is_outdated
from kybaocao.plan.outstanding import find_outstanding
from kybaocao.plan.plan import Plan
from kybaocao.plan.position_moments import find_due_position, list_position_moments
from kybaocao.plan.recipients import find_addresses
from kybaocao.plan.reminder_steps import Addressee, Ladder, ReminderStep
from kybaocao.season import playing
from kybaocao.season.chance import write_season
from kybaocao.season.events import Season
from kybaocao.season.playing import play_season
from kybaocao.season.proof import find_breaches
from tests.conftest import CYCLE

SEASONS = 120


def breaches_of(seasons: list[Season]) -> str:
    return "\n".join(breach for season in seasons for breach in find_breaches(play_season(season)))


@pytest.fixture(scope="module")
def seasons(small: Plan) -> list[Season]:
    found = [write_season(small, CYCLE, seed) for seed in range(SEASONS)]
    found += islice((season for season in map(partial(write_season, small, CYCLE), count()) if _outlasts(season)), 20)
    assert breaches_of(found) == ""
    return found


def _outlasts(season: Season) -> bool:
    """Whether a file comes when the cycle is over and somebody would hear of the next week."""
    over = season.plan.cycles[CYCLE].closes_on + dt.timedelta(days=4)
    return any(drop.at.date() > over for drop in season.drops)


# --- the ladder ----------------------------------------------------------------------------------------------------

Due = Callable[[OutstandingAgency, Reminders, Taken, dt.datetime], list[Step]]


def forget_what_was_taken(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(outstanding, reminders, (), at)


def leave_out_a_step(outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime) -> list[Step]:
    return [step for step in due_steps(outstanding, reminders, taken, at) if step.reminder_step.day != -5]


def come_an_hour_early(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(outstanding, reminders, taken, at + dt.timedelta(hours=1))


def come_a_day_late(outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(outstanding, reminders, taken, at - dt.timedelta(days=1))


def count_from_the_wrong_day(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(outstanding, _change(reminders, day=1), taken, at)


def forget_the_holidays(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(outstanding, _work_on_holidays(reminders), taken, at)


def say_the_missed_ones_too(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return [one for step in due_steps(outstanding, reminders, taken, at) for one in (step, *step.absorbs)]


def pass_over_who_has_no_address(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return [step for step in due_steps(outstanding, reminders, taken, at) if step.to is step.reminder_step.to]


def keep_to_the_announced_deadline(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    term = outstanding.term._replace(due_before=reminders.cycle.due_before, is_moved=False)
    return due_steps(replace(outstanding, term=term), reminders, taken, at)


def begin_before_the_decision(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(replace(outstanding, term=outstanding.term._replace(since=None)), reminders, taken, at)


def remind_of_what_was_before_the_form(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    asked = outstanding.asked_at and min(outstanding.asked_at, reminders.opening - dt.timedelta(seconds=1))
    return due_steps(replace(outstanding, asked_at=asked), reminders, taken, at)


def remind_who_has_no_form(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(replace(outstanding, asked_at=outstanding.asked_at or reminders.opening), reminders, taken, at)


def blame_for_a_deadline_that_was_over(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    """Those who were asked in time, and the others from their opening letter on."""
    over = reminders.calendar.moment(outstanding.term.due_before, dt.time.min)
    if outstanding.asked_at is None or outstanding.asked_at < over:
        return due_steps(outstanding, reminders, taken, at)
    steps = due_steps(replace(outstanding, asked_at=over - dt.timedelta(seconds=1)), reminders, taken, at)
    return [replace(step, absorbs=()) for step in steps if step.due_at > outstanding.asked_at]


def name_the_invited_to_the_chairman(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(replace(outstanding, duty=Duty.BOUND), reminders, taken, at)


def go_on_after_the_closing(
    outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return due_steps(outstanding, _change(reminders, open_days=30), taken, at)


@functools.lru_cache(maxsize=64)
def _change(reminders: Reminders, *, day: int = 0, open_days: int = 0, is_loud: bool = False) -> Reminders:
    """The ladder with its reminder steps a day later, its end later, or without quiet hours."""
    reminder_steps = (
        tuple(
            reminder_step.model_copy(update={"day": reminder_step.day + day})
            for reminder_step in reminders.ladder.reminder_steps
        )
        if day
        else None
    )
    quiet = None if is_loud else reminders.ladder.quiet
    ladder = reminders.ladder.model_copy(
        update={"reminder_steps": reminder_steps or reminders.ladder.reminder_steps, "quiet": quiet}
    )
    closing = reminders.cycle.closes_on + dt.timedelta(days=open_days)
    return Reminders(reminders.cycle.model_copy(update={"closes_on": closing}), ladder, reminders.calendar)


@functools.lru_cache(maxsize=64)
def _work_on_holidays(reminders: Reminders) -> Reminders:
    calendar = replace(reminders.calendar, days_off=frozenset(), worked_weekends=frozenset())
    return Reminders(reminders.cycle, reminders.ladder, calendar)


# --- what waits ------------------------------------------------------------------------------------------------------


def say_it_at_night(
    waiting: Taken, outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    loud = replace(
        reminders.calendar, worked_weekends=frozenset(at.date() + dt.timedelta(days=n) for n in range(-1, 2))
    )
    return list(find_sayable(waiting, outstanding, _open_day_and_night(reminders, loud), taken, at))


@functools.lru_cache(maxsize=256)
def _open_day_and_night(reminders: Reminders, calendar: Calendar) -> Reminders:
    other = Reminders(reminders.cycle, reminders.ladder, reminders.calendar)
    other.is_quiet = lambda at: False  # type: ignore[method-assign]
    return other


def say_it_to_nobody_new(
    waiting: Taken, outstanding: OutstandingAgency, reminders: Reminders, taken: Taken, at: dt.datetime
) -> list[Step]:
    return [
        step for step in find_sayable(waiting, outstanding, reminders, taken, at) if step.to is step.reminder_step.to
    ]


def drop_whatever_waits(
    key: Key, outstanding: OutstandingAgency | None, reminders: Reminders, taken: Taken, at: dt.datetime
) -> bool:
    return True


def keep_what_is_overtaken(
    key: Key, outstanding: OutstandingAgency | None, reminders: Reminders, taken: Taken, at: dt.datetime
) -> bool:
    return is_outdated(key, outstanding, reminders, (), at)


# --- who owes ----------------------------------------------------------------------------------------------------------


def see_files_too_late(
    plan: Plan, cycle: str, agency: str, versions: Sequence[Any], on: dt.date, asked_at: dt.datetime | None
) -> OutstandingAgency | None:
    return find_outstanding(plan, cycle, agency, versions[:-1], on, asked_at)


def ignore_exemptions(
    plan: Plan, cycle: str, agency: str, versions: Sequence[Any], on: dt.date, asked_at: dt.datetime | None
) -> OutstandingAgency | None:
    return find_outstanding(_without_exemptions(plan), cycle, agency, versions, on, asked_at)


@functools.lru_cache(maxsize=512)
def _without_exemptions(plan: Plan) -> Plan:
    return replace(plan, adjustments=replace(plan.adjustments, exemptions=()))


# --- messages ------------------------------------------------------------------------------------------------------------

Gather = Callable[[Sequence[Reminded], Ladder, Addresses], list[ReminderLetter]]


def write_one_letter_a_step(reminded: Sequence[Reminded], ladder: Ladder, addresses: Addresses) -> list[ReminderLetter]:
    return [notice for one in reminded for notice in gather_reminder_letters([one], ladder, addresses)]


def write_to_the_first_contact(
    reminded: Sequence[Reminded], ladder: Ladder, addresses: Addresses
) -> list[ReminderLetter]:
    notices = gather_reminder_letters(reminded, ladder, addresses)
    return [replace(notice, recipients=notice.recipients[:1], copies=()) for notice in notices]


def write_to_all_together(reminded: Sequence[Reminded], ladder: Ladder, addresses: Addresses) -> list[ReminderLetter]:
    notices = gather_reminder_letters(reminded, ladder, addresses)
    everybody = tuple(dict.fromkeys(address for notice in notices for address in notice.recipients))
    return [replace(notices[0], recipients=everybody, steps=tuple(reminded), named=tuple(reminded))] if notices else []


def forget_the_copies(reminded: Sequence[Reminded], ladder: Ladder, addresses: Addresses) -> list[ReminderLetter]:
    return [replace(notice, copies=()) for notice in gather_reminder_letters(reminded, ladder, addresses)]


def name_the_first_agency_only(
    reminded: Sequence[Reminded], ladder: Ladder, addresses: Addresses
) -> list[ReminderLetter]:
    notices = gather_reminder_letters(reminded, ladder, addresses)
    return [replace(notice, steps=notice.steps[:1], named=notice.named[:1]) for notice in notices]


# --- addresses -------------------------------------------------------------------------------------------------------------


def invent_an_address(plan: Plan, agency: str, to: Addressee, on: dt.date) -> tuple[str, ...]:
    return ("ai.do@gmail.com",)


def ask_who_was_there_last_week(plan: Plan, agency: str, to: Addressee, on: dt.date) -> tuple[str, ...]:
    return find_addresses(plan, agency, to, on - dt.timedelta(days=7))


def climb_to_the_chairman(
    reminder_step: ReminderStep, ladder: Ladder, reachable: frozenset[Addressee]
) -> Addressee | None:
    return reminder_step.to if reminder_step.to in reachable else Addressee.CHAIRMAN


# --- the leaders' position letter ----------------------------------------------------------------------------------


def forget_what_was_written(reminders: Reminders, at: dt.datetime, last: dt.date | None) -> dt.datetime | None:
    return find_due_position(reminders, at, None)


def disturb_at_night(reminders: Reminders, at: dt.datetime, last: dt.date | None) -> dt.datetime | None:
    return find_due_position(reminders, at.replace(hour=9, minute=0), last)


def say_the_first_that_was_missed(reminders: Reminders, at: dt.datetime, last: dt.date | None) -> dt.datetime | None:
    passed = [m for m in list_position_moments(reminders) if m <= at and (last is None or m.date() > last)]
    return passed[0] if passed and find_due_position(reminders, at, last) else None


def leave_out_mondays(reminders: Reminders, at: dt.datetime, last: dt.date | None) -> dt.datetime | None:
    due = find_due_position(reminders, at, last)
    return None if due is not None and due.weekday() == 0 else due


MUTANTS: tuple[tuple[str, Any, str], ...] = (
    ("due_steps", forget_what_was_taken, "hai lần"),
    ("due_steps", leave_out_a_step, "bỏ sót bậc nhac_lan_2"),
    ("due_steps", come_an_hour_early, "trước thời điểm của bậc"),
    ("due_steps", come_a_day_late, "bỏ sót bậc"),
    ("due_steps", count_from_the_wrong_day, "không có trong bậc thang"),
    ("due_steps", forget_the_holidays, "không có trong bậc thang"),
    ("due_steps", say_the_missed_ones_too, "đi lùi"),
    ("due_steps", pass_over_who_has_no_address, "bỏ sót bậc"),
    ("due_steps", keep_to_the_announced_deadline, "bỏ sót bậc"),
    ("due_steps", begin_before_the_decision, "không có trong bậc thang"),
    ("due_steps", remind_of_what_was_before_the_form, "không có trong bậc thang"),
    ("due_steps", remind_who_has_no_form, "không có trong bậc thang"),
    ("due_steps", blame_for_a_deadline_that_was_over, "không có trong bậc thang"),
    ("due_steps", name_the_invited_to_the_chairman, "không có trong bậc thang"),
    ("due_steps", go_on_after_the_closing, "không có trong bậc thang"),
    ("find_sayable", say_it_at_night, "giờ yên lặng"),
    ("find_sayable", say_it_to_nobody_new, "gửi được mà không gửi"),
    ("is_outdated", drop_whatever_waits, "khi vẫn phải gửi"),
    ("is_outdated", keep_what_is_overtaken, "gửi được mà không gửi"),
    ("find_outstanding", see_files_too_late, "không còn nợ"),
    ("find_outstanding", ignore_exemptions, "không còn nợ"),
    ("gather_reminder_letters", write_one_letter_a_step, "hai thư cùng lúc"),
    ("gather_reminder_letters", write_to_the_first_contact, "không nhận được"),
    ("gather_reminder_letters", write_to_all_together, "gửi nhầm người"),
    ("gather_reminder_letters", forget_the_copies, "không nhận được"),
    ("gather_reminder_letters", name_the_first_agency_only, "gửi được mà không gửi"),
    ("find_due_position", forget_what_was_written, "thư tình hình thừa"),
    ("find_due_position", disturb_at_night, "thư tình hình"),
    ("find_due_position", say_the_first_that_was_missed, "thư tình hình"),
    ("find_due_position", leave_out_mondays, "thư tình hình thiếu"),
    ("find_addresses", invent_an_address, "danh sách cho phép"),
    ("find_addresses", ask_who_was_there_last_week, "gửi nhầm người"),
)


@pytest.mark.parametrize(("part", "mutant", "reported"), MUTANTS, ids=[mutant.__name__ for _, mutant, _ in MUTANTS])
def test_a_broken_chase_is_found_out(
    seasons: list[Season], monkeypatch: pytest.MonkeyPatch, part: str, mutant: Any, reported: str
) -> None:
    monkeypatch.setattr(playing, part, mutant)
    assert reported in breaches_of(seasons)


def test_an_agency_brought_before_the_chairman_early_is_found_out(small: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coordinator adds a missing address."""
    monkeypatch.setattr("kybaocao.plan.ladder.find_addressee", climb_to_the_chairman)
    playing._lay_ladder.cache_clear()  # the reminders keep what they found
    try:
        assert "gửi nhầm cấp" in breaches_of([write_season(small, CYCLE, seed) for seed in range(SEASONS)])
    finally:
        playing._lay_ladder.cache_clear()
