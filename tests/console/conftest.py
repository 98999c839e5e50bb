"""The console without Airflow: guards that let in whoever a test names, and a season that has been played."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient

from kybaocao.console.app import build_app
from kybaocao.console.guards import Account, Guards
from kybaocao.console.scope import Scope, open_scope
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.reports import claim_question
from tests.conftest import CYCLE
from tests.console.played import play_season
from tests.faults.engines import run_postgres
from tests.post import Post
from tests.small_plan import write_small_plan
from tests.store.conftest import create_database, make_migrated

ACCOUNTS = {
    "xem": Account("xem", "xem", is_operator=False),
    "lanhdao": Account("lanhdao", "lanhdao", is_operator=False),
    "ubndtinh": Account("ubndtinh", "ubndtinh", is_operator=False),
    "vanhanh": Account("vanhanh", "vanhanh", is_operator=True),
}
RUN = "2026-12-11__manual"
DECIDERS = ("lanhdao", "ubndtinh", "vanhanh")


def identify(request: Request) -> Account:
    """Who the header names, as Airflow's login cookie would."""
    account = ACCOUNTS.get(request.headers.get("x-account", ""))
    if account is None:
        raise HTTPException(401)
    return account


def require(is_let_in: Callable[[Account], bool]) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        if not is_let_in(identify(request)):
            raise HTTPException(403)

    return check


GUARDS = Guards(
    identify=identify,
    see=require(lambda account: True),
    see_cycle=require(lambda account: True),
    act=require(lambda account: account.is_operator),
    decide=require(lambda account: account.id in DECIDERS),
    find_row_agency=lambda cycle, run, task, number: "STC" if (task, number) == ("escalate", 2) else "",
)


def log_in(account: str, *, follows: bool = False, root: str = "") -> TestClient:
    """A browser of somebody who is logged in; its paths count from the console's root.

    `root`: the path under which a proxy shows everything, as Airflow's API server is given it.
    """
    return TestClient(
        _build_around(root),
        base_url=f"http://testserver{root}/kybaocao",
        headers={"x-account": account},
        follow_redirects=follows,
        raise_server_exceptions=False,
    )


@functools.cache  # it keeps nothing, and takes a while
def _build_around(root: str) -> FastAPI:
    around = FastAPI(root_path=root)
    around.mount("/kybaocao", build_app(GUARDS))
    return around


@pytest.fixture(scope="session")
def viewer() -> TestClient:
    return log_in("xem")


@pytest.fixture(scope="session")
def operator() -> TestClient:
    return log_in("vanhanh")


@pytest.fixture
def own(played: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of the played season, for a test that changes something."""
    root = tmp_path / "home"
    shutil.copytree(played.root, root, symlinks=True)
    monkeypatch.setenv("KYBAOCAO_HOME", str(root))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    return Home.from_environment()


@pytest.fixture
def asked(own: Home) -> Home:
    """A copy of the played season in which a run of Airflow asks about version 1 of the report."""
    with open_store(own).write() as connection:
        claim_question(connection, CYCLE, 1, RUN)
    return own


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A browser of an account that watches one agency, X-04183."""

    def open_some(cycle: str, account: Account) -> Scope:
        return replace(open_scope(cycle, account), watched=frozenset({"X-04183"}))

    monkeypatch.setattr("kybaocao.console.pages.scoped.open_scope", open_some)
    return log_in("xem")


@pytest.fixture(scope="package")
def played(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The home of `play_season`, and the environment of a system that shows it. Tests only look at it."""
    with _play(tmp_path_factory.mktemp("played")) as home:
        yield home


@pytest.fixture(scope="package")
def served_postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    with run_postgres() as server:
        yield server.replace("postgresql://", "postgresql+psycopg2://")


@pytest.fixture(scope="module")
def played_on_postgresql(
    made_once: Path, served_postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    """The same season with a store in PostgreSQL."""
    database = create_database(served_postgresql, make_migrated(served_postgresql))
    with _play(tmp_path_factory.mktemp("played"), {"KYBAOCAO_DB_URL": database}) as home:
        yield home


@contextmanager
def _play(root: Path, environment: Mapping[str, str] = MappingProxyType({})) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KYBAOCAO_HOME", str(root / "home"))
        patch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(root / "config", has_position_letter=True)))
        patch.setenv("KYBAOCAO_REPLAY", "1")
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr("kybaocao.documents.pdf.find_converter", lambda: None)
        home = Home.from_environment()
        home.root.mkdir()
        play_season(home, Post())
        yield home
