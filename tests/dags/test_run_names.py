"""Runs that files start have names that read, on Airflow's own tables."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.models import DagRun
from airflow.models.asset import AssetEvent, AssetModel
from sqlalchemy import event
from sqlalchemy.orm import Session

from kybaocao.adapters.run_names import _rename, rename_runs
from tests.conftest import CYCLE
from tests.dags.airflow_database import create_airflow_database

AT = dt.datetime(2026, 12, 9, 3, 12, 3, 450_000, tzinfo=dt.UTC)
FILES, LETTERS = {"files": 2}, {"letters": 1}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """An empty database of Airflow in a process that names its runs, with the inboxes of the cycle as an asset."""
    engine = create_airflow_database(tmp_path / "airflow.db")
    rename_runs()
    with Session(engine) as found:
        found.add(AssetModel(id=1, name=f"nop_{CYCLE}", uri=f"nop_{CYCLE}"))
        found.flush()
        yield found
    event.remove(DagRun, "before_insert", _rename)
    engine.dispose()


def announce(session: Session, at: dt.datetime, payload: dict[str, int]) -> None:
    """As the triggerer notes what the watch over the inboxes says."""
    session.add(
        AssetEvent(asset_id=1, timestamp=at, extra={"from_trigger": True, "payload": {"cycle": CYCLE} | payload})
    )
    session.flush()


def make_run(session: Session, at: dt.datetime = AT, dag: str = CYCLE, kind: str = "asset_triggered") -> str:
    """The name of a run as it is stored; the scheduler gives it another one."""
    values: dict[str, Any] = {"run_type": kind, "run_after": at, "state": "queued"}
    run = DagRun(dag_id=dag, run_id=f"{kind}__{at.isoformat()}_{uuid.uuid4().hex[:8]}", **values)
    session.add(run)
    session.flush()
    return str(run.run_id)


def test_a_run_that_files_started_says_so(session: Session) -> None:
    """In the time of the province."""
    announce(session, AT, FILES)
    assert make_run(session) == "2026-12-09__tep_moi__101203"


def test_a_run_for_letters_alone_does_not_speak_of_files(session: Session) -> None:
    announce(session, AT, LETTERS)
    assert make_run(session) == "2026-12-09__thu_den_han__101203"


def test_files_and_letters_that_one_run_serves_are_files(session: Session) -> None:
    """Whatever came first; what the run before was for does not count."""
    announce(session, AT - dt.timedelta(minutes=5), FILES)
    make_run(session, AT - dt.timedelta(minutes=5))
    announce(session, AT - dt.timedelta(minutes=1), LETTERS)
    assert make_run(session, AT - dt.timedelta(minutes=1)) == "2026-12-09__thu_den_han__101103"
    announce(session, AT - dt.timedelta(seconds=2), FILES)
    announce(session, AT, LETTERS)
    assert make_run(session) == "2026-12-09__tep_moi__101203"


def test_two_runs_of_one_second_have_two_names(session: Session) -> None:
    announce(session, AT - dt.timedelta(milliseconds=300), FILES)
    first = make_run(session, AT - dt.timedelta(milliseconds=300))
    announce(session, AT, FILES)
    assert (first, make_run(session)) == ("2026-12-09__tep_moi__101203", "2026-12-09__tep_moi__101203.450000")


@pytest.mark.parametrize(("dag", "kind"), [("dag_khac", "asset_triggered"), (CYCLE, "manual"), (CYCLE, "scheduled")])
def test_other_runs_keep_their_names(session: Session, dag: str, kind: str) -> None:
    """Of another team's DAG, and those that the timetable names."""
    announce(session, AT, FILES)
    assert make_run(session, dag=dag, kind=kind).startswith(f"{kind}__2026-12-09T03:12:03")


def test_a_run_is_made_whatever_goes_wrong_with_its_name(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise KeyError("payload")

    monkeypatch.setattr("kybaocao.adapters.run_names._find_name", fail)
    assert make_run(session).startswith("asset_triggered__")
