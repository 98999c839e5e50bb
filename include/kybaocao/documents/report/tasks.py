"""Part III: one table of the plan's groups of tasks, its chart, and a paragraph for each group.

What the single agencies reported stands in the annexes (`task_rows`).  The software counts and quotes; what it
means is for people to write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from kybaocao.documents.model import Block, Cell, Chart, Paragraph, Row, RowStyle, Series, Style, Table
from kybaocao.documents.report import open_slots
from kybaocao.documents.report.earlier import write_earlier_tasks
from kybaocao.documents.report.organisation import DETAILS_ANNEX, write_task_deadlines
from kybaocao.documents.report.source import (
    ReportSource,
    bare,
    clean,
    count,
    count_cell,
    join,
    lower_first,
    share,
)
from kybaocao.documents.report.task_rows import ANNEX
from kybaocao.documents.report.unmet_tasks import list_unmet
from kybaocao.documents.report.works import (
    BEHIND,
    OTHER_STATUSES,
    Work,
    list_works,
)
from kybaocao.figures.snapshot import TaskStatus
from kybaocao.figures.task_counts import count_tasks
from kybaocao.plan.header import Section

TABLE_NUMBER = 2
DONE_SHOWN = 2  # tasks that the paragraph of a group names
BEHIND_SHOWN = 2
REASONS_SHOWN = 2
_LONGEST_QUOTE = 160  # signs of an agency's words in the text; the annex has them whole


def write_tasks(source: ReportSource) -> tuple[Block, ...]:
    words = source.words.tasks
    works = list_works(source)
    groups = [(section, _of(works, section)) for section in source.plan.header.sections]
    blocks: list[Block] = [Paragraph(_introduce(source, works)), *_build_table(source, groups)]
    blocks.extend(_chart(source, works, groups))
    blocks.extend(write_earlier_tasks(source))
    blocks.extend(write_task_deadlines(source))
    for section, held in groups:
        blocks.append(Paragraph(f"{section.number}. {section.short}", Style.CLAUSE))
        blocks.extend(_write_section(source, section, held))
    blocks.append(Paragraph(f"{groups[-1][0].number + 1}. {words.general}", Style.CLAUSE))
    blocks.extend(source.fill(open_slots.GENERAL))
    return tuple(blocks)


def _introduce(source: ReportSource, works: Sequence[Work]) -> str:
    words = source.words.tasks
    agencies = {code for work in works for code in (*work.missing, *(entry.agency for entry in work.entries))}
    sentences = [
        words.overall.format(
            nhiem_vu=count(len(works)), co_quan=count(len(agencies)), luot=count(count_tasks(works).total)
        )
    ]
    if any(work.entries for work in works):
        done = sum(work.is_wholly_done for work in works)
        sentences.append(_count(source, works))
        sentences.append(
            words.wholly_done.format(so=count(done), nhiem_vu=count(len(works)), ty_le=share(done, len(works)))
        )
        unmet = {one.task for one in source.snapshot.broken_promises}
        if doubtful := sum(work.is_wholly_done and work.task.id in unmet for work in works):
            sentences.append(words.unmet_count.format(so=count(doubtful)))
    else:
        sentences.append(words.nobody)
    sentences.append(words.see_table.format(bang=source.name_table(TABLE_NUMBER), phu_luc=source.annex(ANNEX)))
    if source.has_internal:
        sentences.append(words.see_details.format(phu_luc=source.annex(DETAILS_ANNEX)))
    return " ".join(sentences)


def _of(works: Sequence[Work], section: Section) -> list[Work]:
    return [work for work in works if work.task.section == section.number]


def _list_counts(source: ReportSource, works: Sequence[Work]) -> list[str]:
    """The statuses other than "hoàn thành" that occur, each with how many there are."""
    words = source.words.tasks
    counts = count_tasks(works)
    found = [(status.value.lower(), counts.count(status)) for status in OTHER_STATUSES]
    found.append((words.not_reported, counts.not_reported))
    return [words.count.format(trang_thai=status, so=count(number)) for status, number in found if number]


def _count(source: ReportSource, works: Sequence[Work]) -> str:
    words = source.words.tasks
    found = count_tasks(works)
    done = found.count(TaskStatus.DONE)
    counts = words.counts.format(hoan_thanh=count(done), luot=count(found.total), ty_le=share(done, found.total))
    if 0 < found.arisen < found.total:
        counts += " " + words.without_nothing.format(ty_le=share(done, found.arisen))
    return join((counts, *_list_counts(source, works))) + "."


# --- the table and the chart ----------------------------------------------------------------------------


def _build_table(source: ReportSource, groups: Sequence[tuple[Section, Sequence[Work]]]) -> list[Block]:
    """One row for each group and one for all of them; every row adds up to its pieces of work."""
    words = source.words
    rows = [_build_row(f"{section.number}. {section.short}", held, RowStyle.PLAIN) for section, held in groups]
    rows.append(_build_row(words.tasks.total, [work for _, held in groups for work in held], RowStyle.TOTAL))
    caption = words.charts.table_caption.format(so=TABLE_NUMBER, ten=words.tables.groups.title)
    return [Paragraph(caption, Style.CAPTION), Table("groups", words.tables.groups.columns, tuple(rows))]


def _build_row(name: str, works: Sequence[Work], style: RowStyle) -> Row:
    counts = count_tasks(works)
    done, shares = counts.count(TaskStatus.DONE), counts.total
    numbers = (len(works), shares, done, *(counts.count(status) for status in OTHER_STATUSES), counts.not_reported)
    rate = Cell(share(done, shares), counts.share(TaskStatus.DONE))
    return Row((Cell(name), *(count_cell(number) for number in numbers), rate), style)


def _chart(
    source: ReportSource, works: Sequence[Work], groups: Sequence[tuple[Section, Sequence[Work]]]
) -> list[Block]:
    words = source.words
    if not any(work.entries for work in works):
        return []
    shown = sorted((group for group in groups if group[1]), key=lambda group: _rank(group[1]))

    def values(status: TaskStatus) -> tuple[Decimal, ...]:
        return tuple(Decimal(count_tasks(held).count(status)) for _, held in shown)

    missing = tuple(Decimal(count_tasks(held).not_reported) for _, held in shown)
    series = [Series(status.value, values(status)) for status in (TaskStatus.DONE, *OTHER_STATUSES)]
    series.append(Series(words.tables.tasks.columns[-1], missing))
    categories = tuple(
        words.charts.section.format(so=section.number, ten=section.short, luot=count(count_tasks(held).total))
        for section, held in shown
    )
    return [Chart("tasks", _name_chart(source, works, shown), categories, tuple(series))]


def _name_chart(source: ReportSource, works: Sequence[Work], groups: Sequence[tuple[Section, Sequence[Work]]]) -> str:
    """What the picture shows. `groups`: the worst first; one is named only when no other is as low."""
    words = source.words.charts
    total = _share_done(works)
    rates = [_rate(held) for _, held in groups if _is_reported(held)]
    if len(rates) == 1 or rates.count(rates[0]) > 1:
        return words.tasks_finding.format(ty_le=total)
    section, held = groups[0]
    lowest = _share_done(held)
    return words.tasks_worst.format(ty_le=total, so=section.number, thap=lowest)


def _rank(works: Sequence[Work]) -> tuple[bool, Decimal]:
    """The worst first of those that anybody reported; of the others nothing is known to be bad."""
    return not _is_reported(works), _rate(works)


def _is_reported(works: Sequence[Work]) -> bool:
    return any(work.entries for work in works)


def _rate(works: Sequence[Work]) -> Decimal:
    """Per cent of the pieces of work that are done."""
    return count_tasks(works).share(TaskStatus.DONE) or Decimal(0)


def _share_done(works: Sequence[Work]) -> str:
    counts = count_tasks(works)
    return share(counts.count(TaskStatus.DONE), counts.total)


def _count_briefly(source: ReportSource, works: Sequence[Work]) -> str:
    """What is done and what is behind; the table has every status."""
    words = source.words.tasks
    found = count_tasks(works)
    done = found.count(TaskStatus.DONE)
    counts = words.counts.format(hoan_thanh=count(done), luot=count(found.total), ty_le=share(done, found.total))
    behind = [(status.value.lower(), found.count(status)) for status in BEHIND]
    named = [words.count.format(trang_thai=status, so=count(number)) for status, number in behind if number]
    return join((counts, *named)) + "."


# --- a group --------------------------------------------------------------------------------------------


def _write_section(source: ReportSource, section: Section, works: Sequence[Work]) -> list[Block]:
    words = source.words.tasks
    key = open_slots.name_section(section.number)
    assessment = source.supplied.get(key, ())
    if not works:
        return [Paragraph(words.no_task), *assessment]
    if not any(work.entries for work in works):
        return [*source.fill(key, words.nobody)]
    sentences = (
        _count_briefly(source, works),
        _list_done(source, works),
        list_unmet(source, works),
        _list_behind(source, works),
        _list_reasons(source, works),
    )
    blocks: list[Block] = [Paragraph(" ".join(one for one in sentences if one))]
    if source.has_internal:
        blocks.extend(_list_silent(source, section, works))
    return [*blocks, *assessment]


def _list_done(source: ReportSource, works: Sequence[Work]) -> str:
    """What is done everywhere, in the order of the plan; with the result where one body did it and said it briefly."""
    words = source.words.tasks
    unmet = {one.task for one in source.snapshot.broken_promises}
    done = [work for work in works if work.is_wholly_done and work.task.id not in unmet]
    named = [_describe_done(source, work) for work in done[:DONE_SHOWN]]
    if len(done) > DONE_SHOWN:
        named.append(words.others.format(so=count(len(done) - DONE_SHOWN)))
    return words.done.format(danh_sach=join(named)) if named else ""


def _describe_done(source: ReportSource, work: Work) -> str:
    words = source.words.tasks
    title = words.title.format(tieu_de=work.task.title)
    if work.shares > 1:
        return title
    (entry,) = work.entries
    result = bare(entry.result)
    if not result or len(result) > _LONGEST_QUOTE:
        return words.by.format(tieu_de=title, co_quan=source.name(entry.agency))
    return words.by_with_result.format(
        tieu_de=title, co_quan=source.name(entry.agency), ket_qua=lower_first(result.replace(";", ","))
    )


def _list_behind(source: ReportSource, works: Sequence[Work]) -> str:
    """The tasks that most agencies are behind with, the worst first."""
    words = source.words.tasks
    behind = sorted((work for work in works if work.behind), key=lambda work: -len(work.behind))
    named = [
        words.behind_item.format(
            tieu_de=words.title.format(tieu_de=work.task.title), so=count(len(work.behind)), tong=count(work.shares)
        )
        for work in behind[:BEHIND_SHOWN]
    ]
    if len(behind) > BEHIND_SHOWN:
        named.append(words.others.format(so=count(len(behind) - BEHIND_SHOWN)))
    return words.behind.format(danh_sach=join(named)) if named else ""


def _list_reasons(source: ReportSource, works: Sequence[Work]) -> str:
    """The reasons that most of those behind give, in the agencies' own words; one that stands alone is in the annex."""
    words = source.words.tasks
    given = Counter(bare(entry.reason) for work in works for entry in work.behind if bare(entry.reason))
    common = [
        (reason, number) for reason, number in given.most_common() if number > 1 and len(reason) <= _LONGEST_QUOTE
    ]
    named = [
        words.reason_item.format(ly_do=lower_first(reason.replace(";", ",")), so=count(number))
        for reason, number in common[:REASONS_SHOWN]
    ]
    return words.reasons.format(danh_sach=join(named)) if named else ""


def _list_silent(source: ReportSource, section: Section, works: Sequence[Work]) -> list[Block]:
    """Lead agencies by name that have not reported, each with a place for what the coordinator knows of it."""
    words = source.words.tasks
    blocks: list[Block] = []
    named = [work for work in works if not source.is_for_everyone(work.task.leads)]
    for agency in dict.fromkeys(code for work in named for code in source.plan.members(work.task.leads)):
        silent = [words.title.format(tieu_de=clean(work.task.title)) for work in named if agency in work.missing]
        if silent:
            key = open_slots.name_agency(section.number, agency)
            said = words.silent.format(co_quan=source.name(agency), so=count(len(silent)), danh_sach=join(silent))
            blocks.extend(source.fill(key, said, Style.ITEM))
    return blocks
