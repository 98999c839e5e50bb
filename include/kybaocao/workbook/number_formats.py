"""What a number format shows for a number: per cent, thousands, a date, a time of day.

A sheet keeps 0.4, 46354 and 5 and shows 40%, 28/11/2026 and 0,005: the format decides what the official saw.

Source: ECMA-376 part 1, 18.8.30 (built-in formats, syntax) and 18.17.4 (serial dates, both epochs).
"""

from __future__ import annotations

import datetime as dt
import operator
import re

from kybaocao.workbook.plain_book import DATE, LITERAL, PERCENT, SCALED

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kybaocao.workbook.plain_book import Mark

TIME = "time"  # a time of day or a duration: read as the text it shows
VARYING = "varying"  # of several sections: the value decides which of them counts
BUILT_IN = {
    9: "0%",
    10: "0.00%",
    **dict.fromkeys((*range(14, 17), *range(27, 37), *range(50, 59)), "dd/mm/yyyy"),
    17: "mmm-yy",
    **dict.fromkeys((18, 19, 20, 21), "h:mm:ss"),
    22: "dd/mm/yyyy h:mm",
    **dict.fromkeys((45, 46, 47), "mm:ss"),
}
MONTH = "month"  # a date of which the sheet shows no day: read as the text it shows
LAST_SERIAL = 2_958_466  # the day after 31/12/9999
_DAY_ZERO = dt.date(1899, 12, 30).toordinal()

_PLAIN = re.compile(r"(?:#,##)?0(?:\.[0#]+)?|")  # the format of nearly every cell for figures
_LITERAL = r'"[^"]*"|\\.'
_SECTION = re.compile(rf"(?:{_LITERAL}|\[[^\]]*\]|[^;])*")
_QUOTED = re.compile(rf"{_LITERAL}|_.|\*.|\[[^\]]*\]")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9]+\.?[0-9]*)\]")
_SCALING = re.compile(r"[0#?],+(?![0#?,])")  # 0,.0 and 0.0, both show thousands
_PLACE = re.compile("[0#?]")
_DAY = re.compile(r"(?<!d)d{1,2}(?!d)")  # ddd is the day of the week
# 0"000" shows 5 as 5000, 0".000" as 5.000, "1"0 as 15; " m2" is a unit.
_DIGIT_ADDED = re.compile(r"[0#?][\s.,]*\x00[\s.,]*[0-9]|[0-9][\s.,]*\x00[\s.,]*[0#?]")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    **{"<": operator.lt, "<=": operator.le, ">": operator.gt},
    **{">=": operator.ge, "=": operator.eq, "<>": operator.ne},
}


def judge_format(code: str) -> str:
    """What the format shows instead of the number, see `judge_section`; VARYING when that depends on the number."""
    if _PLAIN.fullmatch(code):
        return ""
    if len(_split(code)) > 1 or _CONDITION.search(code):
        return VARYING
    kind = judge_section(code)
    return VARYING if kind == "" and _has_sign(code) else kind


def judge_shown(code: str, value: float) -> str:
    """The same for one number. SCALED, too, when no section is for it, or the sign that is shown is not its own."""
    section = find_section(code, value)
    if value == 0 and section is not None and not _has_digits(section) and any(map(_has_digits, _split(code))):
        return ""  # accountants write zero as a dash or leave it out
    if section is None or (section == "" and code):
        return SCALED
    kind = judge_section(section)
    if kind or value == 0 or _CONDITION.search(code) or "general" in section.lower():
        return kind
    is_negative_section = value < 0 and len(_split(code)) > 1
    return SCALED if _has_sign(section) != is_negative_section else kind


def find_section(code: str, value: float) -> str | None:
    """The section of a format that shows `value`; None for none."""
    sections = _split(code)[:3]  # the fourth is for text
    conditions = [_CONDITION.search(section) for section in sections]
    if any(conditions):
        holding = (one for one, found in zip(sections, conditions, strict=True) if found and _holds(found, value))
        others = (one for one, found in zip(sections, conditions, strict=True) if not found)
        return next(holding, next(others, None))
    if value > 0 or len(sections) == 1 or (value == 0 and len(sections) == 2):
        return sections[0]
    return sections[1 if value < 0 else 2]


def _has_sign(section: str) -> bool:
    return not {"-", "(", "–", "−"}.isdisjoint(re.sub(rf"({_LITERAL})|_.|\*.|\[[^\]]*\]", _keep_literal, section))


def _keep_literal(found: re.Match[str]) -> str:
    return found[1] or ""


def judge_section(section: str) -> str:
    """What one section shows instead of the number; "" when it shows the number.

    PERCENT: its hundredfold. SCALED: thousands of it, digits beside it, or nothing. LITERAL: words beside it that
    change what it says ("%", "nghìn", "/75"). DATE, MONTH (a date without its day), TIME.
    """
    if _ELAPSED.search(section):
        return TIME
    bare = _QUOTED.sub("", section).lower()
    if "general" not in bare and not {"d", "m", "y", "h", "s"}.isdisjoint(bare):
        if not {"h", "s"}.isdisjoint(bare) and {"d", "y"}.isdisjoint(bare):
            return TIME
        return DATE if _DAY.search(bare) else MONTH
    if "%" in bare:
        return PERCENT
    if "general" in bare or "@" in bare or not section:
        return ""
    around = "".join(split_literals(section))
    if not _has_digits(section) or _SCALING.search(bare) or _DIGIT_ADDED.search(_spell(section)):
        return SCALED
    return LITERAL if not {"%", "‰", "/"}.isdisjoint(around) or _changes(around) else ""


def split_literals(section: str) -> tuple[str, str]:
    """What a section writes before and behind the number."""
    pieces = _spell(section).split("\0")  # literals are every second piece
    places = [place for place in range(0, len(pieces), 2) if _PLACE.search(pieces[place])]
    if not places:
        return "", ""
    first, last = places[0], places[-1]
    before, behind = _PLACE.split(pieces[first])[0], _PLACE.split(pieces[last])[-1]
    return "".join([*pieces[:first], before]).strip(), "".join([behind, *pieces[last + 1 :]]).strip()


def _spell(section: str) -> str:
    """The section with its literals bare, each run of them between NULs."""
    section = re.sub(r"\[\$([^\]-]*)[^\]]*\]", r'"\1"', section)  # the sign of a currency
    section = re.sub(rf"({_LITERAL})|_.|\*.|\[[^\]]*\]", _keep_literal, section)
    return re.sub(f"(?:{_LITERAL})+", lambda run: f"\0{_bare(run[0])}\0", section)


def _bare(literals: str) -> str:
    return re.sub(_LITERAL, lambda one: one[0][1:-1] if one[0][0] == '"' else one[0][1:], literals)


_CHANGING = frozenset(["chục", "trăm", "nghìn", "ngàn", "ng", "vạn", "tr", "triệu", "trđ", "tỷ", "tỉ", "k", "m", "b"])


def _changes(words: str) -> bool:
    return not _CHANGING.isdisjoint(re.split(r"[^\w]+", words.casefold()))


def _split(code: str) -> list[str]:
    """Sections, at each ";" that is no literal."""
    sections, place = [], 0
    while True:
        found = _SECTION.match(code, place)
        assert found is not None
        sections.append(found[0])
        place = found.end() + 1
        if place > len(code):
            return sections


def _has_digits(section: str) -> bool:
    bare = _QUOTED.sub("", section)
    return not {"0", "#", "?"}.isdisjoint(bare) or "general" in bare.lower()


def _holds(condition: re.Match[str], value: float) -> bool:
    return _COMPARE[condition[1]](value, float(condition[2]))


def read_serial(value: float, kind: str, row: int, column: int, *, is_1904: bool) -> tuple[Any, list[Mark]]:
    """A number that shows a DATE, a MONTH or a TIME; one that shows none of ours stays a number."""
    try:
        if kind == TIME or 0 <= value < 1:
            return spell_duration(round(value * 86_400)), []
        moment = _read_moment(value, is_1904=is_1904)
    except (OverflowError, ValueError):
        return value, []
    return (f"{moment:%m/%Y}", []) if kind == MONTH else ("", [[row, column, DATE, moment.isoformat()]])


def spell_duration(seconds: int) -> str:
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
    day = int(serial := float(f"{serial:.15g}"))  # the digits that a spreadsheet keeps
    seconds = min(round((serial - day) * 86_400), 86_399)  # a moment before midnight is of the day that is shown
    return dt.datetime.combine(epoch, dt.time.min) + dt.timedelta(days=day, seconds=seconds)
