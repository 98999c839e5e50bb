"""What the agencies stated on the tasks of the plan."""

from __future__ import annotations

import datetime as dt

from kybaocao.figures.snapshot import TaskStatus
from tests.figures.taking import take
from tests.submissions import arrive


def test_tasks_are_counted_by_what_was_said() -> None:
    """Each holder's own words, and the holders that have not reported."""
    said = {"trang_thai": "Chậm tiến độ", "ty_le": 30, "ly_do": "Chờ hướng dẫn"}
    done = {"trang_thai": "Đã hoàn thành", "ngay": dt.date(2026, 10, 2), "ket_qua": "Đã ban hành"}
    snapshot = take(
        arrive("STC", {("nhiem_vu", "III.1.a", column): value for column, value in said.items()}),
        arrive("STP", {("nhiem_vu", "III.1.a", column): value for column, value in done.items()}),
    )
    task = next(task for task in snapshot.tasks if task.id == "III.1.a")
    assert (task.count(TaskStatus.LATE), task.count(TaskStatus.DONE), task.count(TaskStatus.ON_TRACK)) == (1, 1, 0)
    assert [(e.agency, e.percent, e.done_on, e.reason) for e in task.entries] == [
        ("STC", 30, None, "Chờ hướng dẫn"),
        ("STP", None, dt.date(2026, 10, 2), ""),
    ]
    assert not {"STC", "STP"} & set(task.missing) and "SNV" in task.missing
