"""The plan's indicators: sums over the agencies, with the cell every figure was read from.

A percentage is the quotient of the sums, never a mean of the agencies' percentages.  Figures are Decimal
from the cell to the report.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import pandas as pd

from kybaocao.figures.cells import Cell, list_records
from kybaocao.figures.outlook import foresee
from kybaocao.figures.snapshot import (
    AgencyResult,
    Figures,
    IndicatorResult,
    Origin,
    PartResult,
    Snapshot,
)
from kybaocao.figures.verdicts import choose_worst, derive_value, judge_statuses, judge_value
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import CUMULATIVE, list_period_columns
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure, Part

STATUS = "tinh_trang"
_NONE = Figures(None, None, None)


def sum_targets(
    plan: Plan, cycle: Cycle, cells: pd.DataFrame, accepted: Collection[str], previous: Snapshot | None
) -> tuple[IndicatorResult, ...]:
    """The result of every indicator; `accepted`: agencies with an accepted version, `cells` of those."""
    before = {result.id: result for result in previous.indicators} if previous else {}
    # Grouped once: selecting anew from the whole table for every indicator took half the time of a pass.
    rows = {row for one in plan.indicators for row in (one.id, *(part.id for part in one.parts))}
    by_row: dict[str, list[Cell]] = {}
    for cell in list_records(cells[cells["row"].isin(rows)]):
        by_row.setdefault(cell.row, []).append(cell)
    return tuple(
        _sum_target(plan, cycle, indicator, by_row, accepted, before.get(indicator.id)) for indicator in plan.indicators
    )


def _sum_target(
    plan: Plan,
    cycle: Cycle,
    indicator: Indicator,
    by_row: Mapping[str, Sequence[Cell]],
    accepted: Collection[str],
    before: IndicatorResult | None,
) -> IndicatorResult:
    words = plan.words
    reporters = plan.members(indicator.reporters)
    part_rows = [part.id for part in indicator.parts]
    asked = _select_asked(by_row, {indicator.id, *part_rows}, frozenset(reporters))
    # An indicator in separate parts has no row of its own, and no figure: its parts are not added.
    own_rows = part_rows if indicator.is_separate else [indicator.id]
    own_asked = [cell for cell in asked if cell.row in own_rows]
    own_statuses = [cell for cell in own_asked if cell.column == STATUS]
    counted = _select_counted(asked, words.has_figure)
    own = [cell for cell in counted if cell.row in own_rows]
    parts = tuple(_sum_part(plan, indicator, part, asked, counted) for part in indicator.parts)
    if indicator.is_separate:
        whole = PartResult(indicator.id, "", _NONE, choose_worst(part.verdict for part in parts))
    else:
        whole = _judge_row(plan, indicator, indicator.id, "", own_statuses, own)
    estimate = _sum_column(own, "uoc_nam")
    period = () if indicator.is_separate else list_period_columns(indicator)
    return IndicatorResult(
        id=indicator.id,
        cumulative=whole.cumulative,
        period=_sum_figures(own, indicator.measure, (period[0], period[1])) if period else _NONE,
        estimate=estimate,
        verdict=whole.verdict,
        reported=tuple(agency for agency in reporters if agency in accepted),
        missing=tuple(agency for agency in reporters if agency not in accepted),
        nothing_count=_count_agencies(own_statuses, words.nothing),
        no_figure_count=_count_agencies(own_statuses, words.no_figure_yet, words.not_published),
        ranked_units=whole.ranked_units,
        previous_ranked_units=whole.previous_ranked_units,
        published_on=_first_date(own, "ngay_cong_bo"),
        parts=parts,
        previous=(_NONE if indicator.is_separate else before.cumulative) if before else None,
        previous_verdict=before.verdict if before else None,
        notes=tuple((cell.agency, cell.value) for cell in own_asked if cell.column == "giai_trinh"),
        origins=_list_origins(counted, indicator),
        previous_imported=before.imported if before else None,
        outlook=foresee(plan, cycle, indicator, whole.cumulative, whole.verdict, estimate),
        # Ranks among other numbers of units say nothing about each other (34 provinces since 2025, 63 before).
        comparable=all(part.ranked_units == part.previous_ranked_units for part in (whole, *parts)),
        by_agency=_list_agencies(plan, indicator, reporters, own_statuses, own),
    )


def _list_agencies(
    plan: Plan, indicator: Indicator, reporters: Sequence[str], statuses: Sequence[Cell], counted: Sequence[Cell]
) -> tuple[AgencyResult, ...]:
    """Each agency's own figures, where several report the same row."""
    if indicator.parts or len(reporters) < 2 or not indicator.is_share:
        return ()
    stated: dict[str, list[Cell]] = {}
    own: dict[str, list[Cell]] = {}
    for found, cells in ((stated, statuses), (own, counted)):
        for cell in cells:
            found.setdefault(cell.agency, []).append(cell)
    results = []
    for agency in (agency for agency in reporters if agency in stated):
        one = _judge_row(plan, indicator, "", "", stated[agency], own.get(agency, ()))
        results.append(AgencyResult(agency, one.cumulative.numerator, one.cumulative.denominator, one.verdict))
    return tuple(results)


def _select_asked(
    by_row: Mapping[str, Sequence[Cell]], rows: Collection[str], reporters: Collection[str]
) -> list[Cell]:
    """Cells of these rows that the reporters filled in, in the order of the submissions."""
    found = [cell for row in rows for cell in by_row.get(row, ()) if cell.agency in reporters]
    return sorted(found, key=lambda cell: cell.Index)


def _select_counted(asked: Sequence[Cell], has_figure: str) -> list[Cell]:
    """Cells of the rows whose status is "Có số liệu"; figures left beside another status do not count."""
    stated = {(cell.agency, cell.row) for cell in asked if cell.column == "tinh_trang" and cell.value == has_figure}
    return [cell for cell in asked if (cell.agency, cell.row) in stated]


def _sum_part(
    plan: Plan, indicator: Indicator, part: Part, asked: Sequence[Cell], counted: Sequence[Cell]
) -> PartResult:
    statuses = [cell for cell in asked if cell.row == part.id and cell.column == STATUS]
    return _judge_row(plan, indicator, part.id, part.name, statuses, [cell for cell in counted if cell.row == part.id])


def _judge_row(
    plan: Plan, indicator: Indicator, code: str, name: str, statuses: Sequence[Cell], counted: Sequence[Cell]
) -> PartResult:
    """The figures of one row of the form, summed and judged."""
    figures = _sum_figures(counted, indicator.measure, CUMULATIVE[indicator.measure])
    verdict = judge_statuses([cell.value for cell in statuses], plan.words)
    ranked, ranked_before = (_sum_column(counted, column) for column in ("so_tinh", "so_tinh_truoc"))
    return PartResult(
        id=code,
        name=name,
        cumulative=figures,
        verdict=verdict or judge_value(indicator, figures, is_comparable=ranked == ranked_before),
        ranked_units=ranked,
        previous_ranked_units=ranked_before,
    )


def _sum_column(cells: Sequence[Cell], column: str) -> Decimal | None:
    numbers = [cell.number for cell in cells if cell.column == column and cell.number is not None]
    return sum(numbers, Decimal(0)) if numbers else None


def _sum_figures(cells: Sequence[Cell], measure: Measure, columns: tuple[str, str | None]) -> Figures:
    numerator, denominator = (_sum_column(cells, column) if column else None for column in columns)
    return Figures(numerator, denominator, derive_value(measure, numerator, denominator))


def _count_agencies(statuses: Sequence[Cell], *words: str) -> int:
    return len({cell.agency for cell in statuses if cell.value in words})


def _first_date(cells: Sequence[Cell], column: str) -> dt.date | None:
    values = [cell.value for cell in cells if cell.column == column]
    return dt.date.fromisoformat(values[0]) if values else None


def _list_origins(counted: Sequence[Cell], indicator: Indicator) -> tuple[Origin, ...]:
    columns = {"uoc_nam", "so_tinh", "so_tinh_truoc", *filter(None, CUMULATIVE[indicator.measure])}
    columns.update(list_period_columns(indicator))
    return tuple(
        Origin(one.agency, one.sha256, one.file_name, one.sheet, one.cell, one.value, one.text, one.kind,
               one.number_format)
        for one in counted
        if one.column in columns
    )  # fmt: skip
