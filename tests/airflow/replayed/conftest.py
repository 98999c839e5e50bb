"""One system for all modules here: it runs only the passes it is asked for.

Each module has a plan of its own with cycles of its own, so that none sees what another left behind.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from kybaocao.embedded.system import USERS, System
from kybaocao.home import Home
from tests.airflow.conftest import connect, run_system
from tests.airflow.replayed.browser import open_browser
from tests.small_plan import write_small_plan

# The watch writes about a pass that does not move on for so long; what moves on is never written about.
LIMIT_SECONDS = 15
APPROVAL, CLEARING, SEASON = "duyet-2026", "clear-2026", "nq02-2026"  # plans
CONSOLE = "trang-2026"  # of all modules about the console, which run in their order
# Beside those of `make up`: what else Airflow's own rights tell apart.
MORE_USERS = {"xem": "viewer", "truc": "op"}


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    root = tmp_path_factory.mktemp("replayed")
    for name in (APPROVAL, CLEARING, SEASON):
        write_small_plan(root / "config", name=name)
    write_small_plan(root / "config", name=CONSOLE, has_position_letter=True)
    settings = {
        "KYBAOCAO_CONFIG": str(root / "config"),
        "KYBAOCAO_REPLAY": "1",
        "KYBAOCAO_PASS_LIMIT_SECONDS": str(LIMIT_SECONDS),
    }
    with pytest.MonkeyPatch.context() as patch:
        for user, role in MORE_USERS.items():
            patch.setitem(USERS, user, role)
        with run_system(root, **settings) as found:
            yield found


@pytest.fixture(scope="package")
def console(system: System) -> System:
    """The system with a cycle for the console played, see `console_season`."""
    from tests.airflow.replayed.console_season import play_season

    play_season(connect(system, "vanhanh"), Home(system.home))
    return system


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; Playwright's loop must be gone before another module begins one of its own."""
    with open_browser() as found:
        yield found
