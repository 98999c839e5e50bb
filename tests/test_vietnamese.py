"""Numbers, dates and the order of words as Vietnamese readers expect them."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import (
    format_date,
    format_moment,
    format_number,
    format_percent,
    name_day,
    nfc,
    sort_key,
    spell_date,
    write_date,
)

decimals = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=4)

# --- order of words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "count"), [(AgencyKind.COMMUNE, 67), (AgencyKind.WARD, 8)])
def test_communes_stand_in_the_order_of_the_register(plan: Plan, kind: AgencyKind, count: int) -> None:
    """Nghị quyết 1681/NQ-UBTVQH15: 67 xã and 8 phường; shuffled names sort back into the register's order."""
    names = [agency.name for agency in plan.agencies.values() if agency.kind is kind]
    shuffled = Random(2).sample(names, len(names))
    assert len(names) == count
    assert sorted(shuffled, key=sort_key) == names


def test_plain_sorting_would_not_do(plan: Plan) -> None:
    """Đoàn Kết would stand behind Yên Sơn: the test above is not true of any order."""
    names = [agency.name for agency in plan.agencies.values() if agency.kind is AgencyKind.COMMUNE]
    assert sorted(names) != names


@pytest.mark.parametrize(
    "ordered",
    [
        ["ma", "mà", "mả", "mã", "má", "mạ"],
        ["a", "ă", "â", "b", "d", "đ", "e", "ê", "o", "ô", "ơ", "u", "ư", "v"],
        ["Co Mạ", "Đoàn Kết", "Gia Phù", "Huổi Một", "Xím Vàng", "Xuân Nha", "Yên Châu"],
        ["Chiềng Sơ", "Chiềng Sơn"],  # a shorter name first
        ["Tà Hộc", "Tạ Khoa", "Tà Xùa"],  # letters decide before tones
        ["Lóng Phiêng", "Lóng Sập"],
        ["T2", "T9"],
    ],
)
def test_words_stand_in_dictionary_order(ordered: list[str]) -> None:
    """CLDR vi: ă and â after a, đ after d; tones huyền, hỏi, ngã, sắc, nặng only decide between equal letters."""
    assert sorted(reversed(ordered), key=sort_key) == ordered


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_words_can_be_sorted_and_composition_does_not_matter(words: list[str]) -> None:
    """A name from a Mac stands where the same name from Windows stands."""
    for word in words:
        assert sort_key(unicodedata.normalize("NFD", word))[:2] == sort_key(nfc(word))[:2]
    assert sorted(words, key=sort_key) == sorted(sorted(words), key=sort_key)


# --- numbers ---------------------------------------------------------------------------------------------------------


@given(decimals)
def test_a_number_keeps_its_value(number: Decimal) -> None:
    """Dots group, the comma divides; nothing is lost and no zeros are added."""
    text = format_number(number)
    assert Decimal(text.replace(".", "").replace(",", ".")) == number
    assert "," not in text or not text.endswith("0")


@given(decimals, st.integers(0, 3))
def test_fixed_places_round_half_up(number: Decimal, places: int) -> None:
    """0,125 to two places is 0,13, as accountants round; never 0,12."""
    text = format_number(number, places)
    wanted = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert Decimal(text.replace(".", "").replace(",", ".")) == wanted
    assert len(text.partition(",")[2]) == places


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (Decimal("1234567.891"), None, "1.234.567,891"),
        (Decimal("1.50"), None, "1,5"),
        (Decimal(100), None, "100"),
        (Decimal("1E+3"), None, "1.000"),
        (0, None, "0"),
        (5000, 0, "5.000"),
        (Decimal("0.125"), 2, "0,13"),
        (Decimal("-1234.5"), 1, "-1.234,5"),
        (Decimal("-0.001"), 2, "0,00"),
        (Decimal("-0"), None, "0"),
    ],
)
def test_numbers_are_written_as_the_accounting_law_says(number: Decimal | int, places: int | None, text: str) -> None:
    """Thousands with a dot, decimals with a comma; and zero is never negative."""
    assert format_number(number, places) == text


def test_a_percentage_has_two_places() -> None:
    """As provincial reports write it."""
    assert [format_percent(Decimal(value)) for value in ("98.7", "100", "84.555")] == ["98,70%", "100,00%", "84,56%"]


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "spelt"),
    [
        ("2026-06-09", "ngày 09 tháng 6 năm 2026"),
        ("2026-01-31", "ngày 31 tháng 01 năm 2026"),
        ("2026-02-10", "ngày 10 tháng 02 năm 2026"),
        ("2026-03-01", "ngày 01 tháng 3 năm 2026"),
        ("2026-12-10", "ngày 10 tháng 12 năm 2026"),
    ],
)
def test_dates_in_running_text_follow_decree_30(day: str, spelt: str) -> None:
    """Nghị định 30/2020, Phụ lục I, II.4: a leading zero for days below 10 and for months 1 and 2, no other."""
    assert spell_date(dt.date.fromisoformat(day)) == spelt


@given(st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31)))
def test_leading_zeros_stand_where_the_decree_wants_them(day: dt.date) -> None:
    """For every day of the calendar."""
    _, number, _, month, _, year = spell_date(day).split()
    assert (number.startswith("0"), month.startswith("0")) == (day.day < 10, day.month <= 2)
    assert (int(number), int(month), int(year)) == (day.day, day.month, day.year)


def test_dates_in_tables_are_dd_mm_yyyy() -> None:
    """Always two digits and the whole year; the weekday by its Vietnamese name."""
    moment = dt.datetime(2026, 12, 9, 8, 5, tzinfo=dt.UTC)
    assert format_date(moment.date()) == "09/12/2026"
    assert format_moment(moment) == "08:05 ngày 09/12/2026"
    week = [name_day(dt.date(2026, 12, 7) + dt.timedelta(days=n)) for n in range(7)]
    assert week[0] == "thứ Hai 07/12/2026" and week[2] == "thứ Tư 09/12/2026" and week[6] == "Chủ nhật 13/12/2026"


@pytest.mark.parametrize(
    ("day", "written"),
    [
        ((2026, 6, 1), "01/6/2026"),
        ((2026, 2, 9), "09/02/2026"),
        ((2026, 1, 31), "31/01/2026"),
        ((2026, 12, 5), "05/12/2026"),
    ],
)
def test_a_document_writes_a_date_as_the_decree_does(day: tuple[int, int, int], written: str) -> None:
    """Nghị định 30/2020: a zero before days under 10 and before months 1 and 2 only."""
    assert write_date(dt.date(*day)) == written
