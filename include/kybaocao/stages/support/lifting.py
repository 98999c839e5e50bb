"""Who has accepted what stands in the way of a release: with name and reason, kept in the audit trail.

A lift is for one version, one obstacle and what that obstacle was about: other differences of a proof, or a target
more that is reported by too few, hold the release up again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable

from sqlalchemy import Connection, select

from kybaocao.proof.manifest import Lifted
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.tables import audit

LIFTED = "obstacle-lifted"
Key = tuple[str, str]  # code and subject of an obstacle


def record_lifts(
    connection: Connection, p: Pass, version: int, keys: Iterable[Key], *, by: str, reason: str, at: dt.datetime
) -> None:
    """Record that somebody accepts these obstacles, in a writer's transaction; what was accepted before stays so."""
    known = {(one.code, one.subject) for one in list_lifts(connection, p.cycle.id, version)}
    for code, subject in keys:
        if (code, subject) not in known:
            record_action(
                connection,
                LIFTED,
                at=at,
                cycle=p.cycle.id,
                actor=by,
                version=version,
                code=code,
                subject=subject,
                reason=reason,
            )


def list_lifts(connection: Connection, cycle: str, version: int) -> tuple[Lifted, ...]:
    """What was accepted for a version, oldest first."""
    query = (
        select(audit.c.at, audit.c.actor, audit.c.detail)
        .where(audit.c.cycle == cycle, audit.c.agency == "", audit.c.action == LIFTED)  # by the index of both
        .order_by(audit.c.id)
    )
    found = [(row.at, row.actor, json.loads(row.detail)) for row in connection.execute(query)]
    return tuple(
        Lifted(detail["code"], detail["subject"], actor, detail["reason"], at.isoformat())
        for at, actor, detail in found
        if detail["version"] == version
    )
