"""Every store test runs on both engines: SQLite and a real PostgreSQL."""

from __future__ import annotations

import shutil
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from kybaocao.store.database import Store


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about XDG folders that a root machine lacks
        import logging

        import pgserver

        logging.getLogger("pgserver").setLevel(logging.WARNING)  # it logs its end into a stream that is closed by then

        server = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    server.cleanup()


def create_database(server: str, template: str = "") -> str:
    """The URL of a new database of a PostgreSQL server: an empty one, or a copy of that at the URL `template`."""
    name = f"t{uuid.uuid4().hex[:12]}"
    source = f" TEMPLATE {make_url(template).database}" if template else ""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{source}"))
    engine.dispose()
    head, _, tail = server.partition("/postgres?")
    return f"{head}/{name}?{tail}" if tail else server.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(scope="session")
def migrated(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with every migration and without a row, to be copied."""
    url = create_database(postgres)
    Store(url, tmp_path_factory.mktemp("migrated")).upgrade()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty, migrated store."""
    if request.param == "sqlite":
        path = shutil.copyfile(request.getfixturevalue("made_once"), tmp_path / "kybaocao.db")
        return Store(f"sqlite:///{path}", tmp_path / "locks")
    url = create_database(request.getfixturevalue("postgres"), request.getfixturevalue("migrated"))
    return Store(url, tmp_path / "locks")
