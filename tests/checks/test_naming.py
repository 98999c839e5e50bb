"""The name at the top of a form: it must be exactly one of the agencies' names on that day."""

from __future__ import annotations

import datetime as dt

import pytest
from openpyxl import Workbook

from kybaocao.answers.words import find_agency
from kybaocao.checks.judgement import Judgement
from kybaocao.plan.plan import Plan
from tests.checks.catalogue import TARGETS, edit, judge_bytes, valid_form

DAY = dt.date(2026, 12, 9)


def _judge(name: str) -> Judgement:
    def _retype(book: Workbook) -> None:
        book[TARGETS]["A2"] = name

    return judge_bytes(edit(valid_form(), _retype))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Ủy ban nhân dân xã Mường Lầm – năm 2026", None),
        ("UBND xã Mường Lầm", None),
        ("xã Mường Lầm, tỉnh Sơn La – năm 2026", "agency-name-unknown"),
        ("Xã Mường Lâm – năm 2026", "agency-name-unknown"),  # one mark missing: nobody's name
        ("Mường Lạn – năm 2026", "agency-name-differs"),
        ("Phường Chiềng Lề – năm 2026", "agency-name-differs"),  # a former name, of phường Tô Hiệu
        ("Sở Lao động - Thương binh và Xã hội - năm 2026", "agency-name-differs"),  # a dash within the name
        ("Đứa Mòn – năm 2026", "agency-name-unknown"),  # never listed without its kind
        ("UBND xã Đứa Mòn", "agency-name-outdated"),
        ("Chỉ tiêu của đơn vị – phần I", None),  # not where a name stands
    ],
)
def test_a_retyped_name_is_looked_up(name: str, code: str | None) -> None:
    """What was read and what is expected stand in the finding."""
    findings = _judge(name).worded
    assert [finding.code for finding in findings] == ([code] if code else [])
    if code:
        assert findings[0].value.split()[-1] in name and "xã Mường Lầm" in findings[0].message


def test_a_name_counts_in_its_own_days(plan: Plan) -> None:
    """The department that became part of Sở Tài chính in 2025; a name that two communes had finds none."""
    name = "Sở Kế hoạch và Đầu tư"
    assert [find_agency(name, day, plan.aliases) for day in (dt.date(2025, 2, 28), dt.date(2025, 3, 1))] == [
        "STC",
        None,
    ]
    assert find_agency("xã Chiềng Chung", dt.date(2025, 6, 30), plan.aliases) is None


@pytest.mark.parametrize(
    ("name", "agency"),
    [
        *(("Sở KH&ĐT", "STC"), ("Sở GTVT", "SXD"), ("Sở TN&MT", "SNNMT"), ("Sở NN & PTNT", "SNNMT")),
        *(("Sở TT&TT", "SKHCN"), ("Sở LĐ-TB&XH", "SNV"), ("sở lđtbxh", "SNV")),
    ],
)
def test_a_former_department_is_known_by_its_usual_short_name(plan: Plan, name: str, agency: str) -> None:
    assert find_agency(name, dt.date(2025, 2, 28), plan.aliases) == agency
    assert find_agency(name, dt.date(2025, 3, 1), plan.aliases) is None


def test_every_agency_is_found_by_the_name_its_form_prints(plan: Plan) -> None:
    """No former name of one agency hides the present name of another."""
    for agency in plan.agencies.values():
        assert find_agency(agency.name, DAY, plan.aliases) == agency.code
