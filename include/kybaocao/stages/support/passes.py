"""A pass over a cycle: "what is new, what is due".

`Pass` is what every stage works with.  Its moment `as_of` was fixed once, by `open_pass`, and no stage
reads the clock again, so a retry or a replay gives the same answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from kybaocao.home import Home, is_replay_system
from kybaocao.plan.adjustments import Adjustment
from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.plan.granted import with_granted
from kybaocao.plan.load import find_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.recipients import mark_dead
from kybaocao.store.bounces import list_bounces
from kybaocao.store.database import SYSTEM, Store, open_store
from kybaocao.store.granted_decisions import list_granted


@dataclass(frozen=True)
class Pass(CycleMoment):
    """One pass: a cycle at the moment of the pass, and where things are kept.

    `is_replay` says that the moment was given, not read from the clock: then files count as received at
    `as_of`, because their own times belong to another day.
    """

    home: Home
    store: Store
    is_replay: bool

    @classmethod
    def begin(
        cls,
        cycle_id: str,
        as_of: dt.datetime,
        *,
        is_replay: bool = False,
        home: Home | None = None,
        actor: str = SYSTEM,
        run: str = "",
    ) -> Pass:
        """The pass of `cycle_id` at `as_of`; `actor` asked for it, `run` is its name.

        Raises KeyError for an unknown cycle, ValueError without a zone.
        """
        if as_of.tzinfo is None:
            raise ValueError("as_of phải có múi giờ")
        home = home or Home.from_environment()
        plan, store = find_plan(cycle_id, home), open_store(home, actor, run)
        if home.has_store:
            plan = with_granted(plan, _list_standing(store, plan, as_of))
        cycle = plan.cycle_on(cycle_id, as_of.astimezone(plan.timezone).date())
        found = cls(plan, cycle, as_of, home, store, is_replay)
        return found.renewed() if home.has_store else found

    def renewed(self) -> Pass:
        """The same pass, knowing which addresses the mail has come back from by now."""
        if not self.store.has_tables:
            return self
        with self.store.read() as connection:
            dead = frozenset(list_bounces(connection))
        return self if dead == self.plan.dead_addresses else replace(self, plan=mark_dead(self.plan, dead))


def _list_standing(store: Store, plan: Plan, at: dt.datetime) -> list[Adjustment]:
    """What was granted by a moment and not taken back by then."""
    with store.read() as connection:
        return [one.entry for one in list_granted(connection, plan.cycles, at) if one.revoked is None]


class WrongInputError(ValueError):
    """A pass was asked for with something it cannot use; `advice` says what to do, both in Vietnamese."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.advice = advice


def choose_moment(asked: Mapping[str, Any], plan: Plan, now: dt.datetime) -> tuple[dt.datetime, bool]:
    """The moment of a pass that was asked for with these settings, and whether it is a replay.

    A live pass takes its moment from the clock and from nobody else.  Raises WrongInputError.
    """
    allowed = {"report", "as_of"} if is_replay_system() else {"report"}
    if unknown := sorted(set(asked) - allowed):
        if "as_of" in unknown:
            raise WrongInputError(
                "Hệ thống đang chạy thật không nhận thời điểm (as_of) từ bên ngoài; chưa làm gì trong lượt này",
                "bỏ as_of rồi chạy tay một lượt mới; không cần Clear lượt này",
            )
        raise WrongInputError(
            f"Lượt được gọi với thông tin không dùng được: {', '.join(unknown)}; chưa làm gì trong lượt này",
            "chạy tay một lượt mới, chỉ dùng các ô có trên màn hình; không cần Clear lượt này",
        )
    text = str(asked.get("as_of") or "")
    if not text:
        return now, False
    try:
        return parse_moment(text, plan), True
    except ValueError as error:
        raise WrongInputError(
            str(error), "chạy tay một lượt mới với thời điểm đúng; không cần Clear lượt này"
        ) from None


def parse_moment(text: str, plan: Plan) -> dt.datetime:
    """ "2026-12-09T08:00" in the plan's zone unless it names another; raises ValueError in Vietnamese."""
    with suppress(ValueError):
        moment = dt.datetime.fromisoformat(text.strip())
        if is_plausible(moment):
            return moment if moment.tzinfo else moment.replace(tzinfo=plan.timezone)
    raise ValueError(f"“{text}” không phải thời điểm hợp lệ; viết dạng 2026-12-09T08:00")


def is_plausible(day: dt.date) -> bool:
    """Whether a day that was typed can be meant: not a slip of the keys far from every plan."""
    return 2000 <= day.year < 2100
