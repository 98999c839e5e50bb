"""Numbers and dates as Vietnamese officials type them, read strictly.

The Vietnamese convention is a dot for thousands and a comma for decimals (Luật Kế toán).  Where a text can be read
in two ways, nothing is guessed: the caller gets both readings to show them.  Results:

    Decimal, date           the only possible reading
    Decided                 two readings, of which the column allows one; the agency is asked to look at it
    Ambiguous               two readings, or only the English one; the agency has to say which
    Unreadable              no reading
      WithUnit              a number and its unit in one cell; the number may be proposed
      Fraction              a pair, "31/75"; both parts may be proposed
      Swapped               a date with the month first; the date may be proposed
      ShortYear             a date without its century; the date may be proposed
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import overload

from kybaocao.vietnamese import clean_text, drop_invisible

Range = tuple[Decimal, Decimal]  # both ends belong to it

MAX_LENGTH = 64  # characters; no office writes a longer number


@dataclass(frozen=True)
class Ambiguous:
    """The possible readings, none of them taken; a single one when the number is written the English way."""

    readings: tuple[Decimal, ...]


@dataclass(frozen=True)
class Decided:
    """The one reading that the column allows; `other` is the one it rules out, None if there was no other."""

    value: Decimal
    other: Decimal | None


@dataclass(frozen=True)
class Unreadable:
    """No reading. The kinds below carry what a message may propose to the agency."""


@dataclass(frozen=True)
class WithUnit(Unreadable):
    """ "12 hồ sơ": a number with a unit behind it, which belongs in the heading."""

    value: Decimal
    unit: str


@dataclass(frozen=True)
class Fraction(Unreadable):
    """ "31/75": two counts typed into one cell, as they were typed (never reduced, never divided)."""

    numerator: Decimal
    denominator: Decimal


@dataclass(frozen=True)
class Swapped(Unreadable):
    """ "11/28/2026": no date with the day first, but one with the month first."""

    date: dt.date


@dataclass(frozen=True)
class ShortYear(Unreadable):
    """ "28/11/26": probably a day of this century."""

    date: dt.date


# Listed one by one, because NFKC would turn 10² into 102 and ½ into 1⁄2.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SIGNS = str.maketrans(_FULL_WIDTH | {0x2212: "-"})


def normalize_signs(text: str) -> str:
    """The text as it looks: full-width signs become plain ones, invisible signs are left out."""
    return clean_text(text.translate(_SIGNS))


# A single space may separate thousands; two spaces, a tab or a wide space separate two numbers.
_SETS_APART = re.compile(r"[^\S \u00a0\u2007\u2009\u202f]|\s\s")


# --- numbers -------------------------------------------------------------------------------------------------------

# [0-9] and not \d, which also takes ٣ and ३.
# Groups of thousands never begin with a zero: "0.500" is no 500. A space may stand between them, nowhere else.
_PLAIN = re.compile(r"-?[0-9]+|-?[1-9][0-9]{0,2}(?: [0-9]{3})+")
_VIETNAMESE = re.compile(r"-?(?:[0-9]+|[1-9][0-9]{0,2}(?:[. ][0-9]{3})+),[0-9]+|-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_ENGLISH = re.compile(r"-?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)\.[0-9]+|-?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_APOSTROPHES = ("'", "’", "‘")  # Excel's sign for "this is text", kept where it was typed into a cell of texts


@overload
def read_number(text: str, *, whole: bool, between: None = None) -> Decimal | Ambiguous | Unreadable: ...
@overload
def read_number(text: str, *, whole: bool, between: Range | None) -> Decimal | Decided | Ambiguous | Unreadable: ...
def read_number(text: str, *, whole: bool, between: Range | None = None) -> Decimal | Decided | Ambiguous | Unreadable:
    """A typed number.

    `whole`: the column counts things, so "1.234" is 1234, and "1,234" is ambiguous, an English thousand or a
    Vietnamese decimal.  In a decimal column both are ambiguous.  `between`: what the column's unit allows, ends
    included; where exactly one of two readings lies inside, the result is `Decided`.  A number with only a
    Vietnamese reading is returned even when it lies outside: the caller judges that.
    """
    if len(text) > MAX_LENGTH or _SETS_APART.search(drop_invisible(text).strip()):
        return Unreadable()
    text = normalize_signs(text)
    if text.startswith(_APOSTROPHES):
        text = text[1:].lstrip()
    number = _read_bare(text, whole, between)
    if number is not None:
        return number
    return _read_pair(text) or _read_with_unit(text, whole, between) or Unreadable()


def _read_bare(text: str, whole: bool, between: Range | None) -> Decimal | Decided | Ambiguous | None:
    """Nothing but digits and separators, or None."""
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(" ", ""))
    readings = []
    if _VIETNAMESE.fullmatch(text):
        readings.append(Decimal(text.replace(" ", "").replace(".", "").replace(",", ".")))
        if whole and "." in text:
            return readings[0]
    if _ENGLISH.fullmatch(text):
        readings.append(Decimal(text.replace(",", "")))
    elif readings:
        return readings[0]
    if not readings:
        return None
    # Here there is an English reading, alone ("90.02") or beside the Vietnamese one ("1,234").
    allowed = [reading for reading in readings if between is not None and _is_allowed(reading, whole, between)]
    if len(allowed) != 1:
        return Ambiguous(tuple(readings))
    return Decided(allowed[0], next((reading for reading in readings if reading != allowed[0]), None))


def _is_allowed(number: Decimal, whole: bool, between: Range) -> bool:
    return between[0] <= number <= between[1] and not (whole and number != number.to_integral_value())


def _read_pair(text: str) -> Fraction | None:
    parts = [_read_bare(part.strip(), True, None) for part in text.split("/")]
    if len(parts) != 2:
        return None
    numerator, denominator = parts
    if not (isinstance(numerator, Decimal) and isinstance(denominator, Decimal)):
        return None
    if min(numerator, denominator) < 0 or any(part != part.to_integral_value() for part in (numerator, denominator)):
        return None
    return Fraction(numerator, denominator)


_LETTER = "[A-Za-zÀ-ÖØ-öø-ƿḀ-ỹ]"
_UNIT = re.compile(rf"(-?[0-9](?:[0-9., ]*[0-9])?) ?({_LETTER}{{2,}}(?: {_LETTER}+){{0,3}}|[%‰đĐ₫])")
# Words that change the number, its certainty or its direction: the number before them is not proposed.
_CHANGING_WORDS = """
    chục trăm nghìn ngàn vạn tr triệu tỷ tỉ trở lên xuống hơn kém dư gần khoảng ước độ chừng tầm hoặc hay đến tới và
    rưỡi không chưa mới cũ ít nhiều
"""
_NO_UNITS = frozenset(_CHANGING_WORDS.split())


def _read_with_unit(text: str, whole: bool, between: Range | None) -> WithUnit | None:
    match = _UNIT.fullmatch(text)
    if match is None or not _NO_UNITS.isdisjoint(match[2].casefold().split()):
        return None
    number = _read_bare(match[1], whole, between)
    if isinstance(number, Decided):
        number = number.value
    return WithUnit(number, match[2]) if isinstance(number, Decimal) else None


# --- dates ---------------------------------------------------------------------------------------------------------

_DAY = re.compile(r"([0-9]{1,2})\s*[/.\-]\s*([0-9]{1,2})\s*[/.\-]\s*([0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([/\-])([0-9]{1,2})\2([0-9]{1,2})")  # nobody writes year, day, month
_WORDS = re.compile(r"([0-9]{1,2}) tháng ([0-9]{1,2}) năm ([0-9]{4})", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:(?:{_LETTER}|[ .])+, ?)?ngày ", re.IGNORECASE)  # "Sơn La, ngày …"
_TIME = re.compile("[ T](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$")


def read_date(text: str) -> dt.date | Unreadable:
    """A typed date, day first: 9/6/2026, 09-06-2026, ngày 09 tháng 6 năm 2026; or 2026-06-09.

    A place in front ("Sơn La, ngày …") and a time of day behind are left out.  A year with two digits gives
    `ShortYear`.  A date that exists only with the month first gives `Swapped`; where both orders exist, the day is
    first.
    """
    if len(text) > MAX_LENGTH:
        return Unreadable()
    text = normalize_signs(text).removesuffix(".")
    if text.startswith(_APOSTROPHES):
        text = text[1:]
    if match := _BEFORE.match(text):
        text = text[match.end() :]
    text = _TIME.sub("", text)
    if match := _YEAR_FIRST.fullmatch(text):
        return _find_day(int(match[1]), int(match[3]), int(match[4])) or Unreadable()
    if match := _DAY.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
        if len(match[3]) == 2:
            full = _find_day(2000 + year, month, day)
            return ShortYear(full) if full else Unreadable()
        swapped = _find_day(year, day, month)
        return _find_day(year, month, day) or (Swapped(swapped) if swapped else Unreadable())
    if match := _WORDS.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
        return _find_day(year, month, day) or Unreadable()
    return Unreadable()


def _find_day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
