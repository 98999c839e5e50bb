"""The command `config` over two plans: what they must not share."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from kybaocao.cli import main
from tests.plan.test_warnings import write_live_plan

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a plan beside the plan, nothing in it changed yet."""
    monkeypatch.setattr("kybaocao.cli.config.now", lambda: dt.datetime(2026, 11, 14, tzinfo=dt.UTC))
    first = write_live_plan(tmp_path / "config")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(first.parent))
    return Path(shutil.copytree(first, first.parent / "nq02-2027"))


def _rename(folder: Path, *names: str) -> None:
    for name in names:
        text = (folder / name).read_text(encoding="utf-8").replace("nq02-2026", "nq02-2027")
        (folder / name).write_text(text, encoding="utf-8")


def test_a_copied_plan_with_its_old_codes_is_a_fault(copied: Path, capsys: Capture) -> None:
    """The plan's code and each cycle's are named, with file and the other folder, at the later plan."""
    assert main(["config"]) == 1
    faults = [line.strip() for line in capsys.readouterr().out.splitlines() if "✗" in line]
    assert faults == [
        "✗ ke_hoach.yaml, mục “ma”: mã nq02-2026 đã dùng ở kế hoạch trong thư mục nq02-2026; mỗi kế hoạch một mã riêng",
        "✗ ky_bao_cao.yaml, mục “ma”: kỳ nq02-2026-ky1 đã có ở kế hoạch trong thư mục nq02-2026; mỗi kỳ một mã riêng",
        "✗ ky_bao_cao.yaml, mục “ma”: kỳ nq02-2026-ky2 đã có ở kế hoạch trong thư mục nq02-2026; mỗi kỳ một mã riêng",
    ]


def test_two_plans_with_codes_of_their_own_are_no_fault(copied: Path) -> None:
    """Agencies, tasks and targets may have the same codes in both."""
    _rename(copied, "ke_hoach.yaml", "ky_bao_cao.yaml", "dieu_chinh.yaml")
    assert main(["config"]) == 0


def test_a_folder_that_is_prepared_elsewhere_is_judged_beside_the_plans_in_use(copied: Path, tmp_path: Path) -> None:
    """Codes that would clash later are reported before; those of the plan that it replaces are no clash."""
    prepared = Path(shutil.move(copied, tmp_path / "nq02-2027"))
    replaced = Path(shutil.copytree(tmp_path / "config" / "nq02-2026", tmp_path / "soan" / "nq02-2026"))
    assert (main(["config", str(prepared)]), main(["config", str(replaced)])) == (1, 0)
