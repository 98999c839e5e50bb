"""The matrix agency × indicator: every agency's own figures, judged by themselves.

Source: PHỤ LỤC of the plan, whose targets bind each agency, and III.4.7.c ("của ngành, địa phương mình").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from kybaocao.figures.cells import Cell, list_records
from kybaocao.figures.snapshot import AgencyResult, Figures, Verdict
from kybaocao.figures.verdicts import choose_worst, derive_value, judge_statuses, judge_value
from kybaocao.plan.form_edition import CUMULATIVE
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator

_STATUS = "tinh_trang"


def judge_agencies(plan: Plan, cells: pd.DataFrame) -> tuple[AgencyResult, ...]:
    """Of every indicator the agencies that answered it, with figures only where they have some.

    `cells`: of the accepted versions.  The numerators and denominators of an indicator add up to its sums, because
    the same cells are counted.
    """
    answers = _group_answers(cells)
    return tuple(
        AgencyResult(agency, indicator.id, *_judge_agency(plan, indicator, answers[agency]))
        for indicator in plan.indicators
        for agency in plan.members(indicator.reporters)
        if agency in answers and any(row in answers[agency] for row in _list_rows(indicator))
    )


def _group_answers(cells: pd.DataFrame) -> dict[str, dict[str, dict[str, Cell]]]:
    """agency -> row -> column -> cell"""
    columns = {_STATUS, *(column for pair in CUMULATIVE.values() for column in pair if column)}
    answers: dict[str, dict[str, dict[str, Cell]]] = {}
    for cell in list_records(cells[cells["column"].isin(columns)]):
        answers.setdefault(cell.agency, {}).setdefault(cell.row, {})[cell.column] = cell
    return answers


def _list_rows(indicator: Indicator) -> list[str]:
    """Rows of the form whose figures make the indicator: one in separate parts has no row of its own."""
    if indicator.parts and indicator.parts_are == "rieng":
        return [part.id for part in indicator.parts]
    return [indicator.id]


def _judge_agency(plan: Plan, indicator: Indicator, rows: Mapping[str, Mapping[str, Cell]]) -> tuple[Figures, Verdict]:
    answered = [rows[row] for row in _list_rows(indicator) if row in rows]
    counted = [row for row in answered if _STATUS in row and row[_STATUS].value == plan.words.has_figure]
    verdicts = []
    for row in answered:
        statuses = [row[_STATUS].value] if _STATUS in row else []
        figures = _sum_figures(indicator, [row] if row in counted else [])
        verdicts.append(judge_statuses(statuses, plan.words) or judge_value(indicator, figures))
    return _sum_figures(indicator, counted), choose_worst(verdicts)


def _sum_figures(indicator: Indicator, rows: Sequence[Mapping[str, Cell]]) -> Figures:
    numerator, denominator = (_sum_column(rows, column) if column else None for column in CUMULATIVE[indicator.measure])
    return Figures(numerator, denominator, derive_value(indicator.measure, numerator, denominator))


def _sum_column(rows: Sequence[Mapping[str, Cell]], column: str) -> Decimal | None:
    numbers = [row[column].number for row in rows if column in row and row[column].number is not None]
    return sum(numbers, Decimal(0)) if numbers else None
