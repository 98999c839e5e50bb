"""Section IV of the plan: how many agencies carried out each duty, late or in time; and deadlines inside tasks.

Counts stand in every document.  Names of agencies that are late, and their reasons, are internal to the province.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from kybaocao.documents.model import Block, Paragraph, Style
from kybaocao.documents.report.earlier import BEHIND, name_cycles
from kybaocao.documents.report.source import (
    NAMES_SHOWN,
    ReportSource,
    bare,
    clean,
    count,
    join,
    lower_first,
    sentence,
    share,
)
from kybaocao.figures.snapshot import Punctuality, TaskEntry, TaskResult, TaskStatus
from kybaocao.plan.tasks import Task
from kybaocao.vietnamese import write_date

DETAILS_ANNEX = 6


def write_organisation(source: ReportSource) -> tuple[Block, ...]:
    """One item for each duty. Nothing while the form asks no duty, as before its edition that does."""
    results = {result.id: result for result in source.snapshot.obligations}
    if not results:
        return ()
    if not any(result.entries for result in results.values()):
        return (Paragraph(source.words.organisation.none),)
    blocks: list[Block] = []
    for duty in source.plan.obligations:
        result = results.get(duty.id)
        if result is not None:
            blocks += _write_duty(source, duty, result)
        elif not duty.is_asked and source.has_internal:
            blocks.append(_item(source, duty, None, _describe_periodic(source, duty)))
    return tuple(blocks)


def summarise_organisation(source: ReportSource) -> str:
    """One line for the summary: of the duties that bind several, the one that is furthest behind.

    Duties whose deadline is over come first.  "" where the form asks none.  Who is late is the province's own matter.
    """
    words, results = source.words.summary, source.snapshot.obligations
    duties = {duty.id: duty for duty in source.plan.obligations}
    common = [result for result in results if result.id in duties and _count_holders(result) > 1]
    if not any(result.entries for result in common):
        return words.no_organisation if common else ""
    first = min(common, key=lambda one: (not _is_over(source, one), Decimal(_count_met(one)) / _count_holders(one)))
    said = [words.organisation_share.format(so=count(_count_met(first)), tong=count(_count_holders(first)))]
    if source.has_internal:
        overdue = sum(entry.punctuality is Punctuality.OVERDUE for entry in first.entries)
        behind = sum(entry.status in BEHIND for entry in first.entries)
        is_dated = first.due_on is not None
        said += _list_counts(
            ((words.organisation_overdue, overdue),) if is_dated else ((words.organisation_behind, behind),)
        )
    title = lower_first(duties[first.id].brief_title)
    return words.organisation.format(viec=title, danh_sach=", ".join(said))


def write_task_deadlines(source: ReportSource) -> tuple[Block, ...]:
    """The tasks with a deadline of their own that was over at the cut-off, and how they stand to it."""
    cut_off = source.cycle.period_to
    plain = {task.id: task for task in source.plan.tasks}
    blocks: list[Block] = []
    for result in source.snapshot.tasks:
        if result.id in plain and result.due_on is not None and result.due_on <= cut_off and result.entries:
            blocks += _write_dated(source, plain[result.id], result, result.due_on)
    if not blocks:
        return ()
    return Paragraph(source.words.organisation.tasks.format(ngay=write_date(cut_off))), *blocks


def describe_delay(source: ReportSource, entry: TaskEntry, due_on: dt.date | None) -> str:
    """That one agency's part is overdue or was done late, for the line that names it; "" for the ministry."""
    words = source.words.organisation
    said = {Punctuality.OVERDUE: words.is_overdue, Punctuality.DONE_LATE: words.is_done_late}
    if due_on is None or entry.punctuality not in said or not source.has_internal:
        return ""
    return said[entry.punctuality].format(han=write_date(due_on))


def is_delayed(entry: TaskEntry) -> bool:
    """Not begun, behind, overdue, or done after the day that the plan names."""
    return entry.status in BEHIND or entry.punctuality in (Punctuality.OVERDUE, Punctuality.DONE_LATE)


# --- one duty ------------------------------------------------------------------------------------------------------


def _write_duty(source: ReportSource, duty: Task, result: TaskResult) -> list[Block]:
    if result.due_on is not None:
        return _write_dated(source, duty, result, result.due_on)
    if not source.is_for_everyone(duty.leads) and result.entries:
        return [_item(source, duty, None, _quote(source, result))]
    return _write_standing(source, duty, result)


def _write_dated(source: ReportSource, duty: Task, result: TaskResult, due_on: dt.date) -> list[Block]:
    words = source.words.organisation
    if len(result.entries) == _count_holders(result) == 1:
        return [_item(source, duty, due_on, _describe_only(source, result.entries[0]))]
    held, total = Counter(entry.punctuality for entry in result.entries), _count_holders(result)
    done = [entry for entry in result.entries if entry.status is TaskStatus.DONE]
    counts = _count(words.done, words.none_done, len(done), total)
    if done:
        undated = sum(entry.punctuality is None for entry in done)
        how = ((words.on_time, held[Punctuality.ON_TIME]), (words.done_late, held[Punctuality.DONE_LATE]))
        counts += f" ({', '.join(_list_counts((*how, (words.undated, undated))))})"
    rest = _list_counts(
        (
            (words.overdue, held[Punctuality.OVERDUE]),
            (words.not_due, held[Punctuality.NOT_DUE]),
            (words.nothing, result.count(TaskStatus.NOTHING)),
        )
    )
    blocks: list[Block] = [_item(source, duty, due_on, join((counts, *rest, *_list_silent(source, result))))]
    late = [entry for entry in result.entries if entry.punctuality is Punctuality.DONE_LATE]
    overdue = [entry for entry in result.entries if entry.punctuality is Punctuality.OVERDUE]
    if source.has_internal and late:
        names = _refer(source, late, source.list_agencies([entry.agency for entry in late]))
        blocks.append(Paragraph(words.names_done_late.format(danh_sach=names), Style.SUBITEM))
    if source.has_internal and overdue:
        blocks.append(Paragraph(words.names_overdue.format(danh_sach=_name(source, overdue)), Style.SUBITEM))
    return blocks


def _write_standing(source: ReportSource, duty: Task, result: TaskResult) -> list[Block]:
    """A duty without an end: who carries it out, and who has not begun or is behind."""
    words = source.words.organisation
    behind = (
        (words.late, result.count(TaskStatus.LATE)),
        (words.not_started, result.count(TaskStatus.NOT_STARTED)),
        (words.nothing, result.count(TaskStatus.NOTHING)),
    )
    counts = _count(words.active, words.none_active, _count_met(result), _count_holders(result))
    blocks: list[Block] = [
        _item(source, duty, None, join((counts, *_list_counts(behind), *_list_silent(source, result))))
    ]
    late = [entry for entry in result.entries if entry.status in BEHIND]
    if source.has_internal and late:
        blocks.append(Paragraph(words.names_late.format(danh_sach=_name(source, late)), Style.SUBITEM))
    return blocks


def _quote(source: ReportSource, result: TaskResult) -> str:
    """What the named agencies say they did, in their own words."""
    said = []
    for entry in sorted(result.entries, key=lambda one: source.order(one.agency)):
        named = f"{source.name(entry.agency)} " if source.has_internal else ""
        said += [f"{named}{entry.status.value.lower()}.", sentence(entry.result)]
    for entry in result.earlier:
        if clean(entry.result):
            before = source.words.organisation.earlier
            said.append(sentence(before.format(ky=name_cycles(source, (entry,)), ket_qua=entry.result)))
    return " ".join((*filter(None, said), *_list_silent(source, result)))


def _describe_only(source: ReportSource, entry: TaskEntry) -> str:
    """The part of the one agency that holds a task with a deadline."""
    said = [source.name(entry.agency)] if source.has_internal else []
    said.append(entry.status.value.lower())
    if entry.done_on is not None and entry.status is TaskStatus.DONE:
        said.append(source.words.tasks.done_on.format(ngay=write_date(entry.done_on)))
    return join((" ".join(said), entry.punctuality.value if entry.punctuality else ""))


def _describe_periodic(source: ReportSource, duty: Task) -> str:
    """The duty to report: what was received says how it was kept, and the coordinator's is this report."""
    words, bound = source.words.organisation, set(source.plan.members(duty.leads))
    if bound == {source.plan.header.coordinator}:
        return words.this_report
    asked = [one for one in source.snapshot.timeliness if one.agency in bound]
    accepted = [one for one in source.snapshot.accepted if one.agency in bound]
    late = sum(one.is_late for one in accepted)
    if not accepted:
        return words.none_periodic.format(tong=count(len(asked)))
    is_all_late = late == len(accepted)
    template = words.periodic_on_time if not late else words.periodic_late if is_all_late else words.periodic
    return template.format(
        nhan=count(len(accepted)),
        tong=count(len(asked)),
        ty_le=share(len(accepted), len(asked)),
        dung_han=count(len(accepted) - late),
        qua_han=count(late),
    )


# --- pieces of a sentence --------------------------------------------------------------------------------------------


def _item(source: ReportSource, duty: Task, due_on: dt.date | None, said: str) -> Paragraph:
    """The letters of section IV are the province's own numbering: the ministry reads the duty alone."""
    words = source.words.organisation
    name = words.duty.format(tieu_de=duty.title, ma=duty.id) if source.has_internal else duty.title
    if due_on is not None:
        name = words.dated.format(viec=name, han=write_date(due_on))
    return Paragraph(f"{name}: {sentence(said)}", Style.ITEM)


def _count(some: str, nobody: str, number: int, total: int) -> str:
    if not number:
        return nobody.format(tong=count(total))
    return some.format(so=count(number), tong=count(total), ty_le=share(number, total))


def _list_counts(counted: Iterable[tuple[str, int]]) -> list[str]:
    return [words.format(so=count(number)) for words, number in counted if number]


def _list_silent(source: ReportSource, result: TaskResult) -> list[str]:
    """Agencies without an answer; a form of an earlier edition did not ask, which is no fault of theirs.

    The ministry reads of both that they have not reported: our forms are no matter of its.
    """
    words = source.words.organisation
    is_duty = source.has_internal and result in source.snapshot.obligations
    accepted = {one.agency for one in source.snapshot.accepted} if is_duty else set[str]()
    unasked = sum(agency in accepted for agency in result.missing)
    done = {entry.agency: entry for entry in result.earlier if entry.status is TaskStatus.DONE}
    before = [done[agency] for agency in result.missing if agency in done and agency not in accepted]
    silent = len(result.missing) - unasked - len(before)
    counts = _list_counts(((words.not_reported, silent), (words.not_asked, unasked)))
    if before:
        counts.append(words.silent_done.format(so=count(len(before)), ky=name_cycles(source, before)))
    return counts


def _count_holders(result: TaskResult) -> int:
    return len(result.entries) + len(result.missing)


def _is_over(source: ReportSource, result: TaskResult) -> bool:
    return result.due_on is not None and result.due_on <= source.cycle.period_to


def _count_met(result: TaskResult) -> int:
    """Agencies that have done it; of a duty without an end those that carry it out."""
    if result.due_on is not None:
        return result.count(TaskStatus.DONE)
    return result.count(TaskStatus.DONE) + result.count(TaskStatus.ON_TRACK)


def _refer(source: ReportSource, entries: Sequence[TaskEntry], said: str) -> str:
    """The annex names those that are only counted here."""
    if len(entries) <= NAMES_SHOWN:
        return said
    return join((said, source.words.organisation.see_details.format(phu_luc=source.annex(DETAILS_ANNEX))))


def _name(source: ReportSource, entries: Sequence[TaskEntry]) -> str:
    """Agencies with the same reason together; many are counted."""
    words, by_reason = source.words.organisation, defaultdict[str, list[str]](list)
    if len(entries) > NAMES_SHOWN:
        return _refer(source, entries, source.list_agencies([entry.agency for entry in entries]))
    for entry in entries:
        by_reason[bare(entry.reason)].append(entry.agency)
    return join(
        words.reason.format(co_quan=source.names(names), ly_do=reason) if reason else source.names(names)
        for reason, names in by_reason.items()
    )
