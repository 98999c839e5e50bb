"""Every file that came in, kept in memory: a page asks the store only for what is new since the page before.

    known = read_arrivals(p.home, p.store, p.plan, p.cycle.id)
    known.forms["STC"]          the versions of its form, in the order in which the files came
    known.attachments["STC"]    its attachments, in the same order
    known.list_forms()          those of all agencies, each agency's together

A judged arrival never changes (`store.tables.GROWING`), so what its JSON says is read once.  Whether the store still
is the one that was read, and not one restored from before, says the audit trail, in which each row continues another.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, or_, select

from kybaocao.console.facts.memory import Memory
from kybaocao.figures.timeliness import confirms_nothing, list_duty_tables
from kybaocao.home import Home
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.form_edition import LATE_REASON
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.untaken_files import find_ours
from kybaocao.store.audit_chain import Head, has_row, read_head
from kybaocao.store.database import Store
from kybaocao.store.forms import list_issued
from kybaocao.store.sightings import Sighting, list_held_up
from kybaocao.store.tables import arrivals, changes, issued_forms


class Cause(NamedTuple):
    """Why a file went back, in a few words."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One version of a form or attachment. What follows `judged_at` is empty until it is judged."""

    id: int
    agency: str
    component: str
    version: int
    file_name: str
    sha256: str
    size_bytes: int
    received_at: dt.datetime
    place: dt.datetime  # when it came to lie in the folder
    verdict: Verdict | None
    judged_at: dt.datetime | None
    causes: tuple[Cause, ...] = ()  # what sent it back, the main one first
    error_count: int = 0  # cells that must be corrected
    is_zero: bool = False  # accepted, and says that there was nothing
    late_reason: str = ""  # of an accepted form

    @property
    def is_accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED

    @property
    def is_sent_back(self) -> bool:
        return self.verdict in (Verdict.RETURNED, Verdict.UNREADABLE)


class Stamp(NamedTuple):
    """The last change that the store has noted: another one means that something is new."""

    number: int
    content: int


@dataclass(frozen=True)
class Arrivals:
    """What came in for one cycle, and what goes with it."""

    stamp: Stamp | None = None  # None: there is no store yet
    forms: Mapping[str, tuple[Arrival, ...]] = field(default_factory=dict)
    attachments: Mapping[str, tuple[Arrival, ...]] = field(default_factory=dict)
    issued: Mapping[str, dt.datetime] = field(default_factory=dict)  # agency -> when it got its form
    held_up: tuple[Sighting, ...] = ()  # of agencies with a file that was seen and not taken

    def list_forms(self) -> list[Arrival]:
        return [one for versions in self.forms.values() for one in versions]

    def find_untaken(self, at: dt.datetime) -> dict[str, list[Sighting]]:
        """Agencies with a file that was not taken through no fault of theirs, as `untaken_files.list_untaken`."""
        return find_ours(self.held_up, at)


@dataclass(frozen=True)
class _Known:
    """What this process has read of a cycle."""

    head: Head
    reading: tuple[str, frozenset[str]]  # what `is_zero` depends on
    last: int  # number of the newest arrival
    found: Arrivals


_known: Memory[_Known | None] = Memory(most=16, is_large=True)


def read_arrivals(home: Home, store: Store, plan: Plan, cycle: str) -> Arrivals:
    """All of a cycle; of an installation without a store, nothing."""
    if not home.has_store:
        return Arrivals()
    known = _known.renew((store.url, cycle), lambda before: _read_new(store, plan, cycle, before))
    return known.found if known else Arrivals()


def _read_new(store: Store, plan: Plan, cycle: str, before: _Known | None) -> _Known | None:
    """None while the store has no tables."""
    if before is None and not store.has_tables:
        return None
    reading = (plan.words.nothing, list_duty_tables(plan))
    with store.read_at_once() as connection:
        stamp = read_stamp(connection)
        if before and before.found.stamp == stamp and before.reading == reading:
            return before
        if before and (before.reading != reading or not has_row(connection, before.head)):
            before = None  # another store, or another meaning of the words
        return _read(connection, cycle, reading, stamp, before)


def read_stamp(connection: Connection) -> Stamp:
    row = connection.execute(select(changes.c.id, changes.c.content).order_by(changes.c.id.desc()).limit(1)).first()
    return Stamp(row.id, hash(row.content)) if row else Stamp(0, 0)


def _read(
    connection: Connection, cycle: str, reading: tuple[str, frozenset[str]], stamp: Stamp, before: _Known | None
) -> _Known:
    known, last = (before.found, before.last) if before else (Arrivals(), 0)
    new: dict[str, list[Arrival]] = {}
    for one in _list_new(connection, cycle, reading, known, last):
        new.setdefault(one.agency, []).append(one)
        last = max(last, one.id)
    forms, attachments = dict(known.forms), dict(known.attachments)
    for agency, came in new.items():
        here = {one.id: one for one in (*forms.get(agency, ()), *attachments.get(agency, ()), *came)}
        versions = sorted(here.values(), key=lambda one: (one.place, one.id))
        forms[agency] = tuple(one for one in versions if one.component == FORM)
        attachments[agency] = tuple(one for one in versions if one.component != FORM)
    held_up = tuple(list_held_up(connection, cycle))
    found = Arrivals(stamp, forms, attachments, _read_issued(connection, cycle, known), held_up)
    return _Known(read_head(connection), reading, last, found)


def _read_issued(connection: Connection, cycle: str, known: Arrivals) -> Mapping[str, dt.datetime]:
    """Read again only when a form was issued since: thousands of them take longer than all else that is new."""
    if known.stamp is not None:
        since = changes.c.id > known.stamp.number
        oldest = connection.scalar(select(func.min(changes.c.id)))  # those before it are noted no longer
        is_issued = select(changes.c.id).where(since, changes.c.table_name == issued_forms.name).limit(1)
        if oldest is not None and oldest <= known.stamp.number + 1 and connection.scalar(is_issued) is None:
            return known.issued
    return list_issued(connection, cycle)


def _list_new(
    connection: Connection, cycle: str, reading: tuple[str, frozenset[str]], known: Arrivals, last: int
) -> Iterator[Arrival]:
    """What came after number `last`, or was judged since."""
    every = itertools.chain.from_iterable((*known.forms.values(), *known.attachments.values()))
    waiting = [one.id for one in every if one.verdict is None]
    causes: dict[str, Cause] = {}
    is_new = arrivals.c.id > last
    says = or_(*(arrivals.c.answers.contains(f'"{text}"', autoescape=True) for text in (reading[0], LATE_REASON)))
    query = select(
        *(column for column in arrivals.columns if column.name not in ("answers", "cycle")),
        case((says, arrivals.c.answers), else_="[]").label("answers"),  # the others would be read for nothing
    ).where(arrivals.c.cycle == cycle, or_(is_new, arrivals.c.id.in_(waiting)) if waiting else is_new)
    for row in connection.execute(query, execution_options={"yield_per": 50}):  # answers are long
        yield _make_arrival(row, reading, causes)


def _make_arrival(row: Any, reading: tuple[str, frozenset[str]], causes: dict[str, Cause]) -> Arrival:
    verdict = None if row.verdict is None else Verdict(row.verdict)
    is_form = row.component == FORM
    blamed = [one for one in json.loads(row.findings) if one.get("sends_back") != "no"] if verdict else []
    is_read = verdict is Verdict.ACCEPTED and is_form and row.answers != "[]"
    return Arrival(
        row.id,
        row.agency,
        row.component,
        row.version,
        row.file_name,
        row.sha256,
        row.size_bytes,
        row.received_at,
        row.came_at or row.received_at,
        verdict,
        row.judged_at,
        () if verdict is Verdict.ACCEPTED else tuple(_name_causes(blamed, causes)),
        0 if verdict is Verdict.ACCEPTED else len(blamed),
        is_read and confirms_nothing(row.answers, *reading),
        _find_late_reason(row.answers) if is_read else "",
    )


def _name_causes(findings: Iterable[Mapping[str, str]], causes: dict[str, Cause]) -> Iterator[Cause]:
    """Each once; findings are kept with the worst first."""
    titles = {one["code"]: one.get("title") or one["code"] for one in findings}
    for code, title in titles.items():
        yield causes.setdefault(code, Cause(code, title))


def _find_late_reason(answers: str) -> str:
    return next((row[7] for row in json.loads(answers) if row[1] == LATE_REASON), "") if LATE_REASON in answers else ""
