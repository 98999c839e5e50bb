"""Only the account of the system reads what lies in the data folder; agencies' folders stay shared."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kybaocao.cli import main
from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store
from tests.conftest import CYCLE
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """As most machines have it: new files are readable by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def list_readable(folder: Path) -> set[str]:
    """Names below a folder that another account can read, or that it can list; beside `shared`."""
    found = set()
    for path in folder.iterdir():
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.name == "shared":
            continue
        if mode & 0o044:
            found.add(path.name)
        if path.is_dir() and mode & 0o011:
            found |= {f"{path.name}/{name}" for name in list_readable(path)}
    return found


def play(small: Small, capsys: pytest.CaptureFixture[str]) -> Home:
    """A cycle with a judged file and a report."""
    for at in (OPENING, MIDDAY):
        if at == MIDDAY:
            drop(small(MIDDAY), "STP")
        assert main(["pass", "--cycle", CYCLE, "--as-of", at, "--report"]) == 0
    capsys.readouterr()
    return small(MIDDAY).home


def test_nobody_else_reads_store_archive_and_reports(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    home = play(small, capsys)
    assert list(home.archive.glob("*/*")) and list(home.reports.glob("*/v001/*")) and home.audit_head.exists()
    assert list_readable(home.root) == set()
    with sqlite3.connect(home.root / "kybaocao.db") as connection:  # while somebody has it open
        connection.execute("SELECT count(*) FROM audit").fetchall()
        assert list_readable(home.root) == set()
    assert stat.S_IMODE(home.root.stat().st_mode) & 0o066 == 0, "others can list the data folder"


def test_agencies_read_what_is_put_into_their_folders(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """Samba and SFTP come under accounts of their own, see include/templates/shares."""
    home = play(small, capsys)
    replies = [path for path in home.replies("STP", CYCLE).iterdir() if path.is_file()]
    assert replies
    for path in replies:
        assert path.stat().st_mode & 0o004
    for folder in (home.shared, *home.replies("STP", CYCLE).parents[:2], home.replies("STP", CYCLE)):
        assert folder.stat().st_mode & 0o005 == 0o005
    assert home.root.stat().st_mode & 0o001, "nobody comes through to the shared folder"


def test_what_an_older_version_left_open_is_closed(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """With the store's own files and folders that nobody has written to since."""
    home = play(small, capsys)
    for name in ("mail", "airflow", "thu_bi_tra", "nhap", "sao-luu"):
        (home.root / name).mkdir(exist_ok=True)
    for path in (home.root, *home.root.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shared = home.shared.stat().st_mode
    assert main(["status", "--cycle", CYCLE]) == 0
    capsys.readouterr()
    assert (list_readable(home.root), home.shared.stat().st_mode) == (set(), shared)


def test_a_folder_of_another_account_is_left_to_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a mounted disk our account may not change rights, and no pass fails for it; doctor names the folder."""
    home.close_to_others()
    home.archive.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    home.close_to_others()
    assert [path.name for path in home.list_open_to_others()] == ["archive"]


def test_a_store_is_private_before_its_first_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite would make it readable to everybody, and its log beside it."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "new"))
    store = open_store(Home.from_environment())
    with store.write():
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").glob("kybaocao.db*")}
    assert "kybaocao.db" in files
    assert set(files.values()) == {0o600}
