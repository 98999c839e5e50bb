"""Processes of this machine as Linux shows them in /proc: parents, sessions, and which of them are left over.

Titles overwrite the environment of Airflow's workers, and /proc/PID/environ of some is closed to their own user,
so the environment alone does not name every process of a system.  `stat` is always there and cannot be overwritten.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
PF_EXITING = 4  # linux/sched.h
KILL_TRIES_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    """One process at the moment it was looked at."""

    pid: int
    parent: int
    session: int
    is_alive: bool  # neither gone nor waiting to be reaped
    is_exiting: bool  # has lost its environment already, but may still hold its files and ports


def read_process(pid: int) -> Process | None:
    """None when there is no such process."""
    try:
        state, parent, _, session, _, _, flags = (
            Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:7]
        )
    except (OSError, ValueError):
        return None
    return Process(pid, int(parent), int(session), state not in ("Z", "X"), bool(int(flags) & PF_EXITING))


def list_processes() -> dict[int, Process]:
    """pid -> process, of the whole machine."""
    found = (read_process(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {process.pid: process for process in found if process}


def is_alive(pid: int) -> bool:
    process = read_process(pid)
    return process is not None and process.is_alive


def list_children(parent: int) -> list[int]:
    """The children of a process that has one thread: the living ones, and those that wait to be reaped.

    One that is missed because another ends meanwhile is seen next time.
    """
    try:
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN: the whole machine has to be looked through
        return [process.pid for process in list_processes().values() if process.parent == parent]


def list_session(leader: int) -> list[int]:
    """The living processes of a session, its leader among them."""
    return [process.pid for process in list_processes().values() if process.session == leader and process.is_alive]


def list_lost(leader: int) -> list[int]:
    """The living processes of a session that do not descend from its leader any more: their keeper was killed."""
    processes = list_processes()

    def is_lost(process: Process) -> bool:
        above = process
        while above.pid != leader:
            if above.parent <= 1:
                return True
            if above.parent not in processes:
                return False  # it ended while we looked: where the child belongs now is seen next time
            above = processes[above.parent]
        return False

    return [one.pid for one in processes.values() if one.session == leader and one.is_alive and is_lost(one)]


def read_environment(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty when it is gone, closed to us or overwritten by a title."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
        return dict(line.split("=", 1) for line in lines if "=" in line)
    return {}


def kill(pids: list[int]) -> None:
    """SIGKILL to each. A kill is a request: the process goes when it is next scheduled."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if pids:
        time.sleep(KILL_TRIES_SECONDS)


def adopt_orphans() -> None:
    """From now on a process below us whose parent dies becomes our child, not that of process 1."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send us this signal when our parent dies, whatever it died of."""
    _prctl(PR_SET_PDEATHSIG, number)


def _prctl(option: int, value: int) -> None:
    """Raises OSError where Linux refuses."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
