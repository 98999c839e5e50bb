"""Real servers for the tests that need them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.store.database import open_store
from tests.inbox.share_server import ShareServer, find_hindrance
from tests.small_plan import write_small_plan

KEPT = ("STC", "STP", "X-04183")


@pytest.fixture(scope="module")
def server(made_once: Path) -> Iterator[ShareServer]:
    """Three agencies with accounts, folders of the cycle, and both servers running."""
    if hindrance := find_hindrance():
        pytest.skip(hindrance)
    server = ShareServer()
    try:
        with pytest.MonkeyPatch.context() as patch:
            today = dt.datetime.now(dt.UTC).date()
            patch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(server.root / "config", KEPT, today)))
            patch.setenv("KYBAOCAO_HOME", str(server.home.root))
            patch.delenv("KYBAOCAO_DB_URL", raising=False)
            server.generate("--quota-mb", "0")
            done = server.run_script()
            assert done.returncode == 0, done.stderr
            server.start()
            with server.as_system():
                open_store(server.home).upgrade()
            yield server
    finally:
        server.close()
