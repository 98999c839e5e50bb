"""What a page is about: one cycle, now, as the person who looks may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from kybaocao.console.guards import Account
from kybaocao.home import Home, is_replay_system
from kybaocao.plan.plan import Plan, PlanError
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import Store, open_store
from kybaocao.store.tables import passes


@dataclass(frozen=True)
class Scope:
    """`p` is a pass that only looks. `watched`: the agencies that this account may see; None: all of them."""

    p: Pass
    account: Account
    watched: frozenset[str] | None = None

    def sees(self, agency: str) -> bool:
        return self.watched is None or agency in self.watched

    def select(self, agencies: Collection[str]) -> list[str]:
        return [one for one in agencies if self.sees(one)]


def open_scope(cycle: str, account: Account, home: Home | None = None) -> Scope:
    """Raises KeyError for an unknown cycle, PlanError while it is not known who may see what (`theo_doi.yaml`)."""
    home = home or Home.from_environment()
    p = Pass.begin(cycle, choose_now(home, cycle), home=home, actor=account.id)
    return Scope(p, account, find_watched(p.plan, account))


def find_watched(plan: Plan, account: Account) -> frozenset[str] | None:
    """The agencies that an account may see; None: all. While that is not known, operators see everything."""
    try:
        return plan.find_watched((account.id, account.name))
    except PlanError:
        if account.is_operator:
            return None
        raise


def choose_now(home: Home, cycle: str) -> dt.datetime:
    """The clock; where a season is replayed, the moment of the cycle's last pass, for today is not its day."""
    if is_replay_system() and home.has_store:
        moment = _find_last_moment(open_store(home), cycle)
        if moment is not None:
            return moment
    return dt.datetime.now(dt.UTC)


def _find_last_moment(store: Store, cycle: str) -> dt.datetime | None:
    if not store.has_tables:
        return None
    with store.read() as connection:
        found: dt.datetime | None = connection.scalar(select(func.max(passes.c.as_of)).where(passes.c.cycle == cycle))
    return found
