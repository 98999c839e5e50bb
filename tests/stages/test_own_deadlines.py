"""Deadlines inside tasks and obligations in the letters to an agency."""

from __future__ import annotations

import datetime as dt

import pytest

from kybaocao.plan.plan import Plan
from kybaocao.stages.support.own_deadlines import list_own_deadlines
from tests.submissions import Value, arrive

JUNE, NOVEMBER = dt.date(2026, 6, 8), dt.date(2026, 11, 16)


def say(**statuses: str) -> dict[tuple[str, str, str], Value]:
    return {("nghia_vu" if row == "plan" else "nhiem_vu", ROWS[row], "trang_thai"): s for row, s in statuses.items()}


ROWS = {"plan": "IV.1.b", "quarter": "III.2.1.b"}


def test_what_is_near_or_over_is_named_the_earliest_first(plan: Plan) -> None:
    found = list_own_deadlines(plan, "STC", JUNE, None)
    assert [(one.id, one.due_on, one.is_over) for one in found] == [
        ("IV.1.b", dt.date(2026, 2, 14), True),
        ("III.2.1.b", dt.date(2026, 6, 30), False),
    ]


def test_what_is_far_off_is_not_named(plan: Plan) -> None:
    assert [one.id for one in list_own_deadlines(plan, "STC", dt.date(2026, 1, 20), None)] == ["IV.1.b"]
    assert list_own_deadlines(plan, "STC", dt.date(2026, 1, 2), None) == []


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"plan": "Đã hoàn thành", "quarter": "Đang thực hiện"}, ["III.2.1.b"]),
        ({"plan": "Đã hoàn thành", "quarter": "Không phát sinh"}, []),
        ({"plan": "Chậm tiến độ", "quarter": "Đã hoàn thành"}, ["IV.1.b"]),
        ({"quarter": "Đã hoàn thành"}, ["IV.1.b"]),  # a form that did not ask about the own plan
    ],
)
def test_what_the_last_report_states_as_done_is_not_named(plan: Plan, said: dict[str, str], named: list[str]) -> None:
    last = arrive("STC", say(**said))
    assert [one.id for one in list_own_deadlines(plan, "STC", NOVEMBER, last)] == named


def test_an_agency_without_dated_work_hears_of_none(plan: Plan) -> None:
    """Invited bodies are not bound by section IV."""
    assert list_own_deadlines(plan, "HHDN", NOVEMBER, None) == []
