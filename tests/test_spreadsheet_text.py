"""What a spreadsheet program would take for a formula, and what stays as it is."""

from __future__ import annotations

import pytest

from kybaocao.spreadsheet_text import guard_csv


@pytest.mark.parametrize("text", ["=1+1", "+84 912", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "-1+1"])
def test_what_begins_like_a_formula_stays_a_text(text: str) -> None:
    assert guard_csv(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-5", "-12.50", "118", "", "Sở Tài chính", "a=b", -5, None])
def test_numbers_and_other_texts_stay_as_they_are(value: object) -> None:
    """A negative number that is kept as text is a number."""
    assert guard_csv(value) == value
