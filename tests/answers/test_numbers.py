"""Numbers and dates as officials type them: the Vietnamese reading, a question, or no reading; never a guess."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.answers.numbers import (
    Ambiguous,
    Decided,
    Fraction,
    ShortYear,
    Swapped,
    Unreadable,
    WithUnit,
    clean_text,
    read_date,
    read_number,
)
from kybaocao.vietnamese import format_date, format_number, spell_date

whole_numbers = st.integers(-(10**12), 10**12)
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=3)
shares = st.decimals(0, 100, allow_nan=False, allow_infinity=False, places=3)
SHARE = (Decimal(0), Decimal(100))
COUNT = (Decimal(0), Decimal(10) ** 6)


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
    """1.234,5 reads back; where it has an English reading, too, the Vietnamese one is among the readings."""
    written = format_number(number, places)
    wanted = Decimal(written.replace(".", "").replace(",", "."))
    got = read_number(written, whole=False)
    assert wanted in got.readings if isinstance(got, Ambiguous) else got == wanted


def _is_grouped(text: str, mark: str) -> bool:
    first, *others = text.lstrip("-").split(mark)
    return text.count("-") <= 1 and first.isdecimal() and all(len(group) == 3 for group in others)


@given(st.text("0123456789., -", max_size=14), st.booleans())
def test_no_string_is_read_in_silence_unless_it_is_vietnamese(text: str, whole: bool) -> None:
    """Values come from digits, digits in threes, and decimals after one comma; anything else is asked about."""
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


@given(st.text(max_size=20) | st.text("0123456789.,/- %đ'²½٣３\u00a0\u200b", max_size=14), st.booleans(), st.booleans())
def test_any_text_has_an_outcome(text: str, whole: bool, is_bounded: bool) -> None:
    """Nothing an agency types makes the readers fail; only a column with a range decides."""
    got = read_number(text, whole=whole, between=SHARE if is_bounded else None)
    assert isinstance(got, Decimal | Ambiguous | Unreadable | Decided)
    assert is_bounded or not isinstance(got, Decided)
    assert isinstance(read_date(text), dt.date | Unreadable)


@pytest.mark.parametrize(
    ("text", "whole", "wanted"),
    [
        ("5.000", True, 5000),
        ("1.234", True, 1234),
        (" 5.000 ", True, 5000),
        ("5 000", True, 5000),
        ("5\u00a0000", True, 5000),
        ("5\u202f000", True, 5000),
        ("5\u2009000", True, 5000),
        ("1\u200b2\ufeff", True, 12),  # a space nobody sees
        ("１２", True, 12),
        ("１．２３４，５", False, Decimal("1234.5")),
        ("−7", True, -7),
        ("'12", True, 12),  # Excel's "this is text"
        ("’84,5", False, Decimal("84.5")),
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
        *(
            "khoảng 40",
            ">90",
            "15-20",
            "x",
            "-",
            "…",
            "40 50",
            "12 34",
            "1.2.3",
            "1,2,3",
            "1 ,5",
            "12 (trong đó 3 mới)",
        ),
        *("Không phát sinh", "KPS", "1.234.56", "12.34,5", "--5", "½", "+84912345678", "", "'", "007 5", "5.000."),
        *("1e5", "1,40E+09", "(5)", "9/6/2026", "1/2/3", "-3/4", "1,5/2", "1/", "/", "125/KH-UBND"),
    ],
)
def test_what_is_no_number_is_never_half_read(text: str) -> None:
    """The first digits of a sentence are not its value."""
    assert read_number(text, whole=True) == Unreadable()


INVISIBLE = "\xad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2064\u2066\u2067\u2068\u2069\ufe0f\ufeff"


@pytest.mark.parametrize("sign", INVISIBLE)
def test_a_sign_that_nobody_sees_is_no_part_of_a_number_or_a_date(sign: str) -> None:
    """Copied from a calculator, a web page, a chat: in front, behind, and between the digits."""
    for text in (f"{sign}310", f"310{sign}", f"3{sign}10", f"{sign}3{sign}1{sign}0{sign}", f" {sign} 310 {sign}\n"):
        assert read_number(text, whole=True) == 310
    for text in (f"{sign}9/6/2026", f"9/{sign}6/2026{sign}", f"ngày{sign} 9 tháng 6 năm 2026"):
        assert read_date(text) == dt.date(2026, 6, 9)


@pytest.mark.parametrize("text", ["1 \u200b 234", "1\u200b \u202c 234", "1\u2060\t234"])
def test_a_sign_that_nobody_sees_hides_no_wide_gap(text: str) -> None:
    """Two spaces separate two numbers, whatever stands between them."""
    assert read_number(text, whole=True) == Unreadable()


@pytest.mark.parametrize("text", ["10²", "H₂", "①②", "٣", "३", "𝟏𝟐", "1\u0301", "1\ufe0f\u20e3", "Ⅻ", "1½"])
def test_signs_that_only_look_like_digits_are_refused(text: str) -> None:
    """10² is no 102: only full-width signs and spaces are replaced."""
    assert read_number(text, whole=True) == Unreadable()


# --- what the column decides ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "whole", "between", "wanted"),
    [
        ("5.000", False, SHARE, Decided(Decimal(5), Decimal(5000))),
        ("5,000", False, SHARE, Decided(Decimal(5), Decimal(5000))),
        ("5.000", False, (Decimal(1000), Decimal(9000)), Decided(Decimal(5000), Decimal(5))),
        ("5,000", False, (Decimal(1000), Decimal(9000)), Decided(Decimal(5000), Decimal(5))),
        ("1,234", True, COUNT, Decided(Decimal(1234), Decimal("1.234"))),  # nobody counts 1.234 things
        ("5,000", True, SHARE, Decided(Decimal(5), Decimal(5000))),
        ("90.02", False, SHARE, Decided(Decimal("90.02"), None)),
        ("1,234,567", True, (Decimal(0), Decimal(10) ** 7), Decided(Decimal(1234567), None)),
    ],
)
def test_the_column_decides_when_it_allows_one_reading(
    text: str, whole: bool, between: tuple[Decimal, Decimal], wanted: Decided
) -> None:
    """One reading lies inside the range of the unit: it is taken, and the agency is asked to look."""
    assert read_number(text, whole=whole, between=between) == wanted


@pytest.mark.parametrize(
    ("text", "whole", "between"),
    [
        ("5,000", True, COUNT),  # both inside
        ("1.234", False, COUNT),
        ("150.02", False, SHARE),  # none inside
        ("1.5", True, SHARE),  # inside, and no count
    ],
)
def test_the_column_that_allows_both_readings_or_none_decides_nothing(
    text: str, whole: bool, between: tuple[Decimal, Decimal]
) -> None:
    """Then the agency is asked, as without a range."""
    got = read_number(text, whole=whole, between=between)
    assert got == read_number(text, whole=whole) and isinstance(got, Ambiguous)


@given(shares, st.booleans())
def test_a_share_written_our_way_reads_back_in_its_column(number: Decimal, whole: bool) -> None:
    """A percentage with its decimals is read as it was written, sometimes as `Decided`."""
    if whole:
        number = number.to_integral_value()
    got = read_number(format_number(number), whole=whole, between=SHARE)
    assert (got.value if isinstance(got, Decided) else got) == number


@given(st.text("0123456789., -", max_size=14), st.booleans(), decimals, decimals)
def test_a_decision_is_one_of_the_honest_readings(text: str, whole: bool, one: Decimal, other: Decimal) -> None:
    """The range chooses between two readings; a single reading stays, even outside the range."""
    between = (min(one, other), max(one, other))
    bare, bounded = read_number(text, whole=whole), read_number(text, whole=whole, between=between)
    if isinstance(bounded, Decided):
        assert isinstance(bare, Ambiguous)
        assert {bounded.value, bounded.other} - {None} == set(bare.readings)
        assert between[0] <= bounded.value <= between[1]
    else:
        assert bounded == bare


# --- what may be proposed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("12 hồ sơ", 12, "hồ sơ"),
        ("12hồ sơ", 12, "hồ sơ"),
        ("98,7 %", Decimal("98.7"), "%"),
        ("98,7%", Decimal("98.7"), "%"),
        ("1.234đ", 1234, "đ"),
        ("5 000 đồng", 5000, "đồng"),
        ("3 doanh nghiệp thành lập mới", None, ""),
        ("4 DN", 4, "DN"),
    ],
)
def test_a_unit_behind_a_number_is_read_apart(text: str, value: int | Decimal | None, unit: str) -> None:
    """No reading, but what to propose: the number alone."""
    assert read_number(text, whole=True) == (Unreadable() if value is None else WithUnit(Decimal(value), unit))


@pytest.mark.parametrize(
    "text", ["1,2 tỷ", "5 triệu đồng", "200k", "3 tr", "80 trở lên", "40 hoặc hơn", "12 x", "1ª", "5m2", "1,234 hồ sơ"]
)
def test_words_that_change_a_number_are_no_unit(text: str) -> None:
    """1,2 tỷ is not 1,2, and an ambiguous number is not proposed."""
    assert read_number(text, whole=True) == Unreadable()


@pytest.mark.parametrize(
    ("text", "numerator", "denominator"),
    [("31/75", 31, 75), (" 31 / 75 ", 31, 75), ("0/0", 0, 0), ("1.234/5.678", 1234, 5678), ("２/４", 2, 4)],
)
def test_a_pair_in_one_cell_is_read_as_a_pair(text: str, numerator: int, denominator: int) -> None:
    """As typed: not divided, not reduced, not a date."""
    for whole in (True, False):
        assert read_number(text, whole=whole) == Fraction(Decimal(numerator), Decimal(denominator))


@given(st.text(max_size=20))
def test_what_may_be_proposed_is_never_a_reading(text: str) -> None:
    """Callers may treat every kind alike."""
    got = read_number(text, whole=True)
    assert isinstance(got, Unreadable) or not isinstance(got, WithUnit | Fraction | Swapped)


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
    "text",
    [
        *("30/02/2026", "31/11/2026", "31/11/26", "2026-13-09", "tháng 6 năm 2026", "9/6", "46182", "đầu tháng 6", ""),
        *("9/6/2026 25:00", "9/6/2026 chiều", "Kế hoạch 5, ngày 9 tháng 6 năm 2026"),
        *("2/30/2026", "13/13/2026", "0/6/2026", "9/6/0000", "٩/٦/٢٠٢٦", "ngày 11 tháng 28 năm 2026"),
    ],
)
def test_what_is_no_day_is_not_read(text: str) -> None:
    """No month is guessed and no century added."""
    assert read_date(text) == Unreadable()


@pytest.mark.parametrize(
    "text",
    [
        *("2026-06-09", "2026/6/9", "09/06/2026 00:00", "9/6/2026 8:05:00", "2026-06-09T00:00:00"),
        *("ngày 09 tháng 6 năm 2026", "Sơn La, ngày 09 tháng 6 năm 2026", "xã Mường Lầm, Ngày 9/6/2026"),
    ],
)
def test_a_day_that_can_be_only_one_is_read(text: str) -> None:
    """The year in front, a time behind, the place in front as in a letter."""
    assert read_date(text) == dt.date(2026, 6, 9)


@pytest.mark.parametrize("text", ["9/6/26", "09.06.26", "ngày 9-6-26"])
def test_a_year_of_two_digits_is_proposed_in_full(text: str) -> None:
    assert read_date(text) == ShortYear(dt.date(2026, 6, 9))


@given(days)
def test_a_month_in_front_is_proposed_the_other_way(day: dt.date) -> None:
    """11/28/2026 is no date with the day first; where both orders exist, the day is first: 11/6/2026 is in June."""
    got = read_date(f"{day.month}/{day.day}/{day.year}")
    assert got == (Swapped(day) if day.day > 12 else dt.date(day.year, day.day, day.month))


@pytest.mark.parametrize("text", ["６/９/2026", "\u00a06/9/2026\u200b", "6 / 9 / 2026", "Ngày 6/9/2026"])
def test_dates_with_signs_of_other_keyboards_are_read(text: str) -> None:
    """Full width and spaces, as in numbers."""
    assert read_date(text) == dt.date(2026, 9, 6)
