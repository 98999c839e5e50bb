"""The audit trail: who did what, when, to whom, and why. Rows are only ever added."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import Connection, insert

from kybaocao.store.tables import audit

SYSTEM = "kybaocao"


def record_action(
    connection: Connection,
    action: str,
    *,
    at: dt.datetime,
    cycle: str = "",
    agency: str = "",
    actor: str = SYSTEM,
    **detail: Any,
) -> None:
    """Add one line, in the transaction of the thing it tells about."""
    connection.execute(
        insert(audit).values(
            at=at,
            actor=actor,
            action=action,
            cycle=cycle,
            agency=agency,
            detail=json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        )
    )
