"""Aggregating: the snapshot of the cycle, and which agencies have a reminder step due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.snapshot import Snapshot, Standing
from kybaocao.imported.snapshot import take_imported_snapshot
from kybaocao.plan.ladder import due_steps
from kybaocao.plan.outstanding import Version, find_outstanding
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.untaken_files import list_untaken
from kybaocao.store.forms import list_issued
from kybaocao.store.reports import RELEASED, list_versions, load_snapshot, save_snapshot
from kybaocao.store.steps import list_steps
from kybaocao.store.submissions import list_for_figures, list_verdicts


@dataclass(frozen=True)
class Aggregated:
    """The number of a snapshot in the store, its counts, and the agencies with a reminder step due."""

    snapshot: int
    accepted: int
    expected: int
    to_escalate: tuple[str, ...]


def aggregate_returns(p: Pass) -> Aggregated:
    """Take the snapshot of this moment and list the agencies with a reminder step due.

    Two passes at once take theirs one after the other: the later snapshot has at least the same submissions.
    """
    with p.store.exclusive(f"aggregate-{p.cycle.id}"):
        snapshot = _take_snapshot(p)
        with p.store.read() as connection:
            versions = list_verdicts(connection, p.cycle.id)
        with p.store.write() as connection:
            saved = save_snapshot(connection, snapshot)
    return Aggregated(
        snapshot=saved,
        accepted=len(snapshot.accepted),
        expected=sum(entry.standing is not Standing.EXEMPT for entry in snapshot.timeliness),
        to_escalate=tuple(list_due(p, versions)),
    )


def _take_snapshot(p: Pass) -> Snapshot:
    """The answers of all agencies are let go at its end: they are long."""
    with p.store.read() as connection:
        forms = list_for_figures(connection, p.cycle.id)
    return take_snapshot(p.plan, p.cycle, p.calendar, forms, p.as_of, find_previous(p), list_untaken(p))


def list_due(p: Pass, versions: Mapping[str, Sequence[Version]]) -> list[str]:
    """Agencies with a step due now; none while the ladder's configuration is broken.

    An agency with a file that we could not take has no step due until that is over.  `versions`: agency -> what it
    handed in, of every component.
    """
    if p.plan.ladder is None or p.plan.recipients is None:
        return []
    with p.store.read() as connection:
        taken = list_steps(connection, p.cycle.id)
        asked = list_issued(connection, p.cycle.id)
    today = p.local.date()
    untaken = list_untaken(p)
    found = []
    for agency in p.plan.expected:
        if agency.code in untaken:
            continue
        mine = versions.get(agency.code, ())
        outstanding = find_outstanding(p.plan, p.cycle.id, agency.code, mine, today, asked.get(agency.code))
        if outstanding is not None and due_steps(outstanding, p.reminders, taken.get(agency.code, ()), p.as_of):
            found.append(agency.code)
    return found


def find_previous(p: Pass) -> Snapshot | None:
    """The previous cycle's snapshot: the one published or on its way, else the newest report's.

    Where that cycle was run by hand, what was imported for it; a report that was made here of no submission at all
    does not stand before it.
    """
    if p.cycle.previous is None:
        return None
    with p.store.read() as connection:
        versions = list_versions(connection, p.cycle.previous)
        chosen = [v for v in versions if v.state in RELEASED] or versions
        reported = load_snapshot(connection, chosen[-1].snapshot) if chosen else None
        if reported is not None and reported.accepted:
            return reported
        return take_imported_snapshot(connection, p.plan, p.cycle.previous, p.calendar) or reported
