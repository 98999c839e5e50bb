"""`check`: the judgement of the real intake, with nothing recorded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from kybaocao.cli import main
from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.workbook.sandbox import READ_BOOK
from tests.attachments.attachment_files import PDF
from tests.checks.catalogue import COMMUNE, TARGETS, edit, valid_form
from tests.conftest import CYCLE
from tests.submissions import local


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the deadline, whatever the machine's clock says."""
    monkeypatch.setattr("kybaocao.cli.check.now", lambda: local("2026-12-08T09:00"))


def _check(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    status = main(["check", str(path), "--agency", COMMUNE, "--cycle", CYCLE, "--json"])
    said = json.loads(capsys.readouterr().out)
    return status, [f["code"] for f in said["findings"]]


def test_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing was ever recorded not even a folder appears."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    (tmp_path / "a.xlsx").write_bytes(valid_form())
    assert _check(tmp_path / "a.xlsx", capsys) == (0, [])
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["a.xlsx", "ban ky.pdf"])
def test_a_machine_too_busy_to_read_says_so(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In Vietnamese, with no word about the file."""
    (tmp_path / name).write_bytes(valid_form() if name.endswith("xlsx") else PDF)
    monkeypatch.setattr("kybaocao.workbook.sandbox.PATIENCE", 0)
    status = main(["check", str(tmp_path / name), "--cycle", CYCLE])
    shown = capsys.readouterr()
    assert (status, shown.out, "quá tải" in shown.err) == (4, "", True)


def test_a_file_that_must_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where confinement is required and the kernel offers less."""
    (tmp_path / "a.xlsx").write_bytes(valid_form())
    monkeypatch.setenv("KYBAOCAO_REQUIRE_CONFINEMENT", "1")
    less = "from kybaocao.workbook import confinement; confinement.confine = lambda: (0, True)"
    monkeypatch.setattr("kybaocao.workbook.sandbox.READ_BOOK", f"{less}; {READ_BOOK}")
    status = main(["check", str(tmp_path / "a.xlsx"), "--cycle", CYCLE])
    shown = capsys.readouterr()
    assert (status, shown.out, "một phần (không có Landlock, có bộ lọc seccomp)" in shown.err) == (4, "", True)


def test_the_figures_of_the_previous_cycle_count(
    begin: Callable[..., Pass], home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The half-year figures make a shrunken total unlikely, as they will when the file is handed in."""
    p = begin("2026-06-01T08:00", "nq02-2026-ky1")
    layout = build_layout(p.plan, p.cycle.id, COMMUNE)
    columns = ("tu_so_ky", "mau_so_ky", "tu_so_luy_ke", "mau_so_luy_ke")
    before = {"T15": (80, 85, 80, 85), "T16": (80, 90, 80, 90), "T17": (40, 45, 40, 45), "T18": (300, 310, 300, 310)}
    answers = Filler(2).fill(layout) | {
        ("ty_le", code, column): figure
        for code, figures in before.items()
        for column, figure in zip(columns, figures, strict=True)
    }
    write_form(layout, home.inbox(COMMUNE, p.cycle.id) / "a.xlsx", answers)
    collect_files(p)
    assert validate_agency(p, COMMUNE)["accepted"] == 1
    path = tmp_path / "b.xlsx"
    path.write_bytes(edit(valid_form(), lambda book: book[TARGETS].__setitem__("H7", 60)))
    status, codes = _check(path, capsys)
    assert (status, codes) == (1, ["cumulative-below-previous"])


def test_a_form_states_its_agency_and_cycle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody needs to know a code to check a file."""
    (tmp_path / "a.xlsx").write_bytes(valid_form())
    assert main(["check", str(tmp_path / "a.xlsx")]) == 0
    assert "ĐƯỢC TIẾP NHẬN" in capsys.readouterr().out


def test_a_file_that_is_no_form_needs_agency_and_cycle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"Rar!")
    assert main(["check", str(tmp_path / "a.xlsx")]) == 2
    assert "--agency" in capsys.readouterr().err


def test_an_attachment_is_reported_as_an_attachment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not as a form that nobody could read; refused with the reason, as intake would."""
    (tmp_path / "BC 125 (ban ky).pdf").write_bytes(PDF)
    assert main(["check", str(tmp_path / "BC 125 (ban ky).pdf")]) == 0
    assert "ĐƯỢC NHẬN – Báo cáo bằng văn bản đã ký" in capsys.readouterr().out
    (tmp_path / "b.pdf").write_bytes(PDF[:20])
    assert main(["check", str(tmp_path / "b.pdf")]) == 1
    assert "Phải sửa: Tệp kèm theo bị hỏng" in capsys.readouterr().out


def test_findings_stand_by_cause_with_what_has_to_be_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def spoil(book: Workbook) -> None:
        book[TARGETS]["F8"], book[TARGETS]["G8"], book[TARGETS]["H8"] = "40 hồ sơ", "50 hồ sơ", "90"

    (tmp_path / "a.xlsx").write_bytes(edit(valid_form(), spoil))
    assert main(["check", str(tmp_path / "a.xlsx")]) == 1
    said = capsys.readouterr().out
    assert "  Phải sửa: Số kèm đơn vị (2 chỗ)\n  - [Chỉ tiêu!F8]" in said
    assert "Nguyên nhân có thể: Gõ thêm đơn vị “hồ sơ” sau số." in said


def test_a_folder_a_pipe_and_a_missing_file_are_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe would wait for ever for somebody to write into it."""
    os.mkfifo(tmp_path / "pipe.xlsx")
    for path in (tmp_path / "pipe.xlsx", tmp_path, tmp_path / "nowhere.xlsx"):
        assert main(["check", str(path)]) == 2
        assert "không mở được tệp" in capsys.readouterr().err


@pytest.mark.parametrize(("data", "verdict", "status"), [(PDF, "accepted", 0), (PDF[:20], "returned", 1)])
def test_an_attachment_has_one_of_the_three_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, verdict: str, status: int
) -> None:
    """And says as which component it was judged, as a form does."""
    (tmp_path / "ban ky.pdf").write_bytes(data)
    assert main(["check", str(tmp_path / "ban ky.pdf"), "--json"]) == status
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["component"], list(said)[-1]) == (verdict, "ban_ky", "values")


@pytest.mark.parametrize("name", ["a.pdf", "a.xlsx", "a.rar"])
@pytest.mark.parametrize("cycle", [[], ["--cycle", CYCLE]])
def test_an_agency_nobody_knows_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, cycle: list[str]
) -> None:
    """Whatever the file is."""
    (tmp_path / name).write_bytes({"a.pdf": PDF, "a.xlsx": valid_form(), "a.rar": b"Rar!"}[name])
    assert main(["check", str(tmp_path / name), "--agency", "NOPE", *cycle]) == 2
    assert "“NOPE”" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("~$a.xlsx", b"x", "tệp khóa"),
        ("a.xlsx.part", b"x", "đang tải dở"),
        ("a.tmp", b"x", "tệp tạm"),
        ("a.xlsx", b"", "chưa có nội dung"),
    ],
)
def test_a_file_that_the_intake_passes_over_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes, said: str
) -> None:
    """A form that would be accepted under another name is not called accepted under this one."""
    (tmp_path / name).write_bytes(data and valid_form())
    assert main(["check", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_in_force_is_reported_as_identical(
    begin: Callable[..., Pass], home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the intake would: no new version, nothing to fix, the same figures."""
    path = tmp_path / "b.xlsx"
    path.write_bytes(valid_form())
    assert main(["check", str(path), "--json"]) == 0
    before = json.loads(capsys.readouterr().out)
    p = begin("2026-12-08T08:00")
    inbox = home.inbox(COMMUNE, CYCLE)
    inbox.mkdir(parents=True)
    (inbox / "a.xlsx").write_bytes(valid_form())
    collect_files(p)
    validate_agency(p, COMMUNE)
    assert main(["check", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.pop("identical_to") == f"{CYCLE}/{COMMUNE}/01" and said == before
    assert main(["check", str(path)]) == 0
    assert "GIỐNG HỆT bản" in capsys.readouterr().out
