"""Airflow's own tables and logs: what is older than the days to keep is deleted.

What is not over stays, however old it is: runs that have not ended, runs with a task that waits (for the human, too) or
runs, and of each cycle the newest run of each kind, from which Airflow counts on. Airflow's `db clean` looks at dates
alone: it takes a question that has waited for longer, and with a trigger the running tasks that wait for it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airflow.configuration import conf
from airflow.models import DagRun, Log, TaskInstance
from airflow.models.asset import AssetEvent
from airflow.models.dag_version import DagVersion
from airflow.utils.session import create_session
from sqlalchemy import Column, DateTime, MetaData, Select, Table, delete, func, inspect, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import aliased

from kybaocao.settings import read_setting
from kybaocao.watch.observation import OVER

KEEP_SETTING, KEEP_DAYS = "KYBAOCAO_KEEP_DAYS", 90  # a cycle and its reminders, with time to look back
_BATCH = 100  # runs in one transaction: others get their turn between two of them
_ENDED = ("success", "failed")
_RESULTS = ("celery_taskmeta", "celery_tasksetmeta")  # there is no model for them; only Celery makes them


@dataclass
class Cleaned:
    """What was deleted, or would be."""

    before: dt.datetime
    rows: Counter[str] = field(default_factory=Counter)  # table -> rows; what hangs on a run is not counted
    files: int = 0
    bytes: int = 0


def read_keep_days() -> int:
    """How many days are kept; 0: nothing is deleted by itself. Raises SettingsError."""
    return int(read_setting(KEEP_SETTING) or KEEP_DAYS)


def has_database() -> bool:
    """Whether Airflow was ever started here."""
    url = make_url(conf.get("database", "sql_alchemy_conn"))
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def clean(before: dt.datetime, *, is_trial: bool = False) -> Cleaned:
    """Delete what ended before that moment; safe while everything runs. Raises what the database raises."""
    done = Cleaned(before)
    _clean_runs(done, is_trial=is_trial)
    with create_session() as session:
        for table, old in _list_conditions(session, before):
            if is_trial:
                done.rows[table.name] += session.scalar(select(func.count()).select_from(table).where(old)) or 0
            else:
                done.rows[table.name] += session.execute(delete(table).where(old)).rowcount
            session.commit()
    _clean_logs(done, is_trial=is_trial)
    return done


def _clean_runs(done: Cleaned, *, is_trial: bool) -> None:
    with create_session() as session:
        numbers = list(session.scalars(_select_old_runs(done.before)))
    done.rows["dag_run"] = len(numbers)
    for start in range(0, 0 if is_trial else len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        with create_session() as session:  # asked again: somebody may have cleared one meanwhile
            still = list(session.scalars(_select_old_runs(done.before).where(DagRun.id.in_(batch))))
            session.execute(delete(DagRun).where(DagRun.id.in_(still)).execution_options(synchronize_session=False))
            done.rows["dag_run"] -= len(batch) - len(still)


def _select_old_runs(before: dt.datetime) -> Select[Any]:
    """Runs that ended before that moment, without a task that is not over, and not the newest of their kind."""
    alive = select(TaskInstance.id).where(
        TaskInstance.dag_id == DagRun.dag_id,
        TaskInstance.run_id == DagRun.run_id,
        TaskInstance.state.is_not(None),
        TaskInstance.state.not_in(OVER),
    )
    others = aliased(DagRun)
    kept = [
        select(func.max(getattr(others, name)))
        .where(others.dag_id == DagRun.dag_id, others.run_type == DagRun.run_type)
        .scalar_subquery()
        == getattr(DagRun, name)
        for name in ("id", "logical_date", "run_after")
    ]
    return select(DagRun.id).where(
        DagRun.state.in_(_ENDED),
        DagRun.end_date < before,
        ~alive.exists(),
        ~or_(*(func.coalesce(one, False) for one in kept)),
    )


def _list_conditions(session: Any, before: dt.datetime) -> Iterator[tuple[Any, Any]]:
    """(table, what of it is old) of what hangs on no run."""
    from airflow.jobs.job import Job

    yield Log.__table__, Log.dttm < before
    yield Job.__table__, Job.latest_heartbeat < before  # of a part that runs it is some seconds old
    yield AssetEvent.__table__, AssetEvent.timestamp < before
    used = select(TaskInstance.dag_version_id).where(TaskInstance.dag_version_id.is_not(None))
    others = aliased(DagVersion)
    latest = select(func.max(others.version_number)).where(others.dag_id == DagVersion.dag_id).scalar_subquery()
    yield (
        DagVersion.__table__,
        (DagVersion.created_at < before) & DagVersion.id.not_in(used) & (DagVersion.version_number < latest),
    )
    there = set(inspect(session.get_bind()).get_table_names())
    for name in there.intersection(_RESULTS):
        table = Table(name, MetaData(), Column("date_done", DateTime))
        yield table, table.c.date_done < before.astimezone(dt.UTC).replace(tzinfo=None)


# --- logs ---------------------------------------------------------------------------------------------------------


def _clean_logs(done: Cleaned, *, is_trial: bool) -> None:
    """Old files, but those of runs that are still there; then folders that are empty and old."""
    root = Path(conf.get("logging", "base_log_folder"))
    if not root.is_dir():
        return
    limit = done.before.timestamp()
    with create_session() as session:
        kept = {f"dag_id={dag}/run_id={run}" for dag, run in session.execute(select(DagRun.dag_id, DagRun.run_id))}
        if is_trial:
            old = select(DagRun.dag_id, DagRun.run_id).where(DagRun.id.in_(_select_old_runs(done.before)))
            kept -= {f"dag_id={dag}/run_id={run}" for dag, run in session.execute(old)}
    changed = {folder: Path(folder).stat().st_mtime for folder, *_ in os.walk(root)}  # before anything is deleted
    for folder, _, names in os.walk(root, topdown=False):  # links are not followed
        place = Path(folder).relative_to(root)
        if "/".join(place.parts[:2]) in kept:
            continue
        for name in names:
            with suppress(OSError):
                path = Path(folder, name)
                info = path.lstat()
                if info.st_mtime < limit:
                    if not is_trial:
                        path.unlink()
                    done.files += 1
                    done.bytes += info.st_size
        if not is_trial and place.parts and changed.get(folder, limit) < limit:
            with suppress(OSError):  # what is not empty stays
                Path(folder).rmdir()
