"""When a cycle must be looked at even if nobody drops a file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from kybaocao.calendar import ONE_DAY, Calendar
from kybaocao.ladder import rung_moments
from kybaocao.plan.load import find_plan
from kybaocao.plan.model import Cycle
from kybaocao.plan.plan import Plan

# Twice each working day somebody looks after what waits: mail of a broken server, a rejected report.
TICKS = (("sang", dt.time(8, 0)), ("chieu", dt.time(14, 0)))


@dataclass(frozen=True)
class Milestone:
    at: dt.datetime
    id: str


def list_milestones(cycle_id: str) -> tuple[Milestone, ...]:
    """Opening, rungs, deadline, compilation and the two looks of each working day, in order."""
    plan = find_plan(cycle_id)
    return plan_milestones(plan, plan.require_cycle(cycle_id))


def plan_milestones(plan: Plan, cycle: Cycle) -> tuple[Milestone, ...]:
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    opening = calendar.at(cycle.opens)
    named: dict[dt.datetime, str] = {}
    day = cycle.opens.date
    while day <= cycle.closes_on:
        if calendar.is_working(day):
            for name, time in TICKS:
                named[calendar.moment(day, time)] = name
        day += ONE_DAY
    if plan.ladder is not None:
        moments = set(rung_moments(cycle, plan.ladder, calendar))
        for moment in moments:
            named[moment] = "nhac_hang_tuan"
        for rung in plan.ladder.rungs:
            moment = calendar.rung_moment(cycle, rung)
            if moment in moments:
                named[moment] = rung.id
    named[calendar.deadline(cycle)] = "het_han"
    named[calendar.at(cycle.compile_at)] = "tong_hop"
    named[opening] = "mo_ky"
    return tuple(Milestone(moment, named[moment]) for moment in sorted(named) if moment >= opening)
