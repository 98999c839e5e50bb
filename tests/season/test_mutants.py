"""The chase broken on purpose, one thing at a time: the rules of `season.proof` say what is wrong with it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, islice
from typing import Any

import pytest

from kybaocao.mail.reminder_letters import Addresses, Chased, Notice, gather_notices
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import Chase, Debtor, Key, Step, Taken, due_steps, find_sayable, is_outdated
from kybaocao.plan.model import Addressee, Duty, Ladder, Rung
from kybaocao.plan.outstanding import find_debtor
from kybaocao.plan.plan import Plan
from kybaocao.plan.recipients import find_addresses
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

Due = Callable[[Debtor, Chase, Taken, dt.datetime], list[Step]]


def forget_what_was_taken(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, chase, (), at)


def leave_out_a_rung(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return [step for step in due_steps(debtor, chase, taken, at) if step.rung.day != -5]


def come_an_hour_early(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, chase, taken, at + dt.timedelta(hours=1))


def come_a_day_late(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, chase, taken, at - dt.timedelta(days=1))


def count_from_the_wrong_day(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, _change(chase, day=1), taken, at)


def forget_the_holidays(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, _work_on_holidays(chase), taken, at)


def say_the_missed_ones_too(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return [one for step in due_steps(debtor, chase, taken, at) for one in (step, *step.absorbs)]


def pass_over_who_has_no_address(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return [step for step in due_steps(debtor, chase, taken, at) if step.to is step.rung.to]


def keep_to_the_announced_deadline(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    term = debtor.term._replace(due_before=chase.cycle.due_before, is_moved=False)
    return due_steps(replace(debtor, term=term), chase, taken, at)


def begin_before_the_decision(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(replace(debtor, term=debtor.term._replace(since=None)), chase, taken, at)


def remind_of_what_was_before_the_form(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    asked = debtor.asked_at and min(debtor.asked_at, chase.opening - dt.timedelta(seconds=1))
    return due_steps(replace(debtor, asked_at=asked), chase, taken, at)


def remind_who_has_no_form(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(replace(debtor, asked_at=debtor.asked_at or chase.opening), chase, taken, at)


def blame_for_a_deadline_that_was_over(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    """Those who were asked in time, and the others from their opening letter on."""
    over = chase.calendar.moment(debtor.term.due_before, dt.time.min)
    if debtor.asked_at is None or debtor.asked_at < over:
        return due_steps(debtor, chase, taken, at)
    steps = due_steps(replace(debtor, asked_at=over - dt.timedelta(seconds=1)), chase, taken, at)
    return [replace(step, absorbs=()) for step in steps if step.due_at > debtor.asked_at]


def name_the_invited_to_the_chairman(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(replace(debtor, duty=Duty.BOUND), chase, taken, at)


def go_on_after_the_closing(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, _change(chase, open_days=30), taken, at)


@functools.lru_cache(maxsize=64)
def _change(chase: Chase, *, day: int = 0, open_days: int = 0, is_loud: bool = False) -> Chase:
    """The chase with its rungs a day later, its end later, or without quiet hours."""
    rungs = tuple(rung.model_copy(update={"day": rung.day + day}) for rung in chase.ladder.rungs) if day else None
    quiet = None if is_loud else chase.ladder.quiet
    ladder = chase.ladder.model_copy(update={"rungs": rungs or chase.ladder.rungs, "quiet": quiet})
    closing = chase.cycle.closes_on + dt.timedelta(days=open_days)
    return Chase(chase.cycle.model_copy(update={"closes_on": closing}), ladder, chase.calendar)


@functools.lru_cache(maxsize=64)
def _work_on_holidays(chase: Chase) -> Chase:
    calendar = replace(chase.calendar, days_off=frozenset(), worked_weekends=frozenset())
    return Chase(chase.cycle, chase.ladder, calendar)


# --- what waits ------------------------------------------------------------------------------------------------------


def say_it_at_night(waiting: Taken, debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    loud = replace(chase.calendar, worked_weekends=frozenset(at.date() + dt.timedelta(days=n) for n in range(-1, 2)))
    return list(find_sayable(waiting, debtor, _open_day_and_night(chase, loud), taken, at))


@functools.lru_cache(maxsize=256)
def _open_day_and_night(chase: Chase, calendar: Calendar) -> Chase:
    other = Chase(chase.cycle, chase.ladder, chase.calendar)
    other.is_quiet = lambda at: False  # type: ignore[method-assign]
    return other


def say_it_to_nobody_new(waiting: Taken, debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return [step for step in find_sayable(waiting, debtor, chase, taken, at) if step.to is step.rung.to]


def drop_whatever_waits(key: Key, debtor: Debtor | None, chase: Chase, taken: Taken, at: dt.datetime) -> bool:
    return True


def keep_what_is_overtaken(key: Key, debtor: Debtor | None, chase: Chase, taken: Taken, at: dt.datetime) -> bool:
    return is_outdated(key, debtor, chase, (), at)


# --- who owes ----------------------------------------------------------------------------------------------------------


def see_files_too_late(
    plan: Plan, cycle: str, agency: str, versions: Sequence[Any], on: dt.date, asked_at: dt.datetime | None
) -> Debtor | None:
    return find_debtor(plan, cycle, agency, versions[:-1], on, asked_at)


def ignore_exemptions(
    plan: Plan, cycle: str, agency: str, versions: Sequence[Any], on: dt.date, asked_at: dt.datetime | None
) -> Debtor | None:
    return find_debtor(_without_exemptions(plan), cycle, agency, versions, on, asked_at)


@functools.lru_cache(maxsize=512)
def _without_exemptions(plan: Plan) -> Plan:
    return replace(plan, adjustments=replace(plan.adjustments, exemptions=()))


# --- messages ------------------------------------------------------------------------------------------------------------

Gather = Callable[[Sequence[Chased], Ladder, Addresses], list[Notice]]


def write_one_letter_a_step(chased: Sequence[Chased], ladder: Ladder, addresses: Addresses) -> list[Notice]:
    return [notice for one in chased for notice in gather_notices([one], ladder, addresses)]


def write_to_the_first_contact(chased: Sequence[Chased], ladder: Ladder, addresses: Addresses) -> list[Notice]:
    notices = gather_notices(chased, ladder, addresses)
    return [replace(notice, recipients=notice.recipients[:1], copies=()) for notice in notices]


def write_to_all_together(chased: Sequence[Chased], ladder: Ladder, addresses: Addresses) -> list[Notice]:
    notices = gather_notices(chased, ladder, addresses)
    everybody = tuple(dict.fromkeys(address for notice in notices for address in notice.recipients))
    return [replace(notices[0], recipients=everybody, steps=tuple(chased), named=tuple(chased))] if notices else []


def forget_the_copies(chased: Sequence[Chased], ladder: Ladder, addresses: Addresses) -> list[Notice]:
    return [replace(notice, copies=()) for notice in gather_notices(chased, ladder, addresses)]


def name_the_first_agency_only(chased: Sequence[Chased], ladder: Ladder, addresses: Addresses) -> list[Notice]:
    notices = gather_notices(chased, ladder, addresses)
    return [replace(notice, steps=notice.steps[:1], named=notice.named[:1]) for notice in notices]


# --- addresses -------------------------------------------------------------------------------------------------------------


def invent_an_address(plan: Plan, agency: str, to: Addressee, on: dt.date) -> tuple[str, ...]:
    return ("ai.do@gmail.com",)


def ask_who_was_there_last_week(plan: Plan, agency: str, to: Addressee, on: dt.date) -> tuple[str, ...]:
    return find_addresses(plan, agency, to, on - dt.timedelta(days=7))


def climb_to_the_chairman(rung: Rung, ladder: Ladder, reachable: frozenset[Addressee]) -> Addressee | None:
    return rung.to if rung.to in reachable else Addressee.CHAIRMAN


MUTANTS: tuple[tuple[str, Any, str], ...] = (
    ("due_steps", forget_what_was_taken, "hai lần"),
    ("due_steps", leave_out_a_rung, "bỏ sót bậc nhac_lan_2"),
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
    ("find_debtor", see_files_too_late, "không còn nợ"),
    ("find_debtor", ignore_exemptions, "không còn nợ"),
    ("gather_notices", write_one_letter_a_step, "hai thư cùng lúc"),
    ("gather_notices", write_to_the_first_contact, "không nhận được"),
    ("gather_notices", write_to_all_together, "gửi nhầm người"),
    ("gather_notices", forget_the_copies, "không nhận được"),
    ("gather_notices", name_the_first_agency_only, "gửi được mà không gửi"),
    ("find_addresses", invent_an_address, "danh sách cho phép"),
    ("find_addresses", ask_who_was_there_last_week, "gửi nhầm người"),
)


@pytest.mark.parametrize(("part", "mutant", "told"), MUTANTS, ids=[mutant.__name__ for _, mutant, _ in MUTANTS])
def test_a_broken_chase_is_found_out(
    seasons: list[Season], monkeypatch: pytest.MonkeyPatch, part: str, mutant: Any, told: str
) -> None:
    monkeypatch.setattr(playing, part, mutant)
    assert told in breaches_of(seasons)


def test_an_agency_brought_before_the_chairman_early_is_found_out(small: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Want of an address is the coordinator's to mend."""
    monkeypatch.setattr("kybaocao.plan.ladder.find_addressee", climb_to_the_chairman)
    playing._lay_ladder.cache_clear()  # the chase keeps what it found
    try:
        assert "gửi nhầm cấp" in breaches_of([write_season(small, CYCLE, seed) for seed in range(SEASONS)])
    finally:
        playing._lay_ladder.cache_clear()
