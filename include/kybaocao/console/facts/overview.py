"""Every cycle at a glance, for the first page and the card on Airflow's Home.

found = read_overview(account)
found.cycles            CycleView of each, open ones first, then those to come, closed ones last
found.mail, found.health    None for an account that watches only some agencies
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from kybaocao.console.facts.health import Health, read_health
from kybaocao.console.facts.mail import MailHealth, read_mail_health
from kybaocao.console.facts.standings import Standings, read_standings
from kybaocao.console.facts.today import DueStep, list_due_steps
from kybaocao.console.guards import Account
from kybaocao.console.scope import Scope, open_scope
from kybaocao.home import Home
from kybaocao.plan.cycles import Phase
from kybaocao.plan.load import list_plan_folders, plan_in_force
from kybaocao.plan.plan import PlanError
from kybaocao.stages.support.status import name_phase
from kybaocao.store.database import open_store, share_connections
from kybaocao.store.reports import ReportState, ReportVersion, list_versions

ORDER = (Phase.OPEN, Phase.UPCOMING, Phase.CLOSED)
ASKING = (ReportState.WAITING, ReportState.SUBMITTED)  # somebody has to decide or to sign


@dataclass(frozen=True)
class CycleView:
    """One cycle as one account sees it."""

    scope: Scope
    phase: Phase
    standings: Standings
    due_steps: tuple[DueStep, ...]
    versions: tuple[ReportVersion, ...]

    @property
    def id(self) -> str:
        return self.scope.p.cycle.id

    @property
    def title(self) -> str:
        return self.scope.p.cycle.title

    @property
    def zone(self) -> dt.tzinfo:
        return self.scope.p.plan.timezone

    @property
    def days_left(self) -> int:
        """Until the last day of the agencies; negative once it is over."""
        return (self.scope.p.cycle.due_on - self.scope.p.local.date()).days

    @property
    def newest(self) -> ReportVersion | None:
        return self.versions[-1] if self.versions else None

    @property
    def asking(self) -> tuple[ReportVersion, ...]:
        """Versions that wait for a human."""
        return tuple(one for one in self.versions if one.state in ASKING)


@dataclass(frozen=True)
class Overview:
    cycles: tuple[CycleView, ...]
    broken: tuple[str, ...]  # cycles that cannot be shown, each with the reason
    mail: MailHealth | None
    health: Health | None
    is_whole: bool  # whether the account sees everything

    def list_phase(self, phase: Phase) -> list[CycleView]:
        return [one for one in self.cycles if one.phase is phase]


def read_overview(account: Account, now: dt.datetime | None = None) -> Overview:
    """`now`: the machine's clock, for what the system around the passes does."""
    with share_connections():
        return _read(Home.from_environment(), account, now or dt.datetime.now(dt.UTC))


def _read(home: Home, account: Account, now: dt.datetime) -> Overview:
    views, broken = [], []
    for folder in list_plan_folders():
        for cycle in plan_in_force(folder, home).cycles:
            try:
                views.append(look_at(open_scope(cycle, account, home)))
            except PlanError as error:
                broken.append(f"{cycle}: {error}")
    views.sort(key=lambda one: (ORDER.index(one.phase), one.scope.p.cycle.due_before, one.id))
    is_whole = all(one.scope.watched is None for one in views) and (account.is_operator or not broken)
    store = open_store(home)
    if not (is_whole and home.has_store and store.has_tables):
        return Overview(tuple(views), tuple(broken), None, None, is_whole)
    cycles = [one.id for one in views]
    health = read_health(home, store, cycles, now)
    return Overview(tuple(views), tuple(broken), read_mail_health(store, cycles), health, is_whole)


def look_at(scope: Scope) -> CycleView:
    """One cycle."""
    p, found = scope.p, read_standings(scope)
    versions: list[ReportVersion] = []
    if found.arrivals.stamp is not None and scope.watched is None:
        with p.store.read() as connection:
            versions = list_versions(connection, p.cycle.id)
    return CycleView(scope, name_phase(p), found, tuple(list_due_steps(p, found)), tuple(versions))
