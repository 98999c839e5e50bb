"""What the agencies reported on each task of section III and each obligation of section IV of the plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from kybaocao.figures.cells import list_records
from kybaocao.figures.snapshot import Punctuality, TaskEntry, TaskResult, TaskStatus
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import Source
from kybaocao.plan.plan import Plan
from kybaocao.plan.tasks import Task

_READ = ["row", "agency", "column", "value", "number"]  # all that is read here: 3,800 agencies fill 300,000 cells


def gather_tasks(plan: Plan, cycle: Cycle, cells: pd.DataFrame) -> tuple[TaskResult, ...]:
    """Every task with the entries of the agencies that hold it, and those that have not reported."""
    return _gather(plan, cycle, cells, plan.tasks, Source.TASKS)


def gather_obligations(plan: Plan, cycle: Cycle, cells: pd.DataFrame) -> tuple[TaskResult, ...]:
    """The same of the obligations that the form asks about; none for a form without them."""
    return _gather(plan, cycle, cells, plan.asked_obligations, Source.OBLIGATIONS)


def judge_punctuality(
    status: TaskStatus, done_on: dt.date | None, due_on: dt.date | None, cut_off: dt.date
) -> Punctuality | None:
    """How a piece of work stands to its own deadline on the day of the cut-off.

    `due_on`: the last day in time.  None without a deadline, for "không phát sinh", and for work that is done on a day
    nobody stated while the deadline is over.
    """
    if due_on is None or status is TaskStatus.NOTHING:
        return None
    if status is not TaskStatus.DONE:
        return Punctuality.OVERDUE if due_on <= cut_off else Punctuality.NOT_DUE
    if done_on is None:
        return None if due_on <= cut_off else Punctuality.ON_TIME
    return Punctuality.ON_TIME if done_on <= due_on else Punctuality.DONE_LATE


def _gather(
    plan: Plan, cycle: Cycle, cells: pd.DataFrame, tasks: Iterable[Task], source: Source
) -> tuple[TaskResult, ...]:
    tables = [table.id for _, table in plan.require_edition().tables if table.source is source]
    words = plan.words
    statuses = {
        words.done: TaskStatus.DONE,
        words.on_track: TaskStatus.ON_TRACK,
        words.late: TaskStatus.LATE,
        words.not_started: TaskStatus.NOT_STARTED,
        words.nothing: TaskStatus.NOTHING,
    }
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for record in list_records(cells.loc[cells["table"].isin(tables), _READ]):
        rows.setdefault((record.row, record.agency), {})[record.column] = record
    results = []
    for task in tasks:
        holders = plan.members(task.leads)
        entries = tuple(
            _read_entry(agency, rows[(task.id, agency)], statuses, task.due_on, cycle.period_to)
            for agency in holders
            if (task.id, agency) in rows
        )
        missing = tuple(agency for agency in holders if (task.id, agency) not in rows)
        results.append(TaskResult(task.id, task.section, entries, missing, task.due_on))
    return tuple(results)


def _read_entry(
    agency: str,
    row: dict[str, Any],
    statuses: Mapping[str, TaskStatus],
    due_on: dt.date | None,
    cut_off: dt.date,
) -> TaskEntry:
    def text(column: str) -> str:
        return str(row[column].value) if column in row else ""

    status = statuses[text("trang_thai")]
    done_on = dt.date.fromisoformat(text("ngay")) if "ngay" in row else None
    return TaskEntry(
        agency=agency,
        status=status,
        percent=row["ty_le"].number if "ty_le" in row else None,
        done_on=done_on,
        result=text("ket_qua"),
        evidence=text("minh_chung"),
        reason=text("ly_do"),
        punctuality=judge_punctuality(status, done_on, due_on, cut_off),
    )
