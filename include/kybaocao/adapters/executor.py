"""LocalExecutor that knows which tasks it is running.

In Airflow 3.3.2 the LocalExecutor does not remember them.  When a parked task (human in the loop, deferred)
is resumed within a second of parking, the end of its first process is then taken for the end of the resumed
one: "reported that the task instance finished, but its state is queued", and an answer just given by a human
is thrown away.  Here the resumed task waits until the first process has reported.

It also does not look at how its workers end.  The task of a killed worker stays "running" until its heartbeat is
missed, and a lock that the worker held stays locked.  Here the scheduler ends at once and is started anew.

Internals of Airflow: the overridden methods, `running` and `workers` (decision record 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.executors.local_executor import LocalExecutor


class WorkerKilledError(RuntimeError):
    """A process of the executor has ended that should have gone on."""


class ResumingLocalExecutor(LocalExecutor):  # type: ignore[misc]
    """LocalExecutor, safe for tasks that are resumed at once and for workers that are killed."""

    _is_broken = False

    def _get_workloads_to_schedule(self, open_slots: int) -> list[tuple[Any, Any]]:
        chosen = super()._get_workloads_to_schedule(open_slots)
        return [(key, workload) for key, workload in chosen if key not in self.running]

    def _process_workloads(self, workload_list: Sequence[Any]) -> None:
        super()._process_workloads(workload_list)
        self.running.update(workload.key for workload in workload_list)

    def _check_workers(self) -> None:
        """End the scheduler when a worker was killed: its supervisor starts it anew, and that begins the tasks anew.

        Nobody knows what a killed worker was doing.  If it was waiting for work, it took the lock of the queue with
        it, and no other worker will ever get a task again.
        """
        killed = {pid: worker.exitcode for pid, worker in self.workers.items() if not worker.is_alive()}
        if killed:
            self._is_broken = True
            raise WorkerKilledError(f"executor workers have ended (pid: exit status): {killed}")
        super()._check_workers()

    def end(self) -> None:
        """Airflow's own would wait for ever for workers that can hear nothing any more."""
        if self._is_broken:
            for worker in self.workers.values():
                worker.kill()
            return
        super().end()
