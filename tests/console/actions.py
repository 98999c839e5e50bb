"""A season of one's own for tests that act: a copy of the played home."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.home import Home


@pytest.fixture
def acting(played: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """The home of the played season, copied: what a test does to it, no other test sees."""
    shutil.copytree(played.root, tmp_path / "home", symlinks=True)
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    yield Home.from_environment()
