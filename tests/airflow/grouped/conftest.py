"""A system of its own, in which agencies share rows already when there are three."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kybaocao.embedded.system import System
from tests.airflow.conftest import run_system
from tests.small_plan import write_small_plan


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    root = tmp_path_factory.mktemp("grouped")
    settings = {"KYBAOCAO_CONFIG": str(write_small_plan(root / "config")), "KYBAOCAO_REPLAY": "1"}
    with run_system(root, **settings, KYBAOCAO_ROWS="2", KYBAOCAO_GROUP="2") as found:
        yield found
