"""The status of every printed row is chosen."""

from __future__ import annotations

from collections.abc import Iterator

from kybaocao.answers.reading import Answer
from kybaocao.checks.checked_table import CheckedTable
from kybaocao.findings import Finding
from kybaocao.plan.form_edition import Source

STATUS_COLUMNS = {"tinh_trang", "trang_thai"}


def check_statuses(table: CheckedTable) -> Iterator[Finding]:
    """A blank status is an error; where all figures of the row are there, "Có số liệu" is filled in and noted."""
    status = next((column for column in table.layout.table.answers if column.id in STATUS_COLUMNS), None)
    if status is None or table.layout.table.source is Source.OPEN:
        return
    columns = _list_figure_columns(table) if status.id == "tinh_trang" else ()
    inferred = table.form.edition.words.has_figure
    for row in table.rows:
        answer = table.get_answer(row, status.id)
        if answer is None or not answer.is_blank or table.reading.is_reported(answer):
            continue
        figures = [table.get_answer(row, column) for column in columns]
        if figures and all(figure is not None and figure.value is not None for figure in figures):
            table.reading.answers[(table.id, row, status.id)] = Answer(answer.sheet, answer.cell, inferred, inferred)
            yield Finding("status-inferred", answer.sheet, answer.cell, "", inferred, {"dong": row})
        else:
            facts = {"dong": row, "cot": status.heading}
            yield Finding("answer-missing", answer.sheet, answer.cell, "", ", ".join(status.choices), facts)


def _list_figure_columns(table: CheckedTable) -> tuple[str, ...]:
    """The columns that "Có số liệu" stands for."""
    return next((check.fields for check in table.layout.table.checks if check.code == "figure-missing"), ())
