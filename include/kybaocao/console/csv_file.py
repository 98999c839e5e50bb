"""A list as CSV, for Excel: with the mark of UTF-8, and with nothing in it that Excel would run as a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import TypeAdapter

from kybaocao.spreadsheet_text import guard_csv


def answer_csv(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """`name`: of the file, plain letters, without its ending."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([guard_csv(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


# --- for programs ----------------------------------------------------------------------------------------------------

Format = Annotated[str, Query(pattern="^(json|csv)?$", description="csv: every row, not a page of them")]
AS_CSV: dict[str, Any] = {"content": {"text/csv": {"schema": {"type": "string"}}}}  # beside the JSON of an answer


def answer_facts(name: str, kind: Any, rows: Sequence[Any]) -> Response:
    """The rows of a JSON answer under the same names; lists of texts are joined by ";", what is nested stays JSON.

    `kind`: the dataclass or model of a row.
    """
    names = list(getattr(kind, "model_fields", None) or kind.__dataclass_fields__)
    plain = TypeAdapter(list[kind]).dump_python(list(rows), mode="json")
    return answer_csv(name, names, ([_spell(one[key]) for key in names] for one in plain))


def _spell(value: Any) -> object:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
