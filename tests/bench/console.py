"""Pages of the console over 3,800 agencies, and the card on Home over 90: server time and size."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from kybaocao.embedded.system import REPOSITORY
from tests.bench.large_cycle import write_large_home
from tests.conftest import CYCLE
from tests.console.conftest import log_in

ROUNDS = 20
PAGES = (
    "/",
    f"/ky/{CYCLE}",
    f"/ky/{CYCLE}?q=muong+lam",
    f"/ky/{CYCLE}?trang=30",
    "/api/v1/cycles",
    f"/api/v1/cycles/{CYCLE}/submissions",
)


def measure_console() -> dict[str, Any]:
    """p95 in milliseconds after the first request, which reads the whole cycle once."""
    large = _measure(3800, PAGES)
    small = _measure(90, ("/the",))
    claims = [{"name": f"{path} ms", "value": one["p95_ms"], "at_most": 100} for path, one in large.items()]
    claims += [{"name": f"{path} bytes", "value": one["bytes"], "at_most": 300_000} for path, one in large.items()]
    claims.append({"name": "card ms", "value": small["/the"]["p95_ms"], "at_most": 30})
    return {"3800 agencies": large, "90 agencies": small, "claims": claims}


def _measure(agencies: int, paths: tuple[str, ...]) -> dict[str, dict[str, float]]:
    root = REPOSITORY / "var" / "bench" / f"console-{agencies}"
    write_large_home(root, agencies)
    os.environ |= {
        "KYBAOCAO_HOME": str(root / "home"),
        "KYBAOCAO_CONFIG": str(root / "config"),
        "KYBAOCAO_REPLAY": "1",
    }
    client, found = log_in("vanhanh"), {}
    for path in paths:
        client.get(path)
        spent = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            answer = client.get(path)
            spent.append(1000 * (time.perf_counter() - begun))
            assert answer.status_code == 200, path
        p95 = round(sorted(spent)[ROUNDS * 95 // 100 - 1], 1)
        found[path] = {"p50_ms": round(statistics.median(spent), 1), "p95_ms": p95, "bytes": len(answer.content)}
    return found
