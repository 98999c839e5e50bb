"""Two years of one installation in one process: four cycles of 90 agencies, a pass each morning and each afternoon.

A cycle and the same cycle of the next year do the same work, so what one takes more than the other has been left
behind: memory, open files, rows and bytes of the store, time of a pass that finds nothing.  The process is never
started anew, as the watch and the server of the pages are not; they keep what a pass or a page leaves in memory.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.database import JOURNAL, open_store
from kybaocao.store.tables import changes
from tests.bench.console import read_memory_mb
from tests.bench.country import drop_forms
from tests.bench.scaling import SilentPost, make_folder
from tests.conftest import CONFIG
from tests.decisions import publish

CYCLES = ("nq02-2026-ky1", "nq02-2026-ky2", "nq02-2027-ky1", "nq02-2027-ky2")
HOURS = (8, 14)
FIRST_DAY = 5  # of a cycle, on which files come in
A_DAY = 6  # agencies that hand in
SILENT = 50  # passes at the end of a cycle, when nothing comes in any more
PAGES = ("", "/thu", "/chi-tieu", "/nhiem-vu", "/bao-cao", "/nhat-ky", "/luot")


def measure_soak() -> dict[str, Any]:
    """What each cycle took, and how the second year compares with the first."""
    with tempfile.TemporaryDirectory(dir=make_folder()) as folder:
        root = Path(folder)
        write_two_years(root / "config")
        os.environ |= {
            "KYBAOCAO_CONFIG": str(root / "config"),
            "KYBAOCAO_HOME": str(root / "home"),
            "KYBAOCAO_REPLAY": "1",
        }
        home = Home(root / "home")
        home.root.mkdir()
        open_store(home).upgrade()
        found = {cycle: _play(home, cycle) for cycle in CYCLES}
    first, second = found[CYCLES[1]], found[CYCLES[3]]  # after a year in which everything was loaded once
    return {
        "what": "24 months of one installation, a pass twice a day and the pages after it, all in one process",
        "cycles": found,
        "claims": [
            {"what": "MB more a year later", "value": second["mb"] - first["mb"], "at_most": 30},  # another plan
            *(
                {"what": f"MB more over the last {SILENT} passes of {cycle}", "value": one["last_mb"], "at_most": 2}
                for cycle, one in found.items()
            ),
            {"what": "open files more", "value": second["open_files"] - first["open_files"], "at_most": 0},
            *(
                {"what": f"{name}, second year / first", "value": round(second[name] / first[name], 2), "at_most": most}
                for name, most in (
                    ("idle_pass_cpu_ms", 1.2),
                    ("page_cpu_ms", 1.2),
                    ("store_grew_mb", 1.1),
                    ("noted", 1.1),
                )
            ),
        ],
    }


def write_two_years(root: Path) -> None:
    """The sample plan, and the same a year later: every year that its files name is one more."""
    shutil.copytree(CONFIG, root / CONFIG.name)
    later = root / CONFIG.name.replace("2026", "2027")
    shutil.copytree(CONFIG, later)
    for path in later.iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\b20(2[5-7])\b", lambda year: f"20{int(year[1]) + 1}", text), encoding="utf-8")


def _play(home: Home, cycle: str) -> dict[str, float]:
    """The opening, files on the days that follow, a report, its release, and silence until the cycle closes."""
    from tests.console.conftest import log_in

    plan, client = find_plan(cycle), log_in("vanhanh")
    of = plan.require_cycle(cycle)
    codes = [agency.code for agency in plan.expected]
    stored = _weigh_store(home)
    idle, pages, memory = list[float](), list[float](), list[int]()
    is_released = False
    for number, moment in enumerate(_list_moments(of.opens.date, of.closes_on, plan.timezone)):
        p = Pass.begin(cycle, moment, is_replay=True, home=home)
        day = number // len(HOURS) - FIRST_DAY
        if moment.hour == HOURS[0] and day >= 0 and (handing_in := codes[day * A_DAY :][:A_DAY]):
            drop_forms(home, cycle, handing_in)
        begun = time.process_time()
        outcome = run_pass(p, connect=SilentPost)
        spent = time.process_time() - begun
        if not outcome["new_files"] and not outcome["steps_taken"] and not outcome["mail_sent"]:
            idle.append(1000 * spent)
        if outcome["report_version"] and not is_released:
            is_released = publish(p, outcome["report_version"])
        begun = time.process_time()
        for page in PAGES:
            assert client.get(f"/ky/{cycle}{page}").status_code == 200, page
        pages.append(1000 * (time.process_time() - begun) / len(PAGES))
        memory.append(round(read_memory_mb()))
    assert is_released
    grown = _weigh_store(home)
    with open_store(home).read() as connection:
        noted = int(connection.scalar(select(func.count()).select_from(changes)) or 0)
    return {
        "passes": number + 1,
        "idle_passes": len(idle),
        "idle_pass_cpu_ms": round(statistics.median(idle), 1),
        "page_cpu_ms": round(statistics.median(pages), 1),
        "mb": memory[-1],
        "last_mb": memory[-1] - memory[-SILENT],
        "open_files": len(os.listdir("/proc/self/fd")),
        "noted": noted,
        "store_grew_mb": round(grown["store"] - stored["store"], 2),
        "journal_grew_mb": round(grown["journal"] - stored["journal"], 2),
    }


def _list_moments(first: dt.date, last: dt.date, zone: dt.tzinfo) -> Iterator[dt.datetime]:
    for number in range((last - first).days + 1):
        for hour in HOURS:
            yield dt.datetime.combine(first + dt.timedelta(days=number), dt.time(hour), zone)


def _weigh_store(home: Home) -> dict[str, float]:
    """Megabytes."""
    return {
        "store": sum(path.stat().st_size for path in home.root.glob("kybaocao.db*")) / 2**20,
        "journal": sum(path.stat().st_size for path in home.root.glob(f"{JOURNAL}/*")) / 2**20,
    }
