"""The annexes of part III: each task with its counts; and, for the province, what each agency reported on it.

The agencies are quoted under their names, without assessment or correction.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kybaocao.documents.model import Cell, Row, RowStyle, Table
from kybaocao.documents.report.codes import head_columns, show_code
from kybaocao.documents.report.earlier import list_earlier, name_cycles, sort_by_outcome
from kybaocao.documents.report.organisation import describe_delay, is_delayed
from kybaocao.documents.report.source import ReportSource, bare, clean, count_cell, join, sentence
from kybaocao.documents.report.works import OTHER_STATUSES, Work, list_works
from kybaocao.figures.snapshot import TaskEntry, TaskResult, TaskStatus
from kybaocao.plan.tasks import Task
from kybaocao.vietnamese import format_number, write_date

ANNEX = 2
_NAMES_IN_A_CELL = 40  # a row is not split between two pages


def list_task_rows(source: ReportSource) -> Table:
    rows: list[Row] = []
    for position, work in _walk(source, rows):
        numbers = (work.shares, work.count(TaskStatus.DONE), *(work.count(status) for status in OTHER_STATUSES))
        rows.append(
            Row(
                (
                    show_code(source, work.task.id, position),
                    Cell(work.task.title),
                    Cell(_name_leads(source, work.task)),
                    *(count_cell(number) for number in numbers),
                    count_cell(len(work.missing)),
                )
            )
        )
    return Table("tasks", head_columns(source, source.words.tables.tasks.columns), tuple(rows))


def list_detail_rows(source: ReportSource) -> Table:
    """What each lead agency reported; of the tasks of whole groups only what is behind, agencies by their reason.

    Then the same of the earlier cycles of the year: what a lead agency reported, what was behind in a whole group.
    """
    rows: list[Row] = []
    results = {result.id: result for result in source.snapshot.tasks}
    for position, work in _walk(source, rows):
        code, title = show_code(source, work.task.id, position), Cell(work.task.title)
        result = results.get(work.task.id)
        if source.is_for_everyone(work.task.leads):
            found = [*_group(source, work.behind, work.task.due_on), *_group_earlier(source, result)]
        else:
            found = _quote(source, work, result.earlier if result else ())
        rows.extend(Row((code, title, *(Cell(text) for text in texts))) for texts in found)
    rows.extend(_list_duty_rows(source))
    return Table("details", head_columns(source, source.words.tables.details.columns), tuple(rows))


def _list_duty_rows(source: ReportSource) -> Iterator[Row]:
    """Who is behind with a duty of section IV, or was late, under the heading of the text."""
    duties = {duty.id: duty for duty in source.plan.obligations}
    rows = [
        Row(tuple(Cell(text) for text in (result.id, duties[result.id].title, *texts)))
        for result in source.snapshot.obligations
        if result.id in duties
        for texts in _group(source, filter(is_delayed, result.entries), result.due_on)
    ]
    if rows:
        yield Row((Cell(source.words.organisation.heading),), RowStyle.GROUP)
        yield from rows


def _walk(source: ReportSource, rows: list[Row]) -> Iterator[tuple[int, Work]]:
    """Every task with its place in the plan; writes the name of a group into `rows` before its tasks."""
    works = list_works(source)
    position = 0
    for section in source.plan.header.sections:
        rows.append(Row((Cell(f"{section.number}. {section.short}"),), RowStyle.GROUP))
        for work in works:
            if work.task.section == section.number:
                position += 1
                yield position, work


def _name_leads(source: ReportSource, task: Task) -> str:
    if source.is_for_everyone(task.leads):
        return task.lead_text
    return ", ".join(source.name(code) for code in task.leads)


def _quote(source: ReportSource, work: Work, earlier: Iterable[TaskEntry]) -> list[tuple[str, str, str, str]]:
    """Agency, status, result, reason and evidence."""
    words, before = source.words.tasks, defaultdict[str, list[str]](list)
    for entry in earlier:
        before[entry.agency].append(_recall(source, entry))
    quoted = [
        (
            source.name(entry.agency),
            _describe_status(source, entry, work.task),
            " ".join((sentence(entry.result), *before[entry.agency])) if before[entry.agency] else clean(entry.result),
            _explain(source, entry),
        )
        for entry in work.entries
    ]
    return quoted + [
        (source.name(agency), words.not_reported_cell, " ".join(before[agency]), "") for agency in work.missing
    ]


def _describe_status(source: ReportSource, entry: TaskEntry, task: Task) -> str:
    words = source.words.tasks
    status = entry.status.value
    if entry.status is TaskStatus.DONE and entry.done_on:
        status += " " + words.done_on.format(ngay=write_date(entry.done_on))
    elif entry.status is not TaskStatus.DONE and entry.percent:  # "hoàn thành 0%" says nothing more than the status
        status += ", " + words.percent.format(ty_le=format_number(entry.percent) + "%")
    return join((status, describe_delay(source, entry, task.due_on)))


def _explain(source: ReportSource, entry: TaskEntry) -> str:
    words = source.words.tasks
    parts = (
        sentence(entry.reason),
        words.evidence.format(minh_chung=bare(entry.evidence)) if bare(entry.evidence) else "",
    )
    return " ".join(part for part in parts if part)


def _group(
    source: ReportSource, entries: Iterable[TaskEntry], due_on: dt.date | None
) -> Iterator[tuple[str, str, str, str]]:
    """Agencies with the same status and reason together, as `_quote`."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: tuple(TaskStatus).index(entry.status)):
        status = join((entry.status.value, describe_delay(source, entry, due_on)))
        alike[status, bare(entry.reason)].append(source.name(entry.agency))
    for (status, reason), names in alike.items():
        for some in _chunk(names):
            yield ", ".join(some), status, "", sentence(reason)


def _recall(source: ReportSource, entry: TaskEntry) -> str:
    """What an agency said before of its task, behind what it says now; what it says again stands there already."""
    words = source.words.tasks
    status = entry.status.value.lower()
    said = f"{status}; {clean(entry.result)}" if clean(entry.result) else status
    return sentence(words.earlier_said.format(ky=name_cycles(source, (entry,)), noi_dung=said))


def _group_earlier(source: ReportSource, result: TaskResult | None) -> Iterator[tuple[str, str, str, str]]:
    """One row: the agencies that were behind, by what became of it."""
    words = source.words.tasks
    behind = [one for one in (list_earlier(result) if result else ()) if one.was_behind]
    if behind:
        became = (
            words.earlier_names.format(trang_thai=said, danh_sach=source.names(one.then.agency for one in those))
            for said, those in sort_by_outcome(source, behind)
        )
        cycles = name_cycles(source, (one.then for one in behind))
        yield words.earlier_holders, words.earlier_behind.format(ky=cycles), sentence(join(became)), ""


def _chunk(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _NAMES_IN_A_CELL):
        yield names[start : start + _NAMES_IN_A_CELL]
