"""What is measured of cycles, from the store: one question for all of them each; `adapters.metrics` sends it.

Every value is the state of the store, no difference to the look before: a lost packet, a killed process and a restart
lose nothing. Every measure comes with every look, 0 included, so that an alarm never hangs on an old value.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, func, select

from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.plan.verdict import Verdict
from kybaocao.store.outbox import DEAD, LetterState
from kybaocao.store.sightings import GONE
from kybaocao.store.tables import arrivals, outbox, sightings

FORMS, ATTACHMENTS = "form", "attachment"  # the kinds of files that are told apart
WAITING = (LetterState.PENDING, LetterState.SENDING)


class Name(StrEnum):
    """Names never change: dashboards and alarms of others ask for them. docs/van-hanh.md explains each."""

    ARRIVALS = "kybaocao.arrivals"
    VERDICTS = "kybaocao.verdicts"
    EXPECTED = "kybaocao.expected"
    OUTSTANDING = "kybaocao.outstanding"
    UNANSWERED = "kybaocao.unanswered.files"
    UNANSWERED_OLDEST = "kybaocao.unanswered.oldest_seconds"
    MAIL_WAITING = "kybaocao.mail.waiting"
    MAIL_OLDEST = "kybaocao.mail.oldest_seconds"
    MAIL_DEAD = "kybaocao.mail.dead"
    STORE_IS_UP = "kybaocao.store.is_up"
    DISK_FREE = "kybaocao.disk.free_bytes"


@dataclass(frozen=True)
class Measure:
    """A count, seconds or bytes, as the name says; `labels` tell cycles, kinds of files and verdicts apart."""

    name: Name
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def measure_system(root: Path, *, is_store_up: bool) -> list[Measure]:
    """What is no cycle's own. A disk that does not answer has no measure."""
    found = [Measure(Name.STORE_IS_UP, int(is_store_up))]
    try:
        return [*found, Measure(Name.DISK_FREE, shutil.disk_usage(root).free)]
    except OSError:
        return found


def measure_cycles(connection: Connection, moments: Sequence[CycleMoment], now: dt.datetime) -> list[Measure]:
    """Of each cycle what came in and became of it, who is outstanding, and which mail waits."""
    cycles = [one.cycle.id for one in moments]
    files, letters = _count_files(connection, cycles), _count_letters(connection, cycles)
    accepted, untaken = _list_accepted(connection, cycles), _find_untaken(connection, cycles)
    found: list[Measure] = []
    for one in moments:
        cycle = one.cycle.id
        unanswered = [some for (_, verdict), some in files[cycle].items() if not verdict] + untaken[cycle]
        waiting = [some for state, some in letters[cycle].items() if state in WAITING]
        dead = sum(some.count for state, some in letters[cycle].items() if state in DEAD)
        found += [
            *_list_of_files(cycle, files[cycle]),
            *_list_of_agencies(one, accepted[cycle]),
            *_list_waiting(Name.UNANSWERED, Name.UNANSWERED_OLDEST, cycle, unanswered, now),
            *_list_waiting(Name.MAIL_WAITING, Name.MAIL_OLDEST, cycle, waiting, now),
            Measure(Name.MAIL_DEAD, dead, {"cycle": cycle}),
        ]
    return found


@dataclass(frozen=True)
class _Some:
    """How many, and when the oldest of them came."""

    count: int
    since: dt.datetime


_Files = Mapping[tuple[str, str], _Some]  # component, verdict ("": none yet)


def _count_files(connection: Connection, cycles: Collection[str]) -> Mapping[str, _Files]:
    table = arrivals.c
    since = func.min(func.coalesce(table.came_at, table.received_at), type_=table.received_at.type)
    query = select(table.cycle, table.component, table.verdict, func.count(), since).where(table.cycle.in_(cycles))
    found: defaultdict[str, dict[tuple[str, str], _Some]] = defaultdict(dict)
    for cycle, component, verdict, count, at in connection.execute(
        query.group_by(table.cycle, table.component, table.verdict)
    ):
        found[cycle][component, verdict or ""] = _Some(count, at)
    return found


def _list_accepted(connection: Connection, cycles: Collection[str]) -> Mapping[str, set[str]]:
    """Cycle -> agencies of whom a form is accepted."""
    table = arrivals.c
    query = select(table.cycle, table.agency).where(
        table.cycle.in_(cycles), table.component == FORM, table.verdict == Verdict.ACCEPTED
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for cycle, agency in connection.execute(query.distinct()):
        found[cycle].add(agency)
    return found


def _find_untaken(connection: Connection, cycles: Collection[str]) -> Mapping[str, list[_Some]]:
    """Cycle -> files that lie in its inboxes and were not taken; one entry, or none."""
    table = sightings.c
    query = select(table.cycle, func.count(), func.min(table.first_seen_at, type_=table.first_seen_at.type)).where(
        table.cycle.in_(cycles),
        table.taken_at.is_(None),
        table.signature != "",  # of a folder
        table.trouble.not_like(f"{GONE}%"),
    )
    found: defaultdict[str, list[_Some]] = defaultdict(list)
    for cycle, count, since in connection.execute(query.group_by(table.cycle)):
        found[cycle].append(_Some(count, since))
    return found


def _count_letters(connection: Connection, cycles: Collection[str]) -> Mapping[str, Mapping[str, _Some]]:
    """Cycle -> state -> letters."""
    table = outbox.c
    query = select(table.cycle, table.state, func.count(), func.min(table.created_at, type_=table.created_at.type))
    found: defaultdict[str, dict[str, _Some]] = defaultdict(dict)
    for cycle, state, count, since in connection.execute(
        query.where(table.cycle.in_(cycles)).group_by(table.cycle, table.state)
    ):
        found[cycle][state] = _Some(count, since)
    return found


def _list_of_files(cycle: str, files: _Files) -> Iterator[Measure]:
    counts: Counter[tuple[str, str]] = Counter()
    for (component, verdict), some in files.items():
        counts[FORMS if component == FORM else ATTACHMENTS, verdict] += some.count
    for kind in (FORMS, ATTACHMENTS):
        labels = {"cycle": cycle, "kind": kind}
        yield Measure(Name.ARRIVALS, sum(count for (of, _), count in counts.items() if of == kind), labels)
        for verdict in Verdict:
            yield Measure(Name.VERDICTS, counts[kind, verdict.value], labels | {"verdict": verdict.value})


def _list_of_agencies(at: CycleMoment, accepted: Collection[str]) -> Iterator[Measure]:
    """An agency that owes nothing and has sent nothing is not expected."""
    cycle, today = at.cycle.id, at.local.date()
    owing = [
        agency.code
        for agency in at.plan.expected
        if agency.code in accepted or at.plan.owes_return(cycle, agency.code, today)
    ]
    yield Measure(Name.EXPECTED, len(owing), {"cycle": cycle})
    yield Measure(Name.OUTSTANDING, sum(code not in accepted for code in owing), {"cycle": cycle})


def _list_waiting(
    number: Name, age: Name, cycle: str, waiting: Collection[_Some], now: dt.datetime
) -> Iterator[Measure]:
    since = min((some.since for some in waiting), default=now)
    yield Measure(number, sum(some.count for some in waiting), {"cycle": cycle})
    yield Measure(age, max(0.0, (now - since).total_seconds()), {"cycle": cycle})
