"""What a number format makes of a number: per cent, thousands, a date, a time of day.

A sheet keeps 0.4, 46354 and 5 and shows 40%, 28/11/2026 and 0,005: what the official saw is the format's word.

Source: ECMA-376 part 1, 18.8.30 (built-in formats, syntax) and 18.17.4 (serial dates, both epochs).
"""

from __future__ import annotations

import datetime as dt
import re

from kybaocao.intake.parsing import DATE, PERCENT, SCALED

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from typing import Any

    from kybaocao.intake.parsing import Mark

TIME = "time"  # a time of day or a duration: no figure of ours, it is read as the text it shows
BUILT_IN = {
    9: "0%",
    10: "0.00%",
    **dict.fromkeys((*range(14, 18), *range(27, 37), *range(50, 59)), "dd/mm/yyyy"),
    **dict.fromkeys((18, 19, 20, 21), "h:mm:ss"),
    22: "dd/mm/yyyy h:mm",
    **dict.fromkeys((45, 46, 47), "mm:ss"),
}
LAST_SERIAL = 2_958_466  # the day after 31/12/9999
_DAY_ZERO = dt.date(1899, 12, 30).toordinal()

_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_SCALING = re.compile(r"[0#?],+(?![0#?.,])")
_DIGIT_ADDED = re.compile(r'[0#?](?:"[0-9]|\\[0-9])')  # 0"000" shows 5 as 5000


def judge_format(code: str) -> str:
    """PERCENT, SCALED, DATE or TIME when the format shows something else than the number; "" when it does not."""
    if _ELAPSED.search(code):
        return TIME
    bare = _QUOTED.sub("", code).lower()
    if "general" not in bare and not {"d", "m", "y", "h", "s"}.isdisjoint(bare):
        is_time = not {"h", "s"}.isdisjoint(bare) and {"d", "y"}.isdisjoint(bare)
        return TIME if is_time else DATE
    if "%" in bare:
        return PERCENT
    first = bare.split(";")[0]
    if "general" in bare or "@" in first or not code:
        return ""
    is_without_digits = {"0", "#", "?"}.isdisjoint(bare)  # ";;;" shows nothing at all
    return SCALED if is_without_digits or _SCALING.search(first) or _DIGIT_ADDED.search(code.split(";")[0]) else ""


def read_serial(value: float, kind: str, row: int, column: int, *, is_1904: bool) -> tuple[Any, list[Mark]]:
    """A number that shows a DATE or a TIME; one that shows none of ours stays a number."""
    try:
        if kind == TIME or 0 <= value < 1:
            return say_duration(round(value * 86_400)), []
        moment = _read_moment(value, is_1904=is_1904)
    except (OverflowError, ValueError):
        return value, []
    return "", [[row, column, DATE, moment.isoformat()]]


def say_duration(seconds: int) -> str:
    """ "960:00:00": hours however many, as Excel's own [h]:mm:ss."""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _read_moment(serial: float, *, is_1904: bool) -> dt.datetime:
    """Raises ValueError for a serial that is no day; Excel's 1900 has a 29 February that never was."""
    if not 0 <= serial < LAST_SERIAL or (not is_1904 and 60 <= serial < 61):
        raise ValueError(serial)
    if serial >= 61 and not is_1904 and serial == int(serial):  # a day without a time, as nearly always
        return dt.datetime.fromordinal(int(serial) + _DAY_ZERO)
    epoch = dt.date(1904, 1, 1) if is_1904 else dt.date(1899, 12, 31 if serial < 60 else 30)
    moment = dt.datetime.combine(epoch, dt.time.min) + dt.timedelta(days=serial)
    return (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0)
