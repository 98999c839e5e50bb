"""The ladder: who is reminded when, and who never is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kybaocao.plan.adjustments import Term
from kybaocao.plan.agencies import Duty
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import (
    OutstandingAgency,
    Owed,
    Reminders,
    Step,
    due_steps,
    find_addressee,
    find_end_of_use,
    find_letter_step,
    is_outdated,
)
from kybaocao.plan.load import load_plan
from kybaocao.plan.reminder_steps import Addressee, Ladder
from tests.conftest import CONFIG, CYCLE

PLAN = load_plan(Path(CONFIG))
CALENDAR = Calendar.of(PLAN.require_calendar(), PLAN.timezone)
KY2, LADDER = PLAN.cycles[CYCLE], PLAN.require_ladder()
REMINDERS = Reminders(KY2, LADDER, CALENDAR)
ANNOUNCED = Term(KY2.due_before)
FORM = (Owed("biểu mẫu báo cáo (.xlsx)"),)
BOUND = OutstandingAgency("X-04183", Duty.BOUND, ANNOUNCED, FORM, frozenset(Addressee), REMINDERS.opening)
INVITED = replace(BOUND, agency="HHDN", duty=Duty.INVITED)
OPENING, END = REMINDERS.opening, REMINDERS.end

# Kế hoạch, IV.3, as Sở Tài chính reads it: every moment of the year-end reminders.
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


def _at(text: str) -> dt.datetime:
    """ "12-10 08:00" -> that minute of the season in Sơn La"""
    year = 2027 if text < "06" else 2026
    return dt.datetime.fromisoformat(f"{year}-{text}").replace(tzinfo=PLAN.timezone)


def _due(
    at: dt.datetime,
    taken: set[tuple[str, int]],
    outstanding: OutstandingAgency = BOUND,
    reminders: Reminders = REMINDERS,
) -> list[Step]:
    return due_steps(outstanding, reminders, taken, at)


def _play(
    moments: list[dt.datetime],
    outstanding: OutstandingAgency = BOUND,
    reminders: Reminders = REMINDERS,
    taken: set[tuple[str, int]] | None = None,
) -> list[tuple[dt.datetime, Step]]:
    """Passes at these moments, each remembering what the ones before it took."""
    taken = set() if taken is None else taken
    played = []
    for at in sorted(moments):
        for step in _due(at, taken, outstanding, reminders):
            played.append((at, step))
            taken |= {step.key, *(old.key for old in step.absorbs)}
    return played


def _moments(reminders: Reminders = REMINDERS, term: Term = ANNOUNCED) -> list[dt.datetime]:
    return [step.due_at for step in reminders.list_steps(term)]


def _told(played: list[tuple[dt.datetime, Step]]) -> list[tuple[str, str, str]]:
    return [(f"{at:%m-%d %H:%M}", step.key[0], step.to.value) for at, step in played]


def _chase(*reminder_steps: dict[str, object], quiet: dict[str, str] | None = None) -> Reminders:
    """A ladder of these reminder steps, what is not said being as usual."""
    usual = {"ten": "x", "mau": "nhac", "gui": "dau_moi"}
    entries = [usual | {"ma": f"bac_{number}"} | reminder_step for number, reminder_step in enumerate(reminder_steps)]
    return Reminders(KY2, Ladder.model_validate({"bac": entries, "gio_yen_lang": quiet}), CALENDAR)


# --- the table ----------------------------------------------------------------------------------------------------


def test_the_year_end_chase_follows_its_table() -> None:
    """Passes every hour from opening to closing take exactly these steps, each at its moment."""
    hours = int((END - OPENING) / dt.timedelta(hours=1)) + 1
    played = _play([OPENING + dt.timedelta(hours=n) for n in range(hours)])
    assert {step.key: f"{at:%Y-%m-%d %H:%M}" for at, step in played} == TABLE
    assert all(at == step.due_at and step.absorbs == () for at, step in played) and len(played) == len(TABLE)


def test_the_scheduler_is_told_the_same_moments() -> None:
    """The moments at which a pass must run are those of the table."""
    assert [f"{moment:%Y-%m-%d %H:%M}" for moment in _moments()] == sorted(TABLE.values())


def test_invited_bodies_are_reminded_but_never_named_to_the_chairman() -> None:
    """They hold tasks and are not bound by IV.1; all other reminder steps are theirs too."""
    played = _play(_moments(), INVITED)
    assert {step.key for _, step in played} == set(TABLE) - {("bao_cao_chu_tich", 0)}


@pytest.mark.parametrize("duty", [Duty.PARTNER, Duty.RECEIVER])
def test_who_owes_no_return_is_never_chased(duty: Duty) -> None:
    """Partners and receivers stand in the register, not on the ladder."""
    assert _play(_moments(), replace(BOUND, duty=duty)) == []


# --- an outage --------------------------------------------------------------------------------------------------------


def test_after_an_outage_each_addressee_hears_the_latest_once() -> None:
    """Down from 1 to 15 December: one letter each, and what it stands for is recorded with it."""
    taken = {("nhac_lan_1", 0)}
    steps = _due(CALENDAR.moment(dt.date(2026, 12, 15), dt.time(9)), taken)
    assert [
        (step.reminder_step.to.value, step.reminder_step.id, [old.reminder_step.id for old in step.absorbs])
        for step in steps
    ] == [
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


def test_an_outage_that_ends_at_night_or_on_a_saturday_wakes_nobody() -> None:
    """Down until Saturday: what was missed goes out on Monday morning, once."""
    taken = {("nhac_lan_1", 0), ("nhac_lan_2", 0)}
    played = _play([_at("12-12 10:00"), _at("12-13 23:00"), _at("12-14 06:59"), _at("12-14 07:00")], taken=taken)
    assert _told(played) == [
        ("12-14 07:00", "qua_han_co_quan", "dau_moi"),
        ("12-14 07:00", "qua_han_thu_truong", "lanh_dao"),
        ("12-14 07:00", "bao_cao_so_tai_chinh", "lanh_dao_so_tai_chinh"),
    ]


# --- quiet hours ---------------------------------------------------------------------------------------------------------

NIGHT = {"tu": "18:00", "den": "07:00"}


@pytest.mark.parametrize(
    ("hour", "moment"),
    [("20:00", "12-11 07:00"), ("06:00", "12-10 07:00"), ("07:00", "12-10 07:00"), ("17:59", "12-10 17:59")],
)
def test_a_step_in_quiet_hours_is_due_when_they_are_over(hour: str, moment: str) -> None:
    """The scheduler gets that moment, not the one in the night."""
    assert _moments(_chase({"ngay_lam_viec": 1, "gio": hour}, quiet=NIGHT)) == [_at(moment)]


def test_a_step_that_may_disturb_keeps_its_hour() -> None:
    """And goes out at night and on days off; the others wait."""
    late = {"ngay_lam_viec": 1, "gio": "20:00", "ngoai_gio": True, "gui": "lanh_dao"}
    reminders = _chase({"ngay_lam_viec": 1, "gio": "08:00"}, late, quiet=NIGHT)
    assert _moments(reminders) == [_at("12-10 08:00"), _at("12-10 20:00")]
    assert [step.key[0] for step in _due(_at("12-12 10:00"), set(), reminders=reminders)] == ["bac_1"]
    assert [step.key[0] for step in _due(_at("12-14 07:00"), set(), reminders=reminders)] == ["bac_0", "bac_1"]


def test_at_night_a_waiting_step_does_not_silence_one_that_may_disturb() -> None:
    """Both missed, the later one for the morning: the earlier is said now, the later then."""
    loud, soft = {"ngay_lam_viec": 1, "gio": "08:00", "ngoai_gio": True}, {"ngay_lam_viec": 2, "gio": "08:00"}
    reminders = _chase(loud, soft, quiet=NIGHT)
    played = _play([_at("12-11 22:00"), _at("12-14 08:00")], reminders=reminders)
    assert _told(played) == [("12-11 22:00", "bac_0", "dau_moi"), ("12-14 08:00", "bac_1", "dau_moi")]


# --- another deadline ----------------------------------------------------------------------------------------------------

EXTENDED = Term(dt.date(2026, 12, 19), dt.date(2026, 12, 8), is_moved=True)  # until Friday the 18th, granted on the 8th


def test_an_extension_has_a_ladder_of_its_own() -> None:
    """Its reminders are said again for the new deadline, from the day it was granted; nothing older comes back."""
    taken = {("nhac_lan_1", 0), ("nhac_lan_2", 0), ("nhac_lan_3", 0)}
    outstanding = replace(BOUND, term=EXTENDED)
    played = _play(_moments(term=EXTENDED), outstanding, taken=taken)
    assert _told(played)[:6] == [
        ("12-11 08:00", "nhac_lan_2@2026-12-19", "dau_moi"),
        ("12-16 08:00", "nhac_lan_3@2026-12-19", "dau_moi"),
        ("12-18 08:00", "nhac_ngay_cuoi@2026-12-19", "dau_moi"),
        ("12-21 08:00", "qua_han_co_quan@2026-12-19", "dau_moi"),
        ("12-21 14:00", "qua_han_thu_truong@2026-12-19", "lanh_dao"),
        ("12-22 08:00", "bao_cao_so_tai_chinh@2026-12-19", "lanh_dao_so_tai_chinh"),
    ]


def test_an_extension_after_the_deadline_stops_the_chase_until_its_own() -> None:
    """Granted on the 11th, when agency and head had been reminded: quiet until the new reminders."""
    taken = {key for key, moment in TABLE.items() if moment < "2026-12-11 08:00"}
    outstanding = replace(BOUND, term=Term(dt.date(2026, 12, 24), dt.date(2026, 12, 11), is_moved=True))
    hours = [_at("12-11 08:00") + dt.timedelta(hours=n) for n in range(24 * 7)]
    assert _told(_play(hours, outstanding, taken=taken)) == [("12-16 08:00", "nhac_lan_2@2026-12-24", "dau_moi")]


def test_a_body_founded_late_is_not_told_what_was_before_it() -> None:
    """Its first reminder is the next one after its first day, under the announced deadline."""
    outstanding = replace(BOUND, term=Term(KY2.due_before, since=dt.date(2026, 12, 3)))
    assert _told(_play(_moments(), outstanding))[0] == ("12-07 08:00", "nhac_lan_3", "dau_moi")


# --- an opening that comes late ------------------------------------------------------------------------------------------


def _ask(moment: str, outstanding: OutstandingAgency = BOUND) -> OutstandingAgency:
    """The agency as it is when its form was issued at a moment of the season."""
    return replace(outstanding, asked_at=_at(moment))


@pytest.mark.parametrize(
    ("opening", "first"),
    [
        ("11-16 08:00", ("11-25 08:00", "nhac_lan_1")),
        ("11-30 09:00", ("12-02 08:00", "nhac_lan_2")),
        ("12-09 07:59", ("12-09 08:00", "nhac_ngay_cuoi")),
        ("12-09 08:01", ("12-10 08:00", "qua_han_co_quan")),
    ],
)
def test_the_first_step_is_the_next_one_after_the_form_was_issued(opening: str, first: tuple[str, str]) -> None:
    """What was due before is not owed, in the pass that issues the form as little as in any later one."""
    outstanding = _ask(opening)
    every_hour = [_at(opening) + dt.timedelta(hours=n) for n in range(24 * 14)]
    played = _play([*every_hour, *_moments()], outstanding)
    assert _told(played)[0][:2] == first
    assert not any(old.due_at < _at(opening) for _, step in played for old in (step, *step.absorbs))


def test_a_step_at_the_instant_of_the_opening_letter_is_not_owed() -> None:
    """The opening letter says the same; a second after it the step would be owed."""
    moment = _at("11-25 08:00")
    assert _due(moment, set(), _ask("11-25 08:00")) == []
    assert [s.key for s in _due(moment, set(), replace(BOUND, asked_at=moment - dt.timedelta(seconds=1)))] == [("nhac_lan_1", 0)]  # fmt: skip


@pytest.mark.parametrize("opening", ["12-10 00:00", "12-11 09:00", "12-28 08:00"])
def test_nobody_is_late_by_a_deadline_that_was_over_when_the_form_was_issued(opening: str) -> None:
    """No notice to agency, head or leaders, nor the weekly one, for the rest of the cycle."""
    assert _play(_moments(), _ask(opening)) == []


def test_a_new_deadline_brings_a_ladder_to_who_was_asked_too_late() -> None:
    """Asked on the 11th, given until the 18th on the 12th: reminded before it, late after it."""
    term = Term(dt.date(2026, 12, 19), dt.date(2026, 12, 12), is_moved=True)
    played = _play(_moments(term=term), _ask("12-11 09:00", replace(BOUND, term=term)))
    assert _told(played)[:3] == [
        ("12-16 08:00", "nhac_lan_3@2026-12-19", "dau_moi"),
        ("12-18 08:00", "nhac_ngay_cuoi@2026-12-19", "dau_moi"),
        ("12-21 08:00", "qua_han_co_quan@2026-12-19", "dau_moi"),
    ]


def test_who_was_given_no_form_owes_no_step() -> None:
    """A folder that takes no form is our fault: nobody is reminded of what he was not asked for."""
    assert _play(_moments(), replace(BOUND, asked_at=None)) == []


# --- nobody to write to ----------------------------------------------------------------------------------------------------

LEADERS = frozenset({Addressee.COORDINATOR, Addressee.CHAIRMAN})


@pytest.mark.parametrize(
    ("reachable", "reminder_step", "to"),
    [
        (frozenset(Addressee), "nhac_lan_1", Addressee.OFFICER),
        (LEADERS | {Addressee.HEAD}, "nhac_lan_1", Addressee.HEAD),
        (LEADERS, "nhac_lan_1", Addressee.COORDINATOR),
        (LEADERS | {Addressee.OFFICER}, "qua_han_thu_truong", Addressee.OFFICER),  # who is in copy
        (LEADERS, "qua_han_thu_truong", Addressee.COORDINATOR),
        (LEADERS, "nhac_hang_tuan", Addressee.COORDINATOR),
        (frozenset({Addressee.CHAIRMAN}), "nhac_lan_1", None),  # never the Chairman early
        (frozenset({Addressee.CHAIRMAN}), "bao_cao_so_tai_chinh", None),
        (LEADERS, "bao_cao_chu_tich", Addressee.CHAIRMAN),
    ],
)
def test_a_step_nobody_would_get_goes_to_the_next_one_up(
    reachable: frozenset[Addressee], reminder_step: str, to: Addressee | None
) -> None:
    """At its own moment, so that an agency without an address is not passed over in silence."""
    chosen = next(one for one in LADDER.reminder_steps if one.id == reminder_step)
    assert find_addressee(chosen, LADDER, reachable) is to


def test_an_agency_without_an_address_is_listed_to_the_leaders_at_every_step() -> None:
    """From the first reminder on, in the letter of their own reminder step."""
    outstanding = replace(BOUND, reachable=LEADERS)
    played = _play(_moments(), outstanding)
    assert {step.key: f"{at:%Y-%m-%d %H:%M}" for at, step in played} == TABLE
    assert {step.to for _, step in played} == LEADERS
    assert {find_letter_step(step.reminder_step, step.to, LADDER).id for _, step in played} == {"bao_cao_so_tai_chinh", "bao_cao_chu_tich"}  # fmt: skip


def test_what_nobody_could_be_told_is_due_when_somebody_can() -> None:
    """No address anywhere for a week: the steps wait, then collapse like after an outage."""
    taken: set[tuple[str, int]] = set()
    assert _play(_moments()[:3], replace(BOUND, reachable=frozenset()), taken=taken) == []
    [(_, step)] = _play([_at("12-08 08:00")], BOUND, taken=taken)
    assert (step.key[0], [old.key[0] for old in step.absorbs]) == ("nhac_lan_3", ["nhac_lan_1", "nhac_lan_2"])


# --- a letter that waits for the mail server ---------------------------------------------------------------------------------


def test_a_waiting_letter_is_withdrawn_when_it_has_lost_its_sense() -> None:
    """Accepted meanwhile, given more time, closed, or overtaken by a later word to the same addressee."""
    [(_, step)] = _play([_at("12-07 08:00")], taken={("nhac_lan_1", 0), ("nhac_lan_2", 0)})
    at, taken = _at("12-08 08:00"), {step.key}
    assert not is_outdated(step.key, BOUND, REMINDERS, taken, at)
    assert is_outdated(step.key, None, REMINDERS, taken, at)
    assert is_outdated(step.key, replace(BOUND, term=EXTENDED), REMINDERS, taken, at)
    assert is_outdated(step.key, BOUND, REMINDERS, taken, END + dt.timedelta(seconds=1))
    assert is_outdated(step.key, BOUND, REMINDERS, taken | {("nhac_ngay_cuoi", 0)}, at)
    assert not is_outdated(
        step.key, BOUND, REMINDERS, taken | {("qua_han_thu_truong", 0)}, at
    )  # somebody else heard that


def test_a_word_to_the_head_overtakes_one_that_went_to_him_for_want_of_an_officer() -> None:
    """It is the person that counts, not whom the reminder step names."""
    outstanding = replace(BOUND, reachable=frozenset({Addressee.HEAD, *LEADERS}))
    first, second = (next(s for s in REMINDERS.list_steps(ANNOUNCED) if s.key[0] == name) for name in ("qua_han_co_quan", "qua_han_thu_truong"))  # fmt: skip
    assert is_outdated(first.key, outstanding, REMINDERS, {first.key, second.key}, _at("12-10 15:00"))


# --- properties over random passes and random ladders ---------------------------------------------------------------------

span = int((END - OPENING) / dt.timedelta(minutes=1))
moments = st.integers(-20_000, span + 20_000).map(lambda minutes: OPENING + dt.timedelta(minutes=minutes))
passes = st.lists(moments, max_size=25)


@st.composite
def _ladders(draw: st.DrawFn) -> Reminders:
    places = draw(st.sets(st.tuples(st.integers(-12, 15), st.integers(0, 23)), min_size=1, max_size=7))
    reminder_steps: list[dict[str, object]] = [
        {
            "ngay_lam_viec": day,
            "gio": dt.time(hour),
            "gui": draw(st.sampled_from(Addressee)),
            "lap_lai_sau_ngay_lam_viec": draw(st.none() | st.integers(1, 6)),
            "ngoai_gio": draw(st.booleans()),
        }
        for day, hour in sorted(places)
    ]
    return _chase(*reminder_steps, quiet=draw(st.none() | st.just(NIGHT)))


ladders = st.just(REMINDERS) | _ladders()


@given(passes, ladders)
@settings(max_examples=200)
def test_nobody_is_chased_outside_the_cycle_nor_before_the_moment(at: list[dt.datetime], reminders: Reminders) -> None:
    """Not before opening, not after closing, and no step before it is due."""
    for moment, step in _play(at, reminders=reminders):
        assert moment >= OPENING and CALENDAR.day_of(moment) <= KY2.closes_on
        assert OPENING <= step.due_at <= moment


@given(passes, ladders, moments)
@settings(max_examples=200)
def test_no_step_is_taken_that_was_due_when_the_form_was_issued(
    at: list[dt.datetime], reminders: Reminders, asked_at: dt.datetime
) -> None:
    """Neither by itself nor in the words of a later one; none at all when the deadline was over."""
    steps = [step for _, step in _play(at, replace(BOUND, asked_at=asked_at), reminders)]
    assert all(one.due_at > asked_at for step in steps for one in (step, *step.absorbs))
    assert asked_at < CALENDAR.deadline(KY2) or steps == []


@given(passes, ladders)
@settings(max_examples=200)
def test_nothing_goes_out_on_a_day_off_or_in_quiet_hours_unless_the_step_says_so(
    at: list[dt.datetime], reminders: Reminders
) -> None:
    """Whenever a pass runs."""
    for moment, step in _play(at, reminders=reminders):
        assert step.reminder_step.may_disturb or CALENDAR.may_write(moment, reminders.ladder.quiet)


@given(passes, ladders)
@settings(max_examples=200)
def test_no_step_is_taken_twice_nor_absorbed_after_it_was_taken(at: list[dt.datetime], reminders: Reminders) -> None:
    """Two passes at one moment, retries, replays: every step once, sent or stood for."""
    keys = [old.key for _, step in _play([*at, *at], reminders=reminders) for old in (step, *step.absorbs)]
    assert len(keys) == len(set(keys))


@given(passes, ladders)
@settings(max_examples=200)
def test_each_addressee_hears_one_thing_per_pass_and_never_the_past(
    at: list[dt.datetime], reminders: Reminders
) -> None:
    """The latest step speaks for the earlier ones; after it nothing older is ever sent."""
    heard: dict[Addressee, dt.datetime] = {}
    last_pass: dict[Addressee, dt.datetime] = {}
    for moment, step in _play(at, reminders=reminders):
        to = step.to
        assert all(old.due_at <= step.due_at and old.to is to for old in step.absorbs)
        assert to not in heard or step.due_at > heard[to]
        assert last_pass.get(to) != moment
        heard[to], last_pass[to] = step.due_at, moment


@given(passes, ladders)
@settings(max_examples=200)
def test_after_a_pass_in_working_hours_nothing_is_left_undone(at: list[dt.datetime], reminders: Reminders) -> None:
    """Whoever owes at a reminder step's moment has been reminded by it, or by what came after it, once a pass has run."""
    inside = [m for m in at if OPENING <= m <= END and CALENDAR.may_write(m, reminders.ladder.quiet)]
    if not inside:
        return
    last = max(inside)
    taken = {
        old.key for _, step in _play([m for m in at if m <= last], reminders=reminders) for old in (step, *step.absorbs)
    }
    assert _due(last, taken, reminders=reminders) == []
    assert {step.key for step in reminders.list_steps(ANNOUNCED) if step.due_at <= last} <= taken


@given(st.sets(st.sampled_from(sorted(TABLE)), max_size=14), moments)
def test_what_was_taken_before_is_never_due_again(taken: set[tuple[str, int]], at: dt.datetime) -> None:
    """Whatever was recorded, in whatever order."""
    assert not {step.key for step in _due(at, taken)} & taken


# --- until when a letter makes sense ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "outstanding", "until"),
    [
        (("nhac_lan_1", 0), BOUND, "12-02 08:00"),
        (("nhac_lan_3", 0), BOUND, "12-09 08:00"),
        (("nhac_ngay_cuoi", 0), BOUND, "12-10 00:00"),  # the deadline it reminds of
        (("qua_han_co_quan", 0), BOUND, ""),  # nothing more to the officer
        (("qua_han_thu_truong", 0), BOUND, "12-21 08:00"),  # the weekly reminder goes to the head, too
        (("nhac_hang_tuan", 0), BOUND, "12-28 08:00"),
        (("nhac_hang_tuan", 5), BOUND, ""),
        (("bao_cao_so_tai_chinh", 0), BOUND, ""),
    ],
)
def test_a_letter_makes_sense_until_the_next_step_to_the_same_addressee(
    key: tuple[str, int], outstanding: OutstandingAgency, until: str
) -> None:
    """Or until the deadline that it reminds of, or the end of the cycle."""
    step = REMINDERS.find_step(key, ANNOUNCED)
    assert step is not None
    assert find_end_of_use(step, outstanding, REMINDERS) == (_at(until) if until else END)


def test_a_step_said_to_somebody_else_is_superseded_by_what_that_one_is_told_next() -> None:
    """Without an officer the head is reminded: the next step of either is the next word to the head."""
    alone = replace(BOUND, reachable=BOUND.reachable - {Addressee.OFFICER})
    step = REMINDERS.find_step(("qua_han_co_quan", 0), ANNOUNCED)
    assert step is not None
    assert find_end_of_use(replace(step, to=Addressee.HEAD), alone, REMINDERS) == _at("12-10 14:00")


def test_a_step_for_others_supersedes_nothing() -> None:
    """An invited body is not reported to the Chairman, so nothing of the kind ends an earlier letter."""
    reminders = _chase(
        {"ngay_lam_viec": 1, "gio": "08:00", "gui": "lanh_dao"},
        {"ngay_lam_viec": 2, "gio": "08:00", "gui": "lanh_dao", "ap_dung": ["phai_bao_cao"]},
    )
    first = reminders.find_step(("bac_0", 0), ANNOUNCED)
    assert first is not None
    assert [find_end_of_use(first, one, reminders) for one in (BOUND, INVITED)] == [_at("12-11 08:00"), END]
