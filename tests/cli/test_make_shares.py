"""`make-shares`: what it answers, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.cli import main
from kybaocao.cli.exit_status import ExitStatus
from kybaocao.stages.support.passes import Pass
from tests.conftest import CONFIG
from tests.small_plan import write_small_plan

Small = Callable[[str], Pass]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plan with five reporters, in force."""
    root = write_small_plan(tmp_path / "config")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(root))
    monkeypatch.setenv("KYBAOCAO_HOME", "/srv/kybaocao")
    return root / CONFIG.name


def call(folder: Path, *words: str) -> int:
    return main(["make-shares", str(folder / "out"), "--server", "10.0.0.5", *words])


@pytest.mark.usefixtures("config")
def test_it_says_what_changed(tmp_path: Path, capsys: Capture) -> None:
    """The second time nothing; in JSON with the codes of the agencies."""
    assert call(tmp_path) == 0
    assert "5 cơ quan\n  thêm: STC, STP, X-03664, X-04183, HHDN\n" in capsys.readouterr().out
    assert call(tmp_path) == 0
    assert "không có gì thay đổi" in capsys.readouterr().out
    assert call(tmp_path, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["accounts"], answer["changed"], answer["added"], answer["removed"]) == (5, [], [], [])


def test_an_agency_taken_out_of_the_register_is_named(config: Path, tmp_path: Path, capsys: Capture) -> None:
    """Its account will be locked when root runs the script."""
    call(tmp_path)
    register = config / "co_quan.csv"
    text = register.read_text(encoding="utf-8")
    register.write_text(
        "\n".join(x.replace("phai_bao_cao", "phoi_hop") if x.startswith("STP,") else x for x in text.splitlines()),
        encoding="utf-8",
    )
    capsys.readouterr()
    assert call(tmp_path) == 0
    assert "bớt, sẽ khóa tài khoản: STP" in capsys.readouterr().out


def test_a_register_with_a_mistake_locks_nobody_out(config: Path, tmp_path: Path, capsys: Capture) -> None:
    """An entry that cannot be read is missing from the plan; the files stay as they were."""
    call(tmp_path)
    before = (tmp_path / "out" / "co-quan.tsv").read_text(encoding="utf-8")
    register = config / "co_quan.csv"
    register.write_text(register.read_text(encoding="utf-8").replace("\nSTP,", "\nstp,"), encoding="utf-8")
    capsys.readouterr()
    assert call(tmp_path) == ExitStatus.WRONG_CALL
    assert "co_quan.csv" in capsys.readouterr().err
    assert (tmp_path / "out" / "co-quan.tsv").read_text(encoding="utf-8") == before


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(
    "words",
    [
        ("--data", "/srv/có dấu"),
        ("--data", "srv/kybaocao"),
        ("--data", "/srv/../etc"),
        ("--data", "/srv/a\nb"),
        ("--entrance", "/srv/a b"),
        ("--entrance", "/"),
        ("--prefix", "Kbc"),
        ("--prefix", "a" * 9),
        ("--prefix", "kbc\n"),
        ("--server", "$(id)"),
        ("--server", "a\nb"),
        ("--quota-mb", "-1"),
    ],
)
def test_what_would_mean_something_else_to_a_shell_or_a_server_is_refused(
    words: tuple[str, str], tmp_path: Path, capsys: Capture
) -> None:
    assert call(tmp_path, *words) == ExitStatus.WRONG_CALL
    assert words[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
