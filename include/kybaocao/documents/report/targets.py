"""Part II, the plan's indicators against their targets: summary, table, chart, clauses; and annex I.

A figure that is missing is named as missing, never printed as zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from kybaocao.documents.model import Block, Cell, Chart, Paragraph, Row, RowStyle, Series, Style, Table
from kybaocao.documents.report.codes import head_columns, name_target, show_code
from kybaocao.documents.report.discrepancies import describe_discrepancy
from kybaocao.documents.report.gaps import is_worse, measure_gap, rank_by_gap, show_gap_number
from kybaocao.documents.report.origins import describe_imported
from kybaocao.documents.report.source import (
    LOCAL_KINDS,
    ReportSource,
    bare,
    capitalise,
    count,
    join,
    lower_first,
    sentence,
    share,
)
from kybaocao.documents.report.target_figures import (
    JUDGED,
    NO_FIGURES,
    NONE,
    Target,
    list_part_cells,
    list_result_cells,
    list_targets,
    show_amount,
    show_coverage,
    show_outcome,
    show_previous,
    show_result,
)
from kybaocao.documents.report.target_sentences import write_clauses
from kybaocao.figures.headline import ASSESSMENTS
from kybaocao.figures.snapshot import IndicatorResult, Verdict
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.vietnamese import format_number, write_date

ANNEX = 1
NOTES_SHOWN = 3  # explanations of agencies in one row of the annex
_BLANK = (Cell(""),)


def write_targets(source: ReportSource) -> tuple[Block, ...]:
    words = source.words.targets
    targets = list_targets(source)
    numeric = [target for target in targets if target.indicator.has_number]
    directional = [target for target in targets if not target.indicator.has_number]
    if all(target.verdict not in JUDGED and target.figures == NO_FIGURES for target in targets):
        imported = describe_imported(source)
        notes = [Paragraph(imported, Style.NOTE)] if imported else []
        said = words.no_figures.format(tong=count(len(targets)), bang=source.name_table(1))
        return Paragraph(said), *notes  # the table on the first pages has just named all of them
    summary = words.numeric.format(
        ngay=write_date(source.cycle.period_to),
        tong=count(len(numeric)),
        dat=count(_count_met(numeric)),
        ty_le=share(_count_met(numeric), len(numeric)),
    )
    summary = join((summary, *_list_counts(source, numeric))) + "."
    if directional:
        met = words.directional.format(tong=count(len(directional)), dat=count(_count_met(directional)))
        summary += " " + join((met, *_list_counts(source, directional))) + "."
    summary += " " + words.see_annex.format(bang=source.name_table(1), phu_luc=source.annex(ANNEX))
    blocks: list[Block] = [Paragraph(summary), *_list_worse(source, targets)]
    note = " ".join(part for part in (words.table_note, describe_imported(source)) if part)
    blocks.append(Paragraph(note, Style.NOTE))
    if source.has_internal:
        found = (describe_discrepancy(source.plan, one) for one in source.snapshot.discrepancies)
        blocks.extend(Paragraph(capitalise(sentence(text)), Style.NOTE) for text in found)
    blocks.extend(_build_chart(source, targets))
    blocks.extend(write_clauses(source, targets))
    return tuple(blocks)


def _list_worse(source: ReportSource, targets: Sequence[Target]) -> list[Block]:
    """What got worse, the farthest from its target first, met or not."""
    words = source.words
    worse = sorted((target for target in targets if is_worse(target)), key=rank_by_gap, reverse=True)
    if not worse:
        return []
    named = [
        words.summary.worse_item.format(
            ten=name_target(source, target.indicator, is_brief=True),
            truoc=show_previous(target).text,
            nay=list_result_cells(target)[-1].text,
        )
        for target in worse
    ]
    return [Paragraph(words.targets.worse.format(so=count(len(worse)), danh_sach=join(named)))]


def list_indicator_rows(source: ReportSource) -> Table:
    """Annex I: this period, the cumulative figures and every part."""
    rows: list[Row] = []
    for position, target in enumerate(list_targets(source), start=1):
        indicator, result = target.indicator, target.result
        period = result.period if result else NO_FIGURES
        has_period = period != NO_FIGURES
        rows.append(
            Row(
                (
                    show_code(source, indicator.id, position),
                    Cell(indicator.name),
                    Cell(indicator.unit),
                    Cell(indicator.target_text),
                    show_amount(period.numerator),
                    show_amount(period.denominator),
                    show_result(indicator, period, target.verdict, target.ranked_units) if has_period else Cell(NONE),
                    *list_result_cells(target)[:2],
                    show_outcome(source, target),
                    show_amount(result.estimate if result else None),
                    show_previous(target),
                    Cell(capitalise(target.assessment)),
                    Cell(show_coverage(result)),
                    Cell(_join_notes(source, result)),
                )
            )
        )
        for number, part in enumerate(target.parts, start=1):
            figures = list_part_cells(indicator, part)
            verdict = Cell(capitalise(part.verdict.value))
            code = Cell(part.id if source.has_internal else f"{position}.{number}")
            cells = (code, Cell(part.name), *_BLANK * 5, *figures, *_BLANK * 2, verdict, *_BLANK * 2)
            rows.append(Row(cells, RowStyle.PART))
    return Table("targets", head_columns(source, source.words.tables.targets.columns), tuple(rows))


def describe_result(indicator: Indicator, result: IndicatorResult) -> str:
    """The result of one indicator as the tables print it: "91,30%", "21/34", "Chưa có số liệu"."""
    return list_result_cells(Target(indicator, result))[-1].text


def _count_met(targets: Sequence[Target]) -> int:
    return sum(target.assessment == Verdict.MET.value for target in targets)


def _list_counts(source: ReportSource, targets: Sequence[Target]) -> list[str]:
    """The assessments other than "đạt", each with how many there are: the headline's counts, in its order."""
    found = Counter(target.assessment for target in targets)
    return [
        source.words.targets.count.format(so=count(found[one.value]), danh_gia=one.value)
        for one in ASSESSMENTS
        if one is not Verdict.MET and found[one.value]
    ]


def show_goal(source: ReportSource, indicator: Indicator) -> str:
    """The target in a few signs ("≥ 80%", "15–20%"); the annex gives the plan's own words."""
    words = source.words.targets
    sign = "%" if indicator.unit == "%" else ""

    def show(target: Decimal) -> str:
        return format_number(target) + sign

    if indicator.target is None:
        return words.goals[indicator.direction].format(so="", don_vi=indicator.unit)
    if indicator.target_upper is not None:
        return words.goal_range.format(so=format_number(indicator.target), tren=show(indicator.target_upper))
    return words.goals[indicator.direction].format(so=show(indicator.target), don_vi=indicator.unit)


def _join_notes(source: ReportSource, result: IndicatorResult | None) -> str:
    if result is None:
        return ""
    notes = [note for note in result.notes if bare(note[1]) and _is_shown(source, note[0])]
    notes.sort(key=lambda note: source.order(note[0]))
    shown = [f"{source.name(agency)}: {bare(text)}" for agency, text in notes[:NOTES_SHOWN]]
    if result.nothing_count and result.expected_count > 1:
        shown.insert(0, f"{Verdict.NOTHING.value}: {result.nothing_count}")
    if result.no_figure_count and result.expected_count > 1:
        shown.insert(0, f"{Verdict.NO_FIGURE.value}: {result.no_figure_count}")
    if len(notes) > NOTES_SHOWN:
        shown.append(source.words.targets.more_notes.format(so=count(len(notes) - NOTES_SHOWN)))
    return capitalise(join(shown))


def _is_shown(source: ReportSource, agency: str) -> bool:
    """The ministry does not read what single communes remark."""
    return source.has_internal or source.kind(agency) not in LOCAL_KINDS


def _build_chart(source: ReportSource, targets: Sequence[Target]) -> list[Block]:
    """Ratios that every agency reports (in the plan of 2026: those of its PHỤ LỤC and T13)."""
    words = source.words.charts
    shown = [
        target
        for target in targets
        if target.indicator.measure is Measure.RATIO
        and target.indicator.target is not None
        and source.is_for_everyone(target.indicator.reporters)
        and target.verdict in JUDGED
        and target.figures.value is not None
    ]
    if not shown:
        return []
    shown.sort(key=rank_by_gap, reverse=True)  # the worst first
    values = tuple(target.figures.value or Decimal(0) for target in shown)
    return [
        Chart(
            "targets",
            _name_chart(source, shown),
            tuple(_label(source, target) for target in shown),
            (Series(words.value, values),),
            tuple(target.indicator.target or Decimal(0) for target in shown),
            words.target,
            "%",
        )
    ]


def _label(source: ReportSource, target: Target) -> str:
    words, indicator = source.words.charts, target.indicator
    goal = lower_first(indicator.target_text)
    if source.has_internal:
        return words.indicator.format(ma=indicator.id, ten=indicator.name, muc_tieu=goal)
    return source.words.targets.goal.format(ket_qua=indicator.name, muc_tieu=goal)


def _name_chart(source: ReportSource, shown: Sequence[Target]) -> str:
    """What the picture shows. `shown`: the worst first; one is named only when no other is as far."""
    words = source.words.charts
    counts = {"dat": count(_count_met(shown)), "tong": count(len(shown))}
    gaps = [measure_gap(target) or Decimal(0) for target in shown]
    if not gaps[0] or gaps.count(gaps[0]) > 1:
        return words.targets_finding.format(**counts)
    return words.targets_worst.format(**counts, ma=shown[0].indicator.id, thieu=show_gap_number(gaps[0]))
