"""Figures of different agencies that count the same thing (`doi_chieu` of a target) and differ.

No file is sent back for it: nobody knows which of the two is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from kybaocao.figures.snapshot import Discrepancy, Figures, IndicatorResult
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import NUMERATOR


def find_discrepancies(plan: Plan, results: Iterable[IndicatorResult]) -> tuple[Discrepancy, ...]:
    """In the order of the plan. A figure that is unknown, or that not every agency has reported, differs from none."""
    known = {row: figures for result in results if not result.missing for row, figures in _list_rows(result)}
    found = []
    for indicator in plan.indicators:
        for check in indicator.cross_checks:
            mine = _take(known, indicator.id, check.figure)
            other = _take(known, check.other, check.other_figure)
            if mine is not None and other is not None and mine != other:
                found.append(Discrepancy(indicator.id, check.figure, mine, check.other, check.other_figure, other))
    return tuple(found)


def _list_rows(result: IndicatorResult) -> Iterable[tuple[str, Figures]]:
    yield result.id, result.cumulative
    for part in result.parts:
        yield part.id, part.cumulative


def _take(known: Mapping[str, Figures], row: str, figure: str) -> Decimal | None:
    if row not in known:
        return None
    return known[row].numerator if figure == NUMERATOR else known[row].denominator
