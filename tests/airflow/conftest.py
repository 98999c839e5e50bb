"""The standing embedded system, as `make up` starts it, with five bodies."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import System, find_free_port
from kybaocao.home import Home
from tests.small_plan import write_small_plan

SETTINGS = ("KYBAOCAO_HOME", "KYBAOCAO_CONFIG", "KYBAOCAO_REPLAY", "KYBAOCAO_DB_URL")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Running Airflow with a cycle that is open today; stopped at the end of the module."""
    root = tmp_path_factory.mktemp("airflow")
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()
    with run_system(root, KYBAOCAO_CONFIG=str(write_small_plan(root / "config", today=today))) as found:
        yield found


@contextmanager
def run_system(root: Path, **settings: str) -> Iterator[System]:
    """A system under `root`, in an environment with these settings; both are gone afterwards."""
    held = {key: os.environ.pop(key, None) for key in {*SETTINGS, *settings}}
    os.environ.update(settings, KYBAOCAO_HOME=str(root / "home"))
    (root / "home").mkdir()
    found = System(root / "home", find_free_port(), find_free_port())
    try:
        found.start()
        yield found
    finally:
        found.stop()
        for key, value in held.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value


@pytest.fixture(scope="module")
def api(system: System) -> AirflowApi:
    return AirflowApi(system.url, "vanhanh", system.passwords()["vanhanh"])


@pytest.fixture(scope="module")
def leader(system: System) -> AirflowApi:
    return AirflowApi(system.url, "lanhdao", system.passwords()["lanhdao"])


@pytest.fixture(scope="module")
def live(system: System) -> Home:
    """The folders of the running system."""
    return Home(system.home)


def wait_until(what: str, is_so: Callable[[], object], seconds: float = 90) -> None:
    """Poll until true; fails with `what` in words."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def mails(live: Home, kind: str) -> list[Path]:
    return sorted((live.root / "mail").glob(f"{kind}__*.eml"))
