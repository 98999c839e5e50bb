"""The chart in the leaders' mail, as wide as a telephone."""

from __future__ import annotations

from kybaocao.documents.report.content import write_contents
from kybaocao.mail.telephone_chart import find_target_chart, wrap_name
from tests.documents.demo_season import demo_snapshot
from tests.documents.sample import full_plan


def test_every_name_is_whole() -> None:
    """The longest of the plan, that of T13 with its target, takes three lines."""
    plan = full_plan()
    chart = find_target_chart(write_contents(plan, plan.require_cycle("nq02-2026-ky2"), demo_snapshot()).values())
    assert chart is not None
    lines = [wrap_name(category) for category in chart.categories]
    assert [" ".join(one) for one in lines] == list(chart.categories)
    assert max(map(len, lines)) > 2
