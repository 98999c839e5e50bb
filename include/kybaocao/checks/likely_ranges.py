"""Figures outside the range that is usual: for a share, or for the status of their row."""

from __future__ import annotations

from collections.abc import Iterator

from kybaocao.checks.checked_table import CheckedTable
from kybaocao.checks.warnings import list_rows, warn
from kybaocao.findings import Finding
from kybaocao.plan.form_edition import Check
from kybaocao.vietnamese import format_number


def compare_shares(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """The first field as a share of the second, in percent; more than the whole is an error of `limits`."""
    top, base = check.fields
    for row in list_rows(table, check):
        numerator, denominator = table.get_figure(row, top), table.get_figure(row, base)
        if numerator is None or not denominator or numerator > denominator:
            continue
        share = numerator / denominator * 100
        if not check.low <= share <= check.high:
            expected = f"{format_number(check.low)}–{format_number(check.high)}%"
            facts = {"cot_lon": table.heading(base), "ty_le": format_number(share, 2)}
            yield warn(table, check, row, top, (numerator, denominator), expected, facts)


def compare_with_status(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """A figure that the row's status makes unlikely: a task that is done at 40 %."""
    assert check.when is not None
    for row in list_rows(table, check):
        status = table.get_answer(row, check.when)
        if status is None or status.value not in check.values:
            continue
        for column in check.fields:
            figure = table.get_figure(row, column)
            if figure is not None and not check.low <= figure <= check.high:
                facts = {"khi": str(status.value), "o_trang_thai": status.cell}
                yield warn(table, check, row, column, (figure,), format_number(check.low), facts)
