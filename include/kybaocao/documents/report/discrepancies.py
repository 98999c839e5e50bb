"""Figures that differ, tasks that their target contradicts: a sentence each, for those who can ask the agencies."""

from __future__ import annotations

from kybaocao.figures.broken_promise import BrokenPromise
from kybaocao.figures.snapshot import Discrepancy
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import NUMERATOR, Measure
from kybaocao.vietnamese import format_number


def describe_discrepancy(plan: Plan, one: Discrepancy) -> str:
    """ "mẫu số của T08 là 4.331, khác T02 là 4.410; …", without a full stop."""
    return plan.require_wording().targets.discrepancy.format(
        so_lieu=_name_figure(plan, one.subject, one.figure),
        so=format_number(one.value),
        so_lieu_kia=_name_figure(plan, one.other, one.other_figure),
        so_kia=format_number(one.other_value),
    )


def describe_broken_promise(plan: Plan, one: BrokenPromise) -> str:
    """ "III.2.1.a (T07; Sở Tài chính)"; of several agencies their number."""
    words = plan.require_wording().tasks
    (agency, *others) = one.agencies
    known = plan.agencies.get(agency)
    who = words.agencies.format(so=format_number(len(one.agencies))) if others else known.name if known else agency
    return f"{one.task} ({one.target}; {who})"


def _name_figure(plan: Plan, row: str, figure: str) -> str:
    """A count has one figure, which needs no name."""
    words = plan.require_wording().targets
    if any(one.id == row and one.measure is Measure.COUNT for one in plan.indicators):
        return row
    return (words.numerator if figure == NUMERATOR else words.denominator).format(ma=row)
