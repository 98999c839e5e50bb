"""Notes of runs: written once the pass has done what was due, corrected when it does more, a person's note stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from airflow.models import DagRun
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from kybaocao.adapters import run_notes
from kybaocao.adapters.run_notes import RunNotes
from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.passes import end_pass, record_pass
from tests.conftest import CYCLE
from tests.dags.airflow_database import create_airflow_database, open_sessions
from tests.stages.conftest import MIDDAY, drop, use_small_plan

RUN = "2026-12-01__tep_moi__100000"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database of Airflow with one run."""
    found = create_airflow_database(tmp_path / "airflow.db")

    create_session = open_sessions(found)
    with create_session() as session:
        moment = dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC)
        session.add(DagRun(dag_id=CYCLE, run_id=RUN, run_type="asset_triggered", run_after=moment, state="running"))
    monkeypatch.setattr(run_notes, "create_session", create_session)
    yield found
    found.dispose()


@pytest.fixture
def begin(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Pass]:
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    use_small_plan(tmp_path, home, monkeypatch)

    def _begin(at: str) -> Pass:
        moment = dt.datetime.fromisoformat(at + "+07:00")
        p = Pass.begin(CYCLE, moment, is_replay=True, home=home, run=RUN)
        with p.store.write() as connection:
            facts = {"run": RUN, "kind": "asset_triggered", "actor": "kybaocao"}
            record_pass(connection, CYCLE, as_of=moment, begun_at=moment, **facts)
        return p

    return _begin


def end(p: Pass) -> None:
    with p.store.write() as connection:
        end_pass(connection, CYCLE, RUN, p.as_of)


def read_note(engine: Engine) -> tuple[str, str] | None:
    with Session(engine) as session:
        run = session.scalars(select(DagRun)).one()
        return run.dag_run_note and (run.note, run.dag_run_note.user_id)


def test_a_pass_that_has_ended_is_noted(engine: Engine, begin: Callable[[str], Pass]) -> None:
    """Not before: half of its files would look like all of them."""
    p = begin(MIDDAY)
    drop(p, "STP")
    run_pass(p)
    notes = RunNotes(p.home)
    notes.write([p.cycle], p.as_of)
    before = read_note(engine)
    end(p)
    notes.write([p.cycle], p.as_of)
    assert (before, read_note(engine)) == (None, ("1 tệp: 1 nhận; gửi biểu mẫu cho 5 cơ quan", "kybaocao"))


def test_a_pass_that_does_more_has_its_note_corrected(engine: Engine, begin: Callable[[str], Pass]) -> None:
    """A run that was cleared, or goes on after the approval; a watch that was started anew writes no second note."""
    p = begin(MIDDAY)
    run_pass(p)
    end(p)
    RunNotes(p.home).write([p.cycle], p.as_of)
    p = begin("2026-12-01T11:00")
    drop(p, "STP")
    run_pass(p)
    end(p)
    RunNotes(p.home).write([p.cycle], p.as_of)
    assert read_note(engine) == ("1 tệp: 1 nhận; gửi biểu mẫu cho 5 cơ quan", "kybaocao")


def test_a_note_that_a_person_wrote_stays(engine: Engine, begin: Callable[[str], Pass]) -> None:
    p = begin(MIDDAY)
    run_pass(p)
    end(p)
    with Session(engine) as session:
        session.scalars(select(DagRun)).one().note = ("Chạy lại theo yêu cầu của Sở", "vanhanh")
        session.commit()
    RunNotes(p.home).write([p.cycle], p.as_of)
    assert read_note(engine) == ("Chạy lại theo yêu cầu của Sở", "vanhanh")


def test_a_run_that_airflow_has_forgotten_needs_no_note(engine: Engine) -> None:
    assert not run_notes.write_note(CYCLE, "da-xoa", "1 tệp")
