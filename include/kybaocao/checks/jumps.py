"""Figures that jump: against the previous cycle, or against another figure of their row."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kybaocao.checks.checked_table import CheckedTable
from kybaocao.checks.warnings import list_rows, warn
from kybaocao.findings import Finding
from kybaocao.plan.form_edition import Check
from kybaocao.vietnamese import format_number

UNIT_SLIPS = (1_000, 1_000_000, 1_000_000_000)  # nghìn, triệu or tỷ where the form asks for another unit


def find_decreases(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """A figure that may only grow is smaller than in the previous cycle."""
    for row, column, now, before in _list_with_previous(table, check):
        if now < before:
            yield warn(table, check, row, column, (now,), format_number(before))


def compare_with_previous(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """A figure is many times more or less than in the previous cycle."""
    for row, column, now, before in _list_with_previous(table, check):
        if _is_jump(now, before, check):
            yield _warn_of_jump(table, check, row, column, now, before, {})


def compare_pairs(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """A figure is many times more or less than another of its row, such as last year's."""
    column, other = check.fields
    for row in list_rows(table, check):
        now, before = table.get_figure(row, column), table.get_figure(row, other)
        if now is not None and before is not None and _is_jump(now, before, check):
            yield _warn_of_jump(table, check, row, column, now, before, {"cot_lon": table.heading(other)})


def _list_with_previous(table: CheckedTable, check: Check) -> Iterator[tuple[str, str, Decimal, Decimal]]:
    """(row, column, figure, the same figure of the previous cycle)"""
    previous = table.background.previous
    if not previous:
        return
    for row in list_rows(table, check):
        for column in check.fields:
            now, before = table.get_figure(row, column), previous.get((table.id, row, column))
            if now is not None and before is not None:
                yield row, column, now, before


def _is_jump(now: Decimal, before: Decimal, check: Check) -> bool:
    if min(now, before) <= 0 or max(now, before) < check.least:
        return False
    return not before / check.factor <= now <= before * check.factor


def _warn_of_jump(
    table: CheckedTable, check: Check, row: str, column: str, now: Decimal, before: Decimal, facts: dict[str, str]
) -> Finding:
    slip = _find_unit_slip(now, before)
    if slip is None:
        facts |= {"ly_do_nghi": "thua_chu_so", "nen_la": ""}
        return warn(table, check, row, column, (now,), format_number(before), facts)
    facts |= {"ly_do_nghi": "sai_don_vi", "nen_la": "so", "so_lan": format_number(slip)}
    proposal = format_number(now / slip if now > before else now * slip)
    return warn(table, check, row, column, (now,), format_number(before), facts, proposal)


def _find_unit_slip(now: Decimal, before: Decimal) -> int | None:
    """The thousand, million or billion by which two figures differ, within a factor of two; None for no such."""
    larger, smaller = max(now, before), min(now, before)
    return next((slip for slip in UNIT_SLIPS if slip / 2 <= larger / smaller <= slip * 2), None)
