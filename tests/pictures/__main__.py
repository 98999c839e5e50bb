"""`python -m tests.pictures`: plays the sample season on real Airflow and writes docs/hinh, in about ten minutes.

The season is that of `make demo`, in var/pictures; pictures of pages are taken between its passes, those of papers and
mails when it is over. Whatever a page does not show that it should is an error, and leaves docs/hinh as it was.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Any

from kybaocao.demo.play import CYCLE, SEED, Clock, play_against
from kybaocao.demo.season import File, Season, write_season
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import REPOSITORY, System, find_free_port
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from tests.airflow.replayed.browser import CHROMIUM, open_browser
from tests.pictures.album import fill_album
from tests.pictures.papers import take_papers
from tests.pictures.screens import JUDGED, Screens

HOME = REPOSITORY / "var" / "pictures"


class Watched(AirflowApi):
    """A session of the season; `look` is called before each run and each answer with its name."""

    def __init__(self, system: System, user: str, look: Callable[[str], None]) -> None:
        super().__init__(system.url, user, system.passwords()[user])
        self.look = look

    def trigger(self, dag: str, run: str, conf: dict[str, Any]) -> None:
        self.look(run)
        super().trigger(dag, run, conf)

    def answer(self, dag: str, run: str, task: str, option: str, fields: dict[str, str]) -> None:
        self.look(task)
        super().answer(dag, run, task, option, fields)


def main() -> int:
    """Exit status 1 when a program is missing, or when the season did not come out right."""
    programs = {"chromium": CHROMIUM, "soffice": shutil.which("soffice"), "pdftoppm": shutil.which("pdftoppm")}
    if missing := [name for name, path in programs.items() if path is None]:
        print("chưa cài: " + ", ".join(missing))
        return 1
    os.environ.update(KYBAOCAO_HOME=str(HOME), KYBAOCAO_REPLAY="1")
    os.environ.pop("KYBAOCAO_DB_URL", None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` stops Airflow then, too
    system = System(HOME, find_free_port(), find_free_port())
    system.erase()
    HOME.mkdir(parents=True)
    try:
        system.start(timeout_seconds=600, is_tied=True)
        status = take_pictures(system)
    finally:
        system.stop()
    fill_album()
    return status


def take_pictures(system: System) -> int:
    agency = choose_agency(write_season(find_plan(CYCLE), SEED))
    with open_browser() as browser:
        screens = Screens(browser, system, agency)
        people = [Watched(system, user, screens.look) for user in ("vanhanh", "lanhdao", "ubndtinh")]
        status = play_against(*people, Clock())
        take_papers(browser, Home(system.home), agency)
    return status


def choose_agency(season: Season) -> str:
    """A commune whose file the run JUDGED sends back; the next run takes its corrected one."""
    scene = next(scene for number, scene in enumerate(season.scenes, start=1) if JUDGED.endswith(f"_{number:02d}"))
    return next(act.agency for act in scene.acts if act.file is File.FAULTY and act.agency.startswith("X-"))


if __name__ == "__main__":
    sys.exit(main())
