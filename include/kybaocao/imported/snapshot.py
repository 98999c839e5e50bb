"""The state of a cycle that was run by hand, from what was imported for it: "the previous cycle" of the next report.

Never stored, and no report of the cycle itself is made from it.  What was not imported is left out: it is
unknown, which is not "no figure".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection

from kybaocao.answers.packing import Packed
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.snapshot import Figures, Imported, IndicatorResult, Origin, Snapshot, Verdict
from kybaocao.figures.verdicts import choose_worst, derive_value, judge_statuses, judge_value
from kybaocao.imported.layout import PAPER, STATUS, list_own_rows
from kybaocao.imported.results import make_version
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.form_edition import CUMULATIVE, Source
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.store.imports import PROVINCE, ResultImport, find_import
from kybaocao.store.submissions import list_submissions


def take_imported_snapshot(connection: Connection, plan: Plan, cycle: str, calendar: Calendar) -> Snapshot | None:
    """Submissions of `cycle`, and imported answers of agencies without one; None when nothing was imported."""
    found = find_import(connection, cycle)
    if found is None:
        return None
    own = [one for one in list_submissions(connection, cycle) if one.is_accepted]
    typed = sorted(found.by_agency.keys() & plan.agencies.keys() - {one.agency for one in own})
    asked = frozenset(table.id for _, table in plan.require_edition().tables if table.source is Source.INDICATORS)
    versions = [*own, *(make_version(found, agency, asked) for agency in typed)]
    as_of = max([found.imported_at, *(one.received_at for one in own)])
    snapshot = take_snapshot(plan, plan.require_cycle(cycle), calendar, versions, as_of)
    handed_in = frozenset(one.agency for one in own)
    marked = (
        _mark_result(plan, plan_indicator, result, found, handed_in)
        for plan_indicator, result in zip(plan.indicators, snapshot.indicators, strict=True)
    )
    results = tuple(result for result in marked if result is not None)
    return replace(snapshot, indicators=results, tasks=(), difficulties=(), documents=(), timeliness=())


def _mark_result(
    plan: Plan, indicator: Indicator, result: IndicatorResult, found: ResultImport, own: frozenset[str]
) -> IndicatorResult | None:
    """The result with its imported figures marked; None when no agency answered."""
    rows = frozenset(row.code for row in list_own_rows(indicator))
    if _has_answers(found.by_agency.get(PROVINCE, ()), rows):
        return _take_provincial(plan, indicator, result, found, rows)
    typed = {agency for agency, packed in found.by_agency.items() if agency not in own and _has_answers(packed, rows)}
    reported = tuple(agency for agency in result.reported if agency in own or agency in typed)
    if not reported:
        return None
    if not typed.intersection(reported):
        return result
    everyone = (*result.reported, *result.missing)
    origins = tuple(_mark_origin(one, found) if one.agency in typed else one for one in result.origins)
    return replace(
        result,
        reported=reported,
        missing=tuple(agency for agency in everyone if agency not in reported),
        origins=origins,
        imported=Imported(False, len(reported), len(everyone), tuple(one for one in origins if one.imported_by)),
    )


def _has_answers(packed: Packed, rows: frozenset[str]) -> bool:
    return any(row in rows and column == STATUS for _, row, column, *_ in packed)


def _mark_origin(origin: Origin, found: ResultImport) -> Origin:
    papers = _list_papers(found.by_agency[origin.agency])
    return replace(origin, imported_by=found.imported_by, paper=papers.get((origin.sheet, origin.cell), ""))


def _list_papers(packed: Packed) -> Mapping[tuple[str, str], str]:
    """(sheet, cell) of every figure -> the paper report of its row."""
    papers = {(table, row): value for table, row, column, _, _, _, _, value, *_ in packed if column == PAPER}
    return {(sheet, cell): papers.get((table, row), "") for table, row, _, sheet, cell, *_ in packed}


def _take_provincial(
    plan: Plan, indicator: Indicator, result: IndicatorResult, found: ResultImport, rows: frozenset[str]
) -> IndicatorResult:
    """The figure of the whole province as it was published, in place of the sum of agencies."""
    columns = CUMULATIVE[indicator.measure]
    mine = [line for line in found.by_agency[PROVINCE] if line[1] in rows]
    numbers: dict[tuple[str, str], Decimal] = {}  # (row, column)
    origins = []
    for _, row, column, sheet, cell, text, kind, value, *shape in mine:
        if kind == "n" and column in columns:
            numbers[row, column] = Decimal(value)
            origin = Origin(PROVINCE, found.sha256, found.file_name, sheet, cell, value, text, kind, *shape)
            origins.append(_mark_origin(origin, found))
    figures = {row: _take_figures(indicator.measure, row, numbers) for row in sorted(rows)} if numbers else {}
    statuses = {value for _, _, column, _, _, _, _, value, *_ in mine if column == STATUS}
    if figures:  # parts that are judged one by one are never added
        verdict: Verdict | None = choose_worst(judge_value(indicator, one) for one in figures.values())
    else:
        verdict = judge_statuses(statuses, plan.words)
    everyone = result.expected_count
    return replace(
        result,
        cumulative=figures.get(indicator.id, Figures(None, None, None)),
        verdict=verdict or Verdict.NO_FIGURE,
        reported=(),
        missing=(),
        parts=(),
        notes=(),
        origins=tuple(origins),
        imported=Imported(True, everyone, everyone, tuple(origins)),
    )


def _take_figures(measure: Measure, row: str, numbers: Mapping[tuple[str, str], Decimal]) -> Figures:
    first, second = CUMULATIVE[measure]
    numerator, denominator = numbers.get((row, first)), numbers.get((row, second)) if second else None
    return Figures(numerator, denominator, derive_value(measure, numerator, denominator))
