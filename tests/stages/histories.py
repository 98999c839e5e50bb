"""Histories of events against a model: an installation for each, on both engines, and how many are played."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from kybaocao.home import Home
from kybaocao.inbox import shared_folders
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import Store
from tests.store.conftest import create_database, make_migrated

Renew = Callable[[Pass], Pass]


@pytest.fixture(params=["sqlite", "postgresql"])
def renew(request: pytest.FixtureRequest, made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Renew:
    """The same pass in an empty installation of its own."""
    monkeypatch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
    count = itertools.count()
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else ""

    def _renew(p: Pass) -> Pass:
        home = Home(tmp_path / f"history{next(count)}")
        home.root.mkdir()
        url = create_database(server, make_migrated(server)) if server else f"sqlite:///{home.root}/kybaocao.db"
        if not server:
            shutil.copyfile(made_once, home.root / "kybaocao.db")
        store = Store(url, home.root / "locks")
        store.follow()
        return replace(p, home=home, store=store)

    return _renew


def play_histories(machine: type[RuleBasedStateMachine], *, one_of: int, steps: int) -> None:
    """One of so many of the profile's examples; `make test` plays the same histories each time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, settings().max_examples // one_of),
            stateful_step_count=steps,
            deadline=None,
            derandomize=settings().max_examples <= 100,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
