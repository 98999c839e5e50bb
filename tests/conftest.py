"""What every test may use: the real plan, an empty home, passes at a moment."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

# One of its own for each worker: two that begin at once would write the same configuration file.
os.environ.setdefault("AIRFLOW_HOME", f"/tmp/kybaocao-tests-airflow-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest
from hypothesis import settings

from kybaocao.home import Home
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store

# Two shared cores: how long an example takes says nothing about the code.
settings.register_profile("kybaocao", deadline=None)
settings.load_profile("kybaocao")

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "include" / "config" / "nq02-2026"
CYCLE = "nq02-2026-ky2"


@pytest.fixture(scope="session")
def plan() -> Plan:
    """The province's own plan."""
    return load_plan(CONFIG)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty installation of its own."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    monkeypatch.delenv("KYBAOCAO_CONFIG", raising=False)
    found = Home.from_environment()
    open_store(found).upgrade()
    return found


@pytest.fixture
def begin(home: Home, plan: Plan) -> Callable[..., Pass]:
    """begin("2026-12-09T08:00") -> a replayed pass of the year-end cycle at that local moment."""

    def _begin(at: str, cycle: str = CYCLE) -> Pass:
        moment = dt.datetime.fromisoformat(at).replace(tzinfo=plan.timezone)
        return Pass.begin(cycle, moment, is_replay=True, home=home)

    return _begin
