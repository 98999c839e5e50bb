"""The simulator and the passes are one system: the same season, the same letters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from tests.replays import drop_files, list_mails, simulate, write_replay
from tests.small_plan import KEPT
from tests.stages.conftest import Post

PASSES = [
    "2026-11-16T08:00",
    "2026-11-25T08:00",
    "2026-11-25T19:30",  # quiet hours
    "2026-12-02T09:12",
    "2026-12-09T08:00",  # reminders 3 and 4 at once
    "2026-12-10T08:00",
    "2026-12-10T14:00",
    "2026-12-11T08:00",
    "2026-12-13T10:00",  # a Sunday
    "2026-12-14T08:00",
    "2026-12-29T08:00",  # two weeks of weekly reminders missed
]


def draw_drops(random: Random) -> list[tuple[str, str]]:
    """Up to three files of one agency, at odd minutes."""
    begin = dt.datetime.fromisoformat("2026-11-16T09:01+07:00")
    days = sorted(random.sample(range(32), random.randrange(3)))
    kinds = ["accepted", "returned", "unreadable"]
    return [((begin + dt.timedelta(days=day)).isoformat(), random.choice(kinds)) for day in days]


@pytest.mark.parametrize("seed", range(3))
def test_passes_send_what_the_simulator_sends(
    small: Callable[[str], Pass], tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five agencies that are early, late, silent or returned: when, to whom and about what, to the letter.

    Every file has lain long enough: of one that may still be being copied no agency is reminded.
    """
    for name in ("SETTLE_SECONDS", "HALF_COPIED_SECONDS"):
        monkeypatch.setattr(inbox_module, name, 0.0)
    begun = small(PASSES[0])
    random = Random(seed)
    season = write_replay(tmp_path / "mua.json", PASSES, {code: draw_drops(random) for code in KEPT})
    before = begun.as_of - dt.timedelta(days=1)
    for moment in PASSES:
        p = small(moment)
        drop_files(season, p.plan, p.home, before, p.as_of)
        run_pass(p, connect=Post)
        before = p.as_of
    expected = simulate(season)
    assert len(expected) > 10
    assert list_mails(p) == expected
