"""Ten thousand seasons: what must hold of every one, whatever agencies, clocks, servers and leaders do."""

from __future__ import annotations

import dataclasses
import datetime as dt
from random import Random

import pytest

from kybaocao.plan.ladder import Key
from kybaocao.plan.plan import Plan
from kybaocao.plan.reminder_steps import Addressee, Ladder
from kybaocao.season.chance import write_season
from kybaocao.season.events import File, Part
from kybaocao.season.playing import Letter, Played, play_season
from kybaocao.season.proof import find_breaches
from tests.conftest import CYCLE

BATCH, BATCHES = 500, 20


def draw_ladder(seed: int) -> Ladder:
    """Any ladder a province could write, sensible or not: as long as it loads."""
    random = Random(seed)
    places = sorted({(random.randint(-12, 3), random.randint(0, 23)) for _ in range(random.randint(1, 8))})
    quiet = (
        ("18:00", "07:00"),
        ("11:30", "13:30"),
        (f"{random.randint(0, 11):02d}:00", f"{random.randint(12, 23)}:00"),
    )
    reminder_steps = [
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
    return Ladder.model_validate({"bac": reminder_steps} | hours)


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
    reminder_steps = {reminder_step.id for reminder_step in small.require_ladder().reminder_steps}
    seen = {
        "every kind of file": files == set(File),
        "every reminder step": {letter.notice.reminder_step.id for letter in letters} == reminder_steps,
        "every addressee": {letter.notice.to for letter in letters} == set(Addressee),
        "one message about several agencies": any(letter.notice.is_digest for letter in letters),
        "somebody who is officer and head": any(_tells_twice(letter) for letter in letters),
        "outages of both parts": {stop.part for season in seasons for stop in season.outages} == set(Part),
        "a clock ahead and behind": {wrong.ahead > dt.timedelta(0) for s in seasons for wrong in s.clocks}
        == {True, False},
        "extensions": any(season.plan.adjustments.extensions for season in seasons),
        "exemptions": any(season.plan.adjustments.exemptions for season in seasons),
        "moved deadlines": any(season.plan.adjustments.moves for season in seasons),
        "steps of a moved deadline": any("@" in step.key[0] for step in steps),
        "bodies founded and closed": any(_has_come_and_gone(season.plan) for season in seasons),
        "forms issued late, and after the deadline": _find_late_forms(played) == {False, True},
        "folders that took no form": any(season.closed_folders for season in seasons),
        "missed steps collapsed": any(step.absorbs for step in steps),
        "another addressee because an address is missing": any(step.to is not step.reminder_step.to for step in steps),
        "letters that waited": any(_find_waiting(one) for one in played),
        "letters withdrawn": any(one.dropped for one in played),
    }
    assert [name for name, is_seen in seen.items() if not is_seen] == []


def _tells_twice(letter: Letter) -> bool:
    return len(letter.notice.steps) > len({outstanding.agency for outstanding, _ in letter.notice.steps})


def _find_waiting(played: Played) -> set[tuple[str, Key]]:
    """What was taken in one pass and said in a later one."""
    said = {
        (outstanding.agency, step.key): letter.look
        for letter in played.letters
        for outstanding, step in letter.notice.steps
    }
    return {
        (taken.agency, taken.step.key)
        for taken in played.taken
        if said.get((taken.agency, taken.step.key), taken.look) > taken.look
    }


def _find_late_forms(played: list[Played]) -> set[bool]:
    """Whether the deadline was over, of every agency that owed when its form came more than a day after the opening."""
    found = set()
    for one in played:
        cycle, zone = one.season.plan.require_cycle(CYCLE), one.season.plan.timezone
        days = [one.looks[look].as_of.astimezone(zone).date() for look in one.issued.values()]
        found |= {day >= cycle.due_before for day in days if day > cycle.opens.date + dt.timedelta(days=1)}
    return found


def _has_come_and_gone(plan: Plan) -> bool:
    return any(agency.closes_on.year < 9999 or agency.opens_on.year > 1 for agency in plan.expected)


def test_the_same_seed_is_the_same_season(small: Plan) -> None:
    """Whoever reads of a breach can see it happen."""

    def describe(played: Played) -> list[tuple[object, ...]]:
        return [(taken.look, taken.agency, taken.step.key) for taken in played.taken]

    assert describe(play_season(write_season(small, CYCLE, 7))) == describe(play_season(write_season(small, CYCLE, 7)))
    assert describe(play_season(write_season(small, CYCLE, 7))) != describe(play_season(write_season(small, CYCLE, 8)))
