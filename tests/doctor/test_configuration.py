"""The plans, their cycles today, and the mode of the system."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from kybaocao.doctor.configuration import probe_configuration, probe_cycles, probe_mode
from kybaocao.doctor.probing import Setting
from kybaocao.doctor.reading import probe_reading, probe_slots
from kybaocao.stages.support.form_issuing import issue_forms
from kybaocao.stages.support.passes import Pass
from tests.conftest import CYCLE
from tests.doctor.conftest import Lines, ask, list_wrong
from tests.plan.test_mistakes import Mistake, slip
from tests.plan.test_warnings import write_live_plan
from tests.small_plan import write_small_plan

RUNNING = {"nq02-2026-ky1": True, CYCLE: False}


@pytest.fixture
def folder(setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live plan in order."""
    found = write_live_plan(tmp_path / "config")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(found.parent))
    return found


def look(setting: Setting, at: str, paused: Mapping[str, bool]) -> Lines:
    moment = dt.datetime.fromisoformat(at + "+07:00")
    return ask(replace(setting, now=moment), lambda s: probe_cycles(s, lambda: paused))


def test_a_live_plan_in_order(setting: Setting, folder: Path) -> None:
    """No fault, no warning, no mark of sample data."""
    assert [mark for mark, _ in ask(setting, probe_configuration)] == ["✓"]


def test_faults_are_broken_and_warnings_to_be_looked_at(setting: Setting, folder: Path) -> None:
    slip(folder, Mistake("bac_thang.yaml", "mau: qua_han}", "mau: qua_hạn}", ""))
    slip(folder, Mistake("ke_hoach.yaml", "25/KH-UBND", "''", ""))
    assert [mark for mark, _ in ask(setting, probe_configuration)] == ["✗", "!"]


def test_a_plan_that_cannot_be_read_does_not_hide_the_next(setting: Setting, folder: Path) -> None:
    (folder.parent / "a-hong").mkdir()
    (folder.parent / "a-hong" / "ke_hoach.yaml").write_text("ma: [", encoding="utf-8")
    assert [mark for mark, _ in ask(setting, probe_configuration)] == ["✗", "✓"]


def test_a_configuration_without_a_plan(setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KYBAOCAO_CONFIG leads nowhere."""
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(tmp_path / "nowhere"))
    assert [mark for mark, _ in ask(setting, probe_configuration)] == ["✗"]


def test_sample_data_are_to_be_looked_at(setting: Setting) -> None:
    """The plan as it comes: every letter is marked as a sample."""
    ((mark, found),) = list_wrong(ask(setting, probe_configuration))
    assert (mark, "du_lieu_mau là true" in found) == ("!", True)


def test_a_system_for_replays_is_no_live_system(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KYBAOCAO_REPLAY", raising=False)
    assert [mark for mark, _ in ask(setting, probe_mode)] == ["✓"]
    monkeypatch.setenv("KYBAOCAO_REPLAY", "1")
    assert [mark for mark, _ in ask(setting, probe_mode)] == ["✗"]


# --- cycles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "paused", "said"),
    [
        ("2026-11-14T09:00", RUNNING, []),
        ("2026-11-14T09:00", RUNNING | {CYCLE: True}, ["mở lúc 08:00 ngày 16/11/2026"]),
        ("2026-11-14T09:00", RUNNING | {"nq02-2026-ky1": False}, ["đã đóng ngày 31/08/2026"]),
        ("2026-11-30T09:00", RUNNING, ["đã phát 0/90 biểu mẫu"]),
        ("2026-12-11T09:00", RUNNING, ["hạn cuối thứ Tư 09/12/2026 đã qua; đã phát 0/90 biểu mẫu"]),
    ],
)
def test_what_wants_a_look_among_the_cycles(
    setting: Setting, at: str, paused: dict[str, bool], said: list[str]
) -> None:
    """One that is paused before it opens, one that runs on when it is over, one that is open and asks nobody."""
    wrong = list_wrong(look(setting, at, paused))
    assert [(mark, any(one in found for one in said)) for mark, found in wrong] == [("!", True)] * len(said)


def test_an_open_cycle_whose_forms_are_out_is_in_order(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(tmp_path / "config")))
    at = dt.datetime.fromisoformat("2026-11-16T08:00+07:00")
    issue_forms(Pass.begin(CYCLE, at, is_replay=True, home=setting.home))
    lines = look(setting, "2026-11-17T08:00", RUNNING)
    assert list_wrong(lines) == []
    assert "đã phát 5/5 biểu mẫu; trong Airflow đang bật" in lines[1][1]


def test_cycles_are_shown_without_airflow(setting: Setting) -> None:
    """It says that it does not know which are paused, and the dates all the same."""

    def fail() -> Mapping[str, bool]:
        raise LookupError("Airflow chưa khởi động lần nào")

    lines = ask(setting, lambda s: probe_cycles(s, fail))
    assert [mark for mark, _ in lines] == ["!", "✓", "✓"]


def test_sample_words_for_the_report_are_to_be_looked_at(setting: Setting, folder: Path) -> None:
    """What a rehearsal wrote into bo-sung.txt would stand in the real report."""
    path = setting.home.supplement(CYCLE)
    path.parent.mkdir(parents=True)
    path.write_text("## I\n(nội dung mẫu)\n", encoding="utf-8")
    assert list_wrong(look(setting, "2026-11-14T09:00", RUNNING)) == [
        ("!", f"reports/{CYCLE}/bo-sung.txt còn chữ “(nội dung mẫu)”")
    ]


# --- the reader -------------------------------------------------------------------------------------------------------


def test_a_form_goes_through_the_sandbox(setting: Setting) -> None:
    ((mark, found),) = ask(setting, probe_reading)
    assert (mark, "đọc lại trong" in found) == ("✓", True)


def test_a_reader_that_dies_is_broken(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process cannot do its work, whatever the file."""
    monkeypatch.setattr("kybaocao.workbook.sandbox.READ_BOOK", "raise SystemExit(1)")
    ((mark, found),) = ask(setting, probe_reading)
    assert (mark, "không đọc được biểu mẫu" in found) == ("✗", True)


def test_a_machine_too_busy_to_read_is_no_broken_reader(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again later, the answer may be another."""
    monkeypatch.setattr("kybaocao.workbook.sandbox.PATIENCE", 0)
    ((mark, found),) = ask(setting, probe_reading)
    assert (mark, "quá tải" in found) == ("!", True)


@pytest.mark.parametrize(("value", "mark"), [("", "✓"), ("3", "✓"), ("0", "✗"), ("ba", "✗")])
def test_how_many_files_are_read_at_once_is_said(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, value: str, mark: str
) -> None:
    """A setting that is no number is named: the machine's own number counts then."""
    monkeypatch.setenv("KYBAOCAO_READERS", value)
    ((found, words),) = ask(setting, probe_slots)
    assert (found, "KYBAOCAO_READERS" in words) == (mark, bool(value))
