"""An answer is needed, or has to stay blank, when another answer of its row says so."""

from __future__ import annotations

from collections.abc import Iterator

from kybaocao.answers.reading import Answer
from kybaocao.checks.checked_table import CheckedTable
from kybaocao.checks.explanations import says_nothing
from kybaocao.findings import Finding
from kybaocao.plan.form_edition import Check
from kybaocao.vietnamese import write_date

ANY = ("*",)  # any answer at all; of a row with text, even none


def check_needed(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """A dash or "x" is no answer."""
    for row, condition in _list_bound_rows(table, check):
        for column in check.fields:
            answer = table.get_answer(row, column)
            if answer is not None and (answer.is_blank or says_nothing(answer.text)):
                yield _describe(table, check, row, column, answer, condition)


def check_left_blank(table: CheckedTable, check: Check) -> Iterator[Finding]:
    for row, condition in _list_bound_rows(table, check):
        for column in check.fields:
            answer = table.get_answer(row, column)
            if answer is not None and not answer.is_blank:
                yield _describe(table, check, row, column, answer, condition)


def _list_bound_rows(table: CheckedTable, check: Check) -> Iterator[tuple[str, Answer]]:
    """(row, the answer the condition is about) of the rows in which the condition holds.

    A due date is over when the cut-off of the cycle is past it: the day of judging plays no part.
    """
    when, values = check.when, check.values
    assert when is not None
    due_on = {row.code: row.due_on for row in table.layout.rows}
    for row in table.rows:
        condition = table.get_answer(row, when)
        if condition is None or not check.binds(due_on.get(row), table.form.cycle.period_to):
            continue
        if values == ANY:
            if not condition.is_blank or _has_text(table, row):
                yield row, condition
        elif str(condition.value) in values:
            yield row, condition


def _has_text(table: CheckedTable, row: str) -> bool:
    answers = (table.get_answer(row, column.id) for column in table.layout.table.answers)
    return any(answer is not None and not answer.is_blank for answer in answers)


def _describe(table: CheckedTable, check: Check, row: str, column: str, answer: Answer, condition: Answer) -> Finding:
    facts = {"dong": row, "cot": table.heading(column), "khi": str(condition.value or "")}
    if check.due and (due_on := next(one.due_on for one in table.layout.rows if one.code == row)):
        facts["han"] = write_date(due_on)
    facts["bang"] = table.layout.table.title
    return Finding(check.code, answer.sheet, answer.cell, answer.text, "", facts)
