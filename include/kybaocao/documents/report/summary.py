""" "TÓM TẮT": what a leader reads who reads nothing else, and the dashboard of the targets, the worst first.

Twelve lines at most: what got worse stands before what is well, and only a few are named.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from kybaocao.documents.model import Block, Cell, Paragraph, Row, Section, Style, Table
from kybaocao.documents.report.codes import head_columns, name_target, show_code
from kybaocao.documents.report.gaps import is_missed, is_worse, measure_gap, name_gap_unit, rank_by_gap, show_gap_number
from kybaocao.documents.report.organisation import summarise_organisation
from kybaocao.documents.report.source import ReportSource, capitalise, count, join, sentence, share
from kybaocao.documents.report.submission import count_submissions, describe_counts
from kybaocao.documents.report.target_figures import (
    JUDGED,
    Target,
    list_result_cells,
    list_targets,
    show_outcome,
    show_previous,
)
from kybaocao.documents.report.targets import show_goal
from kybaocao.documents.report.works import list_works
from kybaocao.figures.headline import count_headline
from kybaocao.figures.snapshot import TaskStatus
from kybaocao.figures.task_counts import count_tasks
from kybaocao.plan.targets import Measure

MOST_LINES = 12
WORST_SHOWN = 5  # fewer where the lines before them leave no room
WORSE_SHOWN = 2
_SIGNS_IN_A_LINE = 76  # as printed; the first line of a paragraph is indented
_INDENT = 8
_PERCENT = (Measure.RATIO, Measure.BREACH, Measure.GROWTH)


def write_summary(source: ReportSource) -> Section:
    words = source.words.summary
    targets = sorted(list_targets(source), key=rank_by_gap, reverse=True)
    opening = _open(source, targets)
    items = _list_items(source, targets)
    items += _list_worst(source, targets, MOST_LINES - sum(map(_count_lines, (opening, *items))))
    blocks: list[Block] = [Paragraph(opening), *(Paragraph(text, Style.ITEM) for text in items)]
    caption = source.words.charts.table_caption.format(so=1, ten=source.words.tables.dashboard.title)
    if not source.has_internal:
        caption += " " + source.words.summary.numbered.format(phu_luc=source.annex(1))
    blocks += [Paragraph(caption, Style.CAPTION), _build_dashboard(source, targets)]
    return Section(words.heading, tuple(blocks))


def _open(source: ReportSource, targets: Sequence[Target]) -> str:
    """The headline; UBND tỉnh reads first how many reported and when, which is the province's own matter."""
    headline, (_, accepted, _) = count_headline(source.snapshot), count_submissions(source)
    if not accepted or not _is_judged(targets):
        return describe_counts(source)
    if not source.has_internal:
        return str(dataclasses.replace(headline, late=0))
    return f"{describe_counts(source)} {sentence(headline.targets)}"


def _is_judged(targets: Sequence[Target]) -> bool:
    return any(target.verdict in JUDGED for target in targets)


def _list_items(source: ReportSource, targets: Sequence[Target]) -> list[str]:
    words = source.words.summary
    items = []
    worse = [target for target in targets if is_worse(target)]
    if worse:
        named = [
            words.worse_item.format(
                ten=name_target(source, target.indicator, is_brief=True),
                truoc=show_previous(target).text,
                nay=list_result_cells(target)[-1].text,
            )
            for target in worse[:WORSE_SHOWN]
        ]
        if len(worse) > WORSE_SHOWN:
            named.append(words.others.format(so=count(len(worse) - WORSE_SHOWN)))
        items.append(words.worse.format(danh_sach=join(named)))
    if not _is_judged(targets):
        items.append(words.no_targets.format(tong=count(len(targets))))
    items.append(_count_tasks(source))
    if organisation := summarise_organisation(source):
        items.append(organisation)
    return items


def _list_worst(source: ReportSource, targets: Sequence[Target], room: int) -> list[str]:
    """The targets furthest from their goal, as many as there is room for. `room`: lines."""
    words = source.words.summary
    named = [
        words.worst_item.format(
            ten=one.indicator.brief_name, thieu=_show_gap(source, one)
        )  # codes: below, in the table
        for one in targets
        if is_missed(one)
    ]
    for shown in range(min(WORST_SHOWN, len(named)), 0, -1):
        text = words.worst.format(so=count(shown), danh_sach=join(named[:shown]))
        if _count_lines(text) <= room or shown == 1:
            return [text]
    return []


def _count_lines(text: str) -> int:
    return math.ceil((len(text) + _INDENT) / _SIGNS_IN_A_LINE)


def _count_tasks(source: ReportSource) -> str:
    words = source.words.summary
    counts = count_tasks(list_works(source))
    done, late, shares = counts.count(TaskStatus.DONE), counts.count(TaskStatus.LATE), counts.total
    if not any(task.entries for task in source.snapshot.tasks):
        return words.no_tasks.format(luot=count(shares))
    return words.tasks.format(luot=count(shares), hoan_thanh=count(done), ty_le=share(done, shares), cham=count(late))


def _build_dashboard(source: ReportSource, targets: Sequence[Target]) -> Table:
    """For who knows no codes, a target has the number that it has in the annex."""
    positions = {indicator.id: position for position, indicator in enumerate(source.plan.indicators, start=1)}
    rows = tuple(
        Row(
            (
                show_code(source, target.indicator.id, positions[target.indicator.id]),
                Cell(target.indicator.name),
                Cell(show_goal(source, target.indicator)),
                show_outcome(source, target),
                Cell(_show_gap(source, target) or "–"),
                show_previous(target),
                Cell(capitalise(target.assessment)),
            )
        )
        for target in targets
    )
    return Table("dashboard", head_columns(source, source.words.tables.dashboard.columns), rows)


def _show_gap(source: ReportSource, target: Target) -> str:
    """ "6,60 điểm phần trăm", "590 doanh nghiệp"; blank when nothing is missing."""
    gap = measure_gap(target)
    if not gap:
        return ""
    if target.indicator.measure in _PERCENT:
        return source.words.summary.points.format(so=show_gap_number(gap))
    return source.words.summary.units.format(so=show_gap_number(gap, 0), don_vi=name_gap_unit(target.indicator))
