"""Numbers and dates as Vietnamese officials type them, read strictly.

The Vietnamese convention is a dot for thousands and a comma for decimals (Luật Kế toán).  What can be
read in two ways is never guessed: the caller gets `Ambiguous` with the readings to show back.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True)
class Ambiguous:
    """More than one honest reading."""

    readings: tuple[Decimal, ...]


@dataclass(frozen=True)
class Unreadable:
    """No honest reading."""


# Groups of thousands never begin with a zero: "0.500" is no 500. A space may stand between them, nowhere else.
_PLAIN = re.compile(r"-?\d+|-?[1-9]\d{0,2}(?: \d{3})+")
_VIETNAMESE = re.compile(r"-?(?:\d+|[1-9]\d{0,2}(?:[. ]\d{3})+),\d+|-?[1-9]\d{0,2}(?:\.\d{3})+")
_ENGLISH = re.compile(r"-?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)\.\d+|-?[1-9]\d{0,2}(?:,\d{3})+")


def clean_text(text: str) -> str:
    """NFC, every kind of space made plain, runs of spaces collapsed, ends stripped."""
    return " ".join(unicodedata.normalize("NFC", text).split())  # split() knows every Unicode space


def read_number(text: str, *, whole: bool) -> Decimal | Ambiguous | Unreadable:
    """A typed number.

    `whole` says that the column counts things.  "1.234" is then 1234 without doubt, and "1,234" is asked
    about: an English thousand or a Vietnamese decimal.  In a decimal column both are asked about.
    """
    text = unicodedata.normalize("NFKC", clean_text(text)).replace("−", "-")
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(" ", ""))
    plain = text.replace(" ", "").replace(".", "").replace(",", ".")
    vietnamese = _as_decimal(plain) if _VIETNAMESE.fullmatch(text) else None
    english = _as_decimal(text.replace(",", "")) if _ENGLISH.fullmatch(text) else None
    if vietnamese is None and english is None:
        return Unreadable()
    if vietnamese is not None and english is not None and vietnamese != english:
        if whole and "." in text:
            return vietnamese
        return Ambiguous((vietnamese, english))
    if vietnamese is None:
        # Only the English reading exists ("90.02", "1,234.5"): the writer meant something, but which?
        assert english is not None
        return Ambiguous((english,))
    return vietnamese


def _as_decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


_DAY = re.compile(r"(?:ngày )?(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})", re.IGNORECASE)
_WORDS = re.compile(r"(?:ngày )?(\d{1,2}) tháng (\d{1,2}) năm (\d{4})", re.IGNORECASE)


def read_date(text: str) -> dt.date | Unreadable:
    """A typed date, day first: 9/6/2026, 09-06-2026, ngày 09 tháng 6 năm 2026."""
    text = clean_text(text)
    match = _DAY.fullmatch(text) or _WORDS.fullmatch(text)
    if match is None:
        return Unreadable()
    day, month, year = (int(part) for part in match.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return Unreadable()
