"""The last good configuration: a set of files with a mistake is refused whole, the one before stays in force."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kybaocao.home import Home
from kybaocao.plan.last_good import ROOT, find_kept, hash_files, make_current, place_set, read_files
from kybaocao.plan.load import FILES, OPTIONAL, cycles_in_force, find_plan, load_plan, plan_in_force
from kybaocao.plan.plan import PlanError
from kybaocao.yaml_source import SourceError
from tests.conftest import CONFIG, CYCLE
from tests.plan.test_mistakes import MISTAKES, reported, slip

CHECKED = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)
Keep = Callable[[], Path]


@pytest.fixture
def folder(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the province's plan that may be broken."""
    found = Path(shutil.copytree(CONFIG, tmp_path / "config" / "nq02-2026"))
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(found.parent))
    return found


@pytest.fixture
def keep(folder: Path, home: Home) -> Keep:
    """Make the folder's files, as they are now, the last good ones."""

    def _keep() -> Path:
        kept = place_set(home.root, folder.name, read_files(folder, FILES + OPTIONAL))
        make_current(home.root, folder.name, kept, CHECKED)
        return kept

    return _keep


@pytest.mark.parametrize("name", MISTAKES)
def test_whatever_the_mistake_the_last_good_files_stay_in_force(folder: Path, keep: Keep, name: str) -> None:
    """The plan is whole, as it was; the mistake is reported with file, line and field."""
    keep()
    line = slip(folder, MISTAKES[name])
    plan = find_plan(CYCLE)
    assert plan.refusal is not None and plan.refusal.since == CHECKED
    assert (MISTAKES[name].file, line, MISTAKES[name].field) in reported(plan.refusal.problems)
    assert (plan.problems, len(plan.expected), list(plan.cycles)) == ((), 90, ["nq02-2026-ky1", CYCLE])
    assert plan.require_ladder() and plan.require_calendar() and plan.require_recipients()


def test_a_broken_header_stops_nothing(folder: Path, keep: Keep) -> None:
    """Without it there is no plan at all; the last good one runs on."""
    keep()
    (folder / "ke_hoach.yaml").write_text("ma: [", encoding="utf-8")
    refusal = find_plan(CYCLE).refusal
    assert refusal is not None and refusal.problems[0].file == "ke_hoach.yaml"


def test_files_are_never_mixed(folder: Path, keep: Keep) -> None:
    """A change in one file waits for the mistake in another to be mended; then both hold."""
    keep()
    path = folder / "nguoi_nhan.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("0212 3850 102", "0212 3850 999"), encoding="utf-8")
    slip(folder, MISTAKES["bậc thang không theo thứ tự"])
    assert find_plan(CYCLE).require_recipients().reply_to.phone == "0212 3850 102"
    shutil.copy(CONFIG / "bac_thang.yaml", folder / "bac_thang.yaml")
    plan = find_plan(CYCLE)
    assert (plan.require_recipients().reply_to.phone, plan.refusal) == ("0212 3850 999", None)


def test_a_plan_that_never_was_good_stops_only_what_is_broken(folder: Path) -> None:
    """Nothing to fall back on: the broken part says so when it is asked for."""
    slip(folder, MISTAKES["bậc thang không theo thứ tự"])
    plan = find_plan(CYCLE)
    assert (plan.refusal, len(plan.expected)) == (None, 90)
    with pytest.raises(PlanError, match=r"bac_thang\.yaml"):
        plan.require_ladder()


def test_a_first_header_that_is_broken_is_told(folder: Path) -> None:
    (folder / "ke_hoach.yaml").write_text("ma: [", encoding="utf-8")
    with pytest.raises(SourceError, match=r"ke_hoach\.yaml"):
        plan_in_force(folder)


def test_a_cycle_that_only_the_refused_files_have_says_why_it_cannot_run(folder: Path, keep: Keep) -> None:
    """A new cycle in files with a mistake: its pass fails and names the mistake, not "unknown"."""
    path = folder / "ky_bao_cao.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.partition("  - ma: nq02-2026-ky2")[0], encoding="utf-8")
    keep()
    path.write_text(whole, encoding="utf-8")
    (folder / "bac_thang.yaml").write_text("bac: []\n", encoding="utf-8")
    with pytest.raises(PlanError, match=CYCLE):
        find_plan(CYCLE).require_cycle(CYCLE)


def test_the_dag_of_a_cycle_with_a_mistake_stays(folder: Path, keep: Keep) -> None:
    """A wrong date does not take the cycle off the console."""
    keep()
    slip(folder, MISTAKES["ngày không có trong lịch"])
    cycles, faults = cycles_in_force(folder)
    assert [cycle.id for cycle in cycles] == ["nq02-2026-ky1", CYCLE]
    assert "ky_bao_cao.yaml" in faults[0]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a file cut short": lambda kept: (kept / "co_quan.csv").write_bytes((kept / "co_quan.csv").read_bytes()[:-40]),
    "a file gone": lambda kept: (kept / "lien_he.csv").unlink(),
    "a file more": lambda kept: (kept / "la.yaml").write_text("x: 1"),
    "a line changed": lambda kept: (kept / "lich.yaml").write_bytes((kept / "lich.yaml").read_bytes() + b"#"),
    "no pointer": lambda kept: (kept.parent / "hien_hanh.json").unlink(),
    "half a pointer": lambda kept: (kept.parent / "hien_hanh.json").write_text('{"bo": "'),
    "a pointer elsewhere": lambda kept: (kept.parent / "hien_hanh.json").write_text(json.dumps({"bo": "x", "tu": "y"})),
    "not a pointer": lambda kept: (kept.parent / "hien_hanh.json").write_text("[]"),
    "no folder": lambda kept: shutil.rmtree(kept),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_copy_is_not_used(folder: Path, home: Home, keep: Keep, damage: str) -> None:
    """Better a part that stops and says so than a register with rows missing."""
    DAMAGE[damage](keep())
    slip(folder, MISTAKES["bậc thang không theo thứ tự"])
    assert find_kept(home.root, folder.name) is None
    assert find_plan(CYCLE).refusal is None
    keep()
    if damage != "a file more":
        assert find_kept(home.root, folder.name) is not None, "the next good set repairs it"


def test_kept_files_that_today_s_rules_refuse_are_not_used(folder: Path, home: Home, keep: Keep) -> None:
    """A newer program may judge more strictly: its own mistakes are then reported, nothing is in force in secret."""
    slip(folder, MISTAKES["bậc thang không theo thứ tự"])
    keep()
    plan = find_plan(CYCLE)
    assert (plan.refusal, plan.ladder) == (None, None)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.binary(max_size=5), min_size=1), min_size=1, max_size=6))
def test_the_current_set_is_always_the_last_one_made_current(home: Home, sets: list[dict[str, bytes]]) -> None:
    """Whatever sets come and come again, byte for byte."""
    for files in sets:
        kept = place_set(home.root, "p", files)
        make_current(home.root, "p", kept, CHECKED)
        found = find_kept(home.root, "p")
        assert found is not None and read_files(found.folder, files) == files
        assert found.folder.name == hash_files(files)
    assert [path for path in (home.root / ROOT / "p").iterdir() if path.name.startswith(".")] == []


def test_loading_a_sound_plan_reads_nothing_of_the_kept_one(
    folder: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual case costs what it did."""
    keep()
    monkeypatch.setattr("kybaocao.plan.load.find_kept", lambda *_: pytest.fail("looked"))
    assert find_plan(CYCLE) is load_plan(folder)
