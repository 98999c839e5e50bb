"""A list as CSV, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take a cell that begins so for a formula


def send_csv(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """An attachment in UTF-8 with its mark, as Excel wants it."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([_quiet(value) for value in row] for row in rows)
    return Response(
        written.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _quiet(value: object) -> object:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_ACTIVE) else text
