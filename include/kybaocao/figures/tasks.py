"""What the agencies reported on each task of the plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from kybaocao.figures.cells import list_records
from kybaocao.figures.snapshot import TaskEntry, TaskResult, TaskStatus
from kybaocao.plan.form_edition import Source
from kybaocao.plan.plan import Plan


def gather_tasks(plan: Plan, cells: pd.DataFrame) -> tuple[TaskResult, ...]:
    """Every task with the entries of the agencies that hold it, and those that have not reported."""
    tables = [table.id for _, table in plan.require_edition().tables if table.source is Source.TASKS]
    words = plan.words
    statuses = {
        words.done: TaskStatus.DONE,
        words.on_track: TaskStatus.ON_TRACK,
        words.late: TaskStatus.LATE,
        words.not_started: TaskStatus.NOT_STARTED,
        words.nothing: TaskStatus.NOTHING,
    }
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for record in list_records(cells[cells["table"].isin(tables)]):
        rows.setdefault((record.row, record.agency), {})[record.column] = record
    results = []
    for task in plan.tasks:
        holders = plan.members(task.leads)
        entries = tuple(
            _read_entry(agency, rows[(task.id, agency)], statuses) for agency in holders if (task.id, agency) in rows
        )
        missing = tuple(agency for agency in holders if (task.id, agency) not in rows)
        results.append(TaskResult(task.id, task.section, entries, missing))
    return tuple(results)


def _read_entry(agency: str, row: dict[str, Any], statuses: Mapping[str, TaskStatus]) -> TaskEntry:
    def text(column: str) -> str:
        return str(row[column].value) if column in row else ""

    return TaskEntry(
        agency=agency,
        status=statuses[text("trang_thai")],
        percent=row["ty_le"].number if "ty_le" in row else None,
        done_on=dt.date.fromisoformat(text("ngay")) if "ngay" in row else None,
        result=text("ket_qua"),
        evidence=text("minh_chung"),
        reason=text("ly_do"),
    )
