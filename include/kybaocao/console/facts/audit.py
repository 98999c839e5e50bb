"""The audit trail as a list: by action, actor, agency and day, newest first."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from kybaocao.console.listing import PAGE_ROWS, Listing
from kybaocao.console.scope import Scope
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


def list_audit(scope: Scope, asked: AuditFilter, number: int) -> AuditList:
    """Page `number` of what was asked for."""
    conditions = _name_conditions(scope, asked)
    with scope.p.store.read() as connection:
        actions = _count(scope, asked, audit.c.action, "action")
        actors = _count(scope, asked, audit.c.actor, "actor")
        by_action = {name: count for name, count in connection.execute(actions)}
        by_actor = {name: count for name, count in connection.execute(actors)}
        total = by_action.get(asked.action, 0) if asked.action else sum(by_action.values())
        number = min(max(1, number), max(1, -(-total // PAGE_ROWS)))
        query = _select(scope, conditions).limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS)
        rows = [_read(row) for row in connection.execute(query)]
    return AuditList(Listing(rows, number, total), by_action, by_actor)


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


def _count(scope: Scope, asked: AuditFilter, column: ColumnElement[str], left_out: str) -> Select[str, int]:
    others = AuditFilter(**{**vars(asked), left_out: ""})
    conditions = _name_conditions(scope, others)
    return select(column, func.count()).where(*conditions).group_by(column).order_by(func.count().desc(), column)


def _name_conditions(scope: Scope, asked: AuditFilter) -> list[ColumnElement[bool]]:
    """What concerns no cycle (an address, the store) is shown with every cycle, but to a restricted account."""
    cycle = scope.p.cycle.id
    found: list[ColumnElement[bool]] = [
        audit.c.cycle.in_((cycle, "")) if scope.watched is None and not asked.agency else audit.c.cycle == cycle
    ]
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
