"""Part III, the status of the tasks and what the agencies report on them, with its chart and annex.

A task held by ninety agencies is ninety pieces of work ("lượt"), each with its own status; the task as a
whole has none.  The agencies are quoted under their names, without assessment or correction.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.documents.model import Block, Cell, Chart, Paragraph, Row, RowStyle, Series, Style, Table
from kybaocao.documents.report import open_slots
from kybaocao.documents.report.organisation import describe_delay, write_task_deadlines
from kybaocao.documents.report.source import ReportSource, bare, clean, count, count_cell, join, letter, sentence, share
from kybaocao.figures.snapshot import TaskEntry, TaskResult, TaskStatus
from kybaocao.plan.header import Section
from kybaocao.plan.tasks import Task
from kybaocao.vietnamese import format_number, write_date

ANNEX = 2
_OTHERS = (TaskStatus.ON_TRACK, TaskStatus.LATE, TaskStatus.NOT_STARTED, TaskStatus.NOTHING)


@dataclass(frozen=True)
class _Work:
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

    def count(self, status: TaskStatus) -> int:
        return sum(entry.status is status for entry in self.entries)


def write_tasks(source: ReportSource) -> tuple[Block, ...]:
    words = source.words.tasks
    works = _works(source)
    agencies = {code for work in works for code in (*work.missing, *(entry.agency for entry in work.entries))}
    done = sum(work.is_wholly_done for work in works)
    blocks: list[Block] = [
        Paragraph(
            " ".join(
                (
                    words.overall.format(
                        nhiem_vu=count(len(works)), co_quan=count(len(agencies)), luot=count(_shares(works))
                    ),
                    _counts(source, works),
                    words.wholly_done.format(so=count(done), nhiem_vu=count(len(works)), ty_le=share(done, len(works))),
                    words.see_annex.format(phu_luc=source.annex(ANNEX)),
                )
            )
        )
    ]
    blocks.extend(write_task_deadlines(source))
    blocks.extend(_chart(source, works))
    for section in source.plan.header.sections:
        blocks.append(Paragraph(f"{section.number}. {section.short}", Style.CLAUSE))
        blocks.extend(_write_section(source, section, _of(works, section)))
    return tuple(blocks)


def list_task_rows(source: ReportSource) -> Table:
    rows: list[Row] = []
    works = _works(source)
    for section in source.plan.header.sections:
        rows.append(Row((Cell(f"{section.number}. {section.short}"),), RowStyle.GROUP))
        for work in works:
            if work.task.section == section.number:
                numbers = (work.shares, work.count(TaskStatus.DONE), *(work.count(s) for s in _OTHERS))
                rows.append(
                    Row(
                        (
                            Cell(work.task.id),
                            Cell(work.task.title),
                            Cell(_leads(source, work.task)),
                            *(count_cell(number) for number in numbers),
                            count_cell(len(work.missing)),
                        )
                    )
                )
    return Table("tasks", source.words.tables.tasks.columns, tuple(rows))


def _works(source: ReportSource) -> list[_Work]:
    results = {result.id: result for result in source.snapshot.tasks}
    return [_work(source, task, results.get(task.id)) for task in source.plan.tasks]


def _work(source: ReportSource, task: Task, result: TaskResult | None) -> _Work:
    if result is None:
        return _Work(task, (), source.plan.members(task.leads))
    entries = sorted(result.entries, key=lambda entry: source.order(entry.agency))
    return _Work(task, tuple(entries), tuple(source.sorted(result.missing)))


def _leads(source: ReportSource, task: Task) -> str:
    if source.is_for_everyone(task.leads):
        return task.lead_text
    return ", ".join(source.name(code) for code in task.leads)


def count_works(source: ReportSource) -> tuple[int, int, int]:
    """Pieces of work that are done, that are late, and all of them."""
    works = _works(source)
    return _total(works, TaskStatus.DONE), _total(works, TaskStatus.LATE), _shares(works)


# --- counting ------------------------------------------------------------------------------------------


def _shares(works: Sequence[_Work]) -> int:
    return sum(work.shares for work in works)


def _total(works: Sequence[_Work], status: TaskStatus) -> int:
    return sum(work.count(status) for work in works)


def _details(source: ReportSource, works: Sequence[_Work]) -> list[str]:
    """The statuses other than "hoàn thành" that occur, each with how many there are."""
    words = source.words.tasks
    found = [(status.value.lower(), _total(works, status)) for status in _OTHERS]
    found.append((words.not_reported, sum(len(work.missing) for work in works)))
    return [words.count.format(trang_thai=status, so=count(number)) for status, number in found if number]


def _counts(source: ReportSource, works: Sequence[_Work]) -> str:
    done, shares = _total(works, TaskStatus.DONE), _shares(works)
    counts = source.words.tasks.counts.format(hoan_thanh=count(done), luot=count(shares), ty_le=share(done, shares))
    return join((counts, *_details(source, works))) + "."


def _chart(source: ReportSource, works: Sequence[_Work]) -> list[Block]:
    words = source.words
    if not any(work.entries for work in works):
        return []
    groups = [(section, _of(works, section)) for section in source.plan.header.sections]
    groups = sorted((group for group in groups if group[1]), key=lambda group: _rate(group[1]))  # the worst first

    def values(status: TaskStatus) -> tuple[Decimal, ...]:
        return tuple(Decimal(_total(held, status)) for _, held in groups)

    missing = tuple(Decimal(sum(len(work.missing) for work in held)) for _, held in groups)
    series = [Series(status.value, values(status)) for status in (TaskStatus.DONE, *_OTHERS)]
    series.append(Series(words.tables.tasks.columns[-1], missing))
    categories = tuple(
        words.charts.section.format(so=section.number, ten=section.short, luot=count(_shares(held)))
        for section, held in groups
    )
    return [Chart("tasks", _name_chart(source, works, groups), categories, tuple(series))]


def _rate(works: Sequence[_Work]) -> Decimal:
    """Share of the pieces of work that are done."""
    return Decimal(_total(works, TaskStatus.DONE)) / (_shares(works) or 1)


def _name_chart(source: ReportSource, works: Sequence[_Work], groups: Sequence[tuple[Section, list[_Work]]]) -> str:
    """What the picture shows. `groups`: the worst first; one is named only when no other is as low."""
    words = source.words.charts
    total = share(_total(works, TaskStatus.DONE), _shares(works))
    rates = [_rate(held) for _, held in groups]
    if len(rates) == 1 or rates.count(rates[0]) > 1:
        return words.tasks_finding.format(ty_le=total)
    section, held = groups[0]
    lowest = share(_total(held, TaskStatus.DONE), _shares(held))
    return words.tasks_worst.format(ty_le=total, so=section.number, thap=lowest)


def _of(works: Sequence[_Work], section: Section) -> list[_Work]:
    return [work for work in works if work.task.section == section.number]


# --- what the agencies report -----------------------------------------------------------------------------


def _write_section(source: ReportSource, section: Section, works: Sequence[_Work]) -> list[Block]:
    words = source.words.tasks
    key = open_slots.name_section(section.number)
    assessment = source.supplied.get(key, ())
    if not works:
        return [Paragraph(words.no_task), *assessment]
    total = words.section.format(nhiem_vu=count(len(works)), luot=count(_shares(works)))
    blocks: list[Block] = [Paragraph(f"{total} {_counts(source, works)}")]
    if not any(work.entries for work in works):
        return [*blocks, *source.fill(key)]
    named = [work for work in works if not source.is_for_everyone(work.task.leads)]
    common = [work for work in works if source.is_for_everyone(work.task.leads)]
    position = 0
    for agency in dict.fromkeys(code for work in named for code in source.plan.members(work.task.leads)):
        reported = _write_agency(source, section, agency, named)
        if any(entry.agency == agency for work in named for entry in work.entries):
            heading = words.lead.format(chu=letter(position), co_quan=source.name(agency))
            blocks.append(Paragraph(heading, Style.POINT))
            position += 1
        blocks.extend(reported)
    if common:
        heading = words.everyone.format(chu=letter(position), co_quan=clean(common[0].task.lead_text))
        blocks.append(Paragraph(heading, Style.POINT))
        for work in common:
            blocks.extend(_write_common(source, work))
        position += 1
    if assessment:
        blocks.append(Paragraph(words.assessment.format(chu=letter(position)), Style.POINT))
        blocks.extend(assessment)
    return blocks


def _write_agency(source: ReportSource, section: Section, agency: str, works: Sequence[_Work]) -> list[Block]:
    """One lead agency: its words task by task, then tasks without anything to report, then tasks not reported."""
    words = source.words.tasks
    blocks: list[Block] = []
    nothing: list[str] = []
    silent: list[str] = []
    for work in works:
        name = words.task.format(tieu_de=work.task.title, ma=work.task.id)
        entry = next((entry for entry in work.entries if entry.agency == agency), None)
        if entry is not None and entry.status is TaskStatus.NOTHING and not clean(entry.result):
            nothing.append(name)
        elif entry is not None:
            blocks.append(Paragraph(f"{name}: {_describe(source, entry, work.task.due_on)}", Style.ITEM))
        elif agency in work.missing:
            silent.append(name)
    if nothing:
        blocks.append(Paragraph(words.nothing.format(danh_sach=join(nothing)), Style.ITEM))
    if silent:
        key = open_slots.name_agency(section.number, agency)
        said = words.silent.format(co_quan=source.name(agency), so=count(len(silent)), danh_sach=join(silent))
        blocks.extend(source.fill(key, said, Style.ITEM))
    return blocks


def _describe(source: ReportSource, entry: TaskEntry, due_on: dt.date | None) -> str:
    words = source.words.tasks
    status = [entry.status.value.lower()]
    if entry.status is TaskStatus.DONE and entry.done_on:
        status.append(words.done_on.format(ngay=write_date(entry.done_on)))
    if entry.status is not TaskStatus.DONE and entry.percent:  # "hoàn thành 0%" says nothing more than the status
        status.append(words.percent.format(ty_le=format_number(entry.percent) + "%"))
    text = (" " if entry.status is TaskStatus.DONE else ", ").join(status)
    text += f", {delay}." if (delay := describe_delay(source, entry, due_on)) else "."
    if clean(entry.result):
        text += " " + sentence(entry.result)
    if bare(entry.reason):
        text += " " + words.reason.format(ly_do=bare(entry.reason))
    if bare(entry.evidence):
        text += " " + words.evidence.format(minh_chung=bare(entry.evidence))
    return text


def _write_common(source: ReportSource, work: _Work) -> list[Block]:
    """A task of every agency: the counts, and who is late and why."""
    words = source.words.tasks
    done = work.count(TaskStatus.DONE)
    name = words.task.format(tieu_de=work.task.title, ma=work.task.id)
    counts = words.common.format(hoan_thanh=count(done), tong=count(work.shares), ty_le=share(done, work.shares))
    blocks: list[Block] = [Paragraph(f"{name}: {join((counts, *_details(source, [work])))}.", Style.ITEM)]
    by_reason: dict[str, list[str]] = defaultdict(list)
    for entry in work.entries:
        if entry.status is TaskStatus.LATE:
            by_reason[bare(entry.reason)].append(source.name(entry.agency))
    late = [
        words.late_reason.format(co_quan=", ".join(names), ly_do=reason) if reason else ", ".join(names)
        for reason, names in by_reason.items()
    ]
    if late:
        blocks.append(Paragraph(words.late.format(danh_sach=join(late)), Style.SUBITEM))
    return blocks
