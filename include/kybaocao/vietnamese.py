"""Numbers, dates and order of words as Vietnamese readers expect them.

Numbers: dot for thousands, comma for decimals (Luật Kế toán; CLDR vi).  Dates: dd/MM/yyyy, and in running
text "ngày 09 tháng 6 năm 2026" with a leading zero for days below 10 and for months 1 and 2 only (Nghị
định 30/2020/NĐ-CP, Phụ lục I).
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def format_number(value: Decimal | int, places: int | None = None) -> str:
    """1234567.891 -> "1.234.567,891"; `places` fixes the decimals (half up), None keeps what is there."""
    if places is None and value == (whole := int(value)) and abs(whole) < 10**15:
        return f"{whole:,}".replace(",", ".")  # the fast way for nearly all numbers
    number = Decimal(value)
    if places is not None:
        number = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{number:z,f}" if places is not None else f"{number.normalize():z,f}"  # z: zero is never negative
    return text.translate(_OUR_MARKS)


_OUR_MARKS = str.maketrans(",.", ".,")


def format_percent(value: Decimal) -> str:
    """98.7 -> "98,70%": two decimals, as provincial reports write them."""
    return format_number(value, 2) + "%"


def format_date(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def write_date(day: dt.date) -> str:
    """ "01/6/2026": in running text, with the zeros of `spell_date`; cells of forms and lists keep `format_date`."""
    return f"{day:%d}/{_pad_month(day)}/{day.year}"


def format_moment(moment: dt.datetime) -> str:
    return f"{moment:%H:%M} ngày {write_date(moment)}"


def spell_date(day: dt.date) -> str:
    """ "ngày 09 tháng 6 năm 2026" (Nghị định 30/2020, Phụ lục I, II.4)."""
    return f"ngày {day.day:02d} tháng {_pad_month(day)} năm {day.year}"


def _pad_month(day: dt.date) -> str:
    return f"{day.month:02d}" if day.month < 3 else str(day.month)


def spell_hour(time: dt.time) -> str:
    """ "08 giờ 00": for running text."""
    return f"{time:%H} giờ {time:%M}"


def name_day(day: dt.date) -> str:
    """ "thứ Tư 09/12/2026" """
    return f"{WEEKDAYS[day.weekday()]} {write_date(day)}"


# --- collation -----------------------------------------------------------------------------------------
# CLDR vi: a ă â b c d đ e ê … with the tone marks as a second level, in the order huyền hỏi ngã sắc nặng.

_LETTERS = {letter: rank for rank, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


@lru_cache(maxsize=4096)
def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Key that puts Vietnamese words in dictionary order: Co Mạ, Đoàn Kết, Gia Phù, … Xím, Xuân, Yên."""
    letters: list[int] = []
    tones: list[int] = []
    for char in nfc(text).lower():
        tone = 0
        bare = char
        decomposed = unicodedata.normalize("NFD", char)
        marks = [mark for mark in decomposed[1:] if mark in _TONES]
        if marks:
            tone = _TONES[marks[0]]
            bare = nfc("".join(c for c in decomposed if c not in _TONES))
        rank = _LETTERS.get(bare)
        letters.append(100 + rank if rank is not None else (50 + int(bare) if bare.isdecimal() else ord(bare) % 50))
        tones.append(tone)
    return tuple(letters), tuple(tones), text


_MARKS = re.compile("[\u0300-\u036f]+")  # those of Vietnamese and its neighbours; rarer ones are dropped one by one


def strip_marks(text: str) -> str:
    """The letters without tone and other marks: "Đắk Lắk" -> "Dak Lak"."""
    apart = _MARKS.sub("", unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")))
    return apart if apart.isascii() else "".join(itertools.filterfalse(unicodedata.combining, apart))


# Signs that nobody sees and that copying brings along: marks of direction, joiners, soft hyphens, byte order marks.
# Source: Unicode, Default_Ignorable_Code_Point, without the fillers of other scripts.
INVISIBLE = "\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
_INVISIBLE = re.compile(f"[{INVISIBLE}\U000e0000-\U000e0fff]+")


def drop_invisible(text: str) -> str:
    """The text without the signs that nobody sees."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def clean_text(text: str) -> str:
    """NFC, signs that nobody sees left out, every kind of space made plain, runs of spaces collapsed, ends stripped."""
    text = drop_invisible(text)
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()  # true of nearly all texts; no other space than the plain one is printable
    return " ".join(unicodedata.normalize("NFC", text).split())  # split() knows every Unicode space
