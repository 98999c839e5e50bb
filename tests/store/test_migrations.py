"""The tables as migrated are the tables as declared, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from kybaocao.store.database import Store
from kybaocao.store.migrate import alembic_config
from kybaocao.store.reports import list_publications
from kybaocao.store.tables import metadata
from tests.store.conftest import create_database


def test_migrations_make_exactly_the_declared_tables(store: Store) -> None:
    """After an upgrade nothing is missing, nothing is extra."""
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_upgrade_may_run_again_and_by_many_at_once(store: Store) -> None:
    """Four components that start together all find the store ready."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.upgrade(), range(4)))

    with store.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0009"]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_publication_of_before_is_complete_only_when_its_mail_had_left(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """An update between the decision and the mail, or after a refusal, must not hide that nobody has the report."""
    url = create_database(request.getfixturevalue("postgres")) if engine == "postgresql" else f"sqlite:///{tmp_path}/k"
    store = Store(url, tmp_path / "locks")
    config = alembic_config()
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for version, state in enumerate(("sent", "pending", "refused"), start=1):
            add_former_publication(connection, version, state)
    store.upgrade()
    with store.read() as connection:
        found = [one.completed_at is not None for one in list_publications(connection, "k")]
    assert found == [True, False, False]


def add_former_publication(connection: Connection, version: int, mail: str) -> None:
    """As the version of before the migration 0004 wrote it, with its mail in this state."""
    values = {
        "v": version,
        "key": f"k/phat_hanh/bo_tai_chinh/{version}",
        "mail": mail,
        "at": "2026-12-16 09:00:00+00:00",
    }
    connection.execute(
        text(
            "INSERT INTO publications (cycle, version, release, recipients, files, content_checksum, published_at) "
            "VALUES ('k', :v, 'bo_tai_chinh', '[]', '{}', 'c', :at)"
        ),
        values,
    )
    connection.execute(
        text(
            "INSERT INTO outbox (key, message_id, cycle, kind, agency, recipients, copies, subject, html, text, "
            "attachments, steps, created_at, state, attempts, last_error) VALUES (:key, :key, 'k', "
            "'phat_hanh_bo_tai_chinh', '', '[]', '[]', 's', 'h', 't', '[]', '[]', :at, :mail, 0, '')"
        ),
        values,
    )
