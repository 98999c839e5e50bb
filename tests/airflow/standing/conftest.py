"""One system for all modules here: a cycle is open today, and passes come by themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from kybaocao.embedded.system import System
from tests.airflow.conftest import run_system
from tests.small_plan import write_small_plan


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    root = tmp_path_factory.mktemp("standing")
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()
    with run_system(root, KYBAOCAO_CONFIG=str(write_small_plan(root / "config", today=today))) as found:
        yield found
