"""Met or not met: a result against its target."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from kybaocao.figures.snapshot import Figures, Verdict
from kybaocao.plan.form_edition import Words
from kybaocao.plan.targets import Direction, Indicator, Measure

_HUNDRED = Decimal(100)
_WORST_FIRST = (
    Verdict.NOT_MET,
    Verdict.NO_FIGURE,
    Verdict.NOT_PUBLISHED,
    Verdict.NOT_COMPARABLE,
    Verdict.MET,
    Verdict.NOTHING,
)


def derive_value(measure: Measure, numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """The figure shown as "kết quả"; None when it cannot be derived (a zero or missing denominator)."""
    if numerator is None:
        return None
    if measure in (Measure.RATIO, Measure.BREACH):
        return numerator / denominator * _HUNDRED if denominator else None
    if measure is Measure.GROWTH:
        return (numerator / denominator - 1) * _HUNDRED if denominator else None
    return numerator


def judge_value(indicator: Indicator, figures: Figures, *, is_comparable: bool = True) -> Verdict:
    """The verdict on summed figures. `target_upper` does not count: beyond it the target is still met.

    `is_comparable`: of two ranks, both are among equally many.
    """
    numerator, denominator, value = figures.numerator, figures.denominator, figures.value
    if indicator.measure is Measure.BREACH:
        if numerator is None:
            return Verdict.NO_FIGURE
        if denominator == 0:
            return Verdict.NOTHING
        return Verdict.MET if numerator == 0 else Verdict.NOT_MET
    if indicator.measure in (Measure.RANK, Measure.CHANGE):
        return _judge_change(indicator, numerator, denominator, is_comparable)
    if value is None:
        nothing = indicator.measure is Measure.RATIO and denominator == 0
        return Verdict.NOTHING if nothing else Verdict.NO_FIGURE
    assert indicator.target is not None
    return Verdict.MET if is_within(indicator.direction, value, indicator.target) else Verdict.NOT_MET


def is_within(direction: Direction, value: Decimal, target: Decimal) -> bool:
    """Whether a value is on the right side of its target."""
    if direction is Direction.BELOW:
        return value < target
    return value <= target if direction is Direction.AT_MOST else value >= target


def _judge_change(indicator: Indicator, now: Decimal | None, before: Decimal | None, is_comparable: bool) -> Verdict:
    """A rank is better when smaller; a target without a number compares with the previous figure."""
    if now is None or before is None:
        return Verdict.NO_FIGURE
    if not is_comparable:
        return Verdict.NOT_COMPARABLE
    gain = before - now if indicator.measure is Measure.RANK else now - before
    met = {
        Direction.UP_PLACES: gain >= (indicator.target or 0),
        Direction.NOT_WORSE: gain >= 0,
        Direction.INCREASE: gain > 0,
        Direction.DECREASE: gain < 0,
    }[indicator.direction]
    return Verdict.MET if met else Verdict.NOT_MET


def judge_statuses(statuses: Iterable[str], words: Words) -> Verdict | None:
    """The verdict that the agencies' statuses give alone; None when it depends on the figures."""
    found = set(statuses)
    if not found:
        return Verdict.NO_FIGURE
    if found == {words.nothing}:
        return Verdict.NOTHING
    return Verdict.NOT_PUBLISHED if found == {words.not_published} else None


def choose_worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on an indicator whose parts must each be met."""
    return min(verdicts, key=_WORST_FIRST.index)
