"""The command `config`: faults, warnings, dates; what its exit status says."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from kybaocao.cli import main
from tests.plan.test_mistakes import Mistake, slip
from tests.plan.test_warnings import write_live_plan

Capture = pytest.CaptureFixture[str]
WARNING = Mistake("ke_hoach.yaml", "25/KH-UBND", "''", "so_ky_hieu")
FAULT = Mistake("bac_thang.yaml", "mau: qua_han}", "mau: qua_hạn}", "bac.5.mau")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live plan without a warning, the only one of its root, two days before it opens."""
    monkeypatch.setattr("kybaocao.cli.config.now", lambda: dt.datetime(2026, 11, 14, tzinfo=dt.UTC))
    found = write_live_plan(tmp_path / "config")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(found.parent))
    return found


@pytest.mark.parametrize(
    ("mistakes", "arguments", "status"),
    [
        ((), (), 0),
        ((WARNING,), (), 0),
        ((), ("--strict",), 0),
        ((WARNING,), ("--strict",), 1),
        ((FAULT,), (), 1),
    ],
)
def test_the_exit_status(folder: Path, mistakes: tuple[Mistake, ...], arguments: tuple[str, ...], status: int) -> None:
    """A warning is no fault: the configuration stays in force, and only `--strict` makes it one."""
    for mistake in mistakes:
        slip(folder, mistake)
    assert main(["config", *arguments]) == status


def test_faults_and_warnings_stand_apart(folder: Path, capsys: Capture) -> None:
    """Each on a line of its own with file, line and field, beside the dates of the cycles."""
    lines = [slip(folder, WARNING), slip(folder, FAULT)]
    main(["config"])
    head, fault, warning, *dates = capsys.readouterr().out.splitlines()
    assert head == "nq02-2026: 1 lỗi, 1 điều nên xem lại"
    assert fault.startswith(f"  ✗ bac_thang.yaml, dòng {lines[1]}, mục “bac.5.mau”: ")
    assert warning.startswith(f"  ! ke_hoach.yaml, dòng {lines[0]}, mục “so_ky_hieu”: ")
    assert "    Hạn cuối: thứ Tư 09/12/2026" in dates


def test_a_program_gets_both_lists(folder: Path, capsys: Capture) -> None:
    slip(folder, WARNING)
    main(["config", "--json"])
    found = json.loads(capsys.readouterr().out)["nq02-2026"]
    assert (found["faults"], len(found["warnings"])) == ([], 1)


def test_a_plan_without_a_readable_header_is_a_fault_beside_the_others(folder: Path, capsys: Capture) -> None:
    """One broken folder does not keep the next from being judged."""
    (folder.parent / "a-hong").mkdir()
    (folder.parent / "a-hong" / "ke_hoach.yaml").write_text("ma: [", encoding="utf-8")
    assert main(["config"]) == 1
    reported = capsys.readouterr().out
    assert "a-hong: 1 lỗi" in reported and "nq02-2026: không có lỗi" in reported


def test_a_folder_that_holds_no_plan_is_wrong_usage(folder: Path, capsys: Capture) -> None:
    """A slip in the path, or in KYBAOCAO_CONFIG, must not read like a sound configuration."""
    assert main(["config", str(folder.parent)]) == 2
    assert "không phải thư mục kế hoạch" in capsys.readouterr().err


def test_an_empty_configuration_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(tmp_path))
    assert main(["config"]) == 2
    assert "KYBAOCAO_CONFIG" in capsys.readouterr().err
