"""Homes on either engine, with the small plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kybaocao.home import Home
from kybaocao.inbox import shared_folders
from kybaocao.stages.support.passes import Pass
from tests.stages.conftest import use_small_plan
from tests.store.conftest import create_database, postgres

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
def home_on_either(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An empty data folder, its store on SQLite or on PostgreSQL."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    if request.param == "postgresql":
        monkeypatch.setenv("KYBAOCAO_DB_URL", create_database(request.getfixturevalue("postgres")))
    monkeypatch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
    yield Home.from_environment()


@pytest.fixture
def small(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Pass]:
    """A pass of the five-body plan on SQLite at a moment."""
    monkeypatch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
    return use_small_plan(tmp_path, home, monkeypatch)
