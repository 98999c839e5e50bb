"""A pass that validates 90 agencies against the same DAG shape with an empty row for each, in turns on real Airflow."""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import REPOSITORY, System, find_free_port
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan

CYCLE = "nq02-2026-ky2"
ROUNDS = 5


def measure_pass() -> dict[str, Any]:
    """Seconds of each round, their ratio, and the largest process seen."""
    home = REPOSITORY / "var" / "bench" / "airflow"
    os.environ |= {"KYBAOCAO_HOME": str(home), "KYBAOCAO_REPLAY": "1"}
    system = System(home, find_free_port(), find_free_port())
    system.erase()
    home.mkdir(parents=True)
    dags = home / "dags"
    dags.mkdir()
    for source in (REPOSITORY / "dags" / "reporting_cycles.py", Path(__file__).with_name("dags") / "floor.py"):
        (dags / source.name).symlink_to(source)
    plan = find_plan(CYCLE)
    codes = [agency.code for agency in plan.expected]
    (home / "bench-agencies.json").write_text(json.dumps(codes))
    system.start(dags_folder=dags, is_tied=True)
    watch = MemoryWatch(int(system.pid_file.read_text()))
    try:
        api = AirflowApi(system.url, "vanhanh", system.passwords()["vanhanh"])
        api.wait_for_dag(CYCLE)
        api.wait_for_dag("floor")
        run(api, CYCLE, "mo_ky", {"as_of": "2026-11-16T08:00"})
        run(api, "floor", "lam_nong", {})
        real, floor = [], []
        real_cpu, floor_cpu = [], []
        watch.start()
        for number in range(ROUNDS):
            drop_all(codes, number)
            begun = watch.cpu_seconds()
            floor.append(run(api, "floor", f"san_{number}", {}))
            floor_cpu.append(round(watch.cpu_seconds() - begun, 2))
            begun = watch.cpu_seconds()
            real.append(run(api, CYCLE, f"luot_{number}", {"as_of": f"2026-12-0{number + 1}T10:00"}))
            real_cpu.append(round(watch.cpu_seconds() - begun, 2))
        rows = api.count_tasks(CYCLE, "luot_0")["validate"]
    finally:
        watch.stop()
        system.stop()
    return {
        "what": f"pass that validates {len(codes)} agencies in {rows} rows / the same with an empty row for each",
        "pass_seconds": real,
        "floor_seconds": floor,
        "pass_cpu_seconds": real_cpu,
        "floor_cpu_seconds": floor_cpu,
        "cpu_ratio": round(statistics.median(real_cpu) / statistics.median(floor_cpu), 3),
        "ratio": round(statistics.median(real) / statistics.median(floor), 3),
        "limit": 1.3,
        "peak_task_process_mb": watch.peak_mb,
        "peak_limit_mb": 400,
        "peak_process": watch.peak_name,
    }


def run(api: AirflowApi, dag: str, name: str, conf: dict[str, Any]) -> float:
    """Wall seconds of one run, as Airflow records them."""
    api.trigger(dag, name, conf)
    state = api.wait_for_run(dag, name)
    assert state == "success", f"{dag} {name} ended {state}"
    found = api.call("GET", f"/api/v2/dags/{dag}/dagRuns/{name}")
    begin, end = (datetime.fromisoformat(found[key]) for key in ("start_date", "end_date"))
    return round((end - begin).total_seconds(), 2)


def drop_all(codes: list[str], number: int) -> None:
    """A new version from every agency; the figures differ from round to round."""
    plan, home, filler = find_plan(CYCLE), Home.from_environment(), Filler(number)
    for code in codes:
        layout = build_layout(plan, CYCLE, code)
        write_form(layout, home.inbox(code, CYCLE) / f"Bieu-mau_{code}_{CYCLE}.xlsx", filler.fill(layout))


class MemoryWatch:
    """The largest resident size among the task processes below a supervisor."""

    def __init__(self, root: int) -> None:
        self.root, self.peak_mb, self.peak_name = root, 0, ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def cpu_seconds(self) -> float:
        """What every process of the system has used so far, ended ones too: a measure that other load leaves alone."""
        ticks = 0
        for pid in [self.root, *self._tasks()]:
            with suppress(OSError, IndexError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
                ticks += sum(map(int, fields[11:15]))  # utime, stime, and those of children that were waited for
        return ticks / os.sysconf("SC_CLK_TCK")

    def _watch(self) -> None:
        while not self._stop.is_set():
            for pid in self._tasks():
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                    name = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
                except OSError:
                    continue
                peak = next(
                    (int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0
                )
                # Workers and the tasks they fork carry their work in the process title.
                if peak > self.peak_mb and ("worker" in name or "task" in name):
                    self.peak_mb, self.peak_name = peak, name.strip()[:120]
            time.sleep(0.1)

    def _tasks(self) -> list[int]:
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
                except (OSError, IndexError):
                    continue
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
        found, queue = [], [self.root]
        while queue:
            children = parents.get(queue.pop(), [])
            found += children
            queue += children
        return found
