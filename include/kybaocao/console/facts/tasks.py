"""The tasks of section III by their sections, late ones first, and the duties of section IV; who says what on each."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.console.facts.targets import Sees, name_agency
from kybaocao.figures.packed import PackedSnapshot, PackedTask, TaskState
from kybaocao.figures.snapshot import Punctuality, TaskEntry, TaskStatus
from kybaocao.plan.plan import Plan
from kybaocao.plan.tasks import Task

NOT_REPORTED = "chưa báo cáo"
DUTIES = 0  # the number under which section IV stands among those of section III
_NAMED = 3  # agencies that a row of the list names
# Worst first; a late task that is overdue by its own deadline stands before one that is not.
STATES = (
    TaskStatus.LATE.value,
    TaskStatus.NOT_STARTED.value,
    NOT_REPORTED,
    TaskStatus.ON_TRACK.value,
    TaskStatus.DONE.value,
    TaskStatus.NOTHING.value,
)


@dataclass(frozen=True)
class Holder:
    """An agency that holds a task, and what it says on it."""

    agency: str
    name: str
    state: str
    punctuality: str


@dataclass(frozen=True)
class TaskRow:
    id: str
    title: str
    due_on: dt.date | None
    is_over: bool  # its own deadline, on the day of the page
    counts: dict[str, int]  # state -> agencies
    overdue: int  # agencies that let its own deadline pass without having done it
    done_late: int
    holders: int
    named: tuple[Holder, ...]  # all of them where there are few, else none

    @property
    def late(self) -> int:
        return self.counts.get(TaskStatus.LATE.value, 0)


@dataclass(frozen=True)
class SectionRows:
    """`number`: of section III; DUTIES for section IV, whose `title` is empty."""

    number: int
    title: str
    tasks: tuple[TaskRow, ...]

    @property
    def late(self) -> int:
        return sum(one.late for one in self.tasks)


@dataclass(frozen=True)
class Statement:
    """What one agency says on a task."""

    agency: str
    name: str
    state: str
    punctuality: str
    percent: Decimal | None
    done_on: dt.date | None
    result: str
    evidence: str
    reason: str


def list_sections(plan: Plan, packed: PackedSnapshot, today: dt.date, sees: Sees | None = None) -> list[SectionRows]:
    """Without tasks that nobody holds whom the account sees."""
    titles = {one.number: one.short for one in plan.header.sections}
    found: dict[int, list[TaskRow]] = {}
    duties = {one.id for one in plan.asked_obligations}
    for task, kept in _pair(plan, packed):
        row = read_task_row(plan, task, kept, today, sees)
        if row.holders:
            found.setdefault(DUTIES if task.id in duties else task.section, []).append(row)
    sections = [
        SectionRows(number, titles.get(number, ""), tuple(sorted(rows, key=_rank))) for number, rows in found.items()
    ]
    return sorted(sections, key=lambda one: one.number or len(titles) + 1)


def read_task_row(plan: Plan, task: Task, kept: PackedTask | None, today: dt.date, sees: Sees | None) -> TaskRow:
    """Counted without an object for each agency: a page has 98 tasks, and thousands may hold each."""
    said, silent = _count(plan, task, kept, sees)
    counts = Counter({NOT_REPORTED: silent})
    punctual: Counter[Punctuality | None] = Counter()
    for state, number in said.items():
        counts[state.status.value] += number
        punctual[state.punctuality] += number
    holders = sum(counts.values())
    named = order_holders(plan, task, kept, sees) if holders <= _NAMED else []
    return TaskRow(
        task.id,
        task.title,
        task.due_on,
        task.due_on is not None and task.due_on < today,
        {state: counts[state] for state in STATES if counts[state]},
        punctual[Punctuality.OVERDUE],
        punctual[Punctuality.DONE_LATE],
        holders,
        tuple(named),
    )


def find_task(plan: Plan, packed: PackedSnapshot, code: str) -> tuple[Task, PackedTask | None] | None:
    """None of an unknown task."""
    return next(((task, kept) for task, kept in _pair(plan, packed) if task.id == code), None)


def order_holders(plan: Plan, task: Task, kept: PackedTask | None, sees: Sees | None = None) -> list[Holder]:
    """Everybody who holds the task, the worst first."""
    found = [one for one in _list_holders(plan, task, kept) if sees is None or sees(one.agency)]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.punctuality != Punctuality.OVERDUE))


def read_statements(kept: PackedTask | None, chosen: Sequence[Holder]) -> list[Statement]:
    """Of one page of holders, in full."""
    entries = kept.entries.read([one.agency for one in chosen]) if kept else {}
    return [_state(one, entries.get(one.agency)) for one in chosen]


def _count(plan: Plan, task: Task, kept: PackedTask | None, sees: Sees | None) -> tuple[Mapping[TaskState, int], int]:
    """(state -> agencies, how many have not reported)"""
    missing = kept.result.missing if kept else plan.members(task.leads)
    if sees is None:
        return (kept.entries.counts if kept else {}), len(missing)
    said = Counter(state for agency, state in kept.entries.list_states() if sees(agency)) if kept else Counter()
    return said, sum(map(sees, missing))


def _pair(plan: Plan, packed: PackedSnapshot) -> list[tuple[Task, PackedTask | None]]:
    tasks = [(task, packed.tasks.get(task.id)) for task in plan.tasks]
    return tasks + [(duty, packed.duties.get(duty.id)) for duty in plan.asked_obligations]


def _list_holders(plan: Plan, task: Task, kept: PackedTask | None) -> list[Holder]:
    if kept is None:
        return [Holder(one, name_agency(plan, one), NOT_REPORTED, "") for one in plan.members(task.leads)]
    said = [
        Holder(agency, name_agency(plan, agency), state.status.value, (state.punctuality or ""))
        for agency, state in kept.entries.list_states()
    ]
    return said + [Holder(one, name_agency(plan, one), NOT_REPORTED, "") for one in kept.result.missing]


def _rank(row: TaskRow) -> tuple[float, float]:
    """Late ones first, by their share; sorting keeps the order of the plan otherwise."""
    return -(row.late + row.overdue) / row.holders, -row.counts.get(NOT_REPORTED, 0) / row.holders


def _state(one: Holder, entry: TaskEntry | None) -> Statement:
    if entry is None:
        return Statement(one.agency, one.name, one.state, "", None, None, "", "", "")
    return Statement(
        one.agency,
        one.name,
        one.state,
        one.punctuality,
        entry.percent,
        entry.done_on,
        entry.result,
        entry.evidence,
        entry.reason,
    )
