"""Part II, the plan's indicators against their targets, with its table, chart and annex.

A figure is told numerator and denominator first, then the percentage, as provincial reports do; a rank
is told with the number ranked.  What is missing is named as missing, never printed as zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.documents.model import Block, Cell, Chart, Paragraph, Row, RowStyle, Series, Style, Table
from kybaocao.documents.report.origins import describe_imported
from kybaocao.documents.report.source import ReportSource, bare, capitalise, count, join, lower_first, share
from kybaocao.figures.snapshot import Figures, IndicatorResult, PartResult, Verdict
from kybaocao.plan.targets import Direction, Indicator, Measure
from kybaocao.vietnamese import format_date, format_number, format_percent

ANNEX = 1
NOTES_SHOWN = 3  # explanations of agencies in one row of the annex
_NOTHING = Figures(None, None, None)
_NONE = "–"
_NUMBER_OF = "Số "  # how the plan's numerators begin; after a figure the word would be said twice
_PERCENT = (Measure.RATIO, Measure.BREACH, Measure.GROWTH)
_JUDGED = (Verdict.MET, Verdict.NOT_MET)
_OPEN = (Verdict.NO_FIGURE, Verdict.NOT_PUBLISHED, Verdict.NOTHING)


@dataclass(frozen=True)
class _Target:
    """An indicator of the plan with its result, or with none when the snapshot knows nothing of it."""

    indicator: Indicator
    result: IndicatorResult | None

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict if self.result else Verdict.NO_FIGURE

    @property
    def figures(self) -> Figures:
        return self.result.cumulative if self.result else _NOTHING


def write_targets(source: ReportSource) -> tuple[Block, ...]:
    words = source.words.targets
    targets = _targets(source)
    numeric = [target for target in targets if target.indicator.has_number]
    directional = [target for target in targets if not target.indicator.has_number]
    table_caption = source.words.charts.table_caption.format(so=1, ten=source.words.tables.summary.title)
    summary = words.numeric.format(
        ngay=format_date(source.cycle.period_to),
        tong=count(len(numeric)),
        dat=count(_number(numeric, Verdict.MET)),
        ty_le=share(_number(numeric, Verdict.MET), len(numeric)),
    )
    summary = join((summary, *_counts(source, numeric))) + "."
    if directional:
        met = words.directional.format(tong=count(len(directional)), dat=count(_number(directional, Verdict.MET)))
        summary += " " + join((met, *_counts(source, directional))) + "."
    summary += " " + words.see_annex.format(bang=table_caption.split(". ")[0], phu_luc=source.annex(ANNEX))
    blocks: list[Block] = [Paragraph(summary), Paragraph(table_caption, Style.CAPTION)]
    blocks.append(_summary_table(source, numeric, directional))
    note = " ".join(part for part in (words.table_note, describe_imported(source)) if part)
    blocks.append(Paragraph(note, Style.NOTE))
    blocks.extend(_chart(source, targets))
    blocks.extend(_clauses(source, targets))
    return tuple(blocks)


def list_indicator_rows(source: ReportSource) -> Table:
    """Annex I: this period, the cumulative figures and every part."""
    rows: list[Row] = []
    for target in _targets(source):
        indicator, result = target.indicator, target.result
        period = result.period if result else _NOTHING
        estimate = result.estimate if result else None
        has_period = period != _NOTHING
        rows.append(
            Row(
                (
                    Cell(indicator.id),
                    Cell(indicator.name),
                    Cell(indicator.unit),
                    Cell(indicator.target_text),
                    _amount(period.numerator),
                    _amount(period.denominator),
                    _result(indicator, period, target.verdict, _ranked(result)) if has_period else Cell(_NONE),
                    *_figure_cells(target),
                    _amount(estimate),
                    _previous(target),
                    Cell(capitalise(target.verdict.value)),
                    Cell(_coverage(result)),
                    Cell(_notes(source, result)),
                )
            )
        )
        for part in result.parts if result else ():
            blank = (Cell(""),) * 5
            cells = (Cell(part.id), Cell(part.name), *blank, *_part_cells(indicator, part))
            rows.append(
                Row(
                    (*cells, Cell(""), Cell(""), Cell(capitalise(part.verdict.value)), Cell(""), Cell("")),
                    RowStyle.PART,
                )
            )
    return Table("targets", source.words.tables.targets.columns, tuple(rows))


def describe_result(indicator: Indicator, result: IndicatorResult) -> str:
    """The result of one indicator as the tables print it: "91,30%", "21/34", "Chưa có số liệu"."""
    return _figure_cells(_Target(indicator, result))[-1].text


def _targets(source: ReportSource) -> list[_Target]:
    results = {result.id: result for result in source.snapshot.indicators}
    return [_Target(indicator, results.get(indicator.id)) for indicator in source.plan.indicators]


# --- the summary and its table -------------------------------------------------------------------------


def _number(targets: Sequence[_Target], verdict: Verdict) -> int:
    return sum(target.verdict is verdict for target in targets)


def _counts(source: ReportSource, targets: Sequence[_Target]) -> list[str]:
    """The verdicts other than "đạt", each with how many there are."""
    return [
        source.words.targets.count.format(so=count(number), danh_gia=verdict.value)
        for verdict in (Verdict.NOT_MET, *_OPEN)
        if (number := _number(targets, verdict))
    ]


def _summary_table(source: ReportSource, numeric: Sequence[_Target], directional: Sequence[_Target]) -> Table:
    words = source.words.targets
    rows: list[Row] = []
    for title, targets in ((words.numeric_group, numeric), (words.directional_group, directional)):
        if targets:
            rows.append(Row((Cell(title),), RowStyle.GROUP))
        for target in targets:
            rows.append(_summary_row(source, target))
            for part in target.result.parts if target.result else ():
                cells = (Cell(""), Cell(part.name), Cell(""), Cell(""), *_part_cells(target.indicator, part))
                verdict = Cell(capitalise(part.verdict.value))
                rows.append(Row((*cells, Cell(""), verdict, Cell("")), RowStyle.PART))
    return Table("summary", source.words.tables.summary.columns, tuple(rows))


def _summary_row(source: ReportSource, target: _Target) -> Row:
    indicator = target.indicator
    return Row(
        (
            Cell(indicator.id),
            Cell(indicator.name),
            Cell(indicator.unit),
            Cell(_goal(source, indicator)),
            *_figure_cells(target),
            _previous(target),
            Cell(capitalise(target.verdict.value)),
            Cell(_coverage(target.result)),
        )
    )


def _goal(source: ReportSource, indicator: Indicator) -> str:
    """The target in a few signs ("≥ 80%", "15–20%"); the annex gives the plan's own words."""
    words = source.words.targets
    sign = "%" if indicator.unit == "%" else ""

    def show(target: Decimal) -> str:
        return format_number(target) + sign

    if indicator.target is None:
        return words.goals[indicator.direction].format(so="")
    if indicator.target_upper is not None:
        return words.goal_range.format(so=format_number(indicator.target), tren=show(indicator.target_upper))
    return words.goals[indicator.direction].format(so=show(indicator.target))


def _figure_cells(target: _Target) -> tuple[Cell, Cell, Cell]:
    """Numerator, denominator and result of what the verdict was given on."""
    if target.verdict in _OPEN:
        return Cell(_NONE), Cell(_NONE), Cell(capitalise(target.verdict.value))
    figures, result = target.figures, target.result
    if target.indicator.measure is Measure.RANK:
        now = Cell(_rank(figures.numerator, _ranked(result)), figures.numerator)
        before = Cell(_rank(figures.denominator, result.previous_ranked_units if result else None), figures.denominator)
        return now, before, now
    shown = _result(target.indicator, figures, target.verdict, None)
    return _amount(figures.numerator), _amount(figures.denominator), shown


def _part_cells(indicator: Indicator, part: PartResult) -> tuple[Cell, Cell, Cell]:
    if part.verdict in _OPEN:
        return Cell(_NONE), Cell(_NONE), Cell(capitalise(part.verdict.value))
    figures = part.cumulative
    result = _result(indicator, figures, part.verdict, None)
    return _amount(figures.numerator), _amount(figures.denominator), result


def _result(indicator: Indicator, figures: Figures, verdict: Verdict, ranked: Decimal | None) -> Cell:
    if figures.value is None:
        return Cell(_NONE if verdict in _JUDGED else capitalise(verdict.value))
    if indicator.measure is Measure.BREACH:
        # A percentage would be read in the indicator's unit ("lần/năm/doanh nghiệp").
        return Cell(_fraction(figures), figures.value)
    return Cell(_show(indicator, figures.value, ranked), figures.value)


def _show(indicator: Indicator, value: Decimal, ranked: Decimal | None) -> str:
    if indicator.measure is Measure.RANK:
        return _rank(value, ranked)
    if indicator.measure not in _PERCENT:
        return format_number(value)
    return format_number(value, _places(value, indicator.target)) + "%"


def _places(value: Decimal, target: Decimal | None) -> int:
    """Two decimals, or as many as it takes for 99,998% not to be printed as the 100% it misses."""
    places = 2
    if target is not None and value != target:
        while places < 6 and format_number(value, places) == format_number(target, places):
            places += 1
    return places


def _fraction(figures: Figures) -> str:
    return f"{_amount(figures.numerator).text}/{_amount(figures.denominator).text}"


def _rank(place: Decimal | None, ranked: Decimal | None) -> str:
    if place is None:
        return _NONE
    return format_number(place) + (f"/{format_number(ranked)}" if ranked is not None else "")


def _amount(number: Decimal | None) -> Cell:
    return Cell(_NONE) if number is None else Cell(format_number(number), number)


def _ranked(result: IndicatorResult | None) -> Decimal | None:
    return result.ranked_units if result else None


def _previous(target: _Target) -> Cell:
    """The same indicator in the report of the previous cycle."""
    result = target.result
    if result is None or result.previous is None:
        return Cell(_NONE)
    if result.previous.value is None:
        verdict = result.previous_verdict
        return Cell(capitalise(verdict.value) if verdict in _OPEN and verdict else _NONE)
    if target.indicator.measure is Measure.RANK:
        return Cell(format_number(result.previous.value), result.previous.value)
    return _result(target.indicator, result.previous, Verdict.MET, None)


def _coverage(result: IndicatorResult | None) -> str:
    return f"{len(result.reported)}/{result.expected_count}" if result else _NONE


def _notes(source: ReportSource, result: IndicatorResult | None) -> str:
    if result is None:
        return ""
    notes = sorted(result.notes, key=lambda note: source.order(note[0]))
    shown = [f"{source.name(agency)}: {bare(text)}" for agency, text in notes[:NOTES_SHOWN] if bare(text)]
    if result.nothing_count and result.expected_count > 1:
        shown.insert(0, f"{Verdict.NOTHING.value}: {result.nothing_count}")
    if result.no_figure_count and result.expected_count > 1:
        shown.insert(0, f"{Verdict.NO_FIGURE.value}: {result.no_figure_count}")
    if len(notes) > NOTES_SHOWN:
        shown.append("…")
    return capitalise(join(shown))


# --- the chart -----------------------------------------------------------------------------------------


def _chart(source: ReportSource, targets: Sequence[_Target]) -> list[Block]:
    """Ratios that every agency reports (in the plan of 2026: those of its PHỤ LỤC and T13)."""
    words = source.words.charts
    shown = [
        target
        for target in targets
        if target.indicator.measure is Measure.RATIO
        and target.indicator.target is not None
        and source.is_for_everyone(target.indicator.reporters)
        and target.verdict in _JUDGED
        and target.figures.value is not None
    ]
    if not shown:
        return []
    values = tuple(target.figures.value or Decimal(0) for target in shown)
    return [
        Chart(
            "targets",
            words.targets,
            tuple(
                words.indicator.format(
                    ma=target.indicator.id,
                    ten=target.indicator.name,
                    muc_tieu=lower_first(target.indicator.target_text),
                )
                for target in shown
            ),
            (Series(words.value, values),),
            tuple(target.indicator.target or Decimal(0) for target in shown),
            words.target,
            "%",
        )
    ]


# --- the sentences -------------------------------------------------------------------------------------


def _clauses(source: ReportSource, targets: Sequence[_Target]) -> list[Block]:
    words = source.words.targets
    blocks: list[Block] = []
    number = 0
    for title, verdict in ((words.met, Verdict.MET), (words.not_met, Verdict.NOT_MET)):
        chosen = [target for target in targets if target.verdict is verdict]
        if chosen:
            number += 1
            blocks.append(Paragraph(f"{number}. {title}", Style.CLAUSE))
            blocks.extend(Paragraph(_describe(source, target), Style.ITEM) for target in chosen)
    waiting = [(verdict, [t for t in targets if t.verdict is verdict]) for verdict in _OPEN]
    if any(chosen for _, chosen in waiting):
        blocks.append(Paragraph(f"{number + 1}. {words.unknown}", Style.CLAUSE))
    for verdict, chosen in waiting:
        if chosen:
            names = join(words.named.format(ten=target.indicator.name, ma=target.indicator.id) for target in chosen)
            text = words.unknown_item.format(danh_gia=capitalise(verdict.value), so=count(len(chosen)), danh_sach=names)
            blocks.append(Paragraph(text + ".", Style.ITEM))
    return blocks


def _describe(source: ReportSource, target: _Target) -> str:
    """One indicator that has a verdict, in a sentence."""
    words = source.words.targets
    indicator, result = target.indicator, target.result
    assert result is not None  # a verdict was given on something
    clauses = [_describe_figures(source, target)]
    value, goal = target.figures.value, indicator.target
    if indicator.measure is Measure.COUNT and indicator.direction is Direction.AT_LEAST and goal and value is not None:
        clauses.append(words.share_of_target.format(ty_le=format_percent(value * 100 / goal)))
    if result.estimate is not None:
        clauses.append(words.estimate.format(so=format_number(result.estimate)))
    if indicator.measure is Measure.RANK:
        clauses.append(_describe_rank_change(source, result))
    if indicator.measure is Measure.CHANGE and target.figures.denominator is not None:
        clauses.append(
            words.change_from.format(
                thay_doi=_describe_change(source, result.cumulative),
                so_goc=format_number(target.figures.denominator),
                don_vi=indicator.unit,
            )
        )
    if result.published_on:
        clauses.append(words.published.format(ngay=format_date(result.published_on)))
    if result.parts:
        clauses.append(
            words.parts.format(danh_sach=", ".join(_describe_part(source, indicator, p) for p in result.parts))
        )
    if result.previous is not None and result.previous.value is not None and indicator.measure is not Measure.RANK:
        clauses.append(words.previous.format(ket_qua=_previous(target).text))
    if result.expected_count > 1:
        clauses.append(words.coverage.format(so=_coverage(result)))
    return f"{words.named.format(ten=indicator.name, ma=indicator.id)}: {join(clauses)}."


def _describe_figures(source: ReportSource, target: _Target) -> str:
    words, indicator, figures = source.words.targets, target.indicator, target.figures
    goal = lower_first(indicator.target_text)
    if figures.value is None:  # judged part by part; there is no figure of the whole
        return words.whole.format(muc_tieu=goal)
    if indicator.measure in (Measure.RATIO, Measure.BREACH):
        numbers = {"tu_so": _amount(figures.numerator).text, "mau_so": _amount(figures.denominator).text}
        shown = _show(indicator, figures.value, None)
        if indicator.measure is Measure.RATIO:
            return words.ratio.format(**numbers, ket_qua=shown, muc_tieu=goal)
        breach = lower_first(bare(indicator.numerator.removeprefix(_NUMBER_OF)))
        return words.breach.format(**numbers, vi_pham=breach, ket_qua=shown, muc_tieu=goal)
    if indicator.measure is Measure.GROWTH:
        return words.growth.format(
            so=_amount(figures.numerator).text,
            thay_doi=_describe_growth(source, indicator, figures.value),
            so_goc=_amount(figures.denominator).text,
            muc_tieu=goal,
        )
    if indicator.measure is Measure.RANK:
        return words.rank.format(hang=_rank(figures.value, _ranked(target.result)), muc_tieu=goal)
    template = words.amount if indicator.measure is Measure.COUNT else words.change
    return template.format(so=format_number(figures.value), don_vi=indicator.unit, muc_tieu=goal)


def _describe_growth(source: ReportSource, indicator: Indicator, value: Decimal) -> str:
    words = source.words.targets
    if value == 0:
        return words.same
    return (words.up if value > 0 else words.down).format(so=_show(indicator, abs(value), None))


def _describe_change(source: ReportSource, figures: Figures) -> str:
    words = source.words.targets
    difference = (figures.numerator or Decimal(0)) - (figures.denominator or Decimal(0))
    if figures.numerator is None or difference == 0:
        return words.same
    return (words.up if difference > 0 else words.down).format(so=format_number(abs(difference)))


def _describe_rank_change(source: ReportSource, result: IndicatorResult) -> str:
    """A rank among 34 is not compared with a rank among 63: only both are told."""
    words, now, before = source.words.targets, result.cumulative.numerator, result.cumulative.denominator
    if now is None or before is None:
        return ""
    shown = _rank(before, result.previous_ranked_units)
    if result.previous_ranked_units is not None and result.previous_ranked_units != result.ranked_units:
        return words.rank_apart.format(hang_truoc=shown)
    gained = before - now
    if gained == 0:
        change = words.places_same
    else:
        change = (words.places_up if gained > 0 else words.places_down).format(so=format_number(abs(gained)))
    return words.rank_change.format(thay_doi=change, hang_truoc=shown)


def _describe_part(source: ReportSource, indicator: Indicator, part: PartResult) -> str:
    figures = part.cumulative
    name = lower_first(part.name)
    if part.verdict in _OPEN or figures.value is None:
        return f"{name} {part.verdict.value}"
    if indicator.measure in (Measure.RATIO, Measure.BREACH):
        return f"{name} {_fraction(figures)} ({_show(indicator, figures.value, None)})"
    if indicator.measure is Measure.GROWTH:
        return f"{name} {_amount(figures.numerator).text} ({_describe_growth(source, indicator, figures.value)})"
    if indicator.measure is Measure.CHANGE and figures.denominator is not None:
        return f"{name} {format_number(figures.value)} ({_describe_change(source, figures)})"
    return f"{name} {format_number(figures.value)}"
