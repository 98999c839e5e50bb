"""An empty database of Airflow, for tests of what we read and write in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.utils.orm_event_handlers import setup_event_handlers
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session


def create_airflow_database(path: Path) -> Engine:
    import_all_models()
    engine = create_engine(f"sqlite:///{path}")
    setup_event_handlers(engine)
    Base.metadata.create_all(engine)
    return engine


def open_sessions(engine: Engine) -> Callable[[], AbstractContextManager[Session]]:
    """In the place of Airflow's `create_session`: sessions on this database."""

    @contextmanager
    def create_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session
            session.commit()

    return create_session
