"""The plan's indicators: sums over the agencies, with the cell every figure was read from.

A percentage is the quotient of the sums, never a mean of the agencies' percentages.  Figures are Decimal
from the cell to the report.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

import pandas as pd

from kybaocao.figures.cells import list_records
from kybaocao.figures.snapshot import Figures, IndicatorResult, Origin, PartResult, Snapshot
from kybaocao.figures.verdicts import choose_worst, derive_value, judge_statuses, judge_value
from kybaocao.plan.form_edition import CUMULATIVE, PERIOD
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure, Part


def sum_targets(
    plan: Plan, cells: pd.DataFrame, accepted: Collection[str], previous: Snapshot | None
) -> tuple[IndicatorResult, ...]:
    """The result of every indicator; `accepted`: agencies with an accepted version, `cells` of those."""
    before = {result.id: result for result in previous.indicators} if previous else {}
    return tuple(
        _sum_target(plan, indicator, cells, accepted, before.get(indicator.id)) for indicator in plan.indicators
    )


def _sum_target(
    plan: Plan, indicator: Indicator, cells: pd.DataFrame, accepted: Collection[str], before: IndicatorResult | None
) -> IndicatorResult:
    words, measure = plan.words, indicator.measure
    reporters = plan.members(indicator.reporters)
    part_rows = [part.id for part in indicator.parts]
    asked = cells[cells["row"].isin([indicator.id, *part_rows]) & cells["agency"].isin(reporters)]
    # An indicator in separate parts has no row of its own: its parts are summed for display.
    own_rows = part_rows if indicator.parts and indicator.parts_are == "rieng" else [indicator.id]
    own_asked = asked[asked["row"].isin(own_rows)]
    own_statuses = own_asked[own_asked["column"] == "tinh_trang"]
    counted = _select_counted(asked, words.has_figure)
    own = counted[counted["row"].isin(own_rows)]
    cumulative = _sum_figures(own, measure, CUMULATIVE[measure])
    period_columns = PERIOD.get(measure)
    parts = tuple(_sum_part(plan, indicator, part, asked, counted) for part in indicator.parts)
    if indicator.parts_are == "rieng" and parts:
        verdict = choose_worst(part.verdict for part in parts)
    else:
        verdict = judge_statuses(own_statuses["value"], words) or judge_value(indicator, cumulative)
    return IndicatorResult(
        id=indicator.id,
        cumulative=cumulative,
        period=_sum_figures(own, measure, period_columns) if period_columns else Figures(None, None, None),
        estimate=_sum_column(own, "uoc_nam"),
        verdict=verdict,
        reported=tuple(agency for agency in reporters if agency in accepted),
        missing=tuple(agency for agency in reporters if agency not in accepted),
        nothing_count=_count_agencies(own_statuses, words.nothing),
        no_figure_count=_count_agencies(own_statuses, words.no_figure_yet, words.not_published),
        ranked_units=_sum_column(own, "so_tinh"),
        previous_ranked_units=_sum_column(own, "so_tinh_truoc"),
        published_on=_first_date(own, "ngay_cong_bo"),
        parts=parts,
        previous=before.cumulative if before else None,
        previous_verdict=before.verdict if before else None,
        notes=tuple((one.agency, one.value) for one in list_records(own_asked[own_asked["column"] == "giai_trinh"])),
        origins=_list_origins(counted, measure),
        previous_imported=before.imported if before else None,
    )


def _select_counted(asked: pd.DataFrame, has_figure: str) -> pd.DataFrame:
    """Cells of the rows whose status is "Có số liệu"; figures left beside another status do not count."""
    stated = asked[(asked["column"] == "tinh_trang") & (asked["value"] == has_figure)]
    keys = set(zip(stated["agency"], stated["row"], strict=True))
    mask = [key in keys for key in zip(asked["agency"], asked["row"], strict=True)]
    return asked[pd.Series(mask, index=asked.index, dtype=bool)]


def _sum_part(plan: Plan, indicator: Indicator, part: Part, asked: pd.DataFrame, counted: pd.DataFrame) -> PartResult:
    figures = _sum_figures(counted[counted["row"] == part.id], indicator.measure, CUMULATIVE[indicator.measure])
    statuses = asked.loc[(asked["row"] == part.id) & (asked["column"] == "tinh_trang"), "value"]
    verdict = judge_statuses(statuses, plan.words) or judge_value(indicator, figures)
    return PartResult(part.id, part.name, figures, verdict)


def _sum_column(cells: pd.DataFrame, column: str) -> Decimal | None:
    numbers = [number for number in cells.loc[cells["column"] == column, "number"] if number is not None]
    return sum(numbers, Decimal(0)) if numbers else None


def _sum_figures(cells: pd.DataFrame, measure: Measure, columns: tuple[str, str | None]) -> Figures:
    numerator, denominator = (_sum_column(cells, column) if column else None for column in columns)
    return Figures(numerator, denominator, derive_value(measure, numerator, denominator))


def _count_agencies(statuses: pd.DataFrame, *words: str) -> int:
    return int(statuses.loc[statuses["value"].isin(words), "agency"].nunique())


def _first_date(cells: pd.DataFrame, column: str) -> dt.date | None:
    values = list(cells.loc[cells["column"] == column, "value"])
    return dt.date.fromisoformat(values[0]) if values else None


def _list_origins(counted: pd.DataFrame, measure: Measure) -> tuple[Origin, ...]:
    columns = {"uoc_nam", "so_tinh", "so_tinh_truoc", *filter(None, CUMULATIVE[measure]), *PERIOD.get(measure, ())}
    return tuple(
        Origin(one.agency, one.sha256, one.file_name, one.sheet, one.cell, one.value, one.text, one.kind,
               one.number_format)
        for one in list_records(counted[counted["column"].isin(columns)])
    )  # fmt: skip
