"""`check`: the judgement of the real intake, with nothing recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.cli import main
from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.passes import Pass
from kybaocao.stages.collection import collect_files
from kybaocao.stages.validation import validate_agency
from tests.conftest import CYCLE
from tests.intake.catalogue import COMMUNE, TARGETS, edit, valid_form


def _check(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    status = main(["check", str(path), "--agency", COMMUNE, "--cycle", CYCLE, "--json"])
    said = json.loads(capsys.readouterr().out)
    return status, [f["code"] for f in said["findings"] if f["code"] != "late-without-reason"]  # as the clock has it


def test_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing was ever recorded not even a folder appears."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    (tmp_path / "a.xlsx").write_bytes(valid_form())
    assert _check(tmp_path / "a.xlsx", capsys) == (0, [])
    assert not (tmp_path / "nowhere").exists()


def test_what_was_said_before_counts(
    begin: Callable[..., Pass], home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The half-year figures make a shrunken total unlikely, as they will when the file is handed in."""
    p = begin("2026-06-01T08:00", "nq02-2026-ky1")
    layout = build_layout(p.plan, p.cycle.id, COMMUNE)
    figures = {"tu_so_ky": 80, "mau_so_ky": 85, "tu_so_luy_ke": 80, "mau_so_luy_ke": 85}
    answers = Filler(2).fill(layout) | {("ty_le", "T15", column): figure for column, figure in figures.items()}
    write_form(layout, home.inbox(COMMUNE, p.cycle.id) / "a.xlsx", answers)
    collect_files(p)
    assert validate_agency(p, COMMUNE)["accepted"] == 1
    path = tmp_path / "b.xlsx"
    path.write_bytes(edit(valid_form(), lambda book: book[TARGETS].__setitem__("H8", 60)))
    status, codes = _check(path, capsys)
    assert (status, codes) == (1, ["cumulative-below-previous"])


def test_a_form_says_itself_whose_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody needs to know a code to try a file."""
    (tmp_path / "a.xlsx").write_bytes(valid_form())
    assert main(["check", str(tmp_path / "a.xlsx")]) == 0
    assert "ĐƯỢC TIẾP NHẬN" in capsys.readouterr().out


def test_what_is_no_form_needs_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"%PDF-1.7")
    assert main(["check", str(tmp_path / "a.xlsx")]) == 2
    assert "--agency" in capsys.readouterr().err
