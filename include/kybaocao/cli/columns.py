"""Lines for a terminal whose columns stand under each other, also where the words are Vietnamese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

GAP = "  "


def line_up(rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> Iterator[str]:
    """The rows as lines of one width a column; columns in `numbers` stand to the right. All rows are of one length."""
    widths = [max(map(measure, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [_fill(cell, widths[place], place in numbers) for place, cell in enumerate(row)]
        yield GAP.join(cells).rstrip()


def measure(text: str) -> int:
    """Places it takes on a terminal: none for a mark over a letter, two for a wide sign (an emoji, a Chinese one)."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def _fill(text: str, width: int, is_number: bool) -> str:
    space = " " * (width - measure(text))
    return space + text if is_number else text + space
