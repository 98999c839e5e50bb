"""When a cycle must be looked at even if nobody drops a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from kybaocao.plan.adjustments import Adjustment
from kybaocao.plan.calendar import ONE_DAY, Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.granted import with_granted
from kybaocao.plan.ladder import Reminders
from kybaocao.plan.load import find_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.position_moments import list_position_moments

# Twice each working day somebody looks after what waits: mail of a broken server, a rejected report.
TICKS = (("sang", dt.time(8, 0)), ("chieu", dt.time(14, 0)))


@dataclass(frozen=True)
class Milestone:
    at: dt.datetime
    id: str


def list_milestones(cycle_id: str, granted: Sequence[Adjustment] = ()) -> tuple[Milestone, ...]:
    """Opening, reminder steps, position letters, deadlines, compilation, two looks each working day; in order.

    `granted`: decisions that stand beside those of the plan's files.
    """
    plan = with_granted(find_plan(cycle_id), granted)
    return plan_milestones(plan, plan.require_cycle(cycle_id))


def plan_milestones(plan: Plan, cycle: Cycle) -> tuple[Milestone, ...]:
    """The milestones of a cycle with every deadline decided so far, its own and those of single agencies."""
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    terms = plan.adjustments.list_terms(cycle)
    cycle = plan.adjustments.cycle_on(cycle, None)
    opening = calendar.at(cycle.opens)
    named: dict[dt.datetime, str] = {}
    day = cycle.opens.date
    while day <= cycle.closes_on:
        if calendar.is_working(day):
            for name, time in TICKS:
                named[calendar.moment(day, time)] = name
        day += ONE_DAY
    if plan.ladder is not None:
        reminders = Reminders(cycle, plan.ladder, calendar)
        named |= dict.fromkeys(list_position_moments(reminders), "tinh_hinh")
        # Where two terms meet, the first step of a reminder step names the moment rather than a weekly one.
        steps = [step for term in terms for step in reminders.list_steps(term)]
        for step in sorted(steps, key=lambda step: step.repetition, reverse=True):
            named[step.due_at] = step.reminder_step.id
    for term in terms:
        named[calendar.moment(term.due_before, dt.time.min)] = "het_han"
    named[calendar.at(cycle.compile_at)] = "tong_hop"
    named[opening] = "mo_ky"
    return tuple(Milestone(moment, named[moment]) for moment in sorted(named) if moment >= opening)
