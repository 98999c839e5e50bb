"""Running the Alembic migrations without an ini file."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from kybaocao.store.database import Store


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def upgrade(store: Store) -> None:
    """Apply what is missing; a store that is up to date is only read."""
    config = alembic_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    with store.read() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
