"""The sheets that stand in the annex's workbook alone: who reached which target, and a chart that Excel draws.

The ministry asks for the figures of every agency, not for who was late: in its document an agency without an answer
is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from kybaocao.documents.model import Block, Cell, Chart, Row, RowStyle, Section, Table, WorkbookSheet
from kybaocao.documents.report.source import ReportSource, capitalise, count_cell, lower_first
from kybaocao.documents.report.target_figures import (
    NONE,
    Target,
    list_figure_cells,
    list_result_cells,
    list_targets,
    show_amount,
    show_result,
)
from kybaocao.figures.matrix import MatrixCell, MatrixRow, build_matrix
from kybaocao.figures.snapshot import Figures
from kybaocao.plan.targets import Indicator
from kybaocao.plan.workbook_wording import BASE_COLUMNS, GROUP_COLUMNS
from kybaocao.vietnamese import format_number


def write_sheets(source: ReportSource, sections: Sequence[Section]) -> tuple[WorkbookSheet, ...]:
    """The matrix, the targets of named agencies, the chart; without a sheet that would be empty."""
    matrix = build_matrix(source.plan, source.snapshot)
    shared = {column.id for column in matrix.columns}
    targets = list_targets(source)
    blocks = (block for section in sections for block in section.blocks)
    return (
        *_write_matrix(source, [target for target in targets if target.indicator.id in shared], matrix.rows),
        *_write_single(source, [target for target in targets if target.indicator.id not in shared]),
        *_write_chart(source, blocks),
    )


# --- agency × target ---------------------------------------------------------------------------------------------


def _write_matrix(source: ReportSource, targets: Sequence[Target], found: Sequence[MatrixRow]) -> list[WorkbookSheet]:
    """Targets that bind every agency of a group; the last row has the published figures of the province."""
    words = source.words.workbook.matrix
    by_agency = {row.agency: row for row in found if source.has_internal or _has_answer(row)}
    if not any(_has_answer(row) for row in found):
        return []
    rows = []
    for number, agency in enumerate(source.sorted(by_agency), start=1):
        cells = [count_cell(number), Cell(source.name(agency))]
        for target, one in zip(targets, by_agency[agency].cells, strict=True):
            cells += _list_cells(source, target.indicator, one)
        rows.append(Row(tuple(cells)))
    total = [Cell(""), Cell(words.province)]
    for target in targets:
        total += [*list_result_cells(target), Cell(capitalise(target.verdict.value))]
    base, group = words.columns[:BASE_COLUMNS], words.columns[BASE_COLUMNS:]
    headings = [
        words.target.format(ten=target.indicator.name, muc_tieu=lower_first(target.indicator.target_text))
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


def _has_answer(row: MatrixRow) -> bool:
    return any(cell is not None and cell.verdict is not None for cell in row.cells)


def _list_cells(source: ReportSource, indicator: Indicator, cell: MatrixCell | None) -> list[Cell]:
    """Numerator, denominator, result and verdict of one agency."""
    if cell is None or cell.verdict is None:
        is_silent = cell is not None and source.has_internal
        return [Cell(NONE)] * 3 + [Cell(source.words.workbook.matrix.not_reported if is_silent else NONE)]
    figures = Figures(cell.numerator, cell.denominator, cell.value)
    shown = Cell(NONE) if cell.value is None else show_result(indicator, figures, cell.verdict)
    return [
        show_amount(cell.numerator),
        show_amount(cell.denominator),
        shown,
        Cell(capitalise(cell.verdict.value)),
    ]


def _list_evaluators(source: ReportSource, targets: Sequence[Target]) -> list[str]:
    """Who judges which of the targets, where the plan names somebody."""
    words = source.words.workbook.matrix
    found: dict[str, list[str]] = {}
    for target in targets:
        if not target.indicator.evaluator.startswith(words.unnamed):
            found.setdefault(target.indicator.evaluator, []).append(lower_first(target.indicator.name))
    return [words.evaluated.format(co_quan=who, danh_sach="; ".join(names)) for who, names in found.items()]


# --- the other targets -------------------------------------------------------------------------------------------


def _write_single(source: ReportSource, targets: Sequence[Target]) -> list[WorkbookSheet]:
    words = source.words.workbook.single
    rows = tuple(row for target in targets for row in _list_rows(source, target))
    table = Table("single", words.columns, rows)
    return [WorkbookSheet(words.sheet, words.title, "", table)] if rows else []


def _list_rows(source: ReportSource, target: Target) -> Iterator[Row]:
    """A row for each part that is judged by itself, or for each agency of a share, or with the published figures."""
    indicator, result = target.indicator, target.result
    if result is None or not (result.reported or source.has_internal):
        return
    reporters = source.plan.members(indicator.reporters)
    if indicator.is_separate and target.parts:
        bound = {part.id: source.plan.members(part.reporters) for part in indicator.parts if part.reporters}
        for one in target.parts:
            name, agencies = f"{indicator.name}: {lower_first(one.name)}", bound.get(one.id, reporters)
            cells = list_figure_cells(indicator, one.cumulative, one.verdict)
            yield _make_row(name, indicator, source.names(agencies), cells, one.verdict.value)
    elif len(reporters) > 1 and result.by_agency:
        own = build_matrix(source.plan, source.snapshot, (indicator.id,))
        found = {row.agency: row.cells[0] for row in own.rows}
        for agency in source.sorted(found):
            cell = found[agency]
            if source.has_internal or (cell is not None and cell.verdict is not None):
                *own_cells, verdict = _list_cells(source, indicator, cell)
                yield _make_row(indicator.name, indicator, source.name(agency), own_cells, verdict.text)
    else:
        figures = list_result_cells(target)
        yield _make_row(indicator.name, indicator, source.names(reporters), figures, target.verdict.value)


def _make_row(name: str, indicator: Indicator, agencies: str, figures: Iterable[Cell], verdict: str) -> Row:
    return Row((Cell(name), Cell(indicator.target_text), Cell(agencies), *figures, Cell(capitalise(verdict))))


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
