"""Answers as they are stored with an accepted version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from kybaocao.answers.reading import Answer, Key

# table, row, column, sheet, cell, text, kind (n number, d date, t text), value; then the number format, if any
Packed = Sequence[Sequence[str]]


def pack_answers(answers: Mapping[Key, Answer]) -> list[list[str]]:
    """Answers with a value as rows for JSON, see `Packed`."""
    rows = []
    for (table, row, column), answer in answers.items():
        if answer.value is None:
            continue
        value = answer.value
        kind = "n" if isinstance(value, Decimal) else "d" if isinstance(value, dt.date) else "t"
        shown = format(value, "f") if isinstance(value, Decimal) else str(value)
        number_format = [answer.number_format] if answer.number_format else []
        rows.append([table, row, column, answer.sheet, answer.cell, answer.text, kind, shown, *number_format])
    return rows
