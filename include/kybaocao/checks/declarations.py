"""The question above an open table ("Có / Không phát sinh") is answered, and agrees with the rows below it."""

from __future__ import annotations

from collections.abc import Iterator

from kybaocao.checks.checked_table import CheckedTable
from kybaocao.findings import Finding


def check_declaration(table: CheckedTable) -> Iterator[Finding]:
    """ "Không phát sinh" is a valid answer and is not the same as no answer."""
    words, question = table.form.edition.words, table.layout.table.declaration
    answer = table.get_answer("", "khai_bao") if question else None
    if answer is None:
        return  # no question, or the question was deleted and the reader has reported it
    where = (answer.sheet, answer.cell)
    if answer.is_blank:
        yield Finding("declaration-missing", *where, facts={"cau_hoi": question})
    elif answer.value is None:
        facts = {"dong": "câu hỏi", "cot": question}
        yield Finding("choice-unknown", *where, answer.text, f"{words.yes}, {words.nothing}", facts)
    elif (answer.value == words.yes) != bool(table.rows):
        facts = {"cau_hoi": question, "thuc_te": "co_dong" if table.rows else "khong_dong"}
        yield Finding("declaration-contradicts-rows", *where, answer.text, facts=facts)
