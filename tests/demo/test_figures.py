"""The invented answers of the sample season."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE


@pytest.mark.parametrize(("like", "column"), [("T18", "tu_so_luy_ke"), ("T02", "thuc_hien"), ("T04", "nam_nay")])
def test_a_target_that_was_added_to_the_plan_is_answered(plan: Plan, like: str, column: str) -> None:
    """However it is measured, without a range of figures of its own."""
    added = next(one for one in plan.indicators if one.id == like).model_copy(update={"id": "T99"})
    larger = replace(plan, indicators=(*plan.indicators, added))
    answers = Filler(1).fill(build_layout(larger, CYCLE, "STC"))
    table = next(table for table, row, _ in answers if row == "T99")
    assert isinstance(answers[table, "T99", column], int)


@pytest.mark.parametrize("cycle", ["nq02-2026-ky1", "nq02-2026-ky2"])
def test_the_newly_founded_are_as_many_wherever_they_are_counted(plan: Plan, cycle: str) -> None:
    """T03 counts them, T07.1 compares them with the year before."""
    answers = Filler(2026).fill(build_layout(plan, cycle, "STC"))
    counted = {row: value for (_, row, column), value in answers.items() if column in ("thuc_hien", "nam_nay")}
    assert counted["T03"] == counted["T07.1"]


def test_what_was_done_in_june_is_done_in_november(plan: Plan) -> None:
    """And some of what was late in June is done, too."""
    june, november = (
        {row: value for (table, row, column), value in answers.items() if (table, column) == ("nhiem_vu", "trang_thai")}
        for answers in (Filler(2026).fill(build_layout(plan, cycle, "STC")) for cycle in ("nq02-2026-ky1", CYCLE))
    )
    done = {row for row, status in november.items() if status == "Đã hoàn thành"}
    assert {row for row, status in june.items() if status == "Đã hoàn thành"} < done
