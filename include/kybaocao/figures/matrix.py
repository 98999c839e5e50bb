"""Agency × target: each agency's own figures of the targets that bind every one of a group by itself.

PHỤ LỤC of the plan names who evaluates each of them (`danh_gia`); the evaluator reads a column.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.figures.snapshot import AgencyResult, Snapshot, Verdict
from kybaocao.figures.verdicts import derive_value
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator


@dataclass(frozen=True)
class MatrixCell:
    """One agency's figures of one target. `verdict`: None while the agency has not reported."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    verdict: Verdict | None


@dataclass(frozen=True)
class MatrixRow:
    agency: str
    cells: tuple[MatrixCell | None, ...]  # one for each column; None where the agency is not bound by the target


@dataclass(frozen=True)
class Matrix:
    columns: tuple[Indicator, ...]  # each with its `evaluator`
    rows: tuple[MatrixRow, ...]  # agencies bound by at least one column, in the plan's order

    def count(self, target: str, verdict: Verdict | None) -> int:
        """Agencies with this verdict on a target, None: that have not reported."""
        index = next(number for number, column in enumerate(self.columns) if column.id == target)
        cells = (row.cells[index] for row in self.rows)
        return sum(cell is not None and cell.verdict is verdict for cell in cells)


_NOT_REPORTED = MatrixCell(None, None, None, None)


def build_matrix(plan: Plan, snapshot: Snapshot, targets: Collection[str] = ()) -> Matrix:
    """`targets`: ids; without any, every target that a whole group of agencies reports and is judged by.

    A snapshot of an earlier version has no figures of single agencies: then there are no columns.
    """
    results = {one.id: one for one in snapshot.indicators if one.by_agency or not one.reported}
    columns = tuple(
        indicator
        for indicator in plan.indicators
        if indicator.id in results and (indicator.id in targets if targets else binds_each(plan, indicator))
    )
    cells: dict[str, list[MatrixCell | None]] = {}
    for number, column in enumerate(columns):
        own = {one.agency: one for one in results[column.id].by_agency}
        for agency in plan.members(column.reporters):
            row = cells.setdefault(agency, [None] * len(columns))
            row[number] = _make_cell(column, own[agency]) if agency in own else _NOT_REPORTED
    return Matrix(
        columns, tuple(MatrixRow(agency, tuple(cells[agency])) for agency in plan.agencies if agency in cells)
    )


def binds_each(plan: Plan, indicator: Indicator) -> bool:
    """Whether every agency of a group is held against the target by its own figures."""
    is_for_group = any(code in plan.header.groups for code in indicator.reporters)
    return is_for_group and indicator.is_share and not indicator.parts


def _make_cell(indicator: Indicator, one: AgencyResult) -> MatrixCell:
    value = derive_value(indicator.measure, one.numerator, one.denominator)
    return MatrixCell(one.numerator, one.denominator, value, one.verdict)
