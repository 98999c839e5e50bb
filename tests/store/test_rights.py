"""The role that runs all day has the rows, and nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from kybaocao.store.database import Store
from kybaocao.store.rights import give_rights
from kybaocao.store.tables import bounces

PASSWORD = "chi-doc-va-ghi-dong-'\"%"


@pytest.fixture
def names(postgres: str) -> Iterator[tuple[URL, str, str]]:
    """(owner, database, role): nothing of it exists before, nothing after."""
    owner, word = make_url(postgres), uuid.uuid4().hex[:10]
    yield owner, f"kho-{word}", f"chay-{word}"
    with create_engine(owner, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as server:
        server.execute(text(f'DROP DATABASE IF EXISTS "kho-{word}"'))
        server.execute(text(f'DROP ROLE IF EXISTS "chay-{word}"'))


@pytest.fixture
def store(names: tuple[URL, str, str], tmp_path: Path) -> Store:
    """A store that its owner has migrated, opened by the role."""
    owner, database, role = names
    give_rights(owner, database, role, PASSWORD)
    Store(spell(owner.set(database=database)), tmp_path / "locks").upgrade()
    give_rights(owner, database, role, PASSWORD)  # again: what is there stays
    return Store(spell(owner.set(database=database, username=role, password=PASSWORD)), tmp_path / "locks")


def spell(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def test_rows_are_read_and_written(store: Store) -> None:
    with store.write() as connection:
        moment = dt.datetime.now(dt.UTC)
        connection.execute(bounces.insert().values(address="a@b.vn", reason="x", reported_by="y", recorded_at=moment))
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM bounces")).scalar_one() == 1
        assert connection.execute(text("SELECT count(*) FROM changes")).scalar_one() > 0  # its triggers run


def test_an_upgrade_that_has_nothing_to_do_needs_no_owner(store: Store) -> None:
    store.upgrade()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE moi (a int)",
        "CREATE TEMPORARY TABLE moi (a int)",
        "DROP TABLE bounces",
        "ALTER TABLE bounces ADD COLUMN moi int",
        "TRUNCATE bounces",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE SCHEMA moi",
        "CREATE ROLE moi",
        "CREATE DATABASE moi",
        "COPY bounces TO PROGRAM 'cat'",
    ],
)
def test_tables_are_out_of_reach(store: Store, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
        create_engine(store.url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as connection,
    ):
        connection.execute(text(statement))


def test_a_second_role_cannot_enter_the_database_of_the_first(names: tuple[URL, str, str], store: Store) -> None:
    owner, database, role = names
    give_rights(owner, f"{database}-2", f"{role}-2", PASSWORD)
    try:
        url = owner.set(database=database, username=f"{role}-2", password=PASSWORD)
        with pytest.raises(DBAPIError, match="permission denied for database"):
            create_engine(url, poolclass=NullPool).connect()
    finally:
        with create_engine(owner, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as server:
            server.execute(text(f'DROP DATABASE "{database}-2"'))
            server.execute(text(f'DROP ROLE "{role}-2"'))


def test_a_new_schema_of_the_owner_can_be_read(names: tuple[URL, str, str], store: Store) -> None:
    """A restore puts the tables into a new schema."""
    owner, database, _ = names
    with create_engine(owner.set(database=database), poolclass=NullPool).begin() as connection:
        connection.execute(text("ALTER SCHEMA public RENAME TO truoc"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(text("CREATE TABLE bounces (a int)"))
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM bounces")).scalar_one() == 0
