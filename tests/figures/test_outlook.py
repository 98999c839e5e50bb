"""Targets for the whole year: what an estimate, or the pace, says before the year is over."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kybaocao.figures.outlook import foresee
from kybaocao.figures.snapshot import Figures, Outlook, Verdict
from kybaocao.figures.verdicts import judge_value
from tests.figures.taking import HAS, PLAN, take
from tests.submissions import arrive

MID_YEAR, YEAR_END = PLAN.cycles["nq02-2026-ky1"], PLAN.cycles["nq02-2026-ky2"]


def look(code: str, value: int, estimate: int | None, cycle: str = YEAR_END.id) -> Outlook | None:
    indicator = next(one for one in PLAN.indicators if one.id == code)
    figures = Figures(Decimal(value), None, Decimal(value))
    expected = None if estimate is None else Decimal(estimate)
    return foresee(PLAN, PLAN.cycles[cycle], indicator, figures, judge_value(indicator, figures), expected)


@pytest.mark.parametrize(
    ("code", "value", "estimate", "outlook"),
    [
        ("T03", 322, 351, Outlook.WILL_MEET),  # of 340 in the year
        ("T03", 322, 340, Outlook.WILL_MEET),
        ("T03", 322, 339, Outlook.WILL_NOT_MEET),
        ("T03", 322, None, None),  # nobody estimated
        ("T03", 340, None, None),  # met; what is founded stays founded
        ("T03", 340, 300, None),
        ("T02", 4410, 5000, Outlook.WILL_MEET),  # of 5.000 at the end of the year
        ("T02", 4410, 4455, Outlook.WILL_NOT_MEET),
        ("T02", 5001, 4999, Outlook.WILL_NOT_MEET),  # what there is may become less
        ("T02", 5001, 5002, None),
        ("D4", 20, 30, None),  # no target for the year
    ],
)
def test_at_the_end_of_the_year_the_estimate_says_whether_it_will_be_met(
    code: str, value: int, estimate: int | None, outlook: Outlook | None
) -> None:
    """30 November is not the end: "chưa đạt" alone would be unjust, and "đạt" too early."""
    assert look(code, value, estimate) is outlook


@pytest.mark.parametrize(("value", "outlook"), [(141, Outlook.ON_PACE), (140, Outlook.BEHIND), (340, None)])
def test_at_mid_year_a_flow_is_held_against_its_share_of_the_year(value: int, outlook: Outlook | None) -> None:
    """By 31 May 151 of 365 days have passed: 140,66 of 340, whatever is estimated."""
    assert look("T03", value, 400, MID_YEAR.id) is outlook


@pytest.mark.parametrize(("estimate", "outlook"), [(5000, Outlook.WILL_MEET), (4999, Outlook.WILL_NOT_MEET)])
def test_at_mid_year_a_stock_is_held_against_its_estimate(estimate: int, outlook: Outlook) -> None:
    """Enterprises did not begin at none on 1 January: a share of the year says nothing of them."""
    assert look("T02", 4300, estimate, MID_YEAR.id) is outlook


def test_the_assessment_is_the_outlook_where_there_is_one() -> None:
    """The verdict of the cut-off stays beside it."""
    answers = {"tinh_trang": HAS, "thuc_hien": 322, "uoc_nam": 351}
    result = take(arrive("STC", {("so_luong", "T03", column): value for column, value in answers.items()}))
    one = result.indicator("T03")
    assert (one.verdict, one.assessment) == (Verdict.NOT_MET, "dự kiến đạt")
    assert result.indicator("T02").assessment == "chưa có số liệu"
