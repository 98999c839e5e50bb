"""What an official saw is the word of the number format, in whatever way it is spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel

from kybaocao.workbook.number_formats import (
    BUILT_IN,
    MONTH,
    TIME,
    VARYING,
    judge_format,
    judge_shown,
    read_serial,
    split_literals,
)
from kybaocao.workbook.plain_book import DATE, LITERAL, PERCENT, SCALED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", ""),
        ("", ""),
        ("0", ""),
        ("#,##0", ""),
        ("#,##0.00", ""),
        ("0.##", ""),
        ("#,##0,.0", SCALED),
        ('0.0" ngày"', ""),
        ("0.00E+00", ""),
        ('#,##0" m2"', ""),
        (r'#,##0\ "₫"', ""),
        ("@", ""),
        ("0%", PERCENT),
        ("#,##0,", SCALED),
        ('#,##0,,"triệu"', SCALED),
        ('0"000"', SCALED),
        (r"0\0\0", SCALED),
        ('0".000"', SCALED),
        ('#,##0",000"', SCALED),
        ('0" 000"', SCALED),
        ('"1"0', SCALED),
        ('"Có"', SCALED),
        ('0"%"', LITERAL),
        (r"0\%", LITERAL),
        ('0 "nghìn"', LITERAL),
        ('0"/75"', LITERAL),
        ("dd/mm/yyyy", DATE),
        ("[$-42A]d mmmm yyyy", DATE),
        ("d-mmm", DATE),
        ("d/m/yy h:mm", DATE),
        ("mm/yyyy", MONTH),
        ("mmm-yy", MONTH),
        ("dddd", MONTH),
        ("h:mm AM/PM", TIME),
        ("[h]:mm:ss", TIME),
        ("mm:ss.0", TIME),
    ],
)
def test_a_format_is_judged_by_what_it_shows(code: str, kind: str) -> None:
    assert (judge_format(code), judge_shown(code, 5)) == (kind, kind)


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ('0;-0;"-"', {5: "", -5: "", 0: ""}),
        (r'_(* #,##0_);_(* \(#,##0\);_(* "-"??_);_(@_)', {5: "", -5: "", 0: ""}),
        ("0.00;[Red]0.00", {5: "", -6.35: SCALED}),
        ("0.00;;", {5: "", -5: SCALED}),
        ("[Red]-0", {5: SCALED}),
        ("(0)", {5: SCALED}),
        (";;;", {5: SCALED, 0: SCALED}),
        (";;;@", {5: SCALED}),
        ("0.00%;[Red]-0.00%", {0.5: PERCENT, -0.5: PERCENT}),
        ("0;-0%", {75: ""}),
        ('[>=1]0"%";0%', {1: LITERAL, 0.57: PERCENT}),
        ('[<=1]0%;0"%"', {75: LITERAL, 0.5: PERCENT}),
        ('[>=1000]#,##0,"k";0', {400: "", 40_000: SCALED}),
        ("[=1]0;[=2]0", {3: SCALED}),
        ("dd/mm/yyyy;@", {46_000: DATE}),
        ("General;[Red]-General", {5: "", -5: ""}),
    ],
)
def test_of_several_sections_the_one_for_the_number_counts(code: str, kinds: dict[float, str]) -> None:
    """With the sign it shows: −6,35 in red without a minus is read by everybody as 6,35."""
    assert (judge_format(code), {value: judge_shown(code, value) for value in kinds}) == (VARYING, kinds)


@pytest.mark.parametrize(
    ("section", "around"),
    [('0"%"', ("", "%")), ('"khoảng "#,##0" nghìn"', ("khoảng", "nghìn")), ('0"/70"', ("", "/70")), ("0", ("", ""))],
)
def test_the_words_of_a_format_beside_a_number_are_found(section: str, around: tuple[str, str]) -> None:
    assert split_literals(section) == around


@pytest.mark.parametrize("code", ['0";"0', r"0\;0", "[$-42A]0", '"a', "[", "\\", "_", "*", ";" * 50, "0" * 5_000])
def test_an_odd_format_is_judged_all_the_same(code: str) -> None:
    assert isinstance(judge_format(code) + judge_shown(code, 5), str)


@pytest.mark.parametrize(("number", "kind"), [(0, ""), (9, PERCENT), (10, PERCENT), (14, DATE), (21, TIME), (22, DATE)])
def test_formats_without_a_code_have_a_meaning_too(number: int, kind: str) -> None:
    assert judge_format(BUILT_IN.get(number, "")) == kind


@given(serial=st.integers(1, 2_958_465).filter(lambda number: number != 60), is_1904=st.booleans())
def test_a_serial_is_the_day_openpyxl_reads(serial: int, is_1904: bool) -> None:
    """An implementation of others, both epochs, the 29 February of 1900 left out."""
    try:
        expected = from_excel(serial, CALENDAR_MAC_1904) if is_1904 else from_excel(serial)
    except OverflowError:
        return
    said, marks = read_serial(serial, DATE, 0, 0, is_1904=is_1904)
    assert (said, marks) == ("", [[0, 0, DATE, expected.isoformat()]])


@pytest.mark.parametrize(
    ("value", "said"), [(40.0, "960:00:00"), (0.5, "12:00:00"), (1.25, "30:00:00"), (-0.5, "-12:00:00")]
)
def test_a_duration_is_spelled_in_hours(value: float, said: str) -> None:
    assert read_serial(value, TIME, 0, 0, is_1904=False) == (said, [])


@pytest.mark.parametrize("serial", [-1, 60, 2_958_466, 1e300])
def test_what_is_no_day_stays_a_number(serial: float) -> None:
    assert read_serial(serial, DATE, 0, 0, is_1904=False) == (serial, [])


@pytest.mark.parametrize(
    ("serial", "shown"),
    [
        (46354, "2026-11-28T00:00:00"),
        (46353.99999999999, "2026-11-28T00:00:00"),  # noise beyond the digits that a spreadsheet keeps
        (46353.9999999, "2026-11-27T23:59:59"),  # nine milliseconds before: the day before is shown
        (46353.99999, "2026-11-27T23:59:59"),
        (46353.9995, "2026-11-27T23:59:17"),
        (46354.000001, "2026-11-28T00:00:00"),
        (46354.4375, "2026-11-28T10:30:00"),
    ],
)
@pytest.mark.parametrize("is_1904", [False, True])
def test_a_moment_is_of_the_day_that_the_sheet_shows(serial: float, shown: str, is_1904: bool) -> None:
    """Rounded to seconds, but never into the next day."""
    value, marks = read_serial(serial - 1462 * is_1904, "date", 0, 0, is_1904=is_1904)
    assert (value, marks) == ("", [[0, 0, "date", shown]])
