"""The fields of the confirmation sheet are filled in."""

from __future__ import annotations

from collections.abc import Iterator

from kybaocao.checks.checked_table import CheckedTable
from kybaocao.checks.explanations import says_nothing
from kybaocao.findings import Finding


def check_fields(table: CheckedTable) -> Iterator[Finding]:
    for field in table.layout.table.fields:
        answer = table.get_answer(field.id, "gia_tri")
        if field.required and answer is not None and (answer.is_blank or says_nothing(answer.text)):
            yield Finding("field-missing", answer.sheet, answer.cell, facts={"cot": field.label})
