"""What is to be expected of a target for the whole year (`den_het_nam`) while the year is not over.

At the year's last cycle the agencies' estimate decides.  Before that, what happened so far is held against an equal
share of the target for every day that has passed: the plan sets no other pace, and nothing else would be the same for
everybody.  What there is at a day (a stock) does not begin at nothing, so that only an estimate says something of it.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from kybaocao.figures.snapshot import Figures, Outlook, Verdict
from kybaocao.figures.verdicts import is_within, judge_value
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Nature


def foresee(
    plan: Plan, cycle: Cycle, indicator: Indicator, figures: Figures, verdict: Verdict, estimate: Decimal | None
) -> Outlook | None:
    """None where nothing is open: no target for the year, no figure, nothing to judge by, or met as it is expected."""
    if not indicator.is_for_year or verdict not in (Verdict.MET, Verdict.NOT_MET):
        return None
    if indicator.nature is Nature.FLOW and not _ends_year(plan, cycle):
        is_good = _is_on_pace(plan, cycle, indicator, figures)
        outlook = Outlook.ON_PACE if is_good else Outlook.BEHIND
    elif estimate is None:
        return None
    else:
        is_good = judge_value(indicator, Figures(estimate, None, estimate)) is Verdict.MET
        outlook = Outlook.WILL_MEET if is_good else Outlook.WILL_NOT_MEET
    if verdict is Verdict.MET and (is_good or _stays_met(indicator)):
        return None
    return outlook


def _ends_year(plan: Plan, cycle: Cycle) -> bool:
    """No other cycle goes on from it."""
    return all(other.previous != cycle.id for other in plan.cycles.values())


def _is_on_pace(plan: Plan, cycle: Cycle, indicator: Indicator, figures: Figures) -> bool:
    assert figures.value is not None and indicator.target is not None  # otherwise there is no verdict
    first, last = dt.date(plan.header.year, 1, 1), dt.date(plan.header.year, 12, 31)
    days, passed = (last - first).days + 1, (cycle.period_to - first).days + 1
    # Both sides times the days of the year: no division that would have to be rounded.
    return is_within(indicator.direction, figures.value * days, indicator.target * passed)


def _stays_met(indicator: Indicator) -> bool:
    """What has happened does not become less."""
    return indicator.nature is Nature.FLOW and not indicator.is_ceiling
