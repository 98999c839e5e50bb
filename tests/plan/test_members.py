"""Who is behind a list of codes and groups: each and every one, and one alone asked about."""

from __future__ import annotations

from kybaocao.plan.load import find_plan
from tests.conftest import CYCLE


def test_asking_about_one_agency_is_asking_whether_it_is_in_the_list() -> None:
    """Nobody of a group who is not bound; a code that stands for one body; codes that nobody has."""
    plan = find_plan(CYCLE)
    lists = {("khong-co",), *(task.leads for task in plan.tasks), *(one.reporters for one in plan.indicators)}
    lists |= {(name,) for name in plan.header.groups} | {task.leads for task in plan.obligations}
    differing = [
        (code, codes)
        for codes in lists
        for code in (*plan.agencies, "khong-co")
        if plan.is_member(code, codes) is not (code in plan.members(codes))
    ]
    assert len(lists) > 10 and differing == []
