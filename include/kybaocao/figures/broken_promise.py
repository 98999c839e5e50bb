"""What a snapshot keeps of a task that is reported as done while its target is missed; `promises` finds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BrokenPromise:
    task: str
    target: str
    agencies: tuple[str, ...]  # that report the task as done, in the order of the task
