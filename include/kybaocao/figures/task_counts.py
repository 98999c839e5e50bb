"""How far the tasks are: a task counts once for each agency that holds it ("lượt nhiệm vụ")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from kybaocao.figures.snapshot import TaskEntry, TaskStatus

_HUNDRED = Decimal(100)


class Reported(Protocol):
    """What is counted: a `TaskResult`, or a task of the report with the same two lists."""

    @property
    def entries(self) -> Sequence[TaskEntry]: ...
    @property
    def missing(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class TaskCounts:
    statuses: Mapping[TaskStatus, int]  # those that occur
    not_reported: int

    @property
    def total(self) -> int:
        """Of all agencies that hold a task, whether they have reported or not."""
        return sum(self.statuses.values()) + self.not_reported

    @property
    def arisen(self) -> int:
        """The same without those to which the agency says that nothing arose ("Không phát sinh")."""
        return self.total - self.count(TaskStatus.NOTHING)

    def count(self, status: TaskStatus) -> int:
        return self.statuses.get(status, 0)

    def share(self, status: TaskStatus) -> Decimal | None:
        """Per cent of all; None without any."""
        return _HUNDRED * self.count(status) / self.total if self.total else None

    def share_of_arisen(self, status: TaskStatus) -> Decimal | None:
        """Per cent of those that arose; None without any."""
        return _HUNDRED * self.count(status) / self.arisen if self.arisen else None


def count_tasks(results: Iterable[Reported]) -> TaskCounts:
    """Of all tasks together, or of one section, or of one task."""
    statuses: Counter[TaskStatus] = Counter()
    not_reported = 0
    for result in results:
        statuses.update(entry.status for entry in result.entries)
        not_reported += len(result.missing)
    return TaskCounts(statuses, not_reported)
