"""Aggregating, the proof and all documents of one version, for 90 agencies, 950 and 3,800: CPU and peak memory.

Real forms are filled in for every agency of the plan.  An invented commune sends the bytes of a real one with a mark at
their end, so that each file is another one for the archive and is read for itself.  Each size is measured in a process
of its own; making the files is not measured.  The PDF, which LibreOffice makes, is not either.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import math
import pickle
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from kybaocao.embedded.system import REPOSITORY
from kybaocao.inbox.submission import Submission
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.load import find_plan
from kybaocao.plan.plan import Plan
from kybaocao.season.register import size_plan

CYCLE = "nq02-2026-ky2"
SIZES = (90, 950, 3_800)
AS_OF = "2026-12-14T14:00"
LIMITS = {90: {"cpu_seconds": 10}, 3_800: {"cpu_seconds": 90, "peak_mb": 700}}


def measure_reporting() -> dict[str, Any]:
    """Seconds of each step by size, the largest memory, and how the whole grows from 950 to 3,800."""
    found = {size: _measure_apart(size) for size in SIZES}
    small, large = SIZES[-2:]
    growth = math.log(found[large]["cpu_seconds"] / found[small]["cpu_seconds"]) / math.log(large / small)
    claims = [
        {"what": f"{name} for {size} agencies", "value": found[size][name], "at_most": limit}
        for size, limits in LIMITS.items()
        for name, limit in limits.items()
    ]
    return {
        "what": "aggregating, proof and all documents of a version",
        "sizes": found,
        "exponent_of_growth": round(growth, 2),
        "claims": [*claims, {"what": "exponent of growth", "value": round(growth, 2), "at_most": 1.15}],
    }


def _measure_apart(size: int) -> dict[str, Any]:
    """In one process the files, in another the work on them."""
    folder = REPOSITORY / "var" / "bench" / f"reporting-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for step in ("make", "work"):
            command = [sys.executable, "-m", "tests.bench.reporting", step, str(size), str(folder)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
        result: dict[str, Any] = json.loads(done.stdout)
        return result
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- the files ---------------------------------------------------------------------------------------------------


def make_submissions(size: int, folder: Path) -> None:
    """An archive and the versions that were accepted, as the store gives them."""
    from kybaocao.demo.figures import Filler
    from kybaocao.form.layout import build_layout
    from kybaocao.form.workbook import render_form
    from tests.checks.catalogue import judge_bytes
    from tests.proof.cycle import receive

    plan, filler = find_plan(CYCLE), Filler(2026)
    known: list[tuple[bytes, Submission]] = []
    found: list[Submission] = []
    for number, agency in enumerate(size_plan(plan, size).expected):
        if agency.code in plan.agencies:
            layout = build_layout(plan, CYCLE, agency.code)
            data = render_form(layout, filler.fill(layout))
            one = receive(folder / "archive", agency.code, data, judgement=judge_bytes(data, agency.code))
            if agency.code.startswith("X-"):
                known.append((data, one))
        else:
            data, model = known[number % len(known)]
            data = _mark(data, agency.code)
            digest = hashlib.sha256(data).hexdigest()
            path = folder / "archive" / digest[:2] / digest
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            one = replace(model, id=number, agency=agency.code, sha256=digest, file_name=f"{agency.code}.xlsx")
        found.append(one)
    (folder / "submissions.pickle").write_bytes(pickle.dumps(found))


def _mark(data: bytes, code: str) -> bytes:
    """The same workbook with a comment at the end of its ZIP file."""
    marked = io.BytesIO(data)
    with zipfile.ZipFile(marked, "a") as archive:
        archive.comment = code.encode()
    return marked.getvalue()


# --- the work ----------------------------------------------------------------------------------------------------


def work_on(size: int, folder: Path) -> dict[str, Any]:
    """CPU seconds of each step, children included, and megabytes at the highest."""
    plan = size_plan(find_plan(CYCLE), size)
    submissions = pickle.loads((folder / "submissions.pickle").read_bytes())
    clock = _Clock()
    snapshot = _aggregate(plan, submissions)
    clock.note("aggregating")
    _prove(plan, snapshot, submissions, folder)
    clock.note("proof")
    contents = _write(plan, snapshot, folder)
    clock.note("documents")
    total = round(sum(clock.seconds.values()), 2)
    return {
        "agencies": size,
        "accepted": len(snapshot.accepted),
        "cpu_seconds": total,
        **clock.seconds,
        "peak_mb": _read_peak(),
        "files_kb": contents,
    }


def _aggregate(plan: Plan, submissions: list[Submission]) -> Any:
    from kybaocao.figures.aggregation import take_snapshot
    from kybaocao.figures.canonical_json import from_json, to_json

    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    moment = dt.datetime.fromisoformat(AS_OF).replace(tzinfo=plan.timezone)
    taken = take_snapshot(plan, plan.require_cycle(CYCLE), calendar, submissions, moment)
    return from_json(to_json(taken))  # it is stored, and read again where it is used


def _prove(plan: Plan, snapshot: Any, submissions: list[Submission], folder: Path) -> None:
    from kybaocao.proof.comparison import prove_snapshot

    proof = prove_snapshot(plan, snapshot, submissions, folder / "archive")
    assert proof.is_equal and len(proof.files) == len(submissions)


def _write(plan: Plan, snapshot: Any, folder: Path) -> dict[str, int]:
    from kybaocao.documents import package
    from kybaocao.documents.report.content import contents_checksum, write_contents

    package.convert_to_pdf = lambda docx: None
    cycle = plan.require_cycle(CYCLE)
    contents = write_contents(plan, cycle, snapshot)
    contents_checksum(contents)
    made = package.write_reports(plan, cycle, contents, folder / "documents", snapshot.as_of, snapshot)
    return {name: path.stat().st_size // 1024 for name, path in made.items()}


class _Clock:
    """Seconds of processor time between two moments, of this process and of those it waited for."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = self._read()

    def note(self, name: str) -> None:
        now = self._read()
        self.seconds[name] = round(now - self._begun, 2)
        self._begun = now

    def _read(self) -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime


def _read_peak() -> int:
    """Not getrusage: its maximum starts with the size of the process that forked."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


if __name__ == "__main__":
    _, step, size, folder = sys.argv
    if step == "make":
        make_submissions(int(size), Path(folder))
    else:
        print(json.dumps(work_on(int(size), Path(folder))))
