"""A task that hangs before its first line, from Airflow's own tables and logs to the operators, within five minutes."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.models import DagModel, DagRun, TaskInstance
from airflow.models.dagbundle import DagBundleModel
from sqlalchemy import insert

from kybaocao.adapters import pass_watch
from kybaocao.adapters.pass_watch import LOOK_EVERY_SECONDS, PassWatch
from kybaocao.cli.program import main
from kybaocao.home import Home
from kybaocao.store.outbox import Message
from kybaocao.watch.mute_tasks import MUTE_AFTER
from tests.conftest import CYCLE
from tests.dags.airflow_database import create_airflow_database, open_sessions
from tests.stages.conftest import use_small_plan

NOW = dt.datetime.now(dt.UTC)
RUN = "2026-12-10__qua_han_co_quan"


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Airflow with one run whose `collect` began four minutes ago; the folder of its log."""
    engine = create_airflow_database(tmp_path / "airflow.db")

    create_session = open_sessions(engine)
    begun = NOW - dt.timedelta(minutes=4)
    with engine.begin() as connection:
        connection.execute(insert(DagBundleModel.__table__).values(name="b"))
        connection.execute(
            insert(DagModel.__table__).values(
                dag_id=CYCLE, is_paused=False, is_stale=False, bundle_name="b", fileloc="f", max_active_tasks=1,
                max_consecutive_failed_dag_runs=0, has_task_concurrency_limits=False, has_import_errors=False,
            )
        )  # fmt: skip
    with create_session() as session:
        facts = {"run_type": "manual", "run_after": begun, "queued_at": begun, "start_date": begun}
        session.add(DagRun(dag_id=CYCLE, run_id=RUN, state="running", **facts))
    with engine.begin() as connection:
        connection.execute(
            insert(TaskInstance.__table__).values(
                id=uuid.uuid4(), dag_id=CYCLE, run_id=RUN, task_id="collect", map_index=-1, state="running",
                pool="default_pool", pool_slots=1, try_number=1, max_tries=2, start_date=begun, priority_weight=1,
                custom_operator_name="x", executor_config={}, span_status="ended",
            )
        )  # fmt: skip
    monkeypatch.setattr(pass_watch, "create_session", create_session)
    monkeypatch.setattr(pass_watch, "read_silent", dict)
    monkeypatch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path / "logs"))
    folder = tmp_path / "logs" / f"dag_id={CYCLE}" / f"run_id={RUN}" / "task_id=collect"
    folder.mkdir(parents=True)
    yield folder
    engine.dispose()


@pytest.fixture
def sent(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """What the watch writes to the operators of the five-body plan."""
    found: list[Message] = []
    use_small_plan(tmp_path, home, monkeypatch)
    monkeypatch.setattr(pass_watch, "send_now", lambda _, message: found.append(message))
    return found


def look(home: Home, *minutes: float) -> None:
    watch = PassWatch(home, dt.timedelta(minutes=30))
    for after in minutes:
        watch.look(NOW + dt.timedelta(minutes=after))


def test_the_operators_hear_of_it_once(logs: Path, home: Home, sent: list[Message]) -> None:
    """Which task of which run, since when, and what to do."""
    (logs / "attempt=1.log").touch()
    look(home, 0, 1, 2)
    (letter,) = sent
    text = " ".join(letter.text.split())
    assert f"tác vụ collect của lượt {RUN}" in text and "chọn Clear" in text
    look(home, 3)  # a watch that was started anew
    assert len(sent) == 1


def test_a_task_that_writes_is_left_alone(logs: Path, home: Home, sent: list[Message]) -> None:
    (logs / "attempt=1.log").write_text('{"event": "x"}\n')
    look(home, 0, 1)
    assert sent == []


def test_status_says_it_meanwhile(
    logs: Path, home: Home, sent: list[Message], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also while no letter can leave."""
    (logs / "attempt=1.log").touch()
    look(home, 0)
    assert main(["status", "--cycle", CYCLE, "--json"]) == 0
    (said,) = [one for one in json.loads(capsys.readouterr().out)["warnings"] if "collect" in one]
    assert said.startswith("Có thể đã treo") and "Clear" in said


def test_it_is_found_within_five_minutes() -> None:
    """From the beginning of the task to the letter: the wait, and a look that just missed it."""
    assert MUTE_AFTER + dt.timedelta(seconds=2 * LOOK_EVERY_SECONDS) < dt.timedelta(minutes=5)
