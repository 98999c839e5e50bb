"""T15, III.2.1.a: codes the province works with. The ministry knows none of them and reads numbers in order instead."""

from __future__ import annotations

from collections.abc import Sequence

from kybaocao.documents.model import Cell
from kybaocao.documents.report.source import ReportSource, count_cell
from kybaocao.plan.targets import Indicator


def show_code(source: ReportSource, code: str, position: int) -> Cell:
    """The first cell of a row. `position`: from 1."""
    return Cell(code) if source.has_internal else count_cell(position)


def head_columns(source: ReportSource, columns: Sequence[str]) -> tuple[str, ...]:
    """The headings of a table whose first column is `show_code`."""
    return tuple(columns) if source.has_internal else (source.words.tables.ordinal, *columns[1:])


def name_target(source: ReportSource, indicator: Indicator, *, is_brief: bool = False) -> str:
    name = indicator.brief_name if is_brief else indicator.name
    return source.words.targets.named.format(ten=name, ma=indicator.id) if source.has_internal else name
