"""Ten thousand seasons: what must hold of every one, whatever agencies, clocks, servers and leaders do."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from kybaocao.ladder import Chase, Debtor, Step, Taken, due_steps
from kybaocao.mail.recipients import find_addresses
from kybaocao.plan.model import Addressee, Ladder
from kybaocao.plan.plan import Plan
from kybaocao.season import playing
from kybaocao.season.chance import write_season
from kybaocao.season.events import File, Part, Season
from kybaocao.season.playing import Played, play_season
from kybaocao.season.proof import find_breaches
from kybaocao.season.register import size_plan
from tests.conftest import CYCLE

BATCH, BATCHES = 500, 20
AGENCIES = 5


@pytest.fixture(scope="module")
def small(plan: Plan) -> Plan:
    return size_plan(plan, AGENCIES)


def draw_ladder(seed: int) -> Ladder:
    """Any ladder a province could write, sensible or not: as long as it loads."""
    random = Random(seed)
    places = sorted({(random.randint(-12, 3), random.randint(0, 23)) for _ in range(random.randint(1, 8))})
    quiet = (
        ("18:00", "07:00"),
        ("11:30", "13:30"),
        (f"{random.randint(0, 11):02d}:00", f"{random.randint(12, 23)}:00"),
    )
    rungs = [
        {
            "ma": f"bac_{number}",
            "ten": "x",
            "mau": "nhac",
            "ngay_lam_viec": day,
            "gio": dt.time(hour),
            "gui": random.choice(list(Addressee)),
            "dong_gui": random.sample((Addressee.OFFICER, Addressee.HEAD), random.randint(0, 2)),
            "ap_dung": random.choice((["phai_bao_cao", "moi_bao_cao"], ["phai_bao_cao"])),
            "lap_lai_sau_ngay_lam_viec": random.choice((None, None, None, 1, 2, 5)),
            "ngoai_gio": random.random() < 0.25,
        }
        for number, (day, hour) in enumerate(places)
    ]
    begins, ends = random.choice(quiet)
    hours = {"gio_yen_lang": {"tu": begins, "den": ends}} if random.random() < 0.7 else {}
    return Ladder.model_validate({"bac": rungs} | hours)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_season_keeps_the_rules(small: Plan, batch: int) -> None:
    """Three of four on the province's own ladder, the fourth on a ladder by chance; see season.proof for the rules."""
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        plan = dataclasses.replace(small, ladder=draw_ladder(seed)) if seed % 4 == 3 else small
        breaches = find_breaches(play_season(write_season(plan, CYCLE, seed)))
        assert not breaches, f"seed {seed}: {breaches[:3]}"


def test_the_seasons_are_as_wild_as_they_should_be(small: Plan) -> None:
    """A rule that nothing could break proves nothing: everything that can happen does."""
    played = [play_season(write_season(small, CYCLE, seed)) for seed in range(BATCH)]
    seasons = [one.season for one in played]
    files = {drop.file for season in seasons for drop in season.drops}
    letters = [letter for one in played for letter in one.letters]
    steps = [taken.step for one in played for taken in one.taken]
    rungs = {rung.id for rung in small.require_ladder().rungs}
    seen = {
        "every kind of file": files == set(File),
        "every rung": {letter.rung.id for letter in letters} == rungs,
        "every addressee": {letter.to for letter in letters} == set(Addressee),
        "outages of both parts": {stop.part for season in seasons for stop in season.outages} == set(Part),
        "a clock ahead and behind": {wrong.ahead > dt.timedelta(0) for s in seasons for wrong in s.clocks}
        == {True, False},
        "extensions": any(season.plan.adjustments.extensions for season in seasons),
        "exemptions": any(season.plan.adjustments.exemptions for season in seasons),
        "moved deadlines": any(season.plan.adjustments.moves for season in seasons),
        "steps of a moved deadline": any("@" in step.key[0] for step in steps),
        "bodies founded and closed": any(_has_come_and_gone(season.plan) for season in seasons),
        "missed steps collapsed": any(step.absorbs for step in steps),
        "another addressee for want of an address": any(step.to is not step.rung.to for step in steps),
        "letters that waited": any(letter.sent_at != letter.written_at for letter in letters),
        "letters withdrawn": any(letter.is_withdrawn for letter in letters),
    }
    assert [name for name, is_seen in seen.items() if not is_seen] == []


def _has_come_and_gone(plan: Plan) -> bool:
    return any(agency.closes_on.year < 9999 or agency.opens_on.year > 1 for agency in plan.expected)


# --- the rules see what is broken ---------------------------------------------------------------------------------------

Due = Callable[[Debtor, Chase, Taken, dt.datetime], list[Step]]


def forget_what_was_taken(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, chase, (), at)


def answer_half_the_time(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return [step for step in due_steps(debtor, chase, taken, at) if step.repetition or step.rung.day != -5]


def come_an_hour_early(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, chase, taken, at + dt.timedelta(hours=1))


def say_the_missed_ones_too(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    found = due_steps(debtor, chase, taken, at)
    return [one for step in found for one in (step, *step.absorbs)]


def disturb_the_night(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return due_steps(debtor, _without_quiet_hours(chase), taken, at)


@functools.lru_cache(maxsize=64)
def _without_quiet_hours(chase: Chase) -> Chase:
    return Chase(chase.cycle, chase.ladder.model_copy(update={"quiet": None}), chase.calendar)


def skip_who_has_no_address(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    return [step for step in due_steps(debtor, chase, taken, at) if step.to is step.rung.to]


def write_to_the_announced_deadline(debtor: Debtor, chase: Chase, taken: Taken, at: dt.datetime) -> list[Step]:
    term = debtor.term._replace(due_before=chase.cycle.due_before, is_moved=False)
    return due_steps(dataclasses.replace(debtor, term=term), chase, taken, at)


MUTANTS: tuple[tuple[Due, str], ...] = (
    (forget_what_was_taken, "hai lần"),
    (answer_half_the_time, "bỏ sót bậc nhac_lan_2"),
    (come_an_hour_early, "trước thời điểm của bậc"),
    (say_the_missed_ones_too, "đi lùi"),
    (disturb_the_night, "giờ yên lặng"),
    (skip_who_has_no_address, "bỏ sót bậc"),
    (write_to_the_announced_deadline, "bỏ sót bậc"),
)


def breaches_of(seasons: list[Season]) -> str:
    return "\n".join(breach for season in seasons for breach in find_breaches(play_season(season)))


@pytest.fixture(scope="module")
def seasons(small: Plan) -> list[Season]:
    found = [write_season(small, CYCLE, seed) for seed in range(100)]
    assert breaches_of(found) == ""
    return found


@pytest.mark.parametrize(("mutant", "told"), MUTANTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_broken_ladder_is_found_out(
    seasons: list[Season], monkeypatch: pytest.MonkeyPatch, mutant: Due, told: str
) -> None:
    """The ladder broken on purpose: the rules say what is wrong with it."""
    monkeypatch.setattr(playing, "due_steps", mutant)
    assert told in breaches_of(seasons)


@pytest.mark.parametrize(
    ("name", "broken", "told"),
    [
        ("find_debtor", lambda plan, cycle, agency, versions, on: _find_debtor_anyway(plan, cycle, agency, on), "không còn nợ"),
        ("is_outdated", lambda *_: False, "không còn nợ"),
        ("find_addresses", lambda plan, agency, to, on: ("ai.do@gmail.com",), "danh sách cho phép"),
        ("find_addresses", lambda plan, agency, to, on: find_addresses(plan, agency, to, dt.date.max), "danh sách cho phép"),
    ],
)  # fmt: skip
def test_a_broken_neighbour_is_found_out(
    seasons: list[Season], monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, told: str
) -> None:
    """Debtors after acceptance, letters never withdrawn, addresses from nowhere or from another day."""
    monkeypatch.setattr(playing, name, broken)
    assert told in breaches_of(seasons)


def _find_debtor_anyway(plan: Plan, cycle: str, agency: str, on: dt.date) -> Debtor | None:
    from kybaocao.debtors import find_debtor

    return find_debtor(plan, cycle, agency, (), on)


def test_the_same_seed_is_the_same_season(small: Plan) -> None:
    """Whoever reads of a breach can see it happen."""

    def tell(played: Played) -> list[tuple[object, ...]]:
        return [(taken.look, taken.agency, taken.step.key) for taken in played.taken]

    assert tell(play_season(write_season(small, CYCLE, 7))) == tell(play_season(write_season(small, CYCLE, 7)))
    assert tell(play_season(write_season(small, CYCLE, 7))) != tell(play_season(write_season(small, CYCLE, 8)))
