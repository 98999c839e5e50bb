"""What one cell of the form means: the text an official sees there, the value we take, or a complaint.

Nothing is guessed: a cell that can be read in two ways, or that shows another number than it holds, is asked
about.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from kybaocao.form.edition import Column, Kind
from kybaocao.intake.book import CellValue, Mark, text_of
from kybaocao.intake.numbers import Ambiguous, Unreadable, clean_text, read_date, read_number
from kybaocao.intake.parsing import DATE, ERROR, PERCENT, UNWORKED
from kybaocao.vietnamese import format_number

MAX_TEXT = 4_000
MAX_NUMBER = Decimal(10) ** 12
FIRST_DAY, LAST_DAY = dt.date(2020, 1, 1), dt.date(2035, 12, 31)

Value = Decimal | dt.date | str | None


class Complaint(NamedTuple):
    """Why a cell cannot be taken as it is; a code of the catalogue, what would be right, and the facts."""

    code: str
    expected: str = ""
    facts: Mapping[str, str] = {}


class Meaning(NamedTuple):
    text: str
    value: Value
    complaint: Complaint | None = None


BLANK = Meaning("", None)


def interpret(raw: CellValue, mark: Mark | None, column: Column) -> Meaning:
    """The meaning of a cell in `column`; `mark` is what its bare value does not tell."""
    if raw == "" and mark is None and isinstance(raw, str):
        return BLANK
    if mark is not None and mark.kind in _SHOWN:
        raw = _SHOWN[mark.kind](raw, mark)
    return _READERS[column.kind](raw, column)


def _show_percent(raw: CellValue, _: Mark) -> CellValue:
    """0.4 in a cell that shows 40% is what the official sees: 40%."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return format_number(_exact(raw) * 100) + "%"
    return raw


# What stands for the value of a marked cell. A date is told from a typed text by its type, see _Day.
_SHOWN: dict[str, Callable[[CellValue, Mark], CellValue]] = {
    PERCENT: _show_percent,
    ERROR: lambda raw, mark: raw or mark.text,
    UNWORKED: lambda raw, mark: raw or mark.text,
    DATE: lambda raw, mark: _Day(mark.text),
}


class _Day(str):
    """A date Excel holds as a date, in ISO form."""

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self)


def _see(raw: CellValue) -> str:
    return text_of(raw.moment) if isinstance(raw, _Day) else text_of(raw)


def _read_text(raw: CellValue, _: Column) -> Meaning:
    text = _see(raw)
    if len(text) > MAX_TEXT:
        return Meaning(text, text[:MAX_TEXT], Complaint("text-too-long", str(MAX_TEXT), {"dai": str(len(text))}))
    return Meaning(text, text or None)


def _read_choice(raw: CellValue, column: Column) -> Meaning:
    text = _see(raw)
    if not text:
        return BLANK
    if text in column.choices:
        return Meaning(text, text)
    for choice in column.choices:
        if choice.casefold() == text.casefold():
            return Meaning(text, choice)
    return Meaning(text, None, Complaint("choice-unknown", ", ".join(column.choices)))


def _read_date(raw: CellValue, _: Column) -> Meaning:
    text = _see(raw)
    if not text:
        return BLANK
    if isinstance(raw, _Day):
        day: dt.date | Unreadable = raw.moment.date()
    else:
        day = read_date(raw) if isinstance(raw, str) else Unreadable()
    if isinstance(day, Unreadable):
        return Meaning(text, None, Complaint("date-unreadable"))
    if not FIRST_DAY <= day <= LAST_DAY:
        return Meaning(text, None, Complaint("date-implausible", f"{FIRST_DAY:%d/%m/%Y} – {LAST_DAY:%d/%m/%Y}"))
    return Meaning(text, day)


def _read_number(raw: CellValue, column: Column) -> Meaning:
    text = _see(raw)
    if not text:
        return BLANK
    is_whole = column.kind is Kind.INTEGER
    if isinstance(raw, bool | _Day):
        return Meaning(text, None, Complaint("number-unreadable"))
    number: Decimal | Ambiguous | Unreadable
    if isinstance(raw, str):
        typed = clean_text(raw).removesuffix("%") if column.kind is Kind.PERCENT else raw
        number = read_number(typed, whole=is_whole)
    elif math.isfinite(raw):
        number = _exact(raw)
        text = format_number(number)
    else:
        number = Unreadable()
    if isinstance(number, Ambiguous):
        shown = " hoặc ".join(format_number(reading) for reading in number.readings)
        return Meaning(text, None, Complaint("number-ambiguous", "", {"cach_hieu": shown}))
    if isinstance(number, Unreadable):
        return Meaning(text, None, Complaint("number-unreadable"))
    if complaint := _judge_range(number, column.kind):
        return Meaning(text, None, complaint)
    return Meaning(text, number.to_integral_value() if is_whole else number)


def _judge_range(number: Decimal, kind: Kind) -> Complaint | None:
    if kind is Kind.PERCENT and not 0 <= number <= 100:
        return Complaint("percent-out-of-range")
    if kind is Kind.INTEGER and number < 0:
        return Complaint("number-negative")
    if abs(number) > MAX_NUMBER:
        return Complaint("number-too-large", format_number(MAX_NUMBER))
    if kind is Kind.INTEGER and number != number.to_integral_value():
        return Complaint("number-not-whole")
    return None


def _exact(raw: int | float) -> Decimal:
    """repr gives the shortest decimal that is this float: 98.7 stays 98.7, not 98.7000000000000028."""
    return Decimal(repr(raw))


_READERS: dict[Kind, Callable[[CellValue, Column], Meaning]] = {
    Kind.TEXT: _read_text,
    Kind.CHOICE: _read_choice,
    Kind.DATE: _read_date,
    Kind.INTEGER: _read_number,
    Kind.DECIMAL: _read_number,
    Kind.PERCENT: _read_number,
}
