"""A total equals the sum of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kybaocao.checks.checked_table import CheckedTable
from kybaocao.findings import Finding
from kybaocao.form.layout import Row
from kybaocao.plan.form_edition import Check
from kybaocao.vietnamese import format_number


def check_totals(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """Rows that are sums of others; no finding while one of the parts has no figure."""
    for row in table.layout.rows:
        if row.total_of:
            yield from _check_total(table, check, row)


def _check_total(table: CheckedTable, check: Check, row: Row) -> Iterator[Finding]:
    for column in check.fields:
        answer, total = table.get_answer(row.code, column), table.get_figure(row.code, column)
        parts = [table.get_figure(part, column) for part in row.total_of]
        if answer is None or total is None or any(part is None for part in parts):
            continue
        wanted = sum((part for part in parts if part is not None), Decimal(0))
        if total != wanted:
            expected = format_number(wanted)
            facts = {"dong": row.code, "cot": table.heading(column), "thanh_phan": " + ".join(row.total_of)}
            facts |= _guess_cause(total, wanted)
            yield Finding(check.code, answer.sheet, answer.cell, format_number(total), expected, facts, expected)


def _guess_cause(total: Decimal, wanted: Decimal) -> dict[str, str]:
    if total == 2 * wanted:
        return {"ly_do_nghi": "cong_ca_tong"}
    if wanted and (total == 1000 * wanted or 1000 * total == wanted):
        return {"ly_do_nghi": "sai_don_vi", "so_lan": format_number(1000)}
    return {"ly_do_nghi": "chua_cong_lai"}
