"""Colours that follow what is typed: red where a row still lacks something, grey where nothing is asked any more.

They are made of the rules of the table (`bat_buoc_khi`, `de_trong_khi`), so that a form without red cells has no
answer missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.plan.form_edition import Column, Kind, Table

# The red of an error in a marked copy: a blank cell that is marked there shows this colour, not that of the mark.
LACKING = PatternFill("solid", bgColor="FBCFC7")
NOT_ASKED = PatternFill("solid", bgColor="E3E6EA")
ANYTHING = "*"


def mark_blank(ws: Worksheet, cell: str) -> None:
    """Red while the cell is blank."""
    _add(ws, cell, _is_blank(cell), LACKING)


def mark_gaps(
    ws: Worksheet, table: Table, first: int, last: int, due_on: Mapping[int, dt.date], cut_off: dt.date
) -> None:
    """The same for the answers in the rows `first` to `last`, as far as the rules need them.

    `due_on`: row -> the deadline of what stands in it; some rules are about such rows alone.
    """
    letters = {column.id: get_column_letter(index) for index, column in enumerate(table.columns, start=1)}
    for column in table.answers:
        if column.id in table.needed and column.kind is Kind.CHOICE:
            letter = letters[column.id]
            _add(ws, f"{letter}{first}:{letter}{last}", _is_blank(f"${letter}{first}"), LACKING)
    for check in table.checks:
        if check.kind not in ("bat_buoc_khi", "de_trong_khi") or check.when is None:
            continue
        bound = (
            [(row, row) for row, day in due_on.items() if check.binds(day, cut_off)] if check.due else [(first, last)]
        )
        for top, bottom in bound:
            condition = _says(f"${letters[check.when]}{top}", check.values, _find(table, check.when))
            for field in check.fields:
                if field == check.when:
                    continue
                fill = NOT_ASKED if check.kind == "de_trong_khi" else LACKING
                letter = letters[field]
                formula = f"AND({condition},{_is_blank(f'${letter}{top}')})"
                _add(ws, f"{letter}{top}:{letter}{bottom}", formula, fill)


def _add(ws: Worksheet, cells: str, formula: str, fill: PatternFill) -> None:
    ws.conditional_formatting.add(cells, FormulaRule(formula=[formula], fill=fill))  # type: ignore[no-untyped-call]


def _find(table: Table, column: str) -> Column:
    return next(one for one in table.columns if one.id == column)


def _is_blank(cell: str) -> str:
    return f"LEN(TRIM({cell}))=0"


def _says(cell: str, values: Iterable[str], column: Column) -> str:
    """Whether the cell has one of the values, as the form shows them; `ANYTHING`: whether it has any."""
    if ANYTHING in values:
        return f"LEN(TRIM({cell}))>0"
    shown = dict(zip(column.choices, column.offered, strict=True))
    return "OR(" + ",".join(f'{cell}="{shown.get(value, value)}"' for value in values) + ")"
