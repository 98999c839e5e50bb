"""A component as Airflow's are: it has a worker whose title overwrote its environment, and that has a task."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kybaocao.embedded.processes import is_alive

# Writes "component worker task" (pids) into the file it is given.
PROGRAM = """
import os, pathlib, subprocess, sys, time
if sys.argv[1] == "task":
    os.setpgid(0, 0)  # as a task of Airflow does
    time.sleep(600)
if sys.argv[1] == "worker":
    task = subprocess.Popen([sys.executable, __file__, "task"], env={})
    print(task.pid, flush=True)
    time.sleep(600)
worker = subprocess.Popen([sys.executable, __file__, "worker"], env={}, stdout=subprocess.PIPE, text=True)
pids = f"{os.getpid()} {worker.pid} {worker.stdout.readline()}"
note = pathlib.Path(sys.argv[1])
note.with_suffix(".new").write_text(pids)
note.with_suffix(".new").rename(note)
time.sleep(600)
"""
# `keep` of any program, where `python -m kybaocao.embedded.component` takes only those of the system.
KEEPER = "import sys; from kybaocao.embedded.component import keep; sys.exit(keep(sys.argv[1:]))"


def write_program(folder: Path) -> Path:
    path = folder / "component.py"
    path.write_text(PROGRAM)
    return path


def keep_program(folder: Path) -> list[str]:
    """The command that keeps the program of this folder; it notes its processes in `pids`."""
    return [sys.executable, "-c", KEEPER, sys.executable, str(write_program(folder)), str(folder / "pids")]


def read_pids(folder: Path) -> tuple[int, int, int]:
    """(component, worker, task), as soon as they run."""
    note = folder / "pids"
    wait_until(note.exists)
    component, worker, task = map(int, note.read_text().split())
    return component, worker, task


def wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def are_gone(pids: tuple[int, ...]) -> bool:
    return not any(is_alive(pid) for pid in pids)


def end(process: subprocess.Popen[bytes], pids: tuple[int, ...] = ()) -> None:
    """Whatever a failed test has left."""
    for pid in (process.pid, *pids):
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    process.wait()
