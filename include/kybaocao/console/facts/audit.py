"""The audit trail as a list: by action, actor, agency and day, newest first."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from kybaocao.console.facts.memory import Memory
from kybaocao.console.listing import PAGE_ROWS, Listing
from kybaocao.console.scope import Scope
from kybaocao.store.audit_chain import FIRST, Head, has_row
from kybaocao.store.tables import audit


@dataclass(frozen=True)
class AuditFilter:
    """What was asked for; "" or None for everything."""

    action: str = ""
    actor: str = ""
    agency: str = ""
    day: dt.date | None = None  # in the plan's zone


@dataclass(frozen=True)
class AuditRow:
    """Who did what."""

    number: int
    at: dt.datetime
    recorded_at: dt.datetime | None
    actor: str
    action: str
    agency: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class AuditList:
    listing: Listing[AuditRow]
    actions: dict[str, int]  # how many of each, of this actor, agency and day
    actors: dict[str, int]  # likewise, of this action, agency and day
    days: dict[str, int]  # likewise, of this action, actor and agency; the newest first


_Group = tuple[str, str, dt.date]  # action, actor, day


@dataclass(frozen=True)
class _Counted:
    """What has been counted of one cycle up to a row of the trail."""

    groups: Mapping[_Group, int]
    last: Head


_counted: Memory[_Counted] = Memory(most=16)


def list_audit(scope: Scope, asked: AuditFilter, number: int) -> AuditList:
    """Page `number` of what was asked for."""
    conditions = _name_conditions(scope, asked)
    with scope.p.store.read() as connection:
        counted = _count(connection, scope, asked)
        by_action = _sum(counted, 0, AuditFilter(actor=asked.actor, day=asked.day))
        by_actor = _sum(counted, 1, AuditFilter(action=asked.action, day=asked.day))
        total = by_action.get(asked.action, 0) if asked.action else sum(by_action.values())
        number = min(max(1, number), max(1, -(-total // PAGE_ROWS)))
        query = _select(scope, conditions).limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS)
        rows = [_read(row) for row in connection.execute(query)]
        by_day = _sum(counted, 2, AuditFilter(action=asked.action, actor=asked.actor))
    return AuditList(Listing(rows, number, total), by_action, by_actor, dict(sorted(by_day.items(), reverse=True)))


def read_all(scope: Scope, asked: AuditFilter) -> list[AuditRow]:
    """All that was asked for, for a file."""
    with scope.p.store.read() as connection:
        return [_read(row) for row in connection.execute(_select(scope, _name_conditions(scope, asked)))]


def list_of_agency(scope: Scope, agency: str, limit: int) -> list[AuditRow]:
    """The newest of one agency."""
    query = _select(scope, [audit.c.cycle == scope.p.cycle.id, audit.c.agency == agency]).limit(limit)
    with scope.p.store.read() as connection:
        return [_read(row) for row in connection.execute(query)]


def _select(scope: Scope, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    columns = (audit.c.id, audit.c.at, audit.c.recorded_at, audit.c.actor, audit.c.action, audit.c.agency)
    return select(*columns, audit.c.detail).where(*conditions).order_by(audit.c.id.desc())


def _count(connection: Connection, scope: Scope, asked: AuditFilter) -> Mapping[_Group, int]:
    """How many rows there are of each action, actor and day, of all or of the agencies that were asked for."""
    if not asked.agency and scope.watched is None:
        return _recall(connection, scope)
    conditions = _name_conditions(scope, AuditFilter(agency=asked.agency))
    zone, counted = scope.p.plan.timezone, Counter[_Group]()
    for action, actor, at in connection.execute(select(audit.c.action, audit.c.actor, audit.c.at).where(*conditions)):
        counted[action, actor, at.astimezone(zone).date()] += 1
    return counted


def _sum(counted: Mapping[_Group, int], place: int, asked: AuditFilter) -> dict[str, int]:
    """The counts by action (place 0), actor (1) or day (2) of what was asked for, the most frequent first."""
    summed: Counter[str] = Counter()
    for group, count in counted.items():
        action, actor, day = group
        if asked.action in ("", action) and asked.actor in ("", actor) and asked.day in (None, day):
            summed[str(group[place])] += count
    return dict(summed.most_common())


def _recall(connection: Connection, scope: Scope) -> Mapping[_Group, int]:
    """The counts of the whole trail: rows are never changed, so only new ones are read."""
    key = (scope.p.store.url, scope.p.cycle.id)
    return _counted.renew(key, lambda known: _count_new(connection, scope, known)).groups


def _count_new(connection: Connection, scope: Scope, known: _Counted | None) -> _Counted:
    if known is None or not has_row(connection, known.last):  # the store was restored from a backup
        known = _Counted({}, Head(0, FIRST))
    cycle, zone = scope.p.cycle.id, scope.p.plan.timezone
    columns = (audit.c.id, audit.c.digest, audit.c.cycle, audit.c.action, audit.c.actor, audit.c.at)
    query = select(*columns).where(audit.c.id > known.last.id).order_by(audit.c.id)
    counted, last = Counter(known.groups), known.last
    for number, digest, of, action, actor, at in connection.execute(query, execution_options={"yield_per": 500}):
        last = Head(number, digest)
        if of in (cycle, ""):
            counted[action, actor, at.astimezone(zone).date()] += 1
    return _Counted(counted, last)


def _name_conditions(scope: Scope, asked: AuditFilter) -> list[ColumnElement[bool]]:
    """What concerns no cycle (an address, the store) is shown with every cycle, but to a restricted account."""
    cycle = scope.p.cycle.id
    if asked.agency or scope.watched is not None:
        found: list[ColumnElement[bool]] = [audit.c.cycle == cycle]  # by the index of cycle and agency
    else:
        found = [audit.c.cycle.concat("").in_((cycle, ""))]  # not by that index: from the newest row on
    if scope.watched is not None:
        found.append(audit.c.agency.in_(sorted(scope.watched)))
    if asked.action:
        found.append(audit.c.action == asked.action)
    if asked.actor:
        found.append(audit.c.actor == asked.actor)
    if asked.agency:
        found.append(audit.c.agency == asked.agency)
    if asked.day is not None:
        zone = scope.p.plan.timezone
        begin = dt.datetime.combine(asked.day, dt.time.min, zone)
        end = dt.datetime.combine(asked.day + dt.timedelta(days=1), dt.time.min, zone)
        found.append((audit.c.at >= begin) & (audit.c.at < end))
    return found


def _read(row: Any) -> AuditRow:
    return AuditRow(row.id, row.at, row.recorded_at, row.actor, row.action, row.agency, json.loads(row.detail))
