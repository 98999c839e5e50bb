"""A cycle of a plan as it stands at one moment: what letters, forms and reminders are written from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from kybaocao.plan.calendar import Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.ladder import Reminders
from kybaocao.plan.plan import Plan


@dataclass(frozen=True)
class CycleMoment:
    """The plan, the cycle with the dates that hold at `as_of`, and that moment (with its zone)."""

    plan: Plan
    cycle: Cycle
    as_of: dt.datetime

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar.of(self.plan.require_calendar(), self.plan.timezone)

    @cached_property
    def reminders(self) -> Reminders:
        """The ladder over this cycle. Raises PlanError while one of them is broken."""
        return Reminders(self.cycle, self.plan.require_ladder(), self.calendar)

    @property
    def local(self) -> dt.datetime:
        """The moment in the plan's time zone."""
        return self.as_of.astimezone(self.plan.timezone)
