"""Processes of a season: forked from one that has everything loaded, ended by themselves, by a fault, or by us."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.clock import SeasonClock
from tests.faults.injection import Fault, Injector

DONE, FAILED, KILLED, HUNG = "done", "failed", "killed", "hung"
LONGEST_SECONDS = 90.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def die_with_parent() -> None:
    """Nothing of a season outlives it."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


@dataclass(frozen=True)
class Outcome:
    """How a process ended, what it passed and which faults met it."""

    status: str
    text: str = ""
    value: Any = None
    fired: tuple[str, ...] = ()
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A process under way."""

    process: int
    folder: Path

    def wait(self) -> Outcome:
        """Its outcome, at the latest when it has taken far too long."""
        end, is_hung = time.monotonic() + LONGEST_SECONDS, False
        pause = 0.001
        while True:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                break
            if time.monotonic() > end and not is_hung:
                is_hung = True
                os.kill(self.process, signal.SIGKILL)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)
        report = _read(self.folder / "points.json")
        result = _read(self.folder / "result.json")
        counts = {(point, where): count for point, where, count in report.get("counts", ())}
        found = HUNG if is_hung else KILLED if os.WIFSIGNALED(status) else str(result.get("status", FAILED))
        text = str(result.get("text", "")) or (self.folder / "output.txt").read_text(errors="replace")[-3000:]
        return Outcome(found, text, result.get("value"), tuple(report.get("fired", ())), counts)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def start(
    work: Callable[[], Any],
    folder: Path,
    *,
    root: Path,
    environment: Mapping[str, str],
    clock: SeasonClock,
    faults: tuple[Fault, ...] = (),
    delay_seconds: float = 0.0,
) -> Running:
    """Do `work` in a process of its own; `folder` keeps what it printed and counted."""
    folder.mkdir(parents=True)
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return Running(process, folder)
    status: dict[str, Any] = {"status": FAILED}
    try:
        die_with_parent()
        output = os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        os.environ.update(environment)
        time.sleep(delay_seconds)
        clock.install()
        injector = Injector(faults, root, folder / "points.json")
        result = os.open(folder / "result.json", os.O_WRONLY | os.O_CREAT, 0o644)
        injector.install()
        try:
            status = {"status": DONE, "value": work()}
        except BaseException as error:
            traceback.print_exc()
            status = {"status": FAILED, "text": f"{type(error).__name__}: {error}"}
        injector.save()
        os.write(result, json.dumps(status, default=str).encode())
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)
