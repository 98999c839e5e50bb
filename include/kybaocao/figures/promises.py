"""Tasks that are reported as done although the target that they promise (`hoan_thanh_khi_dat`) is missed.

No file is sent back for it: the agency may mean its own measures, or be mistaken about either of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kybaocao.figures.broken_promise import BrokenPromise
from kybaocao.figures.snapshot import IndicatorResult, Outlook, TaskResult, TaskStatus, Verdict
from kybaocao.plan.plan import Plan

_HOPED = (Outlook.ON_PACE, Outlook.WILL_MEET)


def find_broken_promises(
    plan: Plan, results: Iterable[IndicatorResult], tasks: Iterable[TaskResult]
) -> tuple[BrokenPromise, ...]:
    """In the order of the plan; each with the agencies that report the task as done."""
    return tuple(_find(plan, {one.id: one for one in results}, {one.id: one for one in tasks}))


def _find(plan: Plan, results: dict[str, IndicatorResult], tasks: dict[str, TaskResult]) -> Iterator[BrokenPromise]:
    reporters = {indicator.id: frozenset(plan.members(indicator.reporters)) for indicator in plan.indicators}
    for task in plan.tasks:
        entries = tasks[task.id].entries if task.id in tasks else ()
        done = [entry.agency for entry in entries if entry.status is TaskStatus.DONE]
        for code in task.done_when_met:
            if code in results:
                missing = _list_missing_it(results[code], reporters.get(code, frozenset()))
                if agencies := tuple(agency for agency in done if agency in missing):
                    yield BrokenPromise(task.id, code, agencies)


def _list_missing_it(result: IndicatorResult, reporters: frozenset[str]) -> frozenset[str]:
    """By its own figures where each agency has some, otherwise by those of all: every agency that reports it."""
    if result.by_agency:
        return frozenset(one.agency for one in result.by_agency if one.verdict is Verdict.NOT_MET)
    is_missed = result.verdict is Verdict.NOT_MET and result.outlook not in _HOPED
    return reporters if is_missed else frozenset()
