"""What the journal beside the store and the digests of the audit trail cost: a pass over every agency with and without.

The floor is the same pass over the same files, with no trigger that notes changes, no journal and no digest computed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import resource
import shutil
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from kybaocao.embedded.system import REPOSITORY
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.audit import record_action
from kybaocao.store.database import open_store
from kybaocao.store.journal import Journal
from kybaocao.store.row_changes import remove_triggers
from tests.bench.cycle_pass import CYCLE, drop_all

ROUNDS, WRITES = 5, 200
# 1.16 to 1.22 on two cores: some 13 ms of a processor for an agency that is judged, which nobody waits for.
LIMIT = 1.25
OPENED, JUDGED = dt.datetime(2026, 11, 16, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 18, 1, tzinfo=dt.UTC)


def measure_journal() -> dict[str, Any]:
    """CPU seconds of a pass, and milliseconds of one small write, both ways."""
    found: dict[str, list[float]] = {"pass": [], "pass_floor": [], "write": [], "write_floor": []}
    for number in range(ROUNDS):
        for suffix, has_journal in (("", True), ("_floor", False)):
            with contextlib.ExitStack() as patches:
                if not has_journal:
                    patches.enter_context(patch.multiple(Journal, follow=_do_nothing, check=_do_nothing))
                    patches.enter_context(
                        patch("kybaocao.store.audit.compute_digest", lambda previous, _: str(int(previous or 0) + 1))
                    )
                pass_seconds, write_ms = _measure_one(number, has_journal)
            found[f"pass{suffix}"].append(round(pass_seconds, 2))
            found[f"write{suffix}"].append(round(write_ms, 2))
    middle = {name: statistics.median(values) for name, values in found.items()}
    return {
        "what": "CPU of a pass that judges every agency, with journal and digests / without",
        "pass_cpu_seconds": found["pass"],
        "floor_cpu_seconds": found["pass_floor"],
        "one_small_write_ms": middle["write"],
        "one_small_write_floor_ms": middle["write_floor"],
        "ratio": round(middle["pass"] / middle["pass_floor"], 3),
        "limit": LIMIT,
    }


def _do_nothing(*_: Any, **__: Any) -> None:
    """In place of the journal."""


def _measure_one(number: int, has_journal: bool) -> tuple[float, float]:
    """(CPU seconds of the pass and its readers, wall milliseconds of one write)"""
    root = REPOSITORY / "var" / "bench" / "journal"
    shutil.rmtree(root, ignore_errors=True)
    os.environ["KYBAOCAO_HOME"] = str(root)
    os.environ.pop("KYBAOCAO_DB_URL", None)
    store = open_store(Home.from_environment())
    store.upgrade()
    if not has_journal:
        with store.write_unchecked() as connection:
            remove_triggers(connection)
    run_pass(Pass.begin(CYCLE, OPENED, is_replay=True))
    drop_all([agency.code for agency in find_plan(CYCLE).expected], number)
    pass_seconds = _count_seconds(_read_cpu, lambda: run_pass(Pass.begin(CYCLE, JUDGED, is_replay=True)))

    def write() -> None:
        for _ in range(WRITES):
            with store.write() as connection:
                record_action(connection, "bench", at=JUDGED, cycle=CYCLE)

    return pass_seconds, _count_seconds(time.perf_counter, write) / WRITES * 1000


def _count_seconds(clock: Callable[[], float], work: Callable[[], object]) -> float:
    begun = clock()
    work()
    return clock() - begun


def _read_cpu() -> float:
    """Of this process and of the readers it has waited for."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)
