"""A burst of 90 files with a row for each agency against the same burst in groups, in turns on real Airflow.

A setting of the rows is read by the tasks, so each turn is a system of its own, over the same home.  Seconds count from
the start of the run to the end of its last row: by then everybody is answered.
"""

from __future__ import annotations

import os
import statistics
from datetime import datetime
from typing import Any

from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import REPOSITORY, System, find_free_port
from kybaocao.plan.load import find_plan
from kybaocao.stages.support.row_groups import LEAST_SETTING, ROWS_SETTING, RowBounds
from tests.bench.cycle_pass import CYCLE, MemoryWatch, drop_all, run

SINGLE = RowBounds(rows=100, least=1)
# "45": groups of two; others may be tried by BURST_SIZES="6 12".
TURNS, BURSTS = 2, 2
MOST = 0.5


def measure_burst() -> dict[str, Any]:
    """Medians over all bursts; the ratio is that of the default to single rows."""
    home = REPOSITORY / "var" / "bench" / "burst"
    os.environ |= {"KYBAOCAO_HOME": str(home), "KYBAOCAO_REPLAY": "1"}
    tried = [int(size) for size in os.environ.get("BURST_SIZES", "").split()]
    bounds = [SINGLE, RowBounds(), *(RowBounds(least=size) for size in tried)]
    codes = [agency.code for agency in find_plan(CYCLE).expected]
    system = System(home, find_free_port(), find_free_port())
    system.erase()
    home.mkdir(parents=True)
    found: dict[RowBounds, list[dict[str, float]]] = {one: [] for one in bounds}
    for turn in range(TURNS):
        for one in bounds:
            os.environ |= {ROWS_SETTING: str(one.rows), LEAST_SETTING: str(one.least)}
            found[one] += _play(system, codes, f"{turn}_{one.rows}_{one.least}", len(found[one]))
    medians = {
        one: {name: round(statistics.median(burst[name] for burst in bursts), 2) for name in bursts[0]}
        for one, bursts in found.items()
    }
    single, grouped = medians[SINGLE], medians[RowBounds()]
    return {
        "what": f"seconds until {len(codes)} files are answered, in groups / a row each",
        "medians": {f"groups of {len(codes) / one['rows']:.0f}": one for one in medians.values()},
        "all": {f"{one.rows} rows, at least {one.least}": bursts for one, bursts in found.items()},
        "cpu_ratio": round(grouped["cpu_seconds"] / single["cpu_seconds"], 3),
        "ratio": round(grouped["seconds"] / single["seconds"], 3),
        "limit": MOST,
    }


def _play(system: System, codes: list[str], turn: str, seed: int) -> list[dict[str, float]]:
    system.start(is_tied=True)
    watch = MemoryWatch(int(system.pid_file.read_text()))
    try:
        api = AirflowApi(system.url, "vanhanh", system.passwords()["vanhanh"])
        api.wait_for_dag(CYCLE)
        run(api, CYCLE, f"mo_ky_{turn}", {"as_of": "2026-11-16T08:00"})
        return [_burst(api, watch, codes, f"luot_{turn}_{number}", 100 * seed + number) for number in range(BURSTS)]
    finally:
        system.stop()


def _burst(api: AirflowApi, watch: MemoryWatch, codes: list[str], name: str, seed: int) -> dict[str, float]:
    drop_all(codes, seed)
    begun = watch.cpu_seconds()
    run(api, CYCLE, name, {"as_of": "2026-12-01T10:00"})
    spent = watch.cpu_seconds() - begun
    return measure_answers(api, name) | {"cpu_seconds": round(spent, 2)}


def measure_answers(api: AirflowApi, name: str) -> dict[str, float]:
    """Rows of a run, files they judged, and the seconds from its start until the last one was answered."""
    begin = datetime.fromisoformat(api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/{name}")["start_date"])
    rows = [task for task in api.list_tasks(CYCLE, name) if task["task_id"] == "validate"]
    end = max(datetime.fromisoformat(row["end_date"]) for row in rows)
    return {"seconds": round((end - begin).total_seconds(), 2), "rows": len(rows)}
