"""Measures of the printed page: Nghị định 30/2020/NĐ-CP, Phụ lục I, and the widths of the tables.

Lengths are millimetres, type sizes points.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

FONT = "Times New Roman"

# Phần I, mục I: A4; top and bottom 20-25, left 30-35, right 15-20.
PAGE_SHORT, PAGE_LONG = 210.0, 297.0
TOP, BOTTOM, LEFT = 20.0, 20.0, 30.0
RIGHT = 851 / 1440 * 25.4  # files count in twips: 850 of them are less than 15 mm
HEADER_DISTANCE = 8.0  # the page number is in the top margin
TEXT_WIDTH = PAGE_SHORT - LEFT - RIGHT

# Phần I, mục II and the table of type sizes.
NATION, MOTTO, ISSUER, NUMBER, PLACE = 13, 14, 13, 13, 14
ABOUT = 12  # "V/v …" of a công văn
BODY = 14
RECIPIENTS_LABEL, RECIPIENTS = 12, 11
PAGE_NUMBER = 13
TABLE = 10
TABLE_OF_NAMES = 12  # few columns, read by leaders
FIRST_LINE = 12.7
PARAGRAPH_SPACE = 6  # at least 6 points

LETTERHEAD = (65.0, 100.0)  # issuing body, quốc hiệu
CLOSING = (80.0, 85.0)  # nơi nhận, signature
ISSUER_RULE = 0.45  # of the text over it: 1/3 to 1/2
SUBJECT_RULE = 0.4

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class ColumnLayout:
    width: float
    align: Align = "left"


def _columns(*columns: tuple[float, Align]) -> tuple[ColumnLayout, ...]:
    return tuple(ColumnLayout(width, align) for width, align in columns)


COLUMNS: dict[str, tuple[ColumnLayout, ...]] = {
    "summary": _columns(  # in content that an earlier edition stored
        (10, "center"),
        (42, "left"),
        (16, "center"),
        (16, "center"),
        (14, "right"),
        (14, "right"),
        (15, "right"),
        (13, "right"),
        (13, "center"),
        (12, "center"),
    ),
    "dashboard": _columns(
        (10, "center"),
        (61, "left"),
        (20, "center"),
        (18, "right"),
        (22, "right"),
        (16, "right"),
        (18, "center"),
    ),
    "groups": _columns((50, "left"), *((12.2, "center"),) * 8, (17, "right")),
    "targets": _columns(
        (12, "center"),
        (38, "left"),
        (15, "center"),
        (21, "left"),
        (14, "right"),
        (14, "right"),
        (16, "right"),
        (14, "right"),
        (14, "right"),
        (16, "right"),
        (13, "right"),
        (14, "right"),
        (15, "center"),
        (12, "center"),
        (24, "left"),
    ),
    "tasks": _columns((17, "center"), (82, "left"), (55, "left"), *((14.0, "center"),) * 7),
    "details": _columns((17, "center"), (52, "left"), (50, "left"), (26, "left"), (52, "left"), (55, "left")),
    "difficulties": _columns(
        (9, "center"),
        (22, "left"),
        (36, "left"),
        (27, "left"),
        (15, "center"),
        (34, "left"),
        (18, "left"),
        (24, "left"),
        (67, "left"),
    ),
    "documents": _columns((10, "center"), (32, "left"), (30, "left"), (20, "center"), (122, "left"), (38, "left")),
    "submission": _columns(
        (12, "center"), (88, "left"), (45, "left"), (41, "center"), (38, "center"), (14, "center"), (14, "center")
    ),
    "elsewhere": _columns((30, "center"), (222, "left")),
    "late": _columns((12, "center"), (73, "left"), (57, "left"), (23, "center")),
    "origins": _columns(
        (14, "center"),
        (70, "left"),
        (18, "center"),
        (52, "left"),
        (55, "left"),
        (28, "left"),
        (12, "center"),
        (24, "right"),
        (28, "left"),
    ),
}

_AGENCY = _columns((8, "center"), (38, "left"))
_FIGURES = _columns((9.4, "right"), (9.4, "right"), (11.2, "right"), (14, "center"))
COLUMNS["single"] = _columns(
    (78, "left"), (58, "left"), (42, "left"), *((18.0, "right"),) * 2, (24, "right"), (22, "center")
)
COLUMNS["changed_figures"] = _columns((42, "left"), (38, "left"), (38, "left"), (47, "left"))
COLUMNS["changed_agencies"] = _columns((42, "left"), (46, "left"), (77, "left"))
COLUMNS["chart"] = _columns((150, "left"), (30, "right"), (30, "right"))


def list_columns(table: str, count: int) -> tuple[ColumnLayout, ...]:
    """The columns of a table. The matrix of the workbook has some for the agency, and four for each target."""
    if table == "matrix":
        return _AGENCY + _FIGURES * ((count - len(_AGENCY)) // len(_FIGURES))
    return COLUMNS[table]


TYPE_SIZES = {"late": TABLE_OF_NAMES}  # of tables that are not set in `TABLE`

# Widths of Times New Roman Bold in thousandths of the type size, by base letter: tone and vowel marks do not
# widen a letter.  Rules under a text are as long as the text, and no document library measures text.
_BOLD = {
    250: " ,.",
    278: "il/",
    333: "fjt-:()",
    389: "sI",
    444: "cerz",
    500: "agkovxy0123456789J",
    556: "bdđhknpquS",
    611: "FP",
    667: "BELTZ",
    722: "wACDĐNRUVXY",
    778: "GHKOQ",
    833: "m",
    944: "M",
    1000: "W",
}
_WIDTHS = {letter: width for width, letters in _BOLD.items() for letter in letters}
_POINT = 25.4 / 72


def measure_bold(text: str, size: int) -> float:
    """Width in millimetres of a line set in Times New Roman Bold."""
    bare = (char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return sum(_WIDTHS.get(char, 556) for char in bare) / 1000 * size * _POINT
