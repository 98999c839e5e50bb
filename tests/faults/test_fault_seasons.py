"""Twenty fault seasons and the crash points of delivery; `make faults` plays two hundred and kills at every point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Chosen so that every kind of fault is among them; few stories, so that few calm seasons are played.
SQLITE_SEEDS = (1, 2, 3, 5, 7, 9, 10, 12, 13, 15, 22, 25, 29, 32, 34, 35)
POSTGRESQL_SEEDS = (14, 20, 23, 31)
STORIES = 3


class Harness:
    """The harness in a process of its own, with everything loaded; one line of JSON for each thing asked of it."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults", "--serve", "--stories", str(STORIES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment,
            text=True,
        )

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise RuntimeError("the harness ended")

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def harness() -> Iterator[Harness]:
    """One for each worker of the tests."""
    found = Harness()
    yield found
    found.close()


def _describe(seed: int, engine: str, broken: list[list[str]]) -> str:
    again = f"make faults SEED={seed} SEASONS=1 ENGINE={engine} STORIES={STORIES}"
    return "\n".join([f"again: {again}", *(": ".join(one) for one in broken)])


@pytest.mark.parametrize("seed", SQLITE_SEEDS)
def test_a_season_with_faults_breaks_nothing(harness: Harness, seed: int) -> None:
    """Kills, twins, hostile mail, full disks, closed folders: every invariant holds, on SQLite."""
    result = harness.ask(seed=seed, engine="sqlite")
    assert result["broken"] == [], _describe(seed, "sqlite", result["broken"])


@pytest.mark.parametrize("seed", POSTGRESQL_SEEDS)
def test_a_season_with_faults_breaks_nothing_on_postgresql(harness: Harness, seed: int) -> None:
    """The same on a real PostgreSQL."""
    result = harness.ask(seed=seed, engine="postgresql")
    assert result["broken"] == [], _describe(seed, "postgresql", result["broken"])


def test_delivery_killed_at_every_point_ends_as_if_it_had_not(harness: Harness) -> None:
    """Each commit and each mail of a delivery, before, in the middle and after: the same end, the same mails."""
    result = harness.ask(scene="delivery", engine="sqlite")
    assert result["processes"] > 20, "no point was found to kill at"
    assert result["broken"] == []
