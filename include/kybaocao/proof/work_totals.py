"""Tasks and obligations once more: how many agencies stand where, and who was in time.

Like `totals`, nothing of `figures` takes part but its words.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kybaocao.figures.snapshot import Punctuality, TaskStatus
from kybaocao.plan.form_edition import Words


class Work(NamedTuple):
    """What one agency's file says of a task or obligation."""

    status: str  # as the form words it, "" for none
    done_on: dt.date | None


@dataclass(frozen=True)
class TaskTotal:
    counts: Mapping[str, int]  # status -> agencies
    punctuality: Mapping[str, int]  # "đúng hạn", "quá hạn" … -> agencies; empty without a deadline
    missing: tuple[str, ...]


def count_works(
    words: Words,
    held: Mapping[str, tuple[str, ...]],
    due: Mapping[str, dt.date | None],
    cut_off: dt.date,
    works: Mapping[str, Mapping[str, Work]],
) -> dict[str, TaskTotal]:
    """Of each task in `held` (task -> agencies that hold it). `works`: agency -> task -> what its file says."""
    statuses = {
        words.done: TaskStatus.DONE,
        words.on_track: TaskStatus.ON_TRACK,
        words.late: TaskStatus.LATE,
        words.not_started: TaskStatus.NOT_STARTED,
        words.nothing: TaskStatus.NOTHING,
    }
    found = {}
    for task, holders in held.items():
        reported = {agency: works[agency][task] for agency in holders if task in works.get(agency, ())}
        stated = {agency: (statuses[one.status], one.done_on) for agency, one in reported.items() if one.status}
        last = due[task]
        stands = [_stand(status, done_on, last, cut_off) for status, done_on in stated.values() if last is not None]
        found[task] = TaskTotal(
            dict(Counter(status.value for status, _ in stated.values())),
            dict(Counter(one.value for one in stands if one is not None)),
            tuple(agency for agency in holders if agency not in stated),
        )
    return found


def _stand(status: TaskStatus, done_on: dt.date | None, last: dt.date, cut_off: dt.date) -> Punctuality | None:
    """How one agency's part stands to the last day of its task."""
    is_over = not cut_off < last
    if status is TaskStatus.DONE:
        if done_on is None:  # in time for certain only while the deadline is not over
            return None if is_over else Punctuality.ON_TIME
        return Punctuality.DONE_LATE if done_on > last else Punctuality.ON_TIME
    if status is TaskStatus.NOTHING:
        return None
    return Punctuality.OVERDUE if is_over else Punctuality.NOT_DUE
