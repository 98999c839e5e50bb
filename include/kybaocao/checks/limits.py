"""A figure is not greater than another of its row: a part than the whole, a period than the year."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kybaocao.checks.checked_table import CheckedTable
from kybaocao.findings import Finding
from kybaocao.vietnamese import format_number


def check_limits(table: CheckedTable) -> Iterator[Finding]:
    """One finding for each figure; where it exceeds several others, against the smallest of them."""
    found: dict[tuple[str, str], tuple[Decimal, Finding]] = {}
    for check in table.layout.table.checks:
        if check.kind != "khong_lon_hon":
            continue
        small_id, large_id = check.fields
        for row in table.rows:
            low, high = table.get_figure(row, small_id), table.get_figure(row, large_id)
            key = (row, small_id)
            if low is None or high is None or low <= high or (key in found and found[key][0] <= high):
                continue
            small, large = table.get_answer(row, small_id), table.get_answer(row, large_id)
            assert small is not None and large is not None
            names = {"cot": table.heading(small_id), "cot_lon": table.heading(large_id)}
            facts = {"dong": row, "o_lon": large.cell} | names
            where = (small.sheet, small.cell)
            found[key] = high, Finding(check.code, *where, format_number(low), format_number(high), facts)
    yield from (finding for _, finding in found.values())
