"""A list as CSV, for Excel: with the mark of UTF-8, and with nothing in it that Excel would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

from kybaocao.spreadsheet_text import guard_csv


def answer_csv(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """`name`: of the file, plain letters, without its ending."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([guard_csv(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
