"""What an official saw is the word of the number format, in whatever way it is spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel

from kybaocao.intake.number_formats import BUILT_IN, TIME, judge_format, read_serial
from kybaocao.intake.parsing import DATE, PERCENT, SCALED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", ""),
        ("#,##0.00", ""),
        ('0.0" ngày"', ""),
        ('0"%"', ""),
        (r"0\%", ""),
        ("0.00E+00", ""),
        ("[Red]-0", ""),
        ('#,##0" m2"', ""),
        ("@", ""),
        ('0;-0;"-"', ""),
        ('[=0]"";General', ""),
        ("0%", PERCENT),
        ("0.00%;[Red]-0.00%", PERCENT),
        ("#,##0,", SCALED),
        ('#,##0,,"triệu"', SCALED),
        ('0"000"', SCALED),
        (r"0\0\0", SCALED),
        (";;;", SCALED),
        (";;;@", SCALED),
        ('"Có"', SCALED),
        ("dd/mm/yyyy", DATE),
        ("[$-42A]d mmmm yyyy", DATE),
        ("mmm-yy", DATE),
        ("d/m/yy h:mm", DATE),
        ("h:mm AM/PM", TIME),
        ("[h]:mm:ss", TIME),
        ("mm:ss.0", TIME),
    ],
)
def test_a_format_tells_what_it_shows(code: str, kind: str) -> None:
    assert judge_format(code) == kind


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
def test_a_duration_is_told_in_hours(value: float, said: str) -> None:
    assert read_serial(value, TIME, 0, 0, is_1904=False) == (said, [])


@pytest.mark.parametrize("serial", [-1, 60, 2_958_466, 1e300])
def test_what_is_no_day_stays_a_number(serial: float) -> None:
    assert read_serial(serial, DATE, 0, 0, is_1904=False) == (serial, [])
