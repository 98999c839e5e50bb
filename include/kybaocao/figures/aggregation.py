"""From accepted submissions to the snapshot of a cycle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from kybaocao.figures.cells import unpack_answers
from kybaocao.figures.cross_checks import find_discrepancies
from kybaocao.figures.difficulties import merge_difficulties
from kybaocao.figures.issued_documents import list_issued_documents
from kybaocao.figures.promises import find_broken_promises
from kybaocao.figures.snapshot import Snapshot
from kybaocao.figures.targets import sum_targets
from kybaocao.figures.tasks import gather_obligations, gather_tasks
from kybaocao.figures.timeliness import judge_everyone
from kybaocao.figures.year import recall_earlier
from kybaocao.inbox.submission import Submission
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan


def take_snapshot(
    plan: Plan,
    cycle: Cycle,
    calendar: Calendar,
    submissions: Sequence[Submission],
    as_of: dt.datetime,
    previous: Snapshot | None = None,
    untaken: Collection[str] = (),
) -> Snapshot:
    """The state of the cycle at `as_of`, from every version received by then. Raises PlanError for a broken form.

    `submissions`: versions, older ones first; the newest accepted one of each agency counts.
    `previous`: the snapshot published for the previous cycle of the year; what it holds is part of this one.
    `untaken`: codes of agencies with a file that the system could not take, through no fault of theirs.
    """
    plan.require_edition()
    received = [one for one in submissions if one.received_at <= as_of]
    accepted = {one.agency: one for one in received if one.is_accepted and one.agency in plan.agencies}
    cells = unpack_answers(accepted.values())
    indicators = sum_targets(plan, cycle, cells, accepted.keys(), previous)
    tasks = gather_tasks(plan, cycle, cells)
    snapshot = Snapshot(
        plan=plan.id,
        cycle=cycle.id,
        as_of=as_of,
        indicators=indicators,
        tasks=tasks,
        obligations=gather_obligations(plan, cycle, cells),
        difficulties=merge_difficulties(plan, cells),
        documents=list_issued_documents(plan, cells),
        timeliness=judge_everyone(plan, cycle, calendar, received, as_of, untaken),
        discrepancies=find_discrepancies(plan, indicators),
        broken_promises=find_broken_promises(plan, indicators, tasks),
    )
    return recall_earlier(snapshot, previous)
