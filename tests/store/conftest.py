"""Every store test runs on both engines: SQLite and a real PostgreSQL."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

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


def create_database(server: str) -> str:
    """The URL of a new, empty database of a PostgreSQL server."""
    name = f"t{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    head, _, tail = server.partition("/postgres?")
    return f"{head}/{name}?{tail}" if tail else server.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty, migrated store."""
    if request.param == "sqlite":
        found = Store(f"sqlite:///{tmp_path / 'kybaocao.db'}", tmp_path / "locks")
    else:
        found = Store(create_database(request.getfixturevalue("postgres")), tmp_path / "locks")
    found.upgrade()
    return found
