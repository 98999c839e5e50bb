"""The tables as migrated are the tables as declared, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from kybaocao.store.audit import record_action
from kybaocao.store.database import Store
from kybaocao.store.tables import audit, metadata
from tests.store.moments import NOW


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
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0005"]


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_audit_rows_can_only_be_added(store: Store, verb: str) -> None:
    """Neither a bug nor a hand at the console changes the trail."""
    with store.write() as connection:
        record_action(connection, "file-received", at=NOW, cycle="k", agency="STC", file="a.xlsx")
    change = update(audit).values(actor="ai đó") if verb == "update" else delete(audit)

    with pytest.raises(DatabaseError, match="append-only"), store.write() as connection:
        connection.execute(change)
