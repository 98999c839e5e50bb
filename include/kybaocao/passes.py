"""A pass over a cycle: "what is new, what is due".

`Pass` is what every stage works with.  Its moment `as_of` was fixed once, by `open_pass`, and no stage
reads the clock again, so a retry or a replay gives the same answer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

from kybaocao.calendar import Calendar
from kybaocao.home import Home
from kybaocao.ladder import Chase
from kybaocao.mail.recipients import mark_dead
from kybaocao.plan.load import find_plan
from kybaocao.plan.model import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.store.bounces import list_bounces
from kybaocao.store.database import Store


@dataclass(frozen=True)
class Pass:
    """One pass: the plan, the cycle with the dates that hold at this moment, and where things are kept.

    `is_replay` says that the moment was given, not read from the clock: then files count as received at
    `as_of`, because their own times belong to another day.
    """

    plan: Plan
    cycle: Cycle
    home: Home
    store: Store
    as_of: dt.datetime
    is_replay: bool

    @classmethod
    def begin(cls, cycle_id: str, as_of: dt.datetime, *, is_replay: bool = False, home: Home | None = None) -> Pass:
        """The pass of `cycle_id` at `as_of`. Raises KeyError for an unknown cycle, ValueError without a zone."""
        if as_of.tzinfo is None:
            raise ValueError("as_of phải có múi giờ")
        home = home or Home.from_environment()
        plan = find_plan(cycle_id, home)
        cycle = plan.cycle_on(cycle_id, as_of.astimezone(plan.timezone).date())
        found = cls(plan, cycle, home, home.open_store(), as_of, is_replay)
        return found.renewed() if home.has_store else found

    def renewed(self) -> Pass:
        """The same pass, knowing which addresses the mail has come back from by now."""
        if not self.store.has_tables:
            return self
        with self.store.read() as connection:
            dead = frozenset(list_bounces(connection, self.as_of))
        return self if dead == self.plan.dead_addresses else replace(self, plan=mark_dead(self.plan, dead))

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar.of(self.plan.require_calendar(), self.plan.timezone)

    @cached_property
    def chase(self) -> Chase:
        """The ladder over this cycle. Raises PlanError while one of them is broken."""
        return Chase(self.cycle, self.plan.require_ladder(), self.calendar)

    @property
    def local(self) -> dt.datetime:
        return self.as_of.astimezone(self.plan.timezone)


def parse_moment(text: str, plan: Plan) -> dt.datetime:
    """ "2026-12-09T08:00" in the plan's zone unless it names another; raises ValueError in Vietnamese."""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"“{text}” không phải thời điểm hợp lệ; viết dạng 2026-12-09T08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=plan.timezone)
