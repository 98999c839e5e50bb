"""Reading one cell of the form: the text an official sees there, and its value or a complaint.

Nothing is guessed: where a cell can be read in two ways, or shows another number than it holds, the agency is asked.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from kybaocao.answers.legacy_fonts import decode_legacy, detect_legacy_encoding
from kybaocao.answers.numbers import (
    Ambiguous,
    Decided,
    Fraction,
    Range,
    ShortYear,
    Swapped,
    Unreadable,
    WithUnit,
    normalize_signs,
    read_date,
    read_number,
)
from kybaocao.answers.words import Marker, find_word, read_marker
from kybaocao.plan.form_edition import Column, Kind
from kybaocao.vietnamese import clean_text, format_date, format_number
from kybaocao.workbook.book import CellValue, Mark, text_of
from kybaocao.workbook.number_formats import find_section, split_literals
from kybaocao.workbook.plain_book import (
    DATE,
    DOUBTFUL,
    ERROR,
    LITERAL,
    MERGED,
    PERCENT,
    SCALED,
    UNREADABLE,
    UNWORKED,
)

MAX_TEXT = 4_000
MAX_NUMBER = 10**12  # an int: comparing a float with it is four times as fast as with a Decimal
MIN_NUMBER = Decimal("0.000001")  # smaller figures are remainders of formulas; 0,000001 tỷ đồng is 1.000 đồng
FIRST_DAY, LAST_DAY = dt.date(2020, 1, 1), dt.date(2035, 12, 31)
_MISTYPED = {"ly_do_nghi": "go_nham_ngay"}

_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT)

Value = Decimal | dt.date | str | None


class Complaint(NamedTuple):
    """What is wrong with a cell: a code of the catalogue, what would be right, the facts for its words.

    `proposal` is the value the cell should probably hold; it is shown and never used.
    """

    code: str
    expected: str = ""
    facts: Mapping[str, str] = {}
    proposal: str = ""


# (text, value, complaint); a plain tuple, because a form makes five hundred
Meaning = tuple[str, Value, Complaint | None]

BLANK: Meaning = ("", None, None)

_UNSURE = {UNREADABLE: "cell-unreadable", DOUBTFUL: "formula-result-unclear"}
_WANTED = dict.fromkeys(_NUMBERS, "so") | {Kind.DATE: "ngay", Kind.CHOICE: "lua_chon", Kind.TEXT: "chu"}


def interpret(raw: CellValue, mark: Mark | None, column: Column) -> Meaning:
    """The meaning of a cell in `column`; `mark` says what its value alone does not: format, merge, error."""
    if mark is None:
        return BLANK if raw == "" else READERS[column.kind](raw, column)
    if mark.kind == MERGED:
        return "", None, Complaint("cell-merged", "", {"o_gop": mark.text})
    if mark.kind == ERROR:
        return mark.text, None, Complaint("cell-error", "", {"loi": mark.text, "can_ghi": _WANTED[column.kind]})
    if mark.kind in _UNSURE:
        return mark.text, None, Complaint(_UNSURE[mark.kind], "", {"can_ghi": _WANTED[column.kind]})
    if mark.kind == UNWORKED:
        return mark.text, None, Complaint("formula-unworked", "", {"can_ghi": _WANTED[column.kind]})
    if mark.kind == DATE:
        return READERS[column.kind](_Day(mark.text), column)
    if mark.kind == SCALED and column.kind in _NUMBERS and isinstance(raw, int | float):
        return _complain_of_scale(raw, column)
    if mark.kind == LITERAL and column.kind in _NUMBERS and isinstance(raw, int | float):
        before, behind = split_literals(find_section(mark.text, raw) or "")
        raw = f"{before}{format_number(_exact(raw))}{behind}"  # read like the typed text "75%" or "5 nghìn"
    if mark.kind == PERCENT and isinstance(raw, int | float) and not isinstance(raw, bool):
        number = _exact(raw) * 100  # the official sees 40% where the cell holds 0.4
        raw = f"{format_number(number)}%"
        if column.kind is Kind.PERCENT:  # a number has one reading; only typed text can have two
            return _judge_number(raw, number, column)
    return BLANK if raw == "" and isinstance(raw, str) else READERS[column.kind](raw, column)


def _complain_of_scale(raw: int | float, column: Column) -> Meaning:
    """The sheet shows the number in thousands or millions, so the agency has to say which number it meant."""
    number = _exact(raw)
    scaled = Complaint("number-shown-scaled", "", {}, _propose(number, column.kind))
    return format_number(number), None, _judge_range(number, column.kind) or scaled


class _Day(str):
    """A date Excel holds as a date, in ISO form with its time of day."""

    @property
    def date(self) -> dt.date:
        return dt.date.fromisoformat(self[:10])

    @property
    def shown(self) -> str:
        return self._day if self.endswith("T00:00:00") else f"{self._day} {self[11:16]}"

    @property
    def with_seconds(self) -> str:
        return f"{self._day} {self[11:19]}"

    @property
    def _day(self) -> str:
        return f"{self[8:10]}/{self[5:7]}/{self[:4]}"

    @property
    def is_late(self) -> bool:
        """Whether its time is one to which a program that errs about the time zone moves the midnight after it.

        In Việt Nam 17:00 is midnight UTC, and midnight in the local time of before 1911 is minutes before ours.
        """
        return _LATE_TIME.search(self[10:19]) is not None


# A time behind "T" was written by a program; people who type the end of office hours leave a space before it.
_LATE_TIME = re.compile(r"[ T]23:5[0-9](?::[0-9]{2})?$|T16:5[0-9](?::[0-9]{2})?$|T17:00(?::00)?$")


def _show(raw: CellValue) -> str:
    if type(raw) is str:
        return clean_text(raw)
    return raw.shown if isinstance(raw, _Day) else text_of(raw)


# ASCII, or composed Vietnamese with a letter that no legacy encoding uses: the whole text is then Unicode.
_OLD_LETTERS, _NEW_LETTERS = " -~–À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúý", "ĂăĐđĨĩŨũƠơƯưẠ-ỹ"
_CLEAN_TEXT = re.compile(rf"(?! )(?:[ -~]++|[{_OLD_LETTERS}]*+[{_NEW_LETTERS}][{_OLD_LETTERS}{_NEW_LETTERS}]*+)(?<! )")
_UNICODE_ONLY = re.compile(f"[{_NEW_LETTERS}]")


def _read_text(raw: CellValue, _: Column) -> Meaning:
    # True of nearly every text.
    if type(raw) is str and len(raw) <= MAX_TEXT and _CLEAN_TEXT.fullmatch(raw) and "  " not in raw:
        return raw, raw, None
    text = _show(raw)
    if len(text) > MAX_TEXT:
        return text, text[:MAX_TEXT], Complaint("text-too-long", str(MAX_TEXT), {"dai": str(len(text))})
    if type(raw) is str and _TCVN3_HORN in raw and detect_legacy_encoding(raw):
        text = " ".join(raw.split())  # in that encoding the sign is a letter; in Unicode nobody sees it
    if encoding := detect_legacy_encoding(text):
        # Decoding would damage the Unicode part of a mixed text, so nothing is proposed for it.
        proposal = "" if _UNICODE_ONLY.search(text) else decode_legacy(text, encoding)
        facts = {"bang_ma": _FONTS[encoding], "nen_la": "chu" if proposal else ""}
        return text, text, Complaint("text-in-legacy-font", "", facts, proposal)
    return text, text or None, None


_TCVN3_HORN = "\xad"
_FONTS = {"TCVN3": "TCVN3 (phông .VnTime)", "VNI": "VNI (phông VNI-Times)"}


def _read_choice(raw: CellValue, column: Column) -> Meaning:
    if type(raw) is str and raw in column.choices:
        return raw, raw, None
    text = _show(raw)
    if not text:
        return BLANK
    if choice := find_word(text, column.choices):
        return text, choice, None
    if name := find_word(text, column.choice_names):
        return text, column.choices[column.choice_names.index(name)], None
    return text, None, Complaint("choice-unknown", ", ".join(column.offered))


def _read_date(raw: CellValue, _: Column) -> Meaning:
    text = _show(raw)
    if not text:
        return BLANK
    if isinstance(raw, _Day):
        day: dt.date | Unreadable = raw.date
        text = raw.with_seconds if raw.is_late else text
    else:
        day = read_date(raw) if isinstance(raw, str) else Unreadable()
    if isinstance(day, Swapped):
        return text, None, Complaint("date-swapped", "", {}, format_date(day.date))
    if isinstance(day, Unreadable):
        return text, None, _explain_no_day(raw, day)
    if not FIRST_DAY <= day <= LAST_DAY:
        return text, None, Complaint("date-implausible", f"{FIRST_DAY:%d/%m/%Y} – {LAST_DAY:%d/%m/%Y}", _MISTYPED)
    if raw.is_late if isinstance(raw, _Day) else _LATE_TIME.search(normalize_signs(str(raw))):
        after = format_date(day + dt.timedelta(days=1))
        return text, None, Complaint("date-near-midnight", "", {"ngay_ghi": format_date(day)}, after)
    return text, day, None


def _explain_no_day(raw: CellValue, found: Unreadable) -> Complaint:
    day, cause = None, "thieu_ngay_thang_nam"
    if isinstance(found, ShortYear):
        day, cause = found.date, "nam_hai_chu_so"
    elif isinstance(raw, int | float) and _FIRST_SERIAL <= raw < _FIRST_SERIAL + (LAST_DAY - FIRST_DAY).days + 1:
        day = FIRST_DAY + dt.timedelta(days=int(raw) - _FIRST_SERIAL)
        cause = "so_thu_tu_cua_ngay"
    proposal = "" if day is None else format_date(day)
    facts = {"ly_do_nghi": cause, "nen_la": "ngay" if proposal else ""}
    return Complaint("date-unreadable", "", facts, proposal)


_FIRST_SERIAL = (FIRST_DAY - dt.date(1899, 12, 30)).days  # as Excel counts days

_ALLOWED: dict[Kind, Range] = {
    Kind.PERCENT: (Decimal(0), Decimal(100)),
    Kind.INTEGER: (Decimal(0), Decimal(MAX_NUMBER)),
}


def _read_number(raw: CellValue, column: Column) -> Meaning:
    if type(raw) is float:  # the fast way for nearly all numbers: whole, or between 1 and 100
        if column.kind is Kind.INTEGER:
            if 0 <= raw <= MAX_NUMBER and raw.is_integer():
                whole = int(raw)
                return format_number(whole), Decimal(whole), None
        elif _SURE_SHARE < raw <= 100:
            spelled = f"{raw:.15g}"
            return spelled.replace(".", ","), Decimal(spelled), None
    if type(raw) is float and math.isfinite(raw):
        number = _exact(raw)
        return _judge_number(format_number(number), number, column)
    text = _show(raw)
    if not text:
        return BLANK
    is_whole = column.kind is Kind.INTEGER
    if isinstance(raw, _Day):
        return text, None, Complaint("number-became-date", "", {"da_go": f"{raw.date.day}/{raw.date.month}"})
    if isinstance(raw, bool) or (isinstance(raw, float) and not math.isfinite(raw)):
        return text, None, Complaint("number-unreadable")
    if isinstance(raw, int | float):
        number = _exact(raw)
        return _judge_number(format_number(number), number, column)
    typed = normalize_signs(raw).removesuffix("%") if column.kind is Kind.PERCENT else raw
    found = read_number(typed, whole=is_whole, between=_ALLOWED.get(column.kind))
    if isinstance(found, Unreadable):
        return text, None, _explain_unreadable(text, found, column.kind)
    if isinstance(found, Ambiguous):
        refused = [_judge_range(reading, column.kind) for reading in found.readings]
        if all(refused):  # whichever is meant would be refused in its turn
            return text, None, refused[0]
        shown = " hoặc ".join(format_number(reading) for reading in found.readings)
        return text, None, Complaint("number-ambiguous", "", {"cach_hieu": shown})
    if isinstance(found, Decided):
        text, value, complaint = _judge_number(text, found.value, column)
        return text, value, complaint or _confirm_reading(found)
    text, value, complaint = _judge_number(text, found, column)
    if complaint is None and _REVERSING in raw and found > 9:  # some programs show the digits from right to left
        complaint = _confirm_reading(Decided(found, None))
    return text, value, complaint


_REVERSING = "\u202e"


def _confirm_reading(found: Decided) -> Complaint:
    other = "" if found.other is None else format_number(found.other)
    return Complaint("number-read-as", "", {"cach_doc": format_number(found.value), "cach_khac": other})


def _explain_unreadable(text: str, found: Unreadable, kind: Kind) -> Complaint:
    if isinstance(found, WithUnit) and found.unit in "%‰":
        return Complaint("percent-in-count" if kind is not Kind.PERCENT else "number-unreadable")
    if isinstance(found, WithUnit):
        # The number without its unit must not be refused in its turn.
        with_unit = Complaint("number-with-unit", "", {"don_vi": found.unit}, _propose(found.value, kind))
        return _judge_range(found.value, kind) or with_unit
    if isinstance(found, Fraction):
        pair = {"tu": format_number(found.numerator), "mau": format_number(found.denominator)}
        return Complaint("number-is-pair", "", pair)
    marker = read_marker(text)
    if marker is Marker.UNCLEAR:
        return Complaint("number-is-sign")
    return Complaint("number-unreadable") if marker is None else Complaint("number-is-word", _STATUS_OF[marker])


_STATUS_OF = {
    Marker.NOTHING: "Không phát sinh",
    Marker.NO_FIGURE: "Chưa có số liệu",
    Marker.NOT_PUBLISHED: "Chưa công bố",
}


def _judge_number(text: str, number: Decimal, column: Column) -> Meaning:
    if column.kind is Kind.PERCENT and 100 < number <= 100 + MIN_NUMBER:
        return text, Decimal(100), _confirm_reading(Decided(Decimal(100), None))  # the remainder of a formula
    if complaint := _judge_range(number, column.kind):
        return text, None, complaint
    if column.kind is Kind.PERCENT and _is_unsure(number) and not normalize_signs(text).endswith("%"):
        facts = {"dung_la": format_number(number)}
        return text, None, Complaint("percent-as-fraction", "", facts, format_number(min(number * 100, Decimal(100))))
    return text, number.to_integral_value() if column.kind is Kind.INTEGER else number, None


_SURE_SHARE = 1.00001  # above it a number is one of hundred and not a part of one, which it would exceed


def _is_unsure(share: Decimal) -> bool:
    """0,8 and 1 may be 0,8% and 1%, or what Excel holds for 80% and 100%."""
    return 0 < share <= 1 + MIN_NUMBER


def _propose(number: Decimal, kind: Kind) -> str:
    """The number as it has to be typed; a share up to 1 needs its "%", or it could mean two things."""
    return format_number(number) + ("%" if kind is Kind.PERCENT and _is_unsure(number) else "")


def _judge_range(number: Decimal, kind: Kind) -> Complaint | None:
    if kind is Kind.PERCENT and not 0 <= number <= 100:
        return Complaint("percent-out-of-range")
    if kind is Kind.INTEGER and number < 0:
        return Complaint("number-negative")
    if abs(number) > MAX_NUMBER:
        return Complaint("number-too-large", format_number(MAX_NUMBER))
    if kind is Kind.INTEGER and number != number.to_integral_value():
        return _complain_of_decimals(number)
    if 0 < abs(number) < MIN_NUMBER:
        return Complaint("number-too-small")
    return None


def _complain_of_decimals(number: Decimal) -> Complaint:
    """1,367 may be "1.367" typed into an Excel that reads the dot as a decimal sign; 98,7 is a share, not a count."""
    thousand = number * 1000
    if 1 <= number < 1000 and thousand == thousand.to_integral_value() and thousand % 10:
        facts = {"ly_do_nghi": "dau_cham_thap_phan", "nen_la": "so_khong_dau_cham", "go_lai": f"{int(thousand)}"}
        return Complaint("number-not-whole", "", facts, format_number(thousand))
    return Complaint("number-not-whole", "", {"ly_do_nghi": "ty_le_thay_so_dem", "nen_la": ""})


def _exact(raw: int | float) -> Decimal:
    """Rounded to the 15 digits that a spreadsheet shows: 98.7 stays 98.7, and 0.57 × 100 is 57."""
    return Decimal(repr(raw) if isinstance(raw, int) else f"{raw:.15g}")


READERS: dict[Kind, Callable[[CellValue, Column], Meaning]] = {
    Kind.TEXT: _read_text,
    Kind.CHOICE: _read_choice,
    Kind.DATE: _read_date,
    Kind.INTEGER: _read_number,
    Kind.DECIMAL: _read_number,
    Kind.PERCENT: _read_number,
}
