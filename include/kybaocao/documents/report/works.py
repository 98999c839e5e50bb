"""The tasks of the plan with what their agencies reported, and how they are counted.

A task held by ninety agencies is ninety pieces of work ("lượt"), each with its own status; the task as a
whole has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from kybaocao.documents.report.source import ReportSource
from kybaocao.figures.snapshot import TaskEntry, TaskResult, TaskStatus
from kybaocao.plan.tasks import Task

OTHER_STATUSES = (TaskStatus.ON_TRACK, TaskStatus.LATE, TaskStatus.NOT_STARTED, TaskStatus.NOTHING)
BEHIND = (TaskStatus.LATE, TaskStatus.NOT_STARTED)


@dataclass(frozen=True)
class Work:
    """A task of the plan with what its agencies reported."""

    task: Task
    entries: tuple[TaskEntry, ...]
    missing: tuple[str, ...]

    @property
    def shares(self) -> int:
        """Pieces of work: one for every agency that holds the task."""
        return len(self.entries) + len(self.missing)

    @property
    def is_wholly_done(self) -> bool:
        """Every agency that holds it reported it done, or had nothing to do; at least one did it."""
        statuses = {entry.status for entry in self.entries}
        return not self.missing and TaskStatus.DONE in statuses and statuses <= {TaskStatus.DONE, TaskStatus.NOTHING}

    @property
    def behind(self) -> tuple[TaskEntry, ...]:
        """What is late, and what has not begun."""
        return tuple(entry for entry in self.entries if entry.status in BEHIND)

    def count(self, status: TaskStatus) -> int:
        return sum(entry.status is status for entry in self.entries)


def list_works(source: ReportSource) -> list[Work]:
    """In the order of the plan; a task that the snapshot does not have was reported by nobody."""
    results = {result.id: result for result in source.snapshot.tasks}
    return [_build(source, task, results.get(task.id)) for task in source.plan.tasks]


def _build(source: ReportSource, task: Task, result: TaskResult | None) -> Work:
    if result is None:
        return Work(task, (), source.plan.members(task.leads))
    entries = sorted(result.entries, key=lambda entry: source.order(entry.agency))
    return Work(task, tuple(entries), tuple(source.sorted(result.missing)))
