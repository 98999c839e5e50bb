"""The filled cells of accepted submissions, as one table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import pandas as pd

from kybaocao.inbox.submission import Submission
from kybaocao.plan.plan import Plan

Cell = Any  # a line as a named tuple: `Index` and the columns of `unpack_answers`
_FILE = ("agency", "sha256", "file_name")
_COLUMNS = ["table", "row", "column", "sheet", "cell", "text", "kind", "value", "number_format"]


def unpack_answers(submissions: Iterable[Submission]) -> pd.DataFrame:
    """One line per filled cell: agency, sha256, file_name, what `pack_answers` kept, and `number` (Decimal or None)."""
    columns: dict[str, list[Any]] = {name: [] for name in (*_FILE, *_COLUMNS)}
    known: dict[str, str] = {}  # the same text is held once: 3,800 files have half a million cells, and few texts
    for submission in submissions:
        lines = json.loads(submission.answers)
        for name in _FILE:
            columns[name].extend([getattr(submission, name)] * len(lines))
        # Column by column: a list for each line would take as much memory as everything else together.
        texts = zip_longest(*lines, fillvalue="")
        for name in _COLUMNS:
            columns[name].extend(known.setdefault(text, text) for text in next(texts, [""] * len(lines)))
    cells = pd.DataFrame(columns, dtype=object)
    numbers: Any = [Decimal(v) if k == "n" else None for v, k in zip(cells["value"], cells["kind"], strict=True)]
    cells["number"] = numbers
    return cells


def list_records(cells: pd.DataFrame) -> list[Cell]:
    """The lines as named tuples."""
    return list(cells.itertuples())


def list_open_rows(plan: Plan, cells: pd.DataFrame, table: str) -> list[tuple[str, dict[str, str]]]:
    """(agency, {column: value}) of each filled row of an open table, in the plan's order of agencies."""
    rows: dict[tuple[str, int], dict[str, str]] = {}
    for record in list_records(cells[(cells["table"] == table) & (cells["row"] != "")]):
        rows.setdefault((record.agency, int(record.row)), {})[record.column] = str(record.value)
    order = {agency: number for number, agency in enumerate(plan.agencies)}
    return [(agency, row) for (agency, _), row in sorted(rows.items(), key=lambda i: (order[i[0][0]], i[0][1]))]
