"""The disk with the shared folders is gone: said at once, nothing is made in its place, and work goes on by itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.adapters.operator_letters import _describe
from kybaocao.cli.exit_status import ExitStatus
from kybaocao.cli.failures import explain_failure
from kybaocao.figures.snapshot import Standing
from kybaocao.inbox.shared_folders import look_into
from kybaocao.stages.support.lost_share import LostShareError
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.sightings import list_sightings, record_sightings
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
LATER = "2026-12-01T11:00"


@pytest.fixture
def away(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cycle is open, a file lies there, and then the folder is an empty mount point; where its content is."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, "STP")
    (seen,) = look_into(p.home.inbox("STP", p.cycle.id)).files
    with p.store.write() as connection:
        record_sightings(connection, p.cycle.id, [("STP", seen.key, seen.signature)], p.as_of)
    shutil.move(p.home.shared, tmp_path / "disk")
    p.home.shared.mkdir()
    return tmp_path / "disk"


@pytest.mark.parametrize("is_there", [True, False], ids=["empty mount point", "no folder"])
def test_a_pass_stops_before_it_does_anything(small: Small, away: Path, is_there: bool) -> None:
    """Otherwise forms would come to lie below the mount point, and files count as taken back."""
    p = small(MIDDAY)
    if not is_there:
        p.home.shared.rmdir()
    with pytest.raises(LostShareError, match=r"chưa được gắn \(mount\)"):
        run_pass(p)
    assert not is_there or list(p.home.shared.iterdir()) == []
    with p.store.read() as connection:
        assert [one.is_waiting for one in list_sightings(connection, p.cycle.id)] == [True]


def test_status_the_command_and_the_letter_say_which(small: Small, away: Path) -> None:
    """Each in one sentence that names the folder."""
    p = small(MIDDAY)
    with pytest.raises(LostShareError) as caught:
        run_pass(p)
    status, said = explain_failure(caught.value)
    assert (status, str(p.home.shared) in said) == (ExitStatus.SYSTEM_TROUBLE, True)
    assert gather_status(p)["warnings"][0] == said
    assert _describe(caught.value).startswith("Không còn thư mục nào của các cơ quan")


def test_work_goes_on_when_the_disk_is_back(small: Small, away: Path) -> None:
    """Nothing is lost, nobody is blamed, and status says it no longer."""
    with pytest.raises(LostShareError):
        run_pass(small(MIDDAY))
    p = small(LATER)
    p.home.shared.rmdir()
    shutil.move(away, p.home.shared)
    run_pass(p)
    found = gather_status(p)
    assert [a["standing"] for a in found["agencies"] if a["code"] == "STP"] == [Standing.ACCEPTED.name]
    assert not [one for one in found["warnings"] if "mount" in one]


def test_one_folder_of_the_cycle_is_enough(small: Small, away: Path) -> None:
    """A disk that is lost for good: the others are made anew."""
    p = small(LATER)
    p.home.cycle_folder("STC", p.cycle.id).mkdir(parents=True)
    run_pass(p)
    assert p.home.inbox("X-04183", p.cycle.id).is_dir()


def test_a_cycle_that_is_over_misses_nothing(small: Small, away: Path) -> None:
    """Its folders may have been put away."""
    p = small("2027-06-01T08:00")
    assert not [one for one in gather_status(p)["warnings"] if "mount" in one]


def test_before_the_cycle_opens_there_is_nothing_to_miss(small: Small) -> None:
    """Nor where no form was given out yet."""
    p = small("2026-11-16T07:00")
    run_pass(p)
    assert not [one for one in gather_status(p)["warnings"] if "mount" in one]
