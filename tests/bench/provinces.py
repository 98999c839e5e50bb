"""The national plan as one cycle for each province, without Airflow: from the forms to the report.

The smallest, the middle and the largest province; BENCH_PROVINCES=all plays all 34.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.database import open_store
from tests.bench.country import drop_forms
from tests.bench.national_plan import PROVINCES, Province, write_province_plan
from tests.bench.scaling import COMPILATION, MIDDAY, OPENING, make_folder, run_apart

MOST_MEGABYTES = 500


def measure_provinces() -> dict[str, Any]:
    """CPU seconds for each agency of a province, over three passes; the largest process."""
    by_size = sorted(PROVINCES, key=lambda one: one.communes)
    is_all = os.environ.get("BENCH_PROVINCES") == "all"
    chosen = by_size if is_all else [by_size[0], by_size[len(by_size) // 2], by_size[-1]]
    found = {province.name: _play(province) for province in chosen}
    costs = [one["seconds"] / one["agencies"] for one in found.values()]
    return {
        "what": f"CPU seconds for an agency in the largest of {len(chosen)} provinces / in the smallest",
        "provinces": found,
        "ratio": round(costs[-1] / costs[0], 3),
        "limit": 1.1,
        "claims": [
            {"what": f"agencies of {name} not accepted", "value": one["agencies"] - one["accepted"], "at_most": 0}
            for name, one in found.items()
        ]
        + [
            {"what": f"MB in {name}", "value": one["megabytes"], "at_most": MOST_MEGABYTES}
            for name, one in found.items()
        ],
    }


def _play(province: Province) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=make_folder()) as folder:
        root, cycle = Path(folder), f"{province.plan}-ky2"
        codes = write_province_plan(root / "config", province)
        os.environ |= {"KYBAOCAO_CONFIG": str(root / "config"), "KYBAOCAO_HOME": str(root / "home")}
        os.environ.pop("KYBAOCAO_REPLAY", None)
        home = Home(root / "home")
        home.root.mkdir()
        open_store(home).upgrade()
        spent = [run_apart(lambda: run_pass(Pass.begin(cycle, OPENING, is_replay=True, home=home)))]
        drop_forms(home, cycle, codes)
        accepted = root / "accepted"

        def play(moment: Any) -> None:
            outcome = run_pass(Pass.begin(cycle, moment, is_replay=True, home=home))
            accepted.write_text(str(outcome["accepted_in_all"]))

        spent += [run_apart(lambda moment=moment: play(moment)) for moment in (MIDDAY, COMPILATION)]  # type: ignore[misc]
        return {
            "agencies": len(codes),
            "accepted": int(accepted.read_text()),
            "seconds": round(sum(seconds for seconds, _ in spent), 1),
            "megabytes": max(megabytes for _, megabytes in spent),
        }
