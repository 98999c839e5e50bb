"""`backup`, `restore` and `reconcile` as they are typed: what they refuse, what they keep, what they say."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from pathlib import Path
from unittest.mock import Mock

import pytest

from kybaocao.backup import making
from kybaocao.backup.manifest import MANIFEST
from kybaocao.cli import main
from kybaocao.home import Home
from kybaocao.store.bounces import record_bounce
from kybaocao.store.database import open_store
from tests.store.conftest import create_database
from tests.store.moments import NOW

SIGNED = ("--by", "Lò Thị Hương", "--reason", "Hỏng ổ đĩa")
KEPT = b"so lieu"


def call(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    """(exit status, what was printed)"""
    status = main([str(word) for word in words])
    said = capsys.readouterr()
    return status, said.out + said.err


def note(home: Home, address: str) -> None:
    with open_store(home).write() as connection:
        record_bounce(connection, address, at=NOW, reason="550", reported_by="máy chủ thư")


@pytest.fixture
def saved(home_on_either: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A backup of a store with one bounce, two files beside it; the home has a second bounce since."""
    home = home_on_either
    open_store(home).upgrade()
    note(home, "a@sonla.example.vn")
    for name in ("archive/ab/ab12", "reports/k/v001/bao-cao.docx"):
        (home.root / name).parent.mkdir(parents=True)
        (home.root / name).write_bytes(KEPT)
    status, text = call(capsys, "backup", tmp_path / "backups", "--json")
    assert status == 0, text
    note(home, "b@sonla.example.vn")
    return Path(json.loads(text)["backup"])


def list_bounced(home: Home) -> list[str]:
    with open_store(home).read() as connection:
        return sorted(connection.exec_driver_sql("SELECT address FROM bounces").scalars())


def test_a_backup_is_one_folder_whose_manifest_names_every_file(saved: Path) -> None:
    """Store, archive, reports, journal and configuration, readable by their owner."""
    files = json.loads((saved / MANIFEST).read_bytes())["files"]
    there = {str(path.relative_to(saved)) for path in saved.rglob("*") if path.is_file()} - {MANIFEST}
    assert set(files) == there
    assert there >= {
        "kho.db",
        "archive/ab/ab12",
        "reports/k/v001/bao-cao.docx",
        "so_ghi/so-ghi.jsonl",
        "cau-hinh-goc/nq02-2026/ke_hoach.yaml",
    }
    assert saved.stat().st_mode & 0o077 == 0


def test_the_saved_store_is_one_sound_file_of_sqlite_on_both_engines(saved: Path) -> None:
    with sqlite3.connect(saved / "kho.db") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("SELECT address FROM bounces").fetchall() == [("a@sonla.example.vn",)]


def test_a_store_that_is_there_is_not_replaced_unasked(
    saved: Path, home_on_either: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = call(capsys, "restore", saved, *SIGNED)
    assert (status, "--replace" in text) == (2, True)
    assert len(list_bounced(home_on_either)) == 2


def test_on_a_new_machine_an_empty_store_is_nothing_to_replace(
    saved: Path, home_on_either: Home, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The start of the stack makes the tables (`store upgrade`) before anybody can restore."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "new"))
    if "KYBAOCAO_DB_URL" in os.environ:
        monkeypatch.setenv("KYBAOCAO_DB_URL", create_database(request.getfixturevalue("postgres")))
    assert call(capsys, "store", "upgrade")[0] == 0
    status, text = call(capsys, "restore", saved, *SIGNED)
    assert (status, list_bounced(Home.from_environment())) == (0, ["a@sonla.example.vn"]), text


@pytest.mark.parametrize("name", ["kho.db", "archive/ab/ab12", "so_ghi/so-ghi.jsonl"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    saved: Path, home_on_either: Home, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray((saved / name).read_bytes())
    data[-1] ^= 1
    (saved / name).write_bytes(data)

    status, text = call(capsys, "restore", saved, "--replace", *SIGNED)

    assert (status, name in text) == (2, True)
    assert len(list_bounced(home_on_either)) == 2


def test_a_backup_that_was_cut_short_is_none(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The manifest is written last."""
    (saved / MANIFEST).unlink()
    status, text = call(capsys, "restore", saved, "--replace", *SIGNED)
    assert (status, MANIFEST in text) == (2, True)


def test_what_a_restore_replaces_is_kept(saved: Path, home_on_either: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """The old store, and a file of the archive that is not what it is named after; a changed report stays."""
    home = home_on_either
    (home.archive / "ab" / "ab12").write_bytes(b"hong")
    report = home.reports / "k" / "v001" / "bao-cao.docx"
    report.write_bytes(b"nguoi sua")

    status, text = call(capsys, "restore", saved, "--replace", "--json", *SIGNED)

    done = json.loads(text)
    assert (status, done["repaired"], done["is_decided"]) == (0, ["archive/ab/ab12"], False)
    assert "reports/k/v001/bao-cao.docx" in done["kept"] and report.read_bytes() == b"nguoi sua"
    assert (home.root / done["aside"] / "archive" / "ab" / "ab12").read_bytes() == b"hong"
    assert list_bounced(home) == ["a@sonla.example.vn"]
    store = open_store(home)
    if store.engine.dialect.name == "postgresql":
        with store.read() as connection:
            query = "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'truoc_2%%'"
            (schema,) = connection.exec_driver_sql(query).scalars()
            assert len(connection.exec_driver_sql(f"SELECT * FROM {schema}.bounces").all()) == 2
    else:
        with sqlite3.connect(home.root / done["aside"] / "kybaocao.db") as file:
            assert len(file.execute("SELECT * FROM bounces").fetchall()) == 2


def test_the_decision_takes_up_what_the_journal_knows(
    saved: Path, home_on_either: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without one it is only shown, with exit status 1; afterwards the store is written to again."""
    home = home_on_either
    call(capsys, "restore", saved, "--replace", *SIGNED)
    shown, text = call(capsys, "reconcile")
    unsigned, _ = call(capsys, "reconcile", "--take")
    taken, said = call(capsys, "reconcile", "--take", "--json", *SIGNED)
    again, _ = call(capsys, "reconcile")

    assert (shown, unsigned, taken, again) == (1, 2, 0, 0)
    assert "--take" in text and "--forget" in text
    assert json.loads(said)["changes"] == 2
    assert list_bounced(home) == ["a@sonla.example.vn", "b@sonla.example.vn"]
    note(home, "c@sonla.example.vn")
    with open_store(home).read() as connection:
        rows = connection.exec_driver_sql("SELECT action, actor FROM audit ORDER BY id").all()
    assert [tuple(row) for row in rows][-3:-1] == [
        ("store-restored", "Lò Thị Hương"),
        ("journal-taken", "Lò Thị Hương"),
    ]


def test_only_missing_files_can_be_brought_back(
    saved: Path, home_on_either: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store stays as it is, and nothing has to be decided."""
    home = home_on_either
    (home.archive / "ab" / "ab12").unlink()

    status, _ = call(capsys, "restore", saved, "--files", *SIGNED)

    assert (status, (home.archive / "ab" / "ab12").read_bytes()) == (0, KEPT)
    assert len(list_bounced(home)) == 2
    note(home, "c@sonla.example.vn")


@pytest.mark.parametrize("words", [("backup", "/proc/khong-duoc"), ("restore", "/khong-co", *SIGNED)])
def test_a_place_that_cannot_be_used_is_said_in_vietnamese(
    saved: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, exit status 2."""
    status, text = call(capsys, *words)
    assert (status, "không" in text) == (2, True)


def test_only_a_database_calls_the_store_damaged(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk says so; a fault of the program is one."""
    note(home, "a@sonla.example.vn")

    def fail(error: Exception) -> tuple[int, str]:
        monkeypatch.setattr(making, "save_store", Mock(side_effect=error))
        return call(capsys, "backup", tmp_path / "backups")

    status, text = fail(OSError(errno.ENOSPC, "No space left on device"))
    assert (status, "kho dữ liệu" in text, "không ghi được bản sao lưu" in text) == (2, False, True)
    assert "Lỗi của chương trình" in fail(TypeError("x"))[1]
    assert "kho dữ liệu bị hỏng" in fail(sqlite3.DatabaseError("malformed"))[1]
    assert "không đọc được trọn kho dữ liệu" in fail(sqlite3.OperationalError("database is locked"))[1]


def test_a_store_that_is_damaged_is_not_saved_as_if_it_were_sound(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(home, "a@sonla.example.vn")
    path = home.root / "kybaocao.db"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(path.read_bytes()[:20_000])

    status, text = call(capsys, "backup", tmp_path / "backups")

    assert (status, "kho dữ liệu" in text) == (2, True)
    assert list((tmp_path / "backups").iterdir()) == []
