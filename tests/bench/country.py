"""The whole national plan as one cycle on real Airflow: forms, 3,800 files at once, figures, report, reminders.

What an agency costs is compared with the same pass over 90 of them, in groups, too, on a system of its own.
"""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from datetime import datetime
from typing import Any

from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import REPOSITORY, System, find_free_port
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.form.workbook import render_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.store.database import open_store
from kybaocao.store.submissions import list_verdicts
from tests.bench.burst import measure_answers
from tests.bench.cycle_pass import MemoryWatch
from tests.bench.national_plan import write_national_plan
from tests.conftest import CYCLE

SMALL = 90
PATIENCE_SECONDS = 3 * 3600
OPENING, FULL, OVERDUE = "2026-11-16T08:00", "2026-12-01T10:00", "2026-12-10T08:00"
SILENT = 25  # every so many says nothing, so that there are reminders, too


def measure_country() -> dict[str, Any]:
    """Seconds and CPU of each pass; BENCH_COUNT plays fewer agencies."""
    count = int(os.environ.get("BENCH_COUNT", "0")) or None
    small, large = _play("country-90", SMALL), _play("country", count)
    costs = [one["cpu_seconds"] / one["files"] for one in (small, large)]
    return {
        "what": f"CPU seconds for an agency whose file is judged, in a pass of {large['files']} / of {small['files']}",
        "small": small,
        "large": large,
        "ratio": round(costs[1] / costs[0], 3),
        "limit": 1.1,
        "claims": [
            {"what": "rows of a task", "value": large["rows"], "at_most": 100},
            {"what": "MB of the largest task", "value": large["peak_task_process_mb"], "at_most": 500},
            {"what": "files not accepted", "value": large["files"] - large["accepted"], "at_most": 0},
        ],
    }


def _play(name: str, count: int | None) -> dict[str, Any]:
    root = REPOSITORY / "var" / "bench" / name
    home = Home(root / "home")
    os.environ |= {"KYBAOCAO_HOME": str(home.root), "KYBAOCAO_REPLAY": "1", "KYBAOCAO_CONFIG": str(root / "config")}
    system = System(home.root, find_free_port(), find_free_port())
    system.erase()
    for path in sorted(root.rglob("*"), reverse=True) if root.exists() else ():
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    home.root.mkdir(parents=True)
    codes = write_national_plan(root / "config", count)
    system.start(is_tied=True)
    watch = MemoryWatch(int(system.pid_file.read_text()))
    try:
        api = AirflowApi(system.url, "vanhanh", system.passwords()["vanhanh"])
        api.wait_for_dag(CYCLE)
        watch.start()
        opened = _run(api, watch, "mo_ky", {"as_of": OPENING})
        dropped = [code for number, code in enumerate(codes) if number % SILENT]
        drop_forms(home, CYCLE, dropped)
        full = _run(api, watch, "day_du", {"as_of": FULL})
        answers = measure_answers(api, "day_du")
        late = _run(api, watch, "qua_han", {"as_of": OVERDUE})
        tasks = api.count_tasks(CYCLE, "qua_han")
    finally:
        watch.stop()
        system.stop()
    with open_store(home).read() as connection:
        verdicts = list_verdicts(connection, CYCLE)
    return {
        "agencies": len(codes),
        "files": len(dropped),
        "accepted": sum(any(one.verdict == "accepted" for one in mine) for mine in verdicts.values()),
        "rows": answers["rows"],
        "answered_seconds": answers["seconds"],
        "open_seconds": opened["seconds"],
        "pass_seconds": full["seconds"],
        "cpu_seconds": full["cpu_seconds"],
        "overdue_pass": late | {"rows": tasks.get("escalate", 0)},
        "peak_task_process_mb": watch.peak_mb,
        "peak_process": watch.peak_name,
    }


def _run(api: AirflowApi, watch: MemoryWatch, name: str, conf: dict[str, Any]) -> dict[str, float]:
    begun = watch.cpu_seconds()
    api.trigger(CYCLE, name, conf)
    until = time.monotonic() + PATIENCE_SECONDS
    while (state := api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/{name}")["state"]) not in ("success", "failed"):
        if time.monotonic() > until:
            raise TimeoutError(f"{name} is {state}")
        time.sleep(2)
    assert state == "success", f"{name} ended {state}"
    found = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/{name}")
    begin, end = (datetime.fromisoformat(found[key]) for key in ("start_date", "end_date"))
    return {
        "seconds": round((end - begin).total_seconds(), 1),
        "cpu_seconds": round(watch.cpu_seconds() - begun, 1),
    }


def drop_forms(home: Home, cycle: str, codes: list[str]) -> None:
    """A filled form in each inbox. Bodies with the same tables share one, with their own identity in it."""
    plan, filler = find_plan(cycle), Filler(2026)
    models: dict[tuple[Any, ...], tuple[FormLayout, bytes]] = {}
    for code in codes:
        layout = build_layout(plan, cycle, code)
        kind = tuple((table.table.id, tuple(row.code for row in table.rows)) for table in layout.tables)
        if kind not in models:
            models[kind] = layout, render_form(layout, filler.fill(layout))
        path = home.inbox(code, cycle) / f"Bieu-mau_{code}.xlsx"
        path.write_bytes(_address(*reversed(models[kind]), layout))


def _address(content: bytes, model: FormLayout, other: FormLayout) -> bytes:
    """The workbook of one agency with the name and the identity of another."""
    words = [
        (model.identity.checksum.encode(), other.identity.checksum.encode()),
        *((_spell(model, how), _spell(other, how)) for how in ("utf-8", "ascii")),
    ]
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, True, 1) as to,
    ):
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.startswith("xl/"):
                data = re.sub(rf"\b{model.agency.code}\b".encode(), other.agency.code.encode(), data)
                for old, new in words:
                    data = data.replace(old, new)
            to.writestr(entry, data)
    return made.getvalue()


def _spell(layout: FormLayout, encoding: str) -> bytes:
    """The agency's name as it stands in XML."""
    return layout.agency.name.encode(encoding, "xmlcharrefreplace")
