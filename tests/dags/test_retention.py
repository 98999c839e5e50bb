"""What is deleted of Airflow's own tables and logs, and what is spared, on Airflow's own tables."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.jobs.job import Job
from airflow.models import DagModel, DagRun, Log, TaskInstance, Trigger
from airflow.models.asset import AssetEvent
from airflow.models.base import Base
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.hitl import HITLDetail
from airflow.utils.orm_event_handlers import setup_event_handlers
from sqlalchemy import Engine, create_engine, func, insert, select

from kybaocao.adapters import pass_watch, retention
from kybaocao.home import Home
from tests.conftest import CYCLE
from tests.dags.airflow_database import open_sessions
from tests.store.conftest import create_database, postgres  # noqa: F401 - a fixture

NOW = dt.datetime(2026, 12, 10, 2, 0, tzinfo=dt.UTC)
LIMIT = NOW - dt.timedelta(days=90)
OLD, NEW = LIMIT - dt.timedelta(days=1), LIMIT + dt.timedelta(days=1)
OTHER = "nq02-2026-ky1"
WAITING = ("awaiting_input", "deferred", "running", "queued", "scheduled", "up_for_retry", "restarting")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty database of Airflow."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'airflow.db'}" if is_sqlite else create_database(request.getfixturevalue("postgres"))
    found = create_engine(url)
    setup_event_handlers(found)
    Base.metadata.create_all(found)

    create_session = open_sessions(found)
    monkeypatch.setattr(retention, "create_session", create_session)
    yield found
    found.dispose()


class Records:
    """Writes rows as Airflow does."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.versions: dict[str, uuid.UUID] = {}

    def add(self, model: Any, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(model.__table__).values(**values))

    def add_version(self, dag: str, number: int, at: dt.datetime) -> uuid.UUID:
        if not self.count(DagBundleModel):
            self.add(DagBundleModel, name="b")
        if dag not in self.versions:
            self.add(
                DagModel, dag_id=dag, is_paused=False, is_stale=False, bundle_name="b", fileloc="f", max_active_tasks=1,
                max_consecutive_failed_dag_runs=0, has_task_concurrency_limits=False, has_import_errors=False,
            )  # fmt: skip
        found = uuid.uuid4()
        self.add(
            DagVersion, id=found, dag_id=dag, version_number=number, bundle_name="b", created_at=at, last_updated=at
        )
        self.versions[dag] = found
        return found

    def add_run(
        self, run: str, at: dt.datetime, *states: str, state: str = "success", kind: str = "manual", dag: str = CYCLE
    ) -> None:
        """A run that began and ended then, with a task in each of these states, and what hangs on a task."""
        version = self.versions.get(dag) or self.add_version(dag, 1, OLD)
        ended = at if state in ("success", "failed") else None
        logical_date = at if kind == "scheduled" else None  # as Airflow has it
        moments = {"logical_date": logical_date, "run_after": at, "queued_at": at, "start_date": at, "end_date": ended}
        self.add(
            DagRun, dag_id=dag, run_id=run, run_type=kind, state=state, span_status="ended", clear_number=0,
            created_dag_version_id=version, **moments,
        )  # fmt: skip
        for number, one in enumerate(states or ("success",)):
            task = uuid.uuid4()
            self.add(
                TaskInstance, id=task, dag_id=dag, run_id=run, task_id=f"t{number}", map_index=-1, state=one,
                pool="default_pool", pool_slots=1, try_number=1, max_tries=2, start_date=at, custom_operator_name="x",
                dag_version_id=version, priority_weight=1, executor_config={}, span_status="ended",
            )  # fmt: skip
            self.add(
                HITLDetail, ti_id=task, options=["a"], subject="s", defaults=None, multiple=False, params={},
                params_input={}, created_at=at, assignees=None,
            )  # fmt: skip

    def count(self, model: Any) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(model.__table__)) or 0)

    def list_runs(self) -> list[str]:
        with self.engine.connect() as connection:
            return sorted(connection.scalars(select(DagRun.__table__.c.run_id)))


@pytest.fixture
def records(engine: Engine) -> Records:
    return Records(engine)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Airflow's folder of logs."""
    monkeypatch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path / "logs"))
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def write_log(logs: Path, place: str, at: dt.datetime) -> None:
    path = logs / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x" * 100)
    for one in (path, *list(path.parents)[: len(Path(place).parts) - 1]):
        os.utime(one, (at.timestamp(), at.timestamp()))


def list_logs(logs: Path) -> list[str]:
    return sorted(str(path.relative_to(logs)) for path in logs.rglob("*") if path.is_file())


def test_old_runs_go_with_all_that_hangs_on_them(records: Records, logs: Path) -> None:
    """Ended well or failed; newer ones stay."""
    for number, state in enumerate(("success", "failed")):
        records.add_run(f"old-{number}", OLD, "success", "failed", "skipped", state=state)
    records.add_run("new", NEW)
    done = retention.clean(LIMIT)
    assert (records.list_runs(), done.rows["dag_run"]) == (["new"], 2)
    assert (records.count(TaskInstance), records.count(HITLDetail)) == (1, 1)


@pytest.mark.parametrize("state", WAITING)
@pytest.mark.parametrize("run_state", ["running", "failed"])
def test_a_task_that_waits_or_runs_keeps_its_run(records: Records, logs: Path, state: str, run_state: str) -> None:
    """However old: the human may take months, and a failed run's task may have been cleared."""
    records.add_run("waiting", OLD, "success", state, state=run_state)
    records.add_run("new", NEW)
    retention.clean(LIMIT)
    assert (records.list_runs(), records.count(HITLDetail)) == (["new", "waiting"], 3)


def test_a_trigger_that_a_task_waits_for_stays(records: Records, logs: Path) -> None:
    """It is older than the limit; `db clean` would take it, and the task with it."""
    records.add(Trigger, id=1, classpath="x", kwargs="{}", created_date=OLD)
    records.add_run("waiting", OLD, "deferred", state="running")
    retention.clean(LIMIT)
    assert (records.count(Trigger), records.list_runs()) == (1, ["waiting"])


def test_the_newest_run_of_each_kind_stays(records: Records, logs: Path) -> None:
    """Airflow counts the milestones from it: without it all of them would come again."""
    for dag in (CYCLE, OTHER):
        for kind in ("scheduled", "asset_triggered", "manual"):
            for days in (3, 2, 1):
                records.add_run(f"{kind}-{days}", LIMIT - dt.timedelta(days=days), kind=kind, dag=dag)
    retention.clean(LIMIT)
    assert records.list_runs() == sorted([f"{kind}-1" for kind in ("scheduled", "asset_triggered", "manual")] * 2)


def test_what_hangs_on_no_run_goes_by_its_age(records: Records, logs: Path) -> None:
    """Airflow's own journal, its processes, its events; a process that lives has a heartbeat of now."""
    for number, at in enumerate((OLD, NEW)):
        records.add(Log, dttm=at, event="e", owner="o")
        records.add(Job, id=number + 1, state="running", job_type="SchedulerJob", latest_heartbeat=at, start_date=OLD)
        records.add(AssetEvent, id=number + 1, asset_id=1, extra={}, timestamp=at, source_map_index=-1)
    retention.clean(LIMIT)
    assert [records.count(model) for model in (Log, Job, AssetEvent)] == [1, 1, 1]


def test_of_the_versions_of_a_dag_those_in_use_and_the_newest_stay(records: Records, logs: Path) -> None:
    """A task names the version it ran by."""
    records.add_version(CYCLE, 1, OLD)
    records.add_version(CYCLE, 2, OLD)
    records.add_run("waiting", OLD, "deferred", state="running")
    for number in (3, 4):
        records.add_version(CYCLE, number, OLD)
    retention.clean(LIMIT)
    with records.engine.connect() as connection:
        assert sorted(connection.scalars(select(DagVersion.__table__.c.version_number))) == [2, 4]


def test_a_trial_deletes_nothing_and_counts_the_same(records: Records, logs: Path) -> None:
    """What it says is what is done then."""
    records.add_run("old-0", OLD)
    records.add_run("old-1", OLD)
    records.add(Log, dttm=OLD, event="e", owner="o")
    write_log(logs, f"dag_id={CYCLE}/run_id=old-0/task_id=t0/attempt=1.log", OLD)
    trial = retention.clean(LIMIT, is_trial=True)
    there = (records.list_runs(), records.count(Log), list_logs(logs))
    done = retention.clean(LIMIT)
    assert there[0] == ["old-0", "old-1"] and there[1] == 1 and len(there[2]) == 1
    assert (trial.rows, trial.files, trial.bytes) == (done.rows, done.files, done.bytes)


def test_logs_go_with_their_runs_and_those_of_waiting_runs_stay(records: Records, logs: Path) -> None:
    """Others go by their age; empty folders go, too."""
    records.add_run("old", OLD)
    records.add_run("waiting", OLD, "deferred", state="running")
    records.add_run("new", NEW)
    for run, at in (("old", OLD), ("waiting", OLD), ("new", NEW)):
        write_log(logs, f"dag_id={CYCLE}/run_id={run}/task_id=t0/attempt=1.log", at)
    write_log(logs, "dag_processor/2026-09-01/x.log", OLD)
    write_log(logs, "dag_processor/2026-12-09/x.log", NEW)
    done = retention.clean(LIMIT)
    assert list_logs(logs) == [
        f"dag_id={CYCLE}/run_id=new/task_id=t0/attempt=1.log",
        f"dag_id={CYCLE}/run_id=waiting/task_id=t0/attempt=1.log",
        "dag_processor/2026-12-09/x.log",
    ]
    assert (done.files, done.bytes, (logs / "dag_processor/2026-09-01").exists()) == (2, 200, False)


def test_a_link_among_the_logs_leads_nowhere(records: Records, logs: Path, tmp_path: Path) -> None:
    """Nothing outside the folder is deleted."""
    write_log(tmp_path / "outside", "a/x.log", OLD)
    (logs / "latest").symlink_to(tmp_path / "outside" / "a")
    retention.clean(LIMIT)
    assert (tmp_path / "outside" / "a" / "x.log").exists()


@pytest.mark.parametrize(("days", "cleanings"), [("", 2), ("30", 2), ("0", 0)])
def test_the_watch_cleans_once_a_day(home: Home, monkeypatch: pytest.MonkeyPatch, days: str, cleanings: int) -> None:
    """By itself, unless it is set to keep everything."""
    limits: list[dt.datetime] = []

    def clean(before: dt.datetime) -> retention.Cleaned:
        limits.append(before)
        return retention.Cleaned(before)

    monkeypatch.setenv(retention.KEEP_SETTING, days)
    monkeypatch.setattr(pass_watch, "clean", clean)
    watch = pass_watch.PassWatch(home, dt.timedelta(minutes=30))
    for hours in (0, 1, 23, 24, 25):
        watch.clean_daily(NOW + dt.timedelta(hours=hours))
    assert len(limits) == cleanings
    assert not limits or NOW - limits[0] == dt.timedelta(days=int(days or 90))


def test_the_watch_looks_on_when_cleaning_fails(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is old can wait."""
    looks: list[Callable[..., None]] = []

    def fail(*_: object) -> None:
        raise OSError("no database")

    def sleep(_seconds: float) -> None:
        if len(looks) == 2:
            raise KeyboardInterrupt

    watch = pass_watch.PassWatch(home, dt.timedelta(minutes=30))
    monkeypatch.setattr(watch, "clean_daily", fail)
    monkeypatch.setattr(watch, "look", looks.append)
    with pytest.raises(KeyboardInterrupt):
        watch.run(sleep)
    assert len(looks) == 2
