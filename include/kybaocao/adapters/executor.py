"""LocalExecutor that knows which tasks it is running.

In Airflow 3.3.2 the LocalExecutor does not remember them.  When a parked task (human in the loop, deferred)
is resumed within a second of parking, the end of its first process is then taken for the end of the resumed
one: "reported that the task instance finished, but its state is queued", and an answer just given by a human
is thrown away.  Here the resumed task waits until the first process has reported.

Internals of Airflow: the three overridden methods, `running` and `workers` (decision record 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.executors.local_executor import LocalExecutor


class ResumingLocalExecutor(LocalExecutor):  # type: ignore[misc]
    """LocalExecutor, safe for tasks that are resumed at once."""

    def _get_workloads_to_schedule(self, open_slots: int) -> list[tuple[Any, Any]]:
        chosen = super()._get_workloads_to_schedule(open_slots)
        return [(key, workload) for key, workload in chosen if key not in self.running]

    def _process_workloads(self, workload_list: Sequence[Any]) -> None:
        super()._process_workloads(workload_list)
        self.running.update(workload.key for workload in workload_list)

    def _check_workers(self) -> None:
        """A worker that died will not report its task; the slot is free again."""
        before = len(self.workers)
        super()._check_workers()
        if not any(worker.is_alive() for worker in self.workers.values()) and before:
            self.running.clear()
