"""Names of cells and columns in spreadsheets: "AB12", "AB"."""

from __future__ import annotations


def name_column(column: int) -> str:
    """Zero-based 27 -> "AB"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def name_cell(row: int, column: int) -> str:
    """Zero-based (11, 27) -> "AB12"."""
    return f"{name_column(column)}{row + 1}"


def find_column(letters: str) -> int:
    """ "AB" -> zero-based 27; "" -> -1. Takes capital letters only, unchecked."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1
