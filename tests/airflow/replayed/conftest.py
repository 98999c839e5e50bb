"""One system for all modules here: it runs only the passes it is asked for.

Each module has a plan of its own with cycles of its own, so that none sees what another left behind.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update

from kybaocao.embedded.system import System
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.tables import arrivals
from tests.airflow.conftest import run_system
from tests.small_plan import write_small_plan

# The watch writes about a pass that does not move on for so long; what moves on is never written about.
LIMIT_SECONDS = 15
APPROVAL, CLEARING, SEASON = "duyet-2026", "clear-2026", "nq02-2026"  # plans


def set_findings(live: Home, cycle: str, agency: str, text: str) -> None:
    """What the store holds about the files of an agency; "{" is what no task can read.

    The database refuses to change a verdict, so its guard goes first.
    """
    with open_store(live).write() as connection:
        connection.execute(sql("DROP TRIGGER IF EXISTS arrivals_no_update"))
        own = (arrivals.c.cycle == cycle, arrivals.c.agency == agency)
        connection.execute(update(arrivals).where(*own).values(findings=text))


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    root = tmp_path_factory.mktemp("replayed")
    for name in (APPROVAL, CLEARING, SEASON):
        write_small_plan(root / "config", name=name)
    settings = {
        "KYBAOCAO_CONFIG": str(root / "config"),
        "KYBAOCAO_REPLAY": "1",
        "KYBAOCAO_PASS_LIMIT_SECONDS": str(LIMIT_SECONDS),
    }
    with run_system(root, **settings) as found:
        yield found
