"""Texts of agencies in spreadsheets: none may become a formula in the program that opens the file."""

from __future__ import annotations

import re

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # with which Excel and others begin to calculate
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)


def begins_like_formula(text: str) -> bool:
    return text.startswith(FORMULA_SIGNS)


def guard_csv(value: object) -> object:
    """A field for a .csv file, which cannot mark a text as text: an apostrophe before what begins like a formula.

    Numbers stay numbers, also negative ones that are kept as text.
    """
    if isinstance(value, str) and begins_like_formula(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
