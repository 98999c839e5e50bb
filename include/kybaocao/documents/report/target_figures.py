"""An indicator's figures as the report prints them: cells of its tables, and the words its sentences use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kybaocao.documents.model import Cell
from kybaocao.documents.report.source import ReportSource, capitalise
from kybaocao.figures.snapshot import Figures, IndicatorResult, PartResult, Snapshot, Verdict
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.vietnamese import format_number

NO_FIGURES = Figures(None, None, None)
NONE = "–"
JUDGED = (Verdict.MET, Verdict.NOT_MET)
UNKNOWN = (Verdict.NO_FIGURE, Verdict.NOT_PUBLISHED, Verdict.NOTHING)  # no figure to print
OPEN = tuple(verdict for verdict in Verdict if verdict not in JUDGED)  # neither met nor missed
_PERCENT = (Measure.RATIO, Measure.BREACH, Measure.GROWTH)
# What these are compared with is stated with them: the ranking, or the figure, before.
_HAS_BASE = (Measure.RANK, Measure.CHANGE)


@dataclass(frozen=True)
class Target:
    """An indicator of the plan with its result, or with None when the snapshot has none."""

    indicator: Indicator
    result: IndicatorResult | None

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict if self.result else Verdict.NO_FIGURE

    @property
    def assessment(self) -> str:
        """The verdict in words, or what is to be expected of a target for the whole year."""
        return self.result.assessment if self.result else self.verdict.value

    @property
    def figures(self) -> Figures:
        return self.result.cumulative if self.result else NO_FIGURES

    @property
    def parts(self) -> tuple[PartResult, ...]:
        return self.result.parts if self.result else ()

    @property
    def ranked_units(self) -> Decimal | None:
        return self.result.ranked_units if self.result else None


def list_targets(source: ReportSource) -> list[Target]:
    """In the order of the plan."""
    return pair_targets(source.plan, source.snapshot)


def pair_targets(plan: Plan, snapshot: Snapshot) -> list[Target]:
    """The same without the words of a report."""
    results = {result.id: result for result in snapshot.indicators}
    return [Target(indicator, results.get(indicator.id)) for indicator in plan.indicators]


def show_outcome(source: ReportSource, target: Target) -> Cell:
    """The result; of a target that is judged part by part, how many parts are met."""
    if target.verdict not in JUDGED or target.figures.value is not None or not target.parts:
        return list_result_cells(target)[-1]
    met = sum(part.verdict is Verdict.MET for part in target.parts)
    return Cell(source.words.targets.parts_met.format(dat=met, tong=len(target.parts)))


def list_part_cells(indicator: Indicator, part: PartResult) -> tuple[Cell, Cell, Cell]:
    """Of one part, as `list_result_cells` of a whole."""
    if indicator.measure is not Measure.RANK or part.verdict in UNKNOWN:
        return list_figure_cells(indicator, part.cumulative, part.verdict)
    return _list_rank_cells(part.cumulative, part.ranked_units, part.previous_ranked_units)


def list_result_cells(target: Target) -> tuple[Cell, Cell, Cell]:
    """Numerator, denominator and result of the figures that were judged; for a rank: now, before, now."""
    figures, result = target.figures, target.result
    if target.indicator.measure is not Measure.RANK or target.verdict in UNKNOWN:
        return list_figure_cells(target.indicator, figures, target.verdict)
    return _list_rank_cells(figures, target.ranked_units, result.previous_ranked_units if result else None)


def _list_rank_cells(
    figures: Figures, ranked: Decimal | None, ranked_before: Decimal | None
) -> tuple[Cell, Cell, Cell]:
    now = Cell(show_rank(figures.numerator, ranked), figures.numerator)
    return now, Cell(show_rank(figures.denominator, ranked_before), figures.denominator), now


def list_figure_cells(indicator: Indicator, figures: Figures, verdict: Verdict) -> tuple[Cell, Cell, Cell]:
    """Numerator, denominator and result; a verdict without figures stands in place of the result."""
    if verdict in UNKNOWN:
        return Cell(NONE), Cell(NONE), Cell(capitalise(verdict.value))
    shown = show_result(indicator, figures, verdict)
    return show_amount(figures.numerator), show_amount(figures.denominator), shown


def show_result(indicator: Indicator, figures: Figures, verdict: Verdict, ranked: Decimal | None = None) -> Cell:
    """ "91,30%", "21/34", "0/412"; `ranked`: among how many a rank is."""
    if figures.value is None:
        return Cell(NONE if verdict in JUDGED else capitalise(verdict.value))
    if indicator.measure is Measure.BREACH:
        # A percentage would be read in the indicator's unit ("lần/năm/doanh nghiệp").
        return Cell(show_fraction(figures), figures.value)
    return Cell(show_value(indicator, figures.value, ranked), figures.value)


def show_value(indicator: Indicator, value: Decimal, ranked: Decimal | None = None) -> str:
    if indicator.measure is Measure.RANK:
        return show_rank(value, ranked)
    if indicator.measure not in _PERCENT:
        return format_number(value)
    return format_number(value, _count_decimals(value, indicator.target)) + "%"


def _count_decimals(value: Decimal, target: Decimal | None) -> int:
    """Two, or up to six where fewer would print a missed target as met (99,998% as 100%)."""
    decimals = 2
    if target is not None and value != target:
        while decimals < 6 and format_number(value, decimals) == format_number(target, decimals):
            decimals += 1
    return decimals


def show_fraction(figures: Figures) -> str:
    return f"{show_amount(figures.numerator).text}/{show_amount(figures.denominator).text}"


def show_rank(rank: Decimal | None, ranked: Decimal | None) -> str:
    """ "21/34"; "21" where the number of ranked units is unknown."""
    if rank is None:
        return NONE
    return format_number(rank) + (f"/{format_number(ranked)}" if ranked is not None else "")


def show_amount(number: Decimal | None) -> Cell:
    return Cell(NONE) if number is None else Cell(format_number(number), number)


def get_previous(target: Target) -> Decimal | None:
    """What the result is compared with: the ranking or figure before, or the report of the previous cycle."""
    if target.indicator.measure in _HAS_BASE and target.figures.denominator is not None:
        return target.figures.denominator
    result = target.result
    return result.previous.value if result and result.previous else None


def show_previous(target: Target) -> Cell:
    """The same; where nothing was published then, that is said."""
    result, base = target.result, target.figures.denominator
    if result is not None and base is not None and target.indicator.measure in _HAS_BASE:
        is_rank = target.indicator.measure is Measure.RANK
        return Cell(show_rank(base, result.previous_ranked_units) if is_rank else format_number(base), base)
    if result is None or result.previous is None:
        return Cell(NONE)
    if result.previous.value is None:
        verdict = result.previous_verdict
        return Cell(capitalise(verdict.value) if verdict in UNKNOWN and verdict else NONE)
    if target.indicator.measure is Measure.RANK:
        return Cell(format_number(result.previous.value), result.previous.value)
    return show_result(target.indicator, result.previous, Verdict.MET)


def show_coverage(result: IndicatorResult | None) -> str:
    """ "88/90": agencies that answered, of those asked."""
    return f"{len(result.reported)}/{result.expected_count}" if result else NONE
