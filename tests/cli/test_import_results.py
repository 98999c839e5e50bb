"""`import-results` at the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.cli.program import main
from kybaocao.home import Home
from tests.imported.conftest import BEFORE, COMMUNE, STC, WARD, Filling

SIGNED = ("--by", "Nguyễn Văn A", "--reason", "Kỳ 1 làm trên giấy")
Fill = Callable[[], Filling]


@pytest.fixture
def good(fill: Fill, tmp_path: Path) -> Path:
    filling = fill()
    filling.type("T15", 90, 100, agency=COMMUNE, paper="15/BC-UBND ngày 04/6/2026")
    filling.type("T15", 40, 41, agency=WARD)
    return filling.write(tmp_path / "ky1.xlsx")


def _run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def test_a_template_is_written_once(small_home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is there may hold figures already: it is not overwritten."""
    path = tmp_path / "mau.xlsx"
    assert _run("import-results", "--template", path, "--cycle", BEFORE) == 0
    before = path.read_bytes()
    assert (_run("import-results", "--template", path, "--cycle", BEFORE), path.read_bytes()) == (2, before)
    assert "đã có" in capsys.readouterr().err


def test_an_import_needs_a_name_and_a_reason(small_home: Home, good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody has to answer for it; a dry run changes nothing and needs none."""
    assert _run("import-results", good, "--cycle", BEFORE) == 2
    assert _run("import-results", good, "--cycle", BEFORE, "--by", " ", "--reason", "x") == 2
    assert _run("import-results", good, "--cycle", BEFORE, "--dry-run") == 0
    assert "chưa ghi lại" in capsys.readouterr().out


def test_a_refused_file_lists_every_cell(
    small_home: Home, fill: Fill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words and as JSON; exit status 1."""
    filling = fill()
    negative, _ = filling.type("T15", -1, 100, agency=COMMUNE)
    reverse, _ = filling.type("T15", 9, 6, agency=WARD)
    path = filling.write(tmp_path / "sai.xlsx")
    assert _run("import-results", path, "--cycle", BEFORE, *SIGNED) == 1
    said = capsys.readouterr().out
    assert f"[Chỉ tiêu!{negative}]" in said and f"[Chỉ tiêu!{reverse}]" in said and "Cách sửa" in said
    assert _run("import-results", path, "--cycle", BEFORE, *SIGNED, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["result"] == "refused"
    assert sorted(one["cell"] for one in found["findings"]) == sorted([negative, reverse])


def test_an_import_says_what_it_did(small_home: Home, good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the second time that nothing changed."""
    results = []
    for _ in range(2):
        assert _run("import-results", good, "--cycle", BEFORE, *SIGNED, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        results.append((found["result"], found["version"], found["agencies"]))
    assert results == [("imported", 1, 2), ("unchanged", 1, 2)]


def test_lineage_marks_what_was_imported(small_home: Home, good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, sheet, cell, the paper report and who typed it, for that cycle and as the previous one of the next."""
    _run("import-results", good, "--cycle", BEFORE, *SIGNED)
    capsys.readouterr()
    assert _run("lineage", "T15", "--cycle", BEFORE) == 0
    own = capsys.readouterr().out
    assert "nhập từ báo cáo giấy 15/BC-UBND ngày 04/6/2026, do Nguyễn Văn A nhập" in own
    assert re.search(r"Chỉ tiêu!\w+ +90  ky1\.xlsx \(", own)
    assert _run("lineage", "T15", "--cycle", "nq02-2026-ky2", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["agency"], one["value"], one["imported_by"]) for one in found["previous"]][:1] == [
        (WARD, "40", "Nguyễn Văn A")
    ]
    assert found["origins"] == []


def test_lineage_of_what_was_not_imported_is_empty(
    small_home: Home, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No figure is made up for a target that nobody typed."""
    _run("import-results", good, "--cycle", BEFORE, *SIGNED)
    capsys.readouterr()
    assert _run("lineage", "T16", "--cycle", BEFORE, "--json") == 0
    assert json.loads(capsys.readouterr().out)["origins"] == []


def test_withdrawing_needs_a_signature_and_something_to_withdraw(small_home: Home, good: Path) -> None:
    """Exit status 2 otherwise."""
    assert _run("import-results", "--withdraw", "--cycle", BEFORE, *SIGNED) == 2
    _run("import-results", good, "--cycle", BEFORE, *SIGNED)
    assert _run("import-results", "--withdraw", "--cycle", BEFORE) == 2
    assert _run("import-results", "--withdraw", "--cycle", BEFORE, *SIGNED) == 0


@pytest.mark.parametrize("arguments", [(), ("--withdraw", "--template", "x.xlsx"), ("khong-co.xlsx",)])
def test_wrong_usage_is_reported(small_home: Home, arguments: tuple[str, ...]) -> None:
    """One thing at a time, and a file that is there."""
    assert _run("import-results", *arguments, "--cycle", BEFORE, *SIGNED) == 2


def test_an_unknown_cycle_is_reported(small_home: Home, good: Path) -> None:
    """Before anything is opened."""
    assert _run("import-results", good, "--cycle", "khong-co", *SIGNED) == 2


def test_a_file_of_any_agency_of_the_plan_may_be_partly_filled(small_home: Home, fill: Fill, tmp_path: Path) -> None:
    """One amount of one department is enough."""
    filling = fill()
    filling.type("T02", "4.420", agency=STC)
    assert _run("import-results", filling.write(tmp_path / "a.xlsx"), "--cycle", BEFORE, *SIGNED) == 0
