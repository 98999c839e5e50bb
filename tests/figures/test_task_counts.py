"""Shares of the tasks, with and without those to which nothing arose."""

from __future__ import annotations

from decimal import Decimal

from kybaocao.figures.snapshot import TaskEntry, TaskResult, TaskStatus
from kybaocao.figures.task_counts import count_tasks


def _task(*statuses: TaskStatus, missing: int = 0) -> TaskResult:
    entries = tuple(TaskEntry(f"A{n}", status, None, None, "", "", "") for n, status in enumerate(statuses))
    return TaskResult("III.1.a", 1, entries, tuple(f"B{n}" for n in range(missing)))


def test_a_share_is_of_all_or_of_those_that_arose() -> None:
    """Two done of five are 40 %; of the four that arose 50 %. Who has not reported is counted in both."""
    counts = count_tasks(
        [_task(TaskStatus.DONE, TaskStatus.NOTHING), _task(TaskStatus.DONE, TaskStatus.LATE, missing=1)]
    )
    assert (counts.total, counts.arisen, counts.not_reported) == (5, 4, 1)
    assert (counts.share(TaskStatus.DONE), counts.share_of_arisen(TaskStatus.DONE)) == (Decimal(40), Decimal(50))


def test_of_nothing_there_is_no_share() -> None:
    nothing = count_tasks([_task(TaskStatus.NOTHING)])
    assert (nothing.share_of_arisen(TaskStatus.DONE), count_tasks([]).share(TaskStatus.DONE)) == (None, None)
