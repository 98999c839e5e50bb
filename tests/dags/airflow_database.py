"""An empty database of Airflow, for tests of what we read and write in it."""

from __future__ import annotations

from pathlib import Path

from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.utils.orm_event_handlers import setup_event_handlers
from sqlalchemy import Engine, create_engine


def create_airflow_database(path: Path) -> Engine:
    import_all_models()
    engine = create_engine(f"sqlite:///{path}")
    setup_event_handlers(engine)
    Base.metadata.create_all(engine)
    return engine
