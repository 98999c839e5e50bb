"""Running the Alembic migrations without an ini file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kybaocao.store.row_changes import install_triggers, remove_triggers

Begin = Callable[[], AbstractContextManager[Connection]]


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def upgrade(read: Begin, write: Begin) -> bool:
    """Apply what is missing, by transactions of the store; False when it is up to date, which is only read.

    What a migration changes is noted by no trigger: a store that was restored must stay one that its journal knows.
    """
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with read() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return False
    with write() as connection:
        migrate(connection)
    return True


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest migration in a transaction of the caller."""
    config = alembic_config()
    remove_triggers(connection)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    install_triggers(connection)
