"""From a file dropped to the answer in the folder, on the standing system with all 90 agencies of the sample plan.

The cycle is open today: the plan is copied and its dates are moved.  A drop is the rename into `nop`, an answer
is the slip in `tra_loi`; where the seconds between go is read from what Airflow itself recorded.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import REPOSITORY, System, find_free_port
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.form_issuing import issue_forms
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.database import open_store
from tests.small_plan import write_small_plan

CYCLE = "nq02-2026-ky2"
SINGLES, LEAST_GAP, MOST_GAP = 20, 2.0, 6.0
BURST_SPREAD = 5.0
BURST_LIMIT = 90.0
CHAIN = ("open_pass", "collect", "validate")  # what stands between a drop and its answer


def measure_answering() -> dict[str, Any]:
    """Single drops one after another, then every agency within five seconds."""
    root = REPOSITORY / "var" / "bench" / "answering"
    home = root / "home"
    system = System(home, find_free_port(), find_free_port())
    system.stop()
    shutil.rmtree(root, ignore_errors=True)
    home.mkdir(parents=True)
    os.environ.pop("KYBAOCAO_REPLAY", None)
    os.environ["KYBAOCAO_HOME"] = str(home)
    codes = [agency.code for agency in find_plan(CYCLE).expected]
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()
    os.environ["KYBAOCAO_CONFIG"] = str(write_small_plan(root / "config", tuple(codes), today))
    random = Random(1)
    chosen = random.sample(codes, SINGLES)
    singles = {code: write_return(root, code, 1) for code in chosen}
    burst = {code: write_return(root, code, 2) for code in codes}
    own = measure_own_work(chosen[:5])
    system.start(is_tied=True)
    try:
        api = AirflowApi(system.url, "vanhanh", system.passwords()["vanhanh"])
        api.wait_for_dag(CYCLE)
        live = Home(home)
        wait_until_open(api, live, codes)
        alone = []
        for code, file in singles.items():
            time.sleep(random.uniform(LEAST_GAP, MOST_GAP))
            (drop,) = watch_answers(live, [put(live, code, file)], 60)
            alone.append(drop)
        wait_until_quiet(api)
        begun = time.time()
        dropped = []
        for number, (code, file) in enumerate(burst.items()):
            time.sleep(max(0.0, begun + number * BURST_SPREAD / len(burst) - time.time()))
            dropped.append(put(live, code, file))
        together = watch_answers(live, dropped, BURST_LIMIT + 60)
        wait_until_quiet(api)
        history = read_history(api)
    finally:
        system.stop()
    seconds = sorted(drop.seconds for drop in alone)
    burst_seconds = max(drop.answered_at for drop in together) - begun
    return {
        "what": f"seconds from drop to answer, {len(alone)} single drops and a burst of {len(together)}, "
        f"{len(codes)} agencies, {os.cpu_count()} cores",
        "single_seconds": [round(value, 2) for value in seconds],
        "single_median": round(statistics.median(seconds), 2),
        "single_p95": round(percentile(seconds, 95), 2),
        "burst_seconds": round(burst_seconds, 2),
        "burst_median": round(statistics.median(drop.seconds for drop in together), 2),
        "burst_p95": round(percentile(sorted(drop.seconds for drop in together), 95), 2),
        "burst_passes": len({run_of(history, drop)["dag_run_id"] for drop in together}),
        "own_work_seconds": own,
        "own_work_of_burst_core_seconds": round(own["open_pass"] + own["collect"] + own["validate"] * len(together), 2),
        "where_single_seconds_go": explain(history, alone, own),
        "where_burst_seconds_go": explain(history, together, own),
        "claims": [
            {"what": "median seconds of a single drop", "value": statistics.median(seconds), "at_most": 15.0},
            {"what": "p95 seconds of a single drop", "value": percentile(seconds, 95), "at_most": 30.0},
            {"what": "seconds until a burst of 90 is answered", "value": burst_seconds, "at_most": BURST_LIMIT},
        ],
    }


# --- files -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drop:
    """One file put into an inbox; `answered_at` is when its slip was there."""

    agency: str
    at: float
    slips_before: int
    answered_at: float = 0.0

    @property
    def seconds(self) -> float:
        return self.answered_at - self.at


def write_return(root: Path, code: str, seed: int) -> Path:
    layout = build_layout(find_plan(CYCLE), CYCLE, code)
    path = root / "files" / str(seed) / f"{code}.xlsx"
    return write_form(layout, path, Filler(seed).fill(layout))


def put(live: Home, code: str, file: Path) -> Drop:
    """As a copying program does it: under a name that nobody reads, then renamed in one step."""
    inbox = live.inbox(code, CYCLE)
    shutil.copyfile(file, inbox / "~dang-chep.tmp")
    before = count_slips(live, code)
    (inbox / "~dang-chep.tmp").replace(inbox / f"Bieu-mau_{code}_{file.parent.name}.xlsx")
    return Drop(code, time.time(), before)


def count_slips(live: Home, code: str) -> int:
    folder = live.replies(code, CYCLE)
    with suppress(FileNotFoundError):
        return sum(name.startswith("Phieu-") and name.endswith(".html") for name in os.listdir(folder))
    return 0


def watch_answers(live: Home, drops: Iterable[Drop], seconds: float) -> list[Drop]:
    """The drops with the moment their answer was seen. Raises TimeoutError naming who was not answered."""
    waiting, answered = {drop.agency: drop for drop in drops}, []
    until = time.time() + seconds
    while waiting:
        for code, drop in list(waiting.items()):
            if count_slips(live, code) > drop.slips_before:
                answered.append(Drop(code, drop.at, drop.slips_before, time.time()))
                del waiting[code]
        if time.time() > until:
            raise TimeoutError(f"not answered: {', '.join(waiting)}")
        time.sleep(0.05)
    return answered


def measure_own_work(codes: list[str]) -> dict[str, float]:
    """What the three steps take when called directly, without Airflow: median seconds of one drop."""
    taken: dict[str, list[float]] = {name: [] for name in CHAIN}
    plan = find_plan(CYCLE)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        open_store(home).upgrade()
        issue_forms(Pass.begin(CYCLE, dt.datetime.now(dt.UTC), is_replay=True, home=home))
        for code in codes:
            layout = build_layout(plan, CYCLE, code)
            write_form(layout, home.inbox(code, CYCLE) / "a.xlsx", Filler(1).fill(layout))
            marks = [time.perf_counter()]
            p = Pass.begin(CYCLE, dt.datetime.now(dt.UTC), is_replay=True, home=home)
            issue_forms(p)
            list_warnings(p)
            marks.append(time.perf_counter())
            collect_files(p)
            marks.append(time.perf_counter())
            assert sum(validate_agency(p, code).values()) == 1
            marks.append(time.perf_counter())
            for name, begin, end in zip(CHAIN, marks, marks[1:], strict=False):
                taken[name].append(end - begin)
    return {name: round(statistics.median(values), 3) for name, values in taken.items()}


# --- the system ------------------------------------------------------------------------------------------------


def wait_until_open(api: AirflowApi, live: Home, codes: list[str]) -> None:
    """The first pass comes by itself: a folder and a form for everybody."""
    until = time.monotonic() + 180
    while not all(live.inbox(code, CYCLE).is_dir() for code in codes):
        if time.monotonic() > until:
            raise TimeoutError("the cycle was not opened")
        time.sleep(0.5)
    wait_until_quiet(api)


def wait_until_quiet(api: AirflowApi) -> None:
    """No pass queued or running."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        runs = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns?state=running&state=queued&limit=1")
        if runs["total_entries"] == 0:
            return
        time.sleep(0.5)
    raise TimeoutError("passes do not end")


@dataclass(frozen=True)
class History:
    """What Airflow recorded: passes, their tasks, and when each learnt of new files."""

    runs: dict[str, dict[str, Any]]
    tasks: dict[str, dict[str, list[dict[str, Any]]]]  # run -> task -> instances
    told_at: dict[str, float]


def read_history(api: AirflowApi) -> History:
    found = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns?limit=100")
    assert found["total_entries"] <= 100
    runs = {run["dag_run_id"]: run for run in found["dag_runs"]}
    tasks: dict[str, dict[str, list[dict[str, Any]]]] = {}
    told_at: dict[str, float] = {}
    for name in runs:
        by_task = tasks.setdefault(name, {})
        for task in api.list_tasks(CYCLE, name):
            by_task.setdefault(task["task_id"], []).append(task)
        if runs[name]["run_type"] == "asset_triggered":
            events = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/{name}/upstreamAssetEvents")["asset_events"]
            told_at[name] = min((moment(event["timestamp"]) for event in events), default=0.0)
    return History(runs, tasks, told_at)


def moment(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


def row_of(history: History, drop: Drop) -> dict[str, Any]:
    """The validation that answered a drop: of this agency, running when the slip appeared."""
    rows = [
        task
        for tasks in history.tasks.values()
        for task in tasks.get("validate", [])
        if task["start_date"] and _holds(str(task["rendered_map_index"]), drop.agency)
    ]
    return max(
        (row for row in rows if moment(row["start_date"]) <= drop.answered_at),
        key=lambda row: moment(row["start_date"]),
    )


def _holds(row: str, agency: str) -> bool:
    """Whether a row is of this agency, or of several among which it is: those stand in the order of their codes."""
    first, mark, last, *_ = [*row.split(" "), "", ""]
    return first <= agency <= last if mark == "…" else first == agency


def run_of(history: History, drop: Drop) -> dict[str, Any]:
    return history.runs[row_of(history, drop)["dag_run_id"]]


def explain(history: History, drops: list[Drop], own: dict[str, float]) -> dict[str, float]:
    """Median seconds of each step from drop to answer, and Airflow's share of all of them."""
    steps: dict[str, list[float]] = {}
    for drop in drops:
        run = run_of(history, drop)
        tasks = history.tasks[run["dag_run_id"]]
        at, answer_row = drop.at, row_of(history, drop)

        def step(name: str, until: float) -> None:
            nonlocal at
            steps.setdefault(name, []).append(until - at)
            at = until

        step("file settles, watcher sees it", max(at, history.told_at.get(run["dag_run_id"], 0.0)))
        step("run created", max(at, moment(run["queued_at"])))
        step("run started", max(at, moment(run["start_date"])))
        for name in CHAIN:
            row = answer_row if name == "validate" else tasks[name][0]
            step(f"{name}: scheduled and queued", moment(row["queued_when"]))
            step(f"{name}: process starts", moment(row["start_date"]))
            is_last = name == CHAIN[-1]
            step(f"{name}: runs", drop.answered_at if is_last else moment(row["end_date"]))
    medians = {name: round(statistics.median(values), 3) for name, values in steps.items()}
    total = sum(sum(values) for values in steps.values())
    watched = sum(steps["file settles, watcher sees it"])
    ours = min(sum(own.values()) * len(drops), total)
    return medians | {
        "share of the watcher": round(watched / total, 3),
        "share of our own work": round(ours / total, 3),
        "share of Airflow": round((total - watched - ours) / total, 3),
    }


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that is not below `percent` of all; `values` sorted."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]
