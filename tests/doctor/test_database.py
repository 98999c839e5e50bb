"""A store that cannot be used, really so, on both engines where both can be."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from kybaocao.doctor.database import find_disk_kind, probe_database
from kybaocao.doctor.probing import Setting
from kybaocao.home import Home
from kybaocao.store.database import Store, open_store
from tests.doctor.conftest import NOW, ask, list_tree, list_wrong
from tests.store.conftest import postgres, store  # noqa: F401 - fixtures

# A fixture that is imported is named by each test that takes it.
# ruff: noqa: F811


@pytest.fixture
def examined(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    """An installation whose store is this one."""
    monkeypatch.setenv("KYBAOCAO_DB_URL", store.url)
    return Setting(Home(tmp_path), NOW)


def test_a_sound_store(examined: Setting, store: Store, tmp_path: Path) -> None:
    """Engine, tables and a row that was taken back; nothing stays, not even a file."""
    before = list_tree(tmp_path)
    lines = ask(examined, probe_database)
    assert list_wrong(lines) == []
    assert lines[0][1].startswith({"sqlite": "SQLite 3", "postgresql": "PostgreSQL "}[store.engine.dialect.name])
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM bounces")).scalar_one() == 0
    assert list_tree(tmp_path) == before


def test_a_store_that_was_never_upgraded(examined: Setting, store: Store) -> None:
    """Reachable, but empty."""
    with store.write() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert list_wrong(ask(examined, probe_database)) == [("✗", "kho dữ liệu chưa có bảng nào")]


@pytest.mark.parametrize(
    ("revision", "said"), [("0001", "ở bản 0001, chương trình cần"), ("9999", "mới hơn chương trình")]
)
def test_a_store_of_another_version(examined: Setting, store: Store, revision: str, said: str) -> None:
    """Older than the program, or newer."""
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    ((mark, found),) = list_wrong(ask(examined, probe_database))
    assert (mark, said in found) == ("✗", True)


def test_a_wrong_password_is_not_shown(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is not there; the address is printed without the password."""
    url = make_url(postgres).set(database="khong_co", password="bi-mat-123")
    monkeypatch.setenv("KYBAOCAO_DB_URL", url.render_as_string(hide_password=False))
    ((mark, found),) = ask(Setting(Home(tmp_path), NOW), probe_database)
    assert (mark, "khong_co" in found, "bi-mat-123" in found) == ("✗", True, False)


def test_nobody_answers_at_the_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is down."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("KYBAOCAO_DB_URL", f"postgresql+psycopg2://a:b@127.0.0.1:{taken.getsockname()[1]}/kybaocao")
        ((mark, found),) = ask(Setting(Home(tmp_path), NOW), probe_database)
    assert (mark, "không mở được kho dữ liệu" in found) == ("✗", True)


def test_an_address_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYBAOCAO_DB_URL", "kybaocao")
    assert list_wrong(ask(Setting(Home(tmp_path), NOW), probe_database)) == [("✗", "KYBAOCAO_DB_URL không đúng dạng")]


def test_a_store_that_is_not_there_yet_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a new machine the start makes it; the examination does not."""
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    ((mark, _),) = ask(Setting(Home(tmp_path / "home"), NOW), probe_database)
    assert (mark, list_tree(tmp_path)) == ("!", set())


@pytest.mark.parametrize("kind", ["folder", "text"])
def test_something_else_in_place_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A folder, or a file that is no database."""
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    place = tmp_path / "kybaocao.db"
    if kind == "folder":
        place.mkdir()
    else:
        place.write_text("không phải cơ sở dữ liệu" * 100, encoding="utf-8")
    assert [mark for mark, _ in ask(Setting(Home(tmp_path), NOW), probe_database)][-1] == "✗"


def test_a_store_that_somebody_holds(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program writes for longer than the probe waits: to be looked at, not broken."""
    monkeypatch.setattr("kybaocao.doctor.database.PATIENCE_SECONDS", 0)
    with open_store(home).write():
        ((mark, found),) = list_wrong(ask(Setting(home, NOW), probe_database))
    assert (mark, "đang bị giữ" in found) == ("!", True)


def test_the_kind_of_disk_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    """SQLite on a network disk is found by it."""
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw 0 0\nserver:/x /data nfs4 rw 0 0\n/dev/b /data/local xfs rw 0 0\n")
    kinds = [find_disk_kind(Path(place), mounts) for place in ("/data/kybaocao.db", "/data/local/x", "/database/x")]
    assert kinds == ["nfs4", "xfs", "ext4"]
