"""Names of the runs that the watch over the inboxes starts: "2026-12-09__tep_moi__101203", not a timestamp in UTC.

Airflow asks no timetable for them. It makes their name itself, from the moment and eight random letters, and the only
place where another name can come in is the moment before the row of the run is written.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from airflow.models import DagRun
from airflow.models.asset import AssetEvent, AssetModel
from sqlalchemy import Connection, event, func, select

from kybaocao.adapters.inbox_trigger import FILES, name_inbox_asset
from kybaocao.adapters.milestones import ZONE

log = logging.getLogger(__name__)
_BY_ASSET = "asset_triggered"
NEW_FILES, DUE_LETTERS = "tep_moi", "thu_den_han"


def rename_runs() -> None:
    """From now on runs that this process makes are named so; every process that makes runs calls it once."""
    if not event.contains(DagRun, "before_insert", _rename):
        event.listen(DagRun, "before_insert", _rename)


def _rename(_mapper: Any, connection: Connection, run: DagRun) -> None:
    if run.run_type != _BY_ASSET:
        return
    try:
        name = _find_name(connection, run)
    except Exception:  # a pass under Airflow's own name is better than none
        log.warning("a run of %s keeps the name %s", run.dag_id, run.run_id, exc_info=True)
    else:
        run.run_id = name or run.run_id


def _find_name(connection: Connection, run: DagRun) -> str:
    """ "" for a run that the watch has not asked for: it may be anybody's."""
    said = list(connection.scalars(_select_announced(run)))
    if not said:
        return ""
    has_files = any(FILES in (extra.get("payload") or {}) for extra in said)
    local: dt.datetime = run.run_after.astimezone(ZONE)
    name = f"{local:%Y-%m-%d}__{NEW_FILES if has_files else DUE_LETTERS}__{local:%H%M%S}"
    taken = select(DagRun.id).where(DagRun.dag_id == run.dag_id, DagRun.run_id == name)
    return name if connection.scalar(taken) is None else f"{name}.{local:%f}"


def _select_announced(run: DagRun) -> Any:
    """What the watch has said since the run before: what this one is for."""
    before = (
        select(func.max(DagRun.run_after))
        .where(DagRun.dag_id == run.dag_id, DagRun.run_type == _BY_ASSET, DagRun.run_after < run.run_after)
        .scalar_subquery()
    )
    return (
        select(AssetEvent.extra)
        .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        .where(AssetModel.name == name_inbox_asset(run.dag_id), AssetEvent.timestamp <= run.run_after)
        .where(AssetEvent.timestamp > func.coalesce(before, dt.datetime(2000, 1, 1, tzinfo=dt.UTC)))
    )
