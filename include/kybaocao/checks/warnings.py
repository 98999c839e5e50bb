"""The warning about a figure that is unlikely; the agency answers it in the row's explanation column."""

from __future__ import annotations

from collections.abc import Mapping

from kybaocao.checks.background import Figures, describe_typist
from kybaocao.checks.checked_table import CheckedTable
from kybaocao.checks.explanations import describe_explanation
from kybaocao.findings import Finding
from kybaocao.plan.form_edition import AGAINST_PREVIOUS, Check
from kybaocao.vietnamese import format_number


def list_rows(table: CheckedTable, check: Check) -> list[str]:
    """The rows that `check` is about."""
    return [row for row in table.rows if row not in check.except_rows]


def warn(
    table: CheckedTable,
    check: Check,
    row: str,
    column: str,
    figures: Figures,
    expected: str,
    facts: Mapping[str, str] | None = None,
    proposal: str = "",
) -> Finding:
    """A warning at the first of `figures`, which stands in `column`; an explanation holds for all of them together."""
    answer = table.get_answer(row, column)
    assert answer is not None and check.explained_in is not None
    is_answered, explanation = describe_explanation(table.get_answer(row, check.explained_in), table.form)
    common = {"dong": row, "cot": table.heading(column), "cot_giai_trinh": table.heading(check.explained_in)}
    typist = table.background.entered_by if check.kind in AGAINST_PREVIOUS else ""
    return Finding(
        check.code,
        answer.sheet,
        answer.cell,
        format_number(figures[0]),
        expected,
        common | explanation | describe_typist(typist, "nhap_so") | dict(facts or {}),
        proposal,
        is_answered=is_answered or table.background.was_explained(check.code, (table.id, row, column), figures),
        is_contestable=bool(typist),
    )
