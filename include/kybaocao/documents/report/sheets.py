"""The sheets that stand in the annex's workbook alone: who reached which target, and a chart that Excel draws.

The ministry asks for the figures of every agency, not for who was late: in its document an agency without an answer
is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from kybaocao.documents.model import Block, Cell, Chart, Row, RowStyle, Section, Table, WorkbookSheet
from kybaocao.documents.report.source import ReportSource, capitalise, count_cell, lower_first
from kybaocao.documents.report.target_figures import (
    NONE,
    Target,
    list_result_cells,
    list_targets,
    show_amount,
    show_result,
)
from kybaocao.figures.snapshot import AgencyResult
from kybaocao.plan.targets import Indicator
from kybaocao.plan.workbook_wording import BASE_COLUMNS, GROUP_COLUMNS
from kybaocao.vietnamese import format_number


def write_sheets(source: ReportSource, sections: Sequence[Section]) -> tuple[WorkbookSheet, ...]:
    """The matrix, the targets of named agencies, the chart; without a sheet that would be empty."""
    results = source.snapshot.agency_results
    by_place = {(one.agency, one.indicator): one for one in results}
    targets = list_targets(source)
    shared = [target for target in targets if source.is_for_everyone(target.indicator.reporters)]
    single = [target for target in targets if not source.is_for_everyone(target.indicator.reporters)]
    blocks = (block for section in sections for block in section.blocks)
    return (
        *_write_matrix(source, shared, by_place),
        *_write_single(source, single, by_place),
        *_write_chart(source, blocks),
    )


Results = dict[tuple[str, str], AgencyResult]


# --- agency × target ---------------------------------------------------------------------------------------------


def _write_matrix(source: ReportSource, targets: Sequence[Target], results: Results) -> list[WorkbookSheet]:
    words = source.words.workbook.matrix
    agencies = _list_agencies(source, targets, results)
    if not agencies:
        return []
    bound = {target.indicator.id: frozenset(source.plan.members(target.indicator.reporters)) for target in targets}
    rows = []
    for number, agency in enumerate(agencies, start=1):
        cells = [count_cell(number), Cell(source.name(agency))]
        for target in targets:
            is_bound = agency in bound[target.indicator.id]
            cells += _list_cells(source, target.indicator, results.get((agency, target.indicator.id)), is_bound)
        rows.append(Row(tuple(cells)))
    total = [Cell(""), Cell(words.province)]
    for target in targets:
        total += [*list_result_cells(target), Cell(capitalise(target.verdict.value))]
    base, group = words.columns[:BASE_COLUMNS], words.columns[BASE_COLUMNS:]
    headings = [
        (capitalise(words.target.format(ten=target.indicator.name, muc_tieu=lower_first(target.indicator.target_text))))
        for target in targets
    ]
    return [
        WorkbookSheet(
            words.sheet,
            words.title,
            " ".join((words.note, *_list_evaluators(source, targets))),
            Table("matrix", base + group * len(targets), (*rows, Row(tuple(total), RowStyle.TOTAL))),
            (("", BASE_COLUMNS), *((heading, GROUP_COLUMNS) for heading in headings)),
        )
    ]


def _list_agencies(source: ReportSource, targets: Sequence[Target], results: Results) -> list[str]:
    """In the order of every list; for the ministry those that gave an answer."""
    codes = {target.indicator.id for target in targets}
    answered = {agency for agency, indicator in results if indicator in codes}
    if not answered:
        return []
    bound = {one for target in targets for one in source.plan.members(target.indicator.reporters)}
    return source.sorted(answered | bound if source.has_internal else answered)


def _list_cells(
    source: ReportSource, indicator: Indicator, result: AgencyResult | None, is_bound: bool = True
) -> list[Cell]:
    """Numerator, denominator, result and verdict of one agency; `is_bound`: whether it has to report the target."""
    if result is None:
        stated = source.words.workbook.matrix.not_reported if is_bound and source.has_internal else NONE
        return [Cell(NONE), Cell(NONE), Cell(NONE), Cell(stated)]
    figures = result.figures
    shown = Cell(NONE) if figures.value is None else show_result(indicator, figures, result.verdict)
    amounts = show_amount(figures.numerator), show_amount(figures.denominator)
    return [*amounts, shown, Cell(capitalise(result.verdict.value))]


def _list_evaluators(source: ReportSource, targets: Sequence[Target]) -> list[str]:
    """Who judges which of the targets, where the plan names somebody."""
    words = source.words.workbook.matrix
    found: dict[str, list[str]] = {}
    for target in targets:
        if not target.indicator.evaluator.startswith(words.unnamed):
            found.setdefault(target.indicator.evaluator, []).append(lower_first(target.indicator.name))
    return [words.evaluated.format(co_quan=who, danh_sach="; ".join(names)) for who, names in found.items()]


# --- the other targets -------------------------------------------------------------------------------------------


def _write_single(source: ReportSource, targets: Sequence[Target], results: Results) -> list[WorkbookSheet]:
    """Where one agency alone reports, its figures are the published ones."""
    words = source.words.workbook.single
    rows = []
    for target in targets:
        indicator = target.indicator
        reporters = source.sorted(source.plan.members(indicator.reporters))
        for agency in reporters:
            result = results.get((agency, indicator.id))
            if result is None and not source.has_internal:
                continue
            cells: Iterable[Cell] = _list_cells(source, indicator, result)
            if len(reporters) == 1 and result is not None:
                cells = (*list_result_cells(target), Cell(capitalise(target.verdict.value)))
            rows.append(Row((Cell(indicator.name), Cell(indicator.target_text), Cell(source.name(agency)), *cells)))
    table = Table("single", words.columns, tuple(rows))
    return [WorkbookSheet(words.sheet, words.title, "", table)] if rows and results else []


# --- the chart ---------------------------------------------------------------------------------------------------


def _write_chart(source: ReportSource, blocks: Iterable[Block]) -> list[WorkbookSheet]:
    """The figures of the document's chart of targets, in its order and under its title."""
    words = source.words.workbook.chart
    chart = next((block for block in blocks if isinstance(block, Chart) and block.id == "targets"), None)
    if chart is None:
        return []
    series = chart.series[0]
    rows = tuple(
        Row((Cell(category), _percent(value, target), Cell(format_number(target) + chart.unit, target)))
        for category, value, target in zip(chart.categories, series.values, chart.targets, strict=True)
    )
    table = Table("chart", (words.category, series.name, chart.target_name), rows)
    return [WorkbookSheet(words.sheet, words.title, "", table, chart=chart.title)]


def _percent(value: Decimal, target: Decimal) -> Cell:
    """Two decimals, or up to six where fewer would print a missed target as met (99,998% as 100%)."""
    apart = (d for d in range(2, 7) if value == target or format_number(value, d) != format_number(target, d))
    return Cell(format_number(value, next(apart, 6)) + "%", value)
