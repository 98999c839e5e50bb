"""The value of a cell of an .ods, from what its element says. Runs in the sandbox.

A formula that gives "" has no value but an empty paragraph; one that was never worked out has neither.

Source: OpenDocument 1.3 part 3: 19.385 (office:value-type), 19.642 (table:formula).
"""

from __future__ import annotations

import datetime as dt
import re

from kybaocao.workbook.number_formats import spell_duration
from kybaocao.workbook.ods_xml import CALC, OFFICE, TABLE
from kybaocao.workbook.plain_book import (
    DATE,
    ERROR,
    FORMULA,
    MAX_SHOWN,
    NUMERAL,
    UNREADABLE,
    UNWORKED,
    clean_signs,
    read_moment,
)

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from typing import Any

_DURATION = re.compile(r"PT([0-9]{1,6})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]*)?S")
_KNOWN_ERRORS = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:[0-9]{3}")
_BOOLEANS = {"true": True, "false": False}
_SHOWN_BOOLEANS = {"TRUE": 1.0, "FALSE": 0.0}
# Where each type of value keeps its value; of any other type ("string", "void") the paragraphs are the value.
_VALUE_ATTRIBUTES = {
    "float": OFFICE + "value",
    "percentage": OFFICE + "value",
    "currency": OFFICE + "value",
    "date": OFFICE + "date-value",
    "time": OFFICE + "time-value",
    "boolean": OFFICE + "boolean-value",
}


def read_value(attributes: dict[str, str], paragraphs: list[str]) -> tuple[Any, list[tuple[str, str]]]:
    """The value of a cell and its marks (kind, text).

    A typed value that is missing, or not written as its type demands, is UNREADABLE.
    """
    kind = attributes.get(OFFICE + "value-type", "")
    shown = "\n".join(paragraphs)
    marks: list[tuple[str, str]] = []
    if formula := attributes.get(TABLE + "formula", ""):
        is_worked = bool(kind or paragraphs)
        marks.append((FORMULA if is_worked else UNWORKED, _spell_formula(formula)))
    if attributes.get(CALC + "value-type") == "error" or _KNOWN_ERRORS.fullmatch(shown):
        return "", [*marks, (ERROR, shown or "#ERROR!")]
    if kind not in _VALUE_ATTRIBUTES:
        return clean_signs(attributes.get(OFFICE + "string-value", shown)), marks
    written = attributes.get(_VALUE_ATTRIBUTES[kind], "").strip(" \t\r\n")
    if kind == "boolean" and written in _BOOLEANS:
        return _BOOLEANS[written], marks
    if kind == "date" and (moment := read_moment(written)):
        return "", [*marks, (DATE, moment)]
    if kind == "time" and (time := _read_time(written)):
        return time, marks
    if _VALUE_ATTRIBUTES[kind] == OFFICE + "value" and NUMERAL.fullmatch(written):
        number = float(written)
        # LibreOffice keeps an imported TRUE as a number that shows TRUE
        return (bool(number) if _SHOWN_BOOLEANS.get(shown) == number else number), marks
    return "", [*marks, (UNREADABLE, clean_signs(written or shown)[:MAX_SHOWN] or "?")]


def _read_time(written: str) -> str:
    """As a text, "10:30:00"; "" for no time. A date of which only the time is left may be written as that."""
    match = _DURATION.fullmatch(written)
    if match is None:
        return ""
    hours, minutes, seconds = (int(part) for part in match.groups())
    if hours < 24 and minutes < 60 and seconds < 60:
        return str(dt.time(hours, minutes, seconds))
    return spell_duration(hours * 3_600 + minutes * 60 + seconds)


_PREFIX = re.compile(r"^[a-z]{1,9}:(?==)")
_REFERENCE = re.compile(r"\[([^\[\]]*)\]")


def _spell_formula(formula: str) -> str:
    """ "of:=SUM([.A1:.B2])" -> "=SUM(A1:B2)" """
    text = _REFERENCE.sub(lambda match: re.sub(r"(^|:)\.", r"\1", match[1]), _PREFIX.sub("", formula))
    return text if text.startswith("=") else f"={text}"
