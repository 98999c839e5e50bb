"""How far a result is from its target: what the dashboard, the summary and the charts are sorted by."""

from __future__ import annotations

from decimal import Decimal

from kybaocao.documents.report.target_figures import JUDGED, Target, get_previous
from kybaocao.figures.snapshot import Figures, Outlook, Verdict
from kybaocao.plan.targets import Direction, Indicator, Measure
from kybaocao.vietnamese import format_number

_HOPED = (Outlook.WILL_MEET.value, Outlook.ON_PACE.value)
_HUNDRED = Decimal(100)
_NOTHING = Decimal(0)
_LESS_IS_BETTER = (Direction.AT_MOST, Direction.BELOW, Direction.DECREASE)


def measure_gap(target: Target) -> Decimal | None:
    """What is missing, in the unit of the result: points of per cent, places, the number itself; 0 when met.

    None where the result is not judged, or is judged part by part.
    """
    if target.verdict not in JUDGED:
        return None
    if target.figures.value is None:
        gaps = [_measure(target.indicator, part.cumulative, part.verdict) for part in target.parts]
        known = [gap for gap in gaps if gap is not None]
        return max(known) if known else None
    return _measure(target.indicator, target.figures, target.verdict)


def is_hoped(target: Target) -> bool:
    """Not met yet, but to be met by the end of the year, as far as one can say now."""
    return target.verdict is Verdict.NOT_MET and target.assessment in _HOPED


def is_missed(target: Target) -> bool:
    """Not met, and nothing says that it will be: what is called far from its target, and by how much."""
    return bool(measure_gap(target)) and not is_hoped(target)


def rank_by_gap(target: Target) -> tuple[int, Decimal]:
    """For sorting, the worst highest: missed by how much, then hoped for, met, and what cannot be judged."""
    if target.verdict not in JUDGED:
        return 0, _NOTHING
    if target.assessment == Verdict.MET.value:
        return 1, _NOTHING
    return (2 if is_hoped(target) else 3), _weigh_gap(target)


def _weigh_gap(target: Target) -> Decimal:
    """The gap as a share, so that results in different units can be sorted."""
    gap = measure_gap(target)
    if gap is None:
        return _NOTHING
    measure, goal = target.indicator.measure, target.indicator.target
    if measure in (Measure.RATIO, Measure.BREACH, Measure.GROWTH):
        return gap / _HUNDRED
    if measure is Measure.RANK:
        return gap / (target.ranked_units or _HUNDRED)
    base = goal if measure is Measure.COUNT else target.figures.denominator
    return gap / (abs(base) if base else _HUNDRED)  # parts have no common base


def is_worse(target: Target) -> bool:
    """Whether the result is worse than in the previous report; ranks are compared only among equally many."""
    result, indicator = target.result, target.indicator
    if result is None or target.verdict not in JUDGED:
        return False
    if result.ranked_units != result.previous_ranked_units:
        return False
    now, before = target.figures.value, get_previous(target)
    if now is None or before is None:
        return False
    if indicator.measure is Measure.RANK:
        return now > before
    is_less_better = indicator.measure is Measure.BREACH or indicator.direction in _LESS_IS_BETTER
    return now > before if is_less_better else now < before


def show_gap_number(gap: Decimal, least: int = 2) -> str:
    """At least so many decimals, or up to six where fewer would print a gap as none."""
    places = next((places for places in range(least, 6) if round(gap, places)), 6)
    if least == 0 and gap != round(gap):
        places = max(places, 2)
    return format_number(gap, places)


def name_gap_unit(indicator: Indicator) -> str:
    """Places between ranks, the unit of the result otherwise."""
    return "bậc" if indicator.measure is Measure.RANK else indicator.unit


def _measure(indicator: Indicator, figures: Figures, verdict: Verdict) -> Decimal | None:
    if verdict is Verdict.MET:
        return _NOTHING
    value, goal = figures.value, indicator.target
    if verdict is not Verdict.NOT_MET or value is None:
        return None
    if indicator.measure is Measure.BREACH:
        return value
    if indicator.measure in (Measure.RANK, Measure.CHANGE):
        return _measure_change(indicator, figures)
    if goal is None:
        return None
    return goal - value if indicator.direction in (Direction.EQUAL, Direction.AT_LEAST) else value - goal


def _measure_change(indicator: Indicator, figures: Figures) -> Decimal | None:
    now, before = figures.numerator, figures.denominator
    if now is None or before is None:
        return None
    gain = before - now if indicator.measure is Measure.RANK else now - before
    if indicator.direction is Direction.UP_PLACES:
        return (indicator.target or _NOTHING) - gain
    return gain if indicator.direction is Direction.DECREASE else -gain
