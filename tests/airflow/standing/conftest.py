"""One system for all modules here: a cycle is open today, and passes come by themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from kybaocao.embedded.system import System
from tests.airflow.conftest import run_system
from tests.small_plan import write_small_plan
from tests.statsd_listener import Listener


@pytest.fixture(scope="package")
def metrics() -> Iterator[Listener]:
    """What the system sends by StatsD."""
    with Listener() as found:
        yield found


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, metrics: Listener) -> Iterator[System]:
    root = tmp_path_factory.mktemp("standing")
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()
    config = str(write_small_plan(root / "config", today=today))
    with run_system(root, KYBAOCAO_CONFIG=config, **metrics.settings()) as found:
        yield found
