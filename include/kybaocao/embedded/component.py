"""One component of the embedded system, kept so that nothing of it outlives it.

    python -m kybaocao.embedded.component scheduler

supervisord restarts a component that has ended, but it knows only the process that it started: the workers, tasks
and log server of a killed scheduler would run on beside those of the next one.  So every component has a keeper
between supervisord and itself.  The keeper adopts each process below it that loses its parent, and ends it; when the
component ends, it ends everything else and goes with the component's exit status.

- The component is killed: its keeper ends what it left, then supervisord restarts both.
- An executor's worker is killed: its task becomes the keeper's child, and is ended within a second.
- supervisord is killed: the kernel sends each keeper SIGTERM, and it stops its component.
- The keeper is killed: the kernel kills the component; the next keeper ends what is left.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

from kybaocao.embedded.processes import (
    adopt_orphans,
    die_with_parent,
    kill,
    list_children,
    list_lost,
)

# name -> what Python runs; in the order in which they are started
PROGRAMS = {
    "thu": ("kybaocao.embedded.sink",),
    "giam-sat": ("kybaocao", "watch"),
    "api-server": ("airflow", "api-server"),
    # The log servers of Airflow 3.3 listen on every address and have no setting for it. The API server reads the
    # same files from the disk.
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
}
# A running task has so long to come to its end when the component is asked to stop.
STOP_SECONDS = 15
LOOK_SECONDS = 1  # how often orphans are looked for
ENDED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}


def keep(command: list[str]) -> int:
    """Run the command to its end, leave nothing of it behind, and return its exit status (128 + n for a signal n)."""
    supervisor = os.getppid()
    with suppress(PermissionError):  # a session's leader leads its group already
        os.setpgid(0, 0)  # what is asked of our group is asked of nobody else
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDED)
    adopt_orphans()
    die_with_parent(signal.SIGTERM)
    if os.getppid() != supervisor:  # it died before the kernel knew what to send us
        return 128 + signal.SIGTERM
    end_lost(supervisor)
    pid = _start(command)
    status: int | None = None
    kill_at: float | None = None
    while status is None:
        asked = signal.sigtimedwait(ENDED, LOOK_SECONDS)
        if asked and asked.si_signo != signal.SIGCHLD and kill_at is None:
            kill_at = time.monotonic() + STOP_SECONDS
            os.killpg(0, signal.SIGTERM)  # us too, and we go on waiting
        if kill_at is not None and time.monotonic() > kill_at:
            kill([pid])
        status = _reap(pid)
        kill([child for child in list_children(os.getpid()) if child != pid])
    _end_children()
    return status


def end_lost(supervisor: int) -> None:
    """End what a keeper that was killed has left of its component: all in the session is the supervisor's own."""
    if os.getsid(0) == supervisor:
        kill(list_lost(supervisor))


def _start(command: list[str]) -> int:
    keeper = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        die_with_parent(signal.SIGKILL)
        if os.getppid() == keeper:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDED)
            os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    finally:
        os._exit(127)


def _reap(pid: int) -> int | None:
    """Collect every child that has ended; the exit status of this one when it is among them."""
    status = None
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == pid:
                code = os.waitstatus_to_exitcode(ended[1])
                status = code if code >= 0 else 128 - code
    return status


def _end_children() -> None:
    """Until there is none: the children of a child that is killed become ours."""
    with suppress(ChildProcessError):
        while True:
            kill(list_children(os.getpid()))
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def main() -> None:
    name, *arguments = sys.argv[1:]
    sys.exit(keep([sys.executable, "-m", *PROGRAMS[name], *arguments]))


if __name__ == "__main__":
    main()
