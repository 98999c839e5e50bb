"""What a check is given: one table of a filled form, and what was known before the form came in."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from kybaocao.answers.reading import Answer, Reading
from kybaocao.checks.background import NOTHING_KNOWN, Background
from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import Check, Source


class CheckedTable(NamedTuple):
    """`layout` is the table as the form prints it, `form` the whole form."""

    reading: Reading
    form: FormLayout
    layout: TableLayout
    background: Background = NOTHING_KNOWN

    @property
    def id(self) -> str:
        return self.layout.table.id

    @property
    def rows(self) -> tuple[str, ...]:
        """Codes of the rows that were read, in their order; none for a table that was not found."""
        return self.reading.rows.get(self.layout.table.id, ())

    def get_answer(self, row: str, column: str) -> Answer | None:
        return self.reading.answers.get((self.layout.table.id, row, column))

    def get_figure(self, row: str, column: str) -> Decimal | None:
        """None where no number stands, or none that can be read."""
        answer = self.get_answer(row, column)
        return answer.value if answer is not None and isinstance(answer.value, Decimal) else None

    def heading(self, column: str) -> str:
        return self.layout.table.headings[column]

    def list_cells(self, check: Check) -> list[tuple[Answer, dict[str, str]]]:
        """Every cell `check` looks at, with its row and column as facts for the words of a finding."""
        table = self.layout.table
        if table.source is Source.FIELDS:
            labels = {field.id: field.label for field in table.fields}
            named = [(field, "gia_tri", {"dong": labels[field], "cot": labels[field]}) for field in check.fields]
        else:
            named = [(r, c, {"dong": r, "cot": table.headings[c]}) for r in self.rows for c in check.fields]
        cells = ((self.get_answer(row, column), facts) for row, column, facts in named)
        return [(answer, facts) for answer, facts in cells if answer is not None]
