"""Every page of the console over 3,800 agencies, and the card on Home over 90: server time, size, and memory.

Each size is measured in a process of its own.  A page is asked for again after the store has changed, too: what was
worked out for the state before counts for nothing then.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import insert

from kybaocao.embedded.system import ALLOCATOR, REPOSITORY
from kybaocao.home import Home
from kybaocao.store.audit import record_action
from kybaocao.store.database import open_store
from kybaocao.store.tables import arrivals
from tests.bench.large_cycle import NOW, write_large_home
from tests.bench.large_season import add_season
from tests.conftest import CYCLE

ROUNDS = 20
CHANGES = 20
HERE = f"/ky/{CYCLE}"
API = f"/api/v1/cycles/{CYCLE}"
AGENCY = "THU-0007"
PAGES = (
    "/",
    HERE,
    f"{HERE}?q=muong+lam",
    f"{HERE}?trang=30",
    f"{HERE}/co-quan/{AGENCY}",
    f"{HERE}/thu",
    f"{HERE}/thu?q=thu-0007",
    f"{HERE}/thu?trang=200",
    f"{HERE}/thu/7",
    f"{HERE}/thu/gui-lai-tat-ca",
    f"{HERE}/bao-cao",
    f"{HERE}/bao-cao/lap-ngay",
    f"{HERE}/bao-cao/1/phe-duyet",
    f"{HERE}/chi-tieu",
    f"{HERE}/chi-tieu/T13",
    f"{HERE}/chi-tieu/T13?q=muong+lam",
    f"{HERE}/nhiem-vu",
    f"{HERE}/nhiem-vu/IV.1.a",
    f"{HERE}/luot",
    f"{HERE}/nhat-ky",
    f"{HERE}/nhat-ky?trang=300",
    f"{HERE}/nhat-ky?co_quan={AGENCY}",
    "/api/v1/cycles",
    API,
    f"{API}/submissions",
    f"{API}/letters",
    f"{API}/agencies/{AGENCY}",
    f"{API}/audit",
    f"{API}/report",
    f"{API}/targets",
    f"{API}/tasks",
)
AFTER_CHANGE = ("/", HERE, f"{HERE}/co-quan/{AGENCY}", f"{HERE}/thu", f"{HERE}/chi-tieu", f"{HERE}/nhat-ky")


def measure_console() -> dict[str, Any]:
    """p95 in milliseconds after the first request, which reads the whole cycle once."""
    large, small = _measure_apart(3800, PAGES), _measure_apart(90, ("/the",))
    pages = large["pages"]
    claims = [{"name": f"{path} ms", "value": one["p95_ms"], "at_most": 100} for path, one in pages.items()]
    claims += [{"name": f"{path} bytes", "value": one["bytes"], "at_most": 300_000} for path, one in pages.items()]
    claims += [{"name": f"{path} ms, changed", "value": one, "at_most": 100} for path, one in large["changed"].items()]
    claims.append({"name": "megabytes more", "value": large["grown_mb"], "at_most": 60})
    claims.append({"name": "card ms", "value": small["pages"]["/the"]["p95_ms"], "at_most": 30})
    return {"3800 agencies": large, "90 agencies": small, "claims": claims}


def _measure_apart(agencies: int, paths: tuple[str, ...]) -> dict[str, Any]:
    root = REPOSITORY / "var" / "bench" / f"console-{agencies}"
    os.environ |= {
        "KYBAOCAO_HOME": str(root / "home"),
        "KYBAOCAO_CONFIG": str(root / "config"),
        "KYBAOCAO_REPLAY": "1",
    }
    write_large_home(root, agencies)
    add_season(root)
    command = [sys.executable, "-m", "tests.bench.console", *paths]
    path = os.pathsep.join(str(REPOSITORY / name) for name in ("include", "config", "."))
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, **ALLOCATOR, "PYTHONPATH": path},
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure_pages(paths: list[str]) -> dict[str, Any]:
    """In this process, over the home of its environment."""
    from tests.console.conftest import log_in

    client = log_in("vanhanh")
    client.get("/tinh/console.css")
    begun_mb, found = read_memory_mb(), {}
    for path in paths:
        _time(client, path)
        spent = [_time(client, path) for _ in range(ROUNDS)]
        p95 = _find_p95(spent)
        size = len(client.get(path).content)
        found[path] = {"p50_ms": round(statistics.median(spent), 1), "p95_ms": p95, "bytes": size}
    changed = {path: _time_changed(client, path) for path in AFTER_CHANGE if path in paths}
    return {"pages": found, "changed": changed, "grown_mb": round(read_memory_mb() - begun_mb, 1)}


def _time(client: TestClient, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    spent = 1000 * (time.perf_counter() - begun)
    assert answer.status_code == 200, path
    return spent


def _time_changed(client: TestClient, path: str) -> float:
    """p95 of some requests, each right after a file came in."""
    spent = []
    for _ in range(CHANGES):
        _change()
        spent.append(_time(client, path))
    return _find_p95(spent)


def _find_p95(spent: list[float]) -> float:
    return round(sorted(spent)[len(spent) * 95 // 100 - 1], 1)


def _change() -> None:
    """One more version of an agency, with its line of the trail."""
    token = time.time_ns()
    row = {"cycle": CYCLE, "agency": AGENCY, "component": "bieu_mau", "version": token % 2**30, "file_name": "x.xlsx"}
    moment = NOW - dt.timedelta(minutes=5)
    judged = {"verdict": "returned", "judged_at": moment, "findings": "[]", "answers": "[]"}
    with open_store(Home.from_environment()).write() as connection:
        row |= {"sha256": str(token), "size_bytes": 1, "received_at": moment, "came_at": moment, **judged}
        connection.execute(insert(arrivals).values(**row))
        record_action(connection, "file-received", at=moment, cycle=CYCLE, agency=AGENCY, version=1)


def read_memory_mb() -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(measure_pages(sys.argv[1:])))
