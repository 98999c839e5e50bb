"""A component that is killed, or whose keeper or supervisor is, leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.embedded.processes import is_alive, list_session
from tests.embedded.programs import KEEPER, are_gone, end, keep_program, read_pids, wait_until

# Restarts its component once, as supervisord does, and stays.
SUPERVISOR = """
import os, subprocess, sys, time
os.setsid()
subprocess.run(sys.argv[1:])
kept = subprocess.Popen(sys.argv[1:])
time.sleep(600)
"""


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(keep_program(tmp_path))
    yield process
    end(process)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, *keep_program(tmp_path)])
    yield process
    end(process, tuple(list_session(process.pid)))


def test_a_killed_component_takes_its_workers_and_tasks_with_it(
    tmp_path: Path, keeper: subprocess.Popen[bytes]
) -> None:
    pids = read_pids(tmp_path)
    os.kill(pids[0], signal.SIGKILL)

    assert keeper.wait(30) == 128 + signal.SIGKILL
    assert are_gone(pids)


def test_the_task_of_a_killed_worker_ends_while_the_component_goes_on(
    tmp_path: Path, keeper: subprocess.Popen[bytes]
) -> None:
    component, worker, task = read_pids(tmp_path)
    os.kill(worker, signal.SIGKILL)

    wait_until(lambda: not is_alive(task))
    assert (is_alive(component), keeper.poll()) == (True, None)


def test_a_component_that_is_asked_to_stop_leaves_nothing(tmp_path: Path, keeper: subprocess.Popen[bytes]) -> None:
    pids = read_pids(tmp_path)
    keeper.terminate()

    assert keeper.wait(30) == 128 + signal.SIGTERM
    assert are_gone(pids)


def test_a_component_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    """A scheduler that waits for workers that never end, for example."""
    stubborn = "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    stubborn += "pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    quick = KEEPER.replace("sys.exit", "import kybaocao.embedded.component as c; c.STOP_SECONDS = 0.2; sys.exit")
    ready = tmp_path / "ready"
    process = subprocess.Popen([sys.executable, "-c", quick, sys.executable, "-c", stubborn, str(ready)])
    wait_until(ready.exists)
    process.terminate()

    assert process.wait(30) == 128 + signal.SIGKILL


def test_a_component_ends_with_its_own_status(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KEEPER, sys.executable, "-c", "raise SystemExit(3)"], check=False)
    assert done.returncode == 3


def test_a_killed_supervisor_takes_all_with_it(tmp_path: Path, supervisor: subprocess.Popen[bytes]) -> None:
    pids = read_pids(tmp_path)
    supervisor.kill()

    wait_until(lambda: are_gone(pids))


def test_what_a_killed_keeper_left_is_ended_by_the_next(tmp_path: Path, supervisor: subprocess.Popen[bytes]) -> None:
    first = read_pids(tmp_path)
    (tmp_path / "pids").unlink()
    (keeper,) = [pid for pid in list_session(supervisor.pid) if pid not in (supervisor.pid, *first)]
    os.kill(keeper, signal.SIGKILL)

    second = read_pids(tmp_path)

    assert are_gone(first)
    assert all(is_alive(pid) for pid in second)
