"""The embedded system as `make up` starts it, with five reporting agencies and its cycles switched on.

Three systems serve all modules, one after the other: `grouped`, `replayed` and `standing`, each with a `system` for
its folder.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update

from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import System, find_free_port
from kybaocao.home import Home
from kybaocao.plan.load import list_plan_folders, load_cycles
from kybaocao.store.database import open_store
from kybaocao.store.outbox import list_messages
from kybaocao.store.tables import arrivals
from tests.conftest import CYCLE

SETTINGS = ("KYBAOCAO_HOME", "KYBAOCAO_CONFIG", "KYBAOCAO_REPLAY", "KYBAOCAO_DB_URL")


@contextmanager
def run_system(root: Path, **settings: str) -> Iterator[System]:
    """A system under `root`, in an environment with these settings; both are gone afterwards."""
    held = {key: os.environ.pop(key, None) for key in {*SETTINGS, *settings}}
    os.environ.update(settings, KYBAOCAO_HOME=str(root / "home"))
    (root / "home").mkdir()
    found = System(root / "home", find_free_port(), find_free_port())
    try:
        found.start(timeout_seconds=600, is_tied=True)  # on a busy machine it takes minutes
        switch_on(found)
        yield found
    finally:
        found.stop()
        for key, value in held.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value


def connect(system: System, user: str) -> AirflowApi:
    return AirflowApi(system.url, user, system.passwords()[user])


def switch_on(system: System) -> None:
    """What an operator does after `make up`; until then a new system is paused, and nothing has gone out."""
    operator = connect(system, "vanhanh")
    cycles = {cycle.id for folder in list_plan_folders() for cycle in load_cycles(folder)[0]}
    wait_until("the cycles", lambda: cycles <= set(operator.list_paused()))
    assert {operator.list_paused()[cycle] for cycle in cycles} == {True}
    assert [*Home(system.home).shared.iterdir(), *all_mails(Home(system.home))] == []
    for cycle in cycles:
        operator.wait_for_dag(cycle)


@pytest.fixture(scope="module")
def api(system: System) -> AirflowApi:
    return connect(system, "vanhanh")


@pytest.fixture(scope="module")
def leader(system: System) -> AirflowApi:
    return connect(system, "lanhdao")


@pytest.fixture(scope="module")
def province(system: System) -> AirflowApi:
    return connect(system, "ubndtinh")


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


def mails(live: Home, kind: str, cycle: str = CYCLE) -> list[Path]:
    """The mails of a kind about a cycle in the mailbox."""
    with open_store(live).read() as connection:
        letters = list_messages(connection, cycle)
    ids = {re.sub("[^A-Za-z0-9]", "", one.message.message_id)[:40] for one in letters if one.message.kind == kind}
    return [path for path in all_mails(live, kind) if path.stem.partition("__")[2] in ids]


def all_mails(live: Home, kind: str = "*") -> list[Path]:
    """Those about every cycle, also the alarms, which do not pass through the outbox."""
    return sorted((live.root / "mail").glob(f"{kind}__*.eml"))


def set_findings(live: Home, cycle: str, agency: str, text: str) -> None:
    """What the store holds about the files of an agency; "{" is what no task can read.

    The database refuses to change a verdict, so its guard goes first.
    """
    with open_store(live).write() as connection:
        connection.execute(sql("DROP TRIGGER IF EXISTS arrivals_no_update"))
        own = (arrivals.c.cycle == cycle, arrivals.c.agency == agency)
        connection.execute(update(arrivals).where(*own).values(findings=text))
