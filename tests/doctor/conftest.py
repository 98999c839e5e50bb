"""An installation to examine, and what one probe says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from kybaocao.doctor.probing import Answer, Probe, Setting, examine
from kybaocao.home import Home

NOW = dt.datetime(2026, 11, 14, 2, tzinfo=dt.UTC)  # two days before the year-end cycle opens
Lines = list[tuple[str, str]]


@pytest.fixture
def setting(home: Home) -> Setting:
    """A migrated installation of the sample plan with its folders."""
    for folder in (home.shared, home.archive, home.reports):
        folder.mkdir(parents=True)
    return Setting(home, NOW)


def ask(setting: Setting, run: Callable[[Setting], Iterable[Answer]]) -> Lines:
    """(mark, what was found) of each line of a probe, run as the command runs it."""
    (examined,) = examine(setting, [Probe("phép thử", run)])
    assert all(answer.advice for answer in examined.answers if answer.state.mark == "✗")
    return [(answer.state.mark, answer.found) for answer in examined.answers]


def list_wrong(lines: Lines) -> Lines:
    """The lines that want something."""
    return [line for line in lines if line[0] != "✓"]


def list_tree(root: Path) -> set[str]:
    """Every path below a folder."""
    return {str(path.relative_to(root)) for path in root.rglob("*")}
