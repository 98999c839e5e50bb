"""What each pass leaves in Airflow's tables and logs and in the store, what the system takes of memory, and what
`clean` gives back, on real Airflow."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import REPOSITORY, System, find_free_port
from kybaocao.plan.load import find_plan
from kybaocao.workbook.reader_slots import READER_MEGABYTES, count_readers
from tests.bench.cycle_pass import CYCLE, MemoryWatch, drop_all, run

IDLE_PASSES = 5
PASSES_A_YEAR = 2 * 250 + 180  # twice each working day, and as many files come in as two rounds of 90 agencies
YEAR_LIMIT_MB = 100


def measure_growth() -> dict[str, Any]:
    """Rows and bytes for a pass that finds nothing and for one that judges every agency; megabytes of memory."""
    home = REPOSITORY / "var" / "bench" / "growth"
    os.environ |= {"KYBAOCAO_HOME": str(home), "KYBAOCAO_REPLAY": "1"}
    system = System(home, find_free_port(), find_free_port())
    system.erase()
    home.mkdir(parents=True)
    codes = [agency.code for agency in find_plan(CYCLE).expected]
    system.start()
    memory = SystemMemory(int(system.pid_file.read_text()))
    try:
        api = AirflowApi(system.url, "vanhanh", system.passwords()["vanhanh"])
        api.wait_for_dag(CYCLE)
        run(api, CYCLE, "mo_ky", {"as_of": "2026-11-16T08:00"})
        time.sleep(5)
        idle_mb = memory.measure()
        begun = weigh(system)
        for number in range(IDLE_PASSES):
            run(api, CYCLE, f"khong_{number}", {"as_of": f"2026-11-17T08:{number:02d}"})
        after_idle = weigh(system)
        drop_all(codes, 1)
        memory.start()
        run(api, CYCLE, "day_du", {"as_of": "2026-11-18T08:00"})
        memory.stop()
        after_full = weigh(system)
    finally:
        memory.stop()
        system.stop()
    idle = {name: round((after_idle[name] - begun[name]) / IDLE_PASSES, 1) for name in after_idle}
    full = {name: after_full[name] - after_idle[name] for name in after_full}
    year_mb = PASSES_A_YEAR * (idle["airflow_bytes"] + idle["log_bytes"]) / 2**20
    age_everything(system)
    cleaned = clean()
    left = weigh(system)
    return {
        "what": "what a pass leaves behind, and what `clean` gives back",
        "idle_pass": {name: value for name, value in idle.items() if value},
        f"pass_of_{len(codes)}_agencies": {name: value for name, value in full.items() if value},
        "year_of_idle_passes_mb": round(year_mb),
        "cleaned": cleaned,
        "left_after_clean": {name: left[name] for name in ("dag_run", "task_instance", "xcom", "log", "log_files")},
        "idle_memory_mb": idle_mb,
        "peak_memory_mb": memory.peak_mb,
        "readers": count_readers(),
        "reader_limit_mb": count_readers() * READER_MEGABYTES,
        "claims": [
            {"what": "MB that passes which find nothing leave in a year", "value": year_mb, "at_most": YEAR_LIMIT_MB},
            {"what": "runs that `clean` leaves of those that ended", "value": left["dag_run"], "at_most": 1},
        ],
    }


def weigh(system: System) -> Counter[str]:
    """Rows of each table of Airflow; bytes in use of both databases; files and bytes of the logs."""
    found: Counter[str] = Counter()
    for name, path in (("airflow", system.airflow_home / "airflow.db"), ("store", system.home / "kybaocao.db")):
        with closing(sqlite3.connect(path, timeout=120)) as connection:
            pages = [connection.execute(f"PRAGMA {one}").fetchone()[0] for one in ("page_count", "freelist_count")]
            found[f"{name}_bytes"] = (pages[0] - pages[1]) * connection.execute("PRAGMA page_size").fetchone()[0]
            if name == "airflow":
                tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                for (table,) in tables:
                    found[table] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    for path in (system.airflow_home / "logs").rglob("*"):
        with suppress(OSError):
            if path.is_file() and not path.is_symlink():
                found["log_files"] += 1
                found["log_bytes"] += path.stat().st_size
    return found


def age_everything(system: System) -> None:
    """A stopped system, as it would be a year later."""
    moments = {"dag_run": "end_date", "log": "dttm", "job": "latest_heartbeat", "asset_event": "timestamp"}
    with closing(sqlite3.connect(system.airflow_home / "airflow.db")) as connection, connection:
        for table, column in moments.items():
            connection.execute(f"UPDATE {table} SET {column} = datetime({column}, '-1 year')")
    for path in (system.airflow_home / "logs").rglob("*"):
        os.utime(path, (time.time() - 365 * 86_400,) * 2, follow_symlinks=False)


def clean() -> Any:
    """What `clean --json` says."""
    command = [sys.executable, "-m", "kybaocao", "clean", "--days", "90", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout[done.stdout.index("{\n") :])


class SystemMemory:
    """The memory that all processes below a supervisor take together: what they share counts once (PSS)."""

    def __init__(self, root: int) -> None:
        self._tree = MemoryWatch(root)
        self.peak_mb = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def measure(self) -> int:
        """Megabytes in this moment."""
        kilobytes = 0
        for pid in self._tree._tasks():
            with suppress(OSError):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                kilobytes += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
        return kilobytes // 1024

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            self.peak_mb = max(self.peak_mb, self.measure())
