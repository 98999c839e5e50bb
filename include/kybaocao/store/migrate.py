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

Begin = Callable[[], AbstractContextManager[Connection]]


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def upgrade(read: Begin, write: Begin) -> None:
    """Apply what is missing, by transactions of the store; one that is up to date is only read."""
    config = alembic_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    with read() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
