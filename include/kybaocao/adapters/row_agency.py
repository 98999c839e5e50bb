"""The agency that a mapped row of a run works for, which only Airflow knows: it stands in the row's name.

A row of several agencies is named after its first and its last one: it has no agency of its own.
"""

from __future__ import annotations

from airflow.models import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select


def find_row_agency(cycle: str, run: str, task: str, map_index: int) -> str:
    """The agency's code, which begins the name of the row in the grid; "" while it has none, and for a group."""
    query = select(TaskInstance.rendered_map_index).where(
        TaskInstance.dag_id == cycle,
        TaskInstance.run_id == run,
        TaskInstance.task_id == task,
        TaskInstance.map_index == map_index,
    )
    with create_session() as session:
        code, _, name = str(session.scalar(query) or "").partition(" ")
    return "" if name.startswith("… ") else code
