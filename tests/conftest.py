"""What every test may use: the real plan, an empty home, passes at a moment."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
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
from tests.made_once import make_charts_once, make_empty_store, make_forms_once, make_plans_once

# Two shared cores: how long an example takes says nothing about the code.
settings.register_profile("kybaocao", deadline=None)
settings.register_profile("long", deadline=None, max_examples=4000)  # --hypothesis-profile=long
settings.load_profile("kybaocao")

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "include" / "config" / "nq02-2026"
CYCLE = "nq02-2026-ky2"


@pytest.fixture(scope="session")
def plan() -> Plan:
    """The province's own plan."""
    return load_plan(CONFIG)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """From the first test that asks on, what passes make again and again is made once; the file of an empty store."""
    folder = tmp_path_factory.mktemp("made-once")
    with pytest.MonkeyPatch.context() as patch:
        make_plans_once(patch)
        make_forms_once(patch)
        make_charts_once(patch, folder)
        yield make_empty_store(folder / "kybaocao.db")


@pytest.fixture
def home(made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty installation of its own."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    monkeypatch.delenv("KYBAOCAO_CONFIG", raising=False)
    found = Home.from_environment()
    found.root.mkdir()
    shutil.copyfile(made_once, found.root / made_once.name)
    return found


@pytest.fixture
def begin(home: Home, plan: Plan) -> Callable[..., Pass]:
    """begin("2026-12-09T08:00") -> a replayed pass of the year-end cycle at that local moment."""

    def _begin(at: str, cycle: str = CYCLE) -> Pass:
        moment = dt.datetime.fromisoformat(at).replace(tzinfo=plan.timezone)
        return Pass.begin(cycle, moment, is_replay=True, home=home)

    return _begin
