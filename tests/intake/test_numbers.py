"""Numbers and dates as officials type them: the Vietnamese reading, a question, or no reading; never a guess."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.intake.numbers import Ambiguous, Unreadable, clean_text, read_date, read_number
from kybaocao.vietnamese import format_date, format_number, spell_date

whole_numbers = st.integers(-(10**12), 10**12)
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=3)


@given(whole_numbers)
def test_a_count_written_our_way_reads_back(number: int) -> None:
    """What the system writes, 1.234.567, it also reads; in a column of counts without a doubt."""
    assert read_number(format_number(number), whole=True) == number


@given(whole_numbers)
def test_a_count_without_dots_reads_back(number: int) -> None:
    """1234567 has one reading anywhere."""
    assert read_number(str(number), whole=True) == read_number(str(number), whole=False) == number


@given(decimals, st.integers(0, 4))
def test_a_decimal_written_our_way_is_read_or_asked_about(number: Decimal, places: int) -> None:
    """1.234,5 reads back; where an English eye could see another number the Vietnamese one is among those asked."""
    written = format_number(number, places)
    wanted = Decimal(written.replace(".", "").replace(",", "."))
    got = read_number(written, whole=False)
    assert wanted in got.readings if isinstance(got, Ambiguous) else got == wanted


def _is_grouped(text: str, mark: str) -> bool:
    first, *others = text.lstrip("-").split(mark)
    return text.count("-") <= 1 and first.isdecimal() and all(len(group) == 3 for group in others)


@given(st.text("0123456789., -", max_size=14), st.booleans())
def test_no_string_is_read_in_silence_unless_it_is_vietnamese(text: str, whole: bool) -> None:
    """A value only comes from: digits; digits in threes; and after one comma, decimals. All else is asked about."""
    got = read_number(text, whole=whole)
    if isinstance(got, Decimal):
        cleaned = clean_text(text)
        integral, comma, fraction = cleaned.partition(",")
        assert not comma or fraction.isdecimal()
        grouped = [mark for mark in ". " if mark in integral]
        assert len(grouped) <= 1
        if grouped:
            assert _is_grouped(integral, grouped[0]) and not integral.lstrip("-").startswith("0")
        assert got == Decimal("".join(c for c in integral if c not in ". ") + (f".{fraction}" if comma else ""))


@given(st.text(max_size=20))
def test_any_text_has_an_outcome(text: str) -> None:
    """Nothing an agency types makes the reader fail."""
    got = read_number(text, whole=True)
    assert isinstance(got, Decimal | Ambiguous | Unreadable)


@pytest.mark.parametrize(
    ("text", "whole", "wanted"),
    [
        ("5.000", True, 5000),
        ("1.234", True, 1234),
        (" 5.000 ", True, 5000),
        ("5 000", True, 5000),
        ("5\u00a0000", True, 5000),
        ("１２", True, 12),
        ("−7", True, -7),
        ("1.234,5", False, Decimal("1234.5")),
        ("1 234,5", False, Decimal("1234.5")),
        ("84,5", False, Decimal("84.5")),
        ("0,500", False, Decimal("0.5")),
        ("12,0", True, 12),
    ],
)
def test_vietnamese_numbers_are_read(text: str, whole: bool, wanted: Decimal | int) -> None:
    """A dot for thousands, a comma for decimals; a space may stand for the dot."""
    assert read_number(text, whole=whole) == wanted


@pytest.mark.parametrize(
    ("text", "whole", "readings"),
    [
        ("90.02", False, [Decimal("90.02")]),  # Babel reads 9002
        ("90.02", True, [Decimal("90.02")]),
        ("1,234.5", False, [Decimal("1234.5")]),  # Babel reads 1.2345
        ("5,000", True, [5, 5000]),
        ("1,234,567", True, [1234567]),
        ("1.234", False, [1234, Decimal("1.234")]),
        ("5.000", False, [5000, 5]),
        ("0.500", True, [Decimal("0.5")]),  # a half, not five hundred
        ("1.5", True, [Decimal("1.5")]),
    ],
)
def test_what_has_an_english_reading_is_asked_about(text: str, whole: bool, readings: list[Decimal]) -> None:
    """The readings are shown back; the agency says which it meant."""
    assert read_number(text, whole=whole) == Ambiguous(tuple(Decimal(reading) for reading in readings))


@pytest.mark.parametrize(
    "text",
    [
        *("khoảng 40", "40 hồ sơ", ">90", "15-20", "31/75", "x", "-", "…", "40 50", "12 34", "1.2.3", "1,2,3", "1 ,5"),
        *("Không phát sinh", "KPS", "0 %", "1.234.56", "12.34,5", "--5", "½", "+84912345678", "", "007 5", "5.000."),
        "1e5",
    ],
)
def test_what_is_no_number_is_never_half_read(text: str) -> None:
    """The first digits of a sentence are not its value."""
    assert read_number(text, whole=True) == Unreadable()


# --- dates --------------------------------------------------------------------------------------------------------

days = st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31))


@given(days)
def test_dates_written_our_way_read_back(day: dt.date) -> None:
    """dd/mm/yyyy and "ngày 09 tháng 6 năm 2026", composed or decomposed."""
    for text in (format_date(day), spell_date(day), unicodedata.normalize("NFD", spell_date(day))):
        assert read_date(text) == day


@given(days, st.sampled_from("/-."))
def test_the_day_comes_first(day: dt.date, mark: str) -> None:
    """9/6/2026 is the ninth of June; never the sixth of September."""
    assert read_date(f"{day.day}{mark}{day.month}{mark}{day.year}") == day


@pytest.mark.parametrize(
    "text", ["30/02/2026", "6/13/2026", "9/6/26", "2026-06-09", "tháng 6 năm 2026", "9/6", "46182", "đầu tháng 6", ""]
)
def test_what_is_no_day_is_not_read(text: str) -> None:
    """No month is guessed and no century added."""
    assert read_date(text) == Unreadable()
