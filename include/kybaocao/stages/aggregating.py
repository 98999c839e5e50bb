"""Aggregating: the snapshot of the cycle, and who is to be chased."""

from __future__ import annotations

from dataclasses import dataclass

from kybaocao.aggregation import take_snapshot
from kybaocao.ladder import Debtor, due_steps
from kybaocao.passes import Pass
from kybaocao.snapshot import Snapshot
from kybaocao.store.arrivals import list_arrivals
from kybaocao.store.reports import PUBLISHED, list_versions, load_snapshot, save_snapshot
from kybaocao.store.steps import list_steps


@dataclass(frozen=True)
class Aggregated:
    """Claim check of a snapshot, and the agencies with a step of the ladder due."""

    snapshot: int
    accepted: int
    expected: int
    to_escalate: tuple[str, ...]


def aggregate_returns(p: Pass) -> Aggregated:
    """Take the snapshot of this moment and list whom the ladder calls for."""
    with p.store.read() as connection:
        arrivals = list_arrivals(connection, p.cycle.id)
        previous = find_previous(p)
    snapshot = take_snapshot(p.plan, p.cycle, p.calendar, arrivals, p.as_of, previous)
    with p.store.write() as connection:
        saved = save_snapshot(connection, snapshot)
    return Aggregated(
        snapshot=saved,
        accepted=len(snapshot.accepted),
        expected=len(snapshot.timeliness),
        to_escalate=tuple(list_due(p, snapshot)),
    )


def list_debtors(p: Pass, snapshot: Snapshot) -> list[Debtor]:
    done = {entry.agency for entry in snapshot.accepted}
    return [Debtor(agency.code, agency.duty, agency.code not in done) for agency in p.plan.expected]


def list_due(p: Pass, snapshot: Snapshot) -> list[str]:
    """Agencies with a step due now; none while the ladder's configuration is broken."""
    if p.plan.ladder is None:
        return []
    with p.store.read() as connection:
        taken = list_steps(connection, p.cycle.id)
    return [
        debtor.agency
        for debtor in list_debtors(p, snapshot)
        if due_steps(debtor, p.cycle, p.plan.ladder, p.calendar, taken.get(debtor.agency, ()), p.as_of)
    ]


def find_previous(p: Pass) -> Snapshot | None:
    """The previous cycle's snapshot: the published one, else the newest report's."""
    if p.cycle.previous is None:
        return None
    with p.store.read() as connection:
        versions = list_versions(connection, p.cycle.previous)
        chosen = [v for v in versions if v.state == PUBLISHED] or versions
        return load_snapshot(connection, chosen[-1].snapshot) if chosen else None
