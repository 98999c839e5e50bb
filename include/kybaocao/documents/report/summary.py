""" "TÓM TẮT": what a leader reads who reads nothing else, and the dashboard of the targets, the worst first.

Twelve lines at most: what got worse stands before what is well, and only a few are named.
"""

from __future__ import annotations

from collections.abc import Sequence

from kybaocao.documents.model import Block, Cell, Paragraph, Row, Section, Style, Table
from kybaocao.documents.report.gaps import is_worse, measure_gap, show_gap_number, weigh_gap
from kybaocao.documents.report.source import ReportSource, capitalise, count, join, share
from kybaocao.documents.report.submission import count_submissions
from kybaocao.documents.report.target_figures import OPEN, Target, list_result_cells, list_targets, show_previous
from kybaocao.documents.report.targets import show_goal
from kybaocao.documents.report.tasks import count_works
from kybaocao.figures.snapshot import Verdict
from kybaocao.plan.targets import Measure

WORST_SHOWN = 5
WORSE_SHOWN = 2
_NAME_LENGTH = 45  # signs of a target's name; the dashboard under it has the whole name
_PERCENT = (Measure.RATIO, Measure.BREACH, Measure.GROWTH)


def write_summary(source: ReportSource) -> Section:
    words = source.words.summary
    targets = sorted(list_targets(source), key=weigh_gap, reverse=True)
    blocks: list[Block] = []
    if source.has_internal:
        blocks.append(Paragraph(_describe_submission(source)))
    blocks += [Paragraph(text, Style.ITEM) for text in _list_items(source, targets)]
    caption = source.words.charts.table_caption.format(so=1, ten=source.words.tables.dashboard.title)
    blocks += [Paragraph(caption, Style.CAPTION), _build_dashboard(source, targets)]
    return Section(words.heading, tuple(blocks))


def _describe_submission(source: ReportSource) -> str:
    expected, accepted, late = count_submissions(source)
    return source.words.submission.expected.format(
        tong=count(expected),
        nhan=count(accepted),
        ty_le=share(accepted, expected),
        dung_han=count(accepted - late),
        qua_han=count(late),
    )


def _list_items(source: ReportSource, targets: Sequence[Target]) -> list[str]:
    words = source.words.summary
    items = []
    worse = [target for target in targets if is_worse(target)]
    if worse:
        named = [
            words.worse_item.format(
                ten=_name(source, target), truoc=show_previous(target).text, nay=list_result_cells(target)[-1].text
            )
            for target in worse[:WORSE_SHOWN]
        ]
        if len(worse) > WORSE_SHOWN:
            named.append(words.others.format(so=count(len(worse) - WORSE_SHOWN)))
        items.append(words.worse.format(danh_sach=join(named)))
    verdicts = [target.verdict for target in targets]
    items.append(
        words.targets.format(
            tong=count(len(targets)),
            dat=count(verdicts.count(Verdict.MET)),
            chua_dat=count(verdicts.count(Verdict.NOT_MET)),
            chua_ro=count(sum(verdict in OPEN for verdict in verdicts)),
        )
    )
    done, late, shares = count_works(source)
    items.append(
        words.tasks.format(luot=count(shares), hoan_thanh=count(done), ty_le=share(done, shares), cham=count(late))
    )
    far = [target for target in targets if measure_gap(target)][:WORST_SHOWN]
    if far:
        named = [words.worst_item.format(ten=_name(source, one), thieu=_show_gap(source, one)) for one in far]
        items.append(words.worst.format(so=count(len(far)), danh_sach=join(named)))
    return items


def _name(source: ReportSource, target: Target) -> str:
    name = target.indicator.name
    if len(name) > _NAME_LENGTH:
        name = name[:_NAME_LENGTH].rpartition(" ")[0].rstrip(" ,;") + "…"
    return source.words.targets.named.format(ten=name, ma=target.indicator.id)


def _build_dashboard(source: ReportSource, targets: Sequence[Target]) -> Table:
    rows = tuple(
        Row(
            (
                Cell(target.indicator.id),
                Cell(target.indicator.name),
                Cell(show_goal(source, target.indicator)),
                list_result_cells(target)[-1] if target.figures.value is not None or not target.parts else Cell("–"),
                Cell(_show_gap(source, target) or "–"),
                show_previous(target),
                Cell(capitalise(target.verdict.value)),
            )
        )
        for target in targets
    )
    return Table("dashboard", source.words.tables.dashboard.columns, rows)


def _show_gap(source: ReportSource, target: Target) -> str:
    """ "6,60 điểm phần trăm", "590 doanh nghiệp"; blank when nothing is missing."""
    gap = measure_gap(target)
    if not gap:
        return ""
    if target.indicator.measure in _PERCENT:
        return source.words.summary.points.format(so=show_gap_number(gap))
    return source.words.summary.units.format(so=show_gap_number(gap, 0), don_vi=target.indicator.unit)
