"""What is around a command fails: its store, its folders, its configuration, its reader."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from kybaocao.cli import main, status
from kybaocao.cli.exit_status import ExitStatus
from kybaocao.cli.failures import explain_failure
from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from tests.conftest import CYCLE, ROOT

Capture = pytest.CaptureFixture[str]
# Commands that ask the store, one a way of opening it.
ASKING = (
    ("status", "--cycle", CYCLE),
    ("bounce",),
    ("letters", "--cycle", CYCLE),
    ("store", "upgrade"),
    ("lineage", "T15", "--cycle", CYCLE),
)


def _spoil_with_text(home: Home) -> str:
    (home.root / "kybaocao.db").write_bytes(b"khong phai kho du lieu " * 500)
    return "Kho dữ liệu bị hỏng"


def _spoil_by_cutting(home: Home) -> str:
    path = home.root / "kybaocao.db"
    for journal in home.root.glob("kybaocao.db-*"):
        journal.unlink()
    path.write_bytes(path.read_bytes()[:2000])
    return "Kho dữ liệu bị hỏng"


def _make_newer(home: Home) -> str:
    with sqlite3.connect(home.root / "kybaocao.db") as store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
    return "phiên bản mới hơn"


def _make_folder(home: Home) -> str:
    for path in home.root.glob("kybaocao.db*"):
        path.unlink()
    (home.root / "kybaocao.db").mkdir()
    return "không mở hoặc không ghi được"


@pytest.mark.parametrize("spoil", [_spoil_with_text, _spoil_by_cutting, _make_newer, _make_folder])
@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_a_store_that_cannot_be_used_is_named_as_the_reason(
    words: tuple[str, ...], spoil: Callable[[Home], str], small: Callable[[str], Pass], home: Home, capsys: Capture
) -> None:
    """It is no fault of the call, and none of the file that is checked."""
    reason = spoil(home)
    assert main([*words, "--json"]) == ExitStatus.SYSTEM_TROUBLE
    assert reason in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("database is locked", "đang bận"),
        ("no such table: outbox", "store upgrade"),
        ('relation "outbox" does not exist', "store upgrade"),
        ("attempt to write a readonly database", "quyền"),
        ("database or disk is full", "ổ đĩa hết chỗ"),
        ('connection to server at "postgres", port 5432 failed: Connection refused', "chưa kết nối được"),
    ],
)
def test_what_a_database_says_is_put_into_words(said: str, words: str) -> None:
    found, sentence = explain_failure(OperationalError("SELECT 1", {}, Exception(said)))
    assert (found, words in sentence) == (ExitStatus.SYSTEM_TROUBLE, True)


@pytest.mark.parametrize("url", ["x", "sqlite", "oracle+none://a/b", "://"])
def test_an_address_of_a_store_that_is_none_is_said(
    url: str, small: Callable[[str], Pass], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Without the address: a password may stand in it."""
    monkeypatch.setenv("KYBAOCAO_DB_URL", url)
    assert main(["status", "--cycle", CYCLE]) == ExitStatus.WRONG_CALL
    assert "KYBAOCAO_DB_URL" in capsys.readouterr().err


def test_a_home_that_is_a_file_is_said(
    small: Callable[[str], Pass], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "tệp").write_bytes(b"")
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "tệp" / "con"))
    assert main(["status", "--cycle", CYCLE]) == ExitStatus.WRONG_CALL
    assert "KYBAOCAO_HOME phải là thư mục" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("status",), ("check", str(ROOT / "README.md")), ("season",), ("config",)], ids=str)
def test_no_configuration_at_all_is_said(
    words: tuple[str, ...], home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(tmp_path / "không có"))
    assert main([*words, "--json"]) == ExitStatus.WRONG_CALL
    assert json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a: [", b"- x", b"ma: {{{", b"? [a]\n: 1", b"2026-06-31: x"])
def test_a_configuration_that_cannot_be_read_is_named_with_its_file(
    content: bytes, small: Callable[[str], Pass], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "config" / "nq02-2026" / "ke_hoach.yaml").write_bytes(content)
    assert main(["status", "--cycle", CYCLE]) == ExitStatus.WRONG_CALL
    assert "ke_hoach.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [b"x" * 200_000, b"ma,ten\n\x00,x\n", b"ma,ten\n" + b"x" * 200_000 + b",y\n", b'"', b"\xff"]
)
def test_a_list_that_cannot_be_read_is_a_mistake_of_its_file(
    content: bytes, small: Callable[[str], Pass], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "config" / "nq02-2026" / "co_quan.csv").write_bytes(content)
    assert main(["config"]) == ExitStatus.NOT_SOUND
    assert "co_quan.csv" in capsys.readouterr().out


@pytest.mark.parametrize("is_json", [False, True])
def test_ctrl_c_is_no_traceback(is_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def _interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "run", _interrupt)
    assert main(["status", *(["--json"] if is_json else [])]) == ExitStatus.INTERRUPTED
    said = capsys.readouterr()
    assert (said.out if is_json else said.err).count("Đã dừng") == 1


def test_a_fault_of_ours_has_a_status_of_its_own_and_its_details_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    """Not 1, which is an answer."""

    def _fail(_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(status, "run", _fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["status", "--json"]) == ExitStatus.PROGRAM_FAULT
    (details,) = tmp_path.glob("kybaocao-loi-*.txt")
    assert str(details) in json.loads(capsys.readouterr().out)["error"]
    assert "ZeroDivisionError" in details.read_text()


def _run(words: list[str], stdout: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kybaocao", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "include")}
    return subprocess.run(command, check=False, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment)


def test_a_reader_that_has_gone_is_no_error() -> None:
    """`… | head`, also for the help."""
    reading, writing = os.pipe()
    os.close(reading)
    done = _run(["--help"], writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (ExitStatus.READER_GONE, "")


def test_an_answer_that_finds_no_room_is_an_error_of_the_machine() -> None:
    with open("/dev/full", "w") as full:
        done = _run(["--help"], full.fileno())
    assert (done.returncode, done.stderr.count("\n")) == (ExitStatus.SYSTEM_TROUBLE, 1) and "hết chỗ" in done.stderr


@pytest.mark.parametrize(("ended", "seen"), [(0, 0), (1, 0), (3, 0), (141, 0), (2, 2), (4, 2), (5, 2)])
def test_make_reports_no_error_for_an_answer(ended: int, seen: int, tmp_path: Path) -> None:
    """make has one status of its own for everything that failed: 2."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nexit {ended}\n")
    program.chmod(0o755)
    words = ["make", "-o", "install", "cli", f"BIN={tmp_path}", "ARGS=status"]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, bool(done.stderr)) == (seen, bool(seen))
