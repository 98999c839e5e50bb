"""The chase: who is chased when, and who never is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kybaocao.calendar import Calendar
from kybaocao.ladder import Debtor, Step, due_steps, next_moment, rung_moments
from kybaocao.plan.load import load_plan
from kybaocao.plan.model import Addressee, Duty, Ladder, Rung
from tests.conftest import CONFIG, CYCLE

PLAN = load_plan(Path(CONFIG))
CALENDAR = Calendar.of(PLAN.require_calendar(), PLAN.timezone)
KY2, LADDER = PLAN.cycles[CYCLE], PLAN.require_ladder()
BOUND, INVITED = Debtor("X-04183", Duty.BOUND, True), Debtor("HHDN", Duty.INVITED, True)
OPENING = CALENDAR.at(KY2.opens)
END = CALENDAR.moment(KY2.closes_on, dt.time(23, 59, 59))

# Kế hoạch, IV.3, as Sở Tài chính reads it: every moment of the year-end chase.
TABLE = {
    ("nhac_lan_1", 0): "2026-11-25 08:00",
    ("nhac_lan_2", 0): "2026-12-02 08:00",
    ("nhac_lan_3", 0): "2026-12-07 08:00",
    ("nhac_ngay_cuoi", 0): "2026-12-09 08:00",
    ("qua_han_co_quan", 0): "2026-12-10 08:00",
    ("qua_han_thu_truong", 0): "2026-12-10 14:00",
    ("bao_cao_so_tai_chinh", 0): "2026-12-11 08:00",
    ("bao_cao_chu_tich", 0): "2026-12-14 08:00",
    ("nhac_hang_tuan", 0): "2026-12-21 08:00",
    ("nhac_hang_tuan", 1): "2026-12-28 08:00",
    ("nhac_hang_tuan", 2): "2027-01-05 08:00",  # New Year's Day is no working day
    ("nhac_hang_tuan", 3): "2027-01-12 08:00",
    ("nhac_hang_tuan", 4): "2027-01-19 08:00",
    ("nhac_hang_tuan", 5): "2027-01-26 08:00",
}


def _due(at: dt.datetime, taken: set[tuple[str, int]], debtor: Debtor = BOUND, ladder: Ladder = LADDER) -> list[Step]:
    return due_steps(debtor, KY2, ladder, CALENDAR, taken, at)


def _play(
    moments: list[dt.datetime], debtor: Debtor = BOUND, ladder: Ladder = LADDER
) -> list[tuple[dt.datetime, Step]]:
    """Passes at these moments, each remembering what the ones before it took."""
    taken: set[tuple[str, int]] = set()
    played = []
    for at in sorted(moments):
        for step in _due(at, taken, debtor, ladder):
            played.append((at, step))
            taken |= {step.key, *(old.key for old in step.absorbs)}
    return played


# --- the table ----------------------------------------------------------------------------------------------------


def test_the_year_end_chase_follows_its_table() -> None:
    """Passes every hour from opening to closing take exactly these steps, each at its moment."""
    hours = int((END - OPENING) / dt.timedelta(hours=1)) + 1
    played = _play([OPENING + dt.timedelta(hours=n) for n in range(hours)])
    assert {step.key: f"{at:%Y-%m-%d %H:%M}" for at, step in played} == TABLE
    assert all(at == step.due_at and step.absorbs == () for at, step in played) and len(played) == len(TABLE)


def test_the_scheduler_is_told_the_same_moments() -> None:
    """The moments at which a pass must run are those of the table."""
    assert [f"{moment:%Y-%m-%d %H:%M}" for moment in rung_moments(KY2, LADDER, CALENDAR)] == sorted(TABLE.values())
    assert next_moment(KY2, LADDER, CALENDAR, OPENING) == CALENDAR.moment(dt.date(2026, 11, 25), dt.time(8))
    assert next_moment(KY2, LADDER, CALENDAR, END) is None


def test_invited_bodies_are_reminded_but_never_named_to_the_chairman() -> None:
    """They hold tasks and are not bound by IV.1; all other rungs are theirs too."""
    played = _play(rung_moments(KY2, LADDER, CALENDAR), INVITED)
    assert {step.key for _, step in played} == set(TABLE) - {("bao_cao_chu_tich", 0)}


@pytest.mark.parametrize("duty", [Duty.PARTNER, Duty.RECEIVER])
def test_who_owes_no_return_is_never_chased(duty: Duty) -> None:
    """Partners and receivers stand in the register, not on the ladder."""
    assert _play(rung_moments(KY2, LADDER, CALENDAR), Debtor("TU", duty, True)) == []


# --- an outage --------------------------------------------------------------------------------------------------------


def test_after_an_outage_each_addressee_hears_the_latest_once() -> None:
    """Down from 1 to 15 December: one letter each, and what it stands for is recorded with it."""
    taken = {("nhac_lan_1", 0)}
    steps = _due(CALENDAR.moment(dt.date(2026, 12, 15), dt.time(9)), taken)
    assert [(step.rung.to.value, step.rung.id, [old.rung.id for old in step.absorbs]) for step in steps] == [
        ("dau_moi", "qua_han_co_quan", ["nhac_lan_2", "nhac_lan_3", "nhac_ngay_cuoi"]),
        ("lanh_dao", "qua_han_thu_truong", []),
        ("lanh_dao_so_tai_chinh", "bao_cao_so_tai_chinh", []),
        ("chu_tich", "bao_cao_chu_tich", []),
    ]


def test_a_step_counts_from_its_very_second() -> None:
    """A second before there is nothing, at the second there is."""
    moment = CALENDAR.moment(dt.date(2026, 11, 25), dt.time(8))
    assert _due(moment - dt.timedelta(seconds=1), set()) == []
    assert [step.key for step in _due(moment, set())] == [("nhac_lan_1", 0)]
    assert [step.key for step in _due(moment.astimezone(dt.UTC), set())] == [("nhac_lan_1", 0)]


# --- properties over random passes and random ladders ---------------------------------------------------------------------

span = int((END - OPENING) / dt.timedelta(minutes=1))
moments = st.integers(-20_000, span + 20_000).map(lambda minutes: OPENING + dt.timedelta(minutes=minutes))
passes = st.lists(moments, max_size=25)


@st.composite
def _ladders(draw: st.DrawFn) -> Ladder:
    places = draw(st.sets(st.tuples(st.integers(-12, 15), st.integers(0, 23)), min_size=1, max_size=7))
    rungs = [
        Rung.model_validate(
            {
                "ma": f"bac_{number}",
                "ten": "x",
                "ngay_lam_viec": day,
                "gio": dt.time(hour),
                "gui": draw(st.sampled_from(Addressee)),
                "mau": "nhac",
                "lap_lai_sau_ngay_lam_viec": draw(st.none() | st.integers(1, 6)),
            }
        )
        for number, (day, hour) in enumerate(sorted(places))
    ]
    return Ladder.model_validate({"bac": rungs})


ladders = st.just(LADDER) | _ladders()


@given(passes, ladders)
@settings(max_examples=200)
def test_nobody_is_chased_outside_the_cycle_nor_before_the_moment(at: list[dt.datetime], ladder: Ladder) -> None:
    """Not before opening, not after closing, and no step before it is due."""
    for moment, step in _play(at, ladder=ladder):
        assert moment >= OPENING and CALENDAR.day_of(moment) <= KY2.closes_on
        assert OPENING <= step.due_at <= moment


@given(moments, ladders)
def test_who_owes_nothing_is_left_alone(at: dt.datetime, ladder: Ladder) -> None:
    """An accepted or exempted body hears nothing, whatever was or was not sent before."""
    assert _due(at, set(), Debtor("X-04183", Duty.BOUND, False), ladder) == []


@given(passes, ladders)
@settings(max_examples=200)
def test_no_step_is_taken_twice_nor_absorbed_after_it_was_taken(at: list[dt.datetime], ladder: Ladder) -> None:
    """Two passes at one moment, retries, replays: every step once, sent or stood for."""
    keys = [old.key for _, step in _play([*at, *at], ladder=ladder) for old in (step, *step.absorbs)]
    assert len(keys) == len(set(keys))


@given(passes, ladders)
@settings(max_examples=200)
def test_each_addressee_hears_one_thing_per_pass_and_never_the_past(at: list[dt.datetime], ladder: Ladder) -> None:
    """The latest step speaks for the earlier ones; after it nothing older is ever sent."""
    heard: dict[Addressee, dt.datetime] = {}
    last_pass: dict[Addressee, dt.datetime] = {}
    for moment, step in _play(at, ladder=ladder):
        to = step.rung.to
        assert all(old.due_at <= step.due_at and old.rung.to is to for old in step.absorbs)
        assert to not in heard or step.due_at > heard[to]
        assert last_pass.get(to) != moment
        heard[to], last_pass[to] = step.due_at, moment


@given(passes, ladders)
@settings(max_examples=200)
def test_after_any_pass_nothing_is_left_undone(at: list[dt.datetime], ladder: Ladder) -> None:
    """Whoever owes at a rung's moment has been chased by it, or by what came after it, once a pass has run."""
    inside = [moment for moment in at if OPENING <= moment <= END]
    if not inside:
        return
    taken = {old.key for _, step in _play(at, ladder=ladder) for old in (step, *step.absorbs)}
    assert _due(max(inside), taken, ladder=ladder) == []
    passed = [rung for rung in ladder.rungs if OPENING <= CALENDAR.rung_moment(KY2, rung) <= max(inside)]
    assert {(rung.id, 0) for rung in passed} <= taken


@given(st.sets(st.sampled_from(sorted(TABLE)), max_size=14), moments)
def test_what_was_taken_before_is_never_due_again(taken: set[tuple[str, int]], at: dt.datetime) -> None:
    """Whatever was recorded, in whatever order."""
    assert not {step.key for step in _due(at, taken)} & taken
