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
