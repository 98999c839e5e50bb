"""What was reported of the tasks in the earlier cycles of the year, and what became of it.

A report covers its whole year, and only the last answer of an agency is counted: work that was late in June, or done
then and not mentioned any more, is said beside the counts of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from kybaocao.documents.model import Paragraph
from kybaocao.documents.report.source import ReportSource, count, join
from kybaocao.figures.snapshot import TaskEntry, TaskResult, TaskStatus

BEHIND = (TaskStatus.LATE, TaskStatus.NOT_STARTED)
_GONE_ON = (TaskStatus.DONE, TaskStatus.ON_TRACK, TaskStatus.NOTHING)


class Earlier(NamedTuple):
    """One agency's part in a task: what it last stated in an earlier cycle, and what it states now, if anything."""

    then: TaskEntry
    now: TaskEntry | None

    @property
    def was_behind(self) -> bool:
        return self.then.status in BEHIND


def list_earlier(result: TaskResult) -> Iterator[Earlier]:
    """One for each agency with a statement of an earlier cycle; `earlier` has the latest of them first."""
    now = {entry.agency: entry for entry in result.entries}
    for entry in result.entries:
        if entry.repeats:
            yield Earlier(replace(entry, cycle=entry.repeats), entry)
    latest: dict[str, TaskEntry] = {}
    for entry in result.earlier:
        latest.setdefault(entry.agency, entry)
    for agency, entry in latest.items():
        held = now.get(agency)
        if held is None or not held.repeats:
            yield Earlier(entry, held)


def write_earlier_tasks(source: ReportSource) -> tuple[Paragraph, ...]:
    """One paragraph; nothing in the first report of a year."""
    words = source.words.tasks
    known = {task.id for task in source.plan.tasks}
    found = [one for result in source.snapshot.tasks if result.id in known for one in list_earlier(result)]
    if not found:
        return ()
    behind = [one for one in found if one.was_behind]
    sentences = [
        words.earlier.format(
            ky=name_cycles(source, (one.then for one in found)),
            luot=count(len(found)),
            hoan_thanh=count(sum(one.then.status is TaskStatus.DONE for one in found)),
            cham=count(len(behind)),
        )
    ]
    if behind:
        became = (
            words.count.format(trang_thai=said, so=count(len(those))) for said, those in sort_by_outcome(source, behind)
        )
        sentences.append(words.became.format(cham=count(len(behind)), danh_sach=join(became)))
    quiet = (None, TaskStatus.NOTHING)
    done = sum(one.then.status is TaskStatus.DONE and (one.now and one.now.status) in quiet for one in found)
    if done:
        sentences.append(words.done_before.format(so=count(done)))
    return (Paragraph(" ".join(sentences)),)


def sort_by_outcome(source: ReportSource, behind: Iterable[Earlier]) -> Iterator[tuple[str, list[Earlier]]]:
    """What became of work that was behind, in words, with those it became of; every piece of work stands once."""
    words, left = source.words.tasks, list(behind)
    for status in _GONE_ON:
        if those := [one for one in left if one.now and one.now.status is status]:
            yield status.value.lower(), those
    if those := [one for one in left if one.now and one.now.status in BEHIND]:
        yield words.still_behind, those
    if those := [one for one in left if one.now is None]:
        yield words.not_reported, those


def name_cycles(source: ReportSource, entries: Iterable[TaskEntry]) -> str:
    """The names of the cycles in which something was stated; the code of one that left the plan."""
    cycles = source.plan.cycles
    return ", ".join(
        cycles[code].name if code in cycles else code for code in dict.fromkeys(one.cycle for one in entries)
    )
