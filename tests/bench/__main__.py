"""make bench: every claim of speed as a ratio against a named floor or peer, JSON under var/bench."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from kybaocao.embedded.system import REPOSITORY
from tests.bench.answering import measure_answering
from tests.bench.burst import measure_burst
from tests.bench.confining import measure_confining
from tests.bench.console import measure_console
from tests.bench.country import measure_country
from tests.bench.cycle_pass import measure_pass
from tests.bench.growth import measure_growth
from tests.bench.journal import measure_journal
from tests.bench.judging import measure_guard, measure_judging, measure_marking
from tests.bench.ladder import measure_ladder
from tests.bench.provinces import measure_provinces
from tests.bench.reporting import measure_reporting
from tests.bench.scaling import measure_scaling
from tests.bench.soak import measure_soak
from tests.bench.window import measure_window

BENCHMARKS = {
    "pass": measure_pass,
    "judging": measure_judging,
    "guard": measure_guard,
    "marking": measure_marking,
    "confining": measure_confining,
    "answering": measure_answering,
    "burst": measure_burst,
    "scaling": measure_scaling,
    "ladder": measure_ladder,
    "reporting": measure_reporting,
    "growth": measure_growth,
    "journal": measure_journal,
    "window": measure_window,
    "console": measure_console,
    "provinces": measure_provinces,
    "soak": measure_soak,
    "country": measure_country,
}
LONG = {"country"}  # takes twenty minutes: only when it is asked for


def main() -> int:
    chosen = sys.argv[1:] or [name for name in BENCHMARKS if name not in LONG]
    folder = REPOSITORY / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    is_met = True
    settings = dict(os.environ)
    for name in chosen:
        result = BENCHMARKS[name]()
        os.environ.clear()  # a benchmark sets up its own installation; the next one begins as this one did
        os.environ |= settings
        (folder / f"{name}.json").write_text(json.dumps(result, ensure_ascii=False, indent=1))
        print(json.dumps(result, ensure_ascii=False, indent=1))
        is_met &= is_kept(result)
    return 0 if is_met else 1


def is_kept(result: dict[str, Any]) -> bool:
    """Whether the ratio stays below its limit and every further claim is true."""
    claims = list(result.get("claims", ()))
    if "limit" in result:
        claims.append({"value": result["ratio"], "at_most": result["limit"]})
    return all(
        claim.get("at_least", float("-inf")) <= claim["value"] <= claim.get("at_most", float("inf")) for claim in claims
    )


if __name__ == "__main__":
    sys.exit(main())
