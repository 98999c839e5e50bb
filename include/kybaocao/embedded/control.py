"""supervisord: its configuration, its start, and what is asked of it while it runs."""

from __future__ import annotations

import http.client
import shlex
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from kybaocao.embedded.component import PROGRAMS, STOP_SECONDS

COMPONENTS = tuple(PROGRAMS)
REFUSED = (OSError, http.client.HTTPException, xmlrpc.client.Error)
# What the kernel sends when a parent dies is kept through exec, but not through the fork of a daemon.
TIE = """
import os, signal, sys
from kybaocao.embedded.processes import die_with_parent
die_with_parent(signal.SIGTERM)
os.execv(sys.argv[1], sys.argv[1:])
"""
TIED: list[subprocess.Popen[bytes]] = []  # collected when they have ended, like any child
REPOSITORY = Path(__file__).resolve().parents[3]


def write_config(path: Path, *, pid_file: Path, socket: str, arguments: Mapping[str, tuple[str, ...]]) -> None:
    """supervisord.conf with every component, each under its keeper; `arguments`: of those that need some."""
    logs = path.parent / "logs-components"
    logs.mkdir(mode=0o700, exist_ok=True)
    lines = [
        "[supervisord]",
        f"logfile={logs / 'supervisord.log'}",
        f"pidfile={pid_file}",
        f"childlogdir={logs}",
        "umask=077",
        "[unix_http_server]",
        f"file={socket}",
        "chmod=0700",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for number, name in enumerate(COMPONENTS):
        command = (sys.executable, "-m", "kybaocao.embedded.component", name, *arguments.get(name, ()))
        lines += [
            f"[program:{name}]",
            f"command={shlex.join(command)}",
            f"directory={REPOSITORY}",
            f"priority={number}",
            # Tasks, which the scheduler runs, write into the agencies' folders.
            f"umask={'022' if name == 'scheduler' else '077'}",
            "autorestart=true",
            "startretries=20",
            f"stopwaitsecs={STOP_SECONDS + 10}",  # before that the keeper has ended its component by itself
            "killasgroup=true",
            f"stdout_logfile={logs / (name + '.log')}",
            "redirect_stderr=true",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=2",
        ]
    path.write_text("\n".join(lines) + "\n")


def launch(config: Path, environment: Mapping[str, str], *, is_tied: bool) -> None:
    """Start supervisord as the leader of a session of its own. Raises RuntimeError with what it wrote.

    `is_tied`: it stops everything when we end, whatever we end of; otherwise it outlives us.
    """
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
    if is_tied:
        command = [sys.executable, "-c", TIE, *command, "--nodaemon"]
        silent = subprocess.DEVNULL
        TIED.append(
            subprocess.Popen(
                command,
                env=environment,
                stdin=silent,
                stdout=silent,
                stderr=silent,
                cwd=REPOSITORY,
                start_new_session=True,
                umask=0o077,
            )
        )
        return
    with tempfile.TemporaryFile() as output:  # not a pipe: a daemon would keep it open
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=REPOSITORY,
            check=False,
            start_new_session=True,
            umask=0o077,
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"supervisord thất bại:\n{output.read()[-4000:].decode(errors='replace')}")


class Supervisor:
    """supervisord behind its socket."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def list_components(self) -> dict[str, str]:
        """name -> state in supervisord's words ("RUNNING", "FATAL", …); empty when it does not answer."""
        try:
            with self._connect() as server:
                states: Any = server.supervisor.getAllProcessInfo()
        except REFUSED:
            return {}
        return {one["name"]: one["statename"] for one in states}

    def restart(self, name: str) -> None:
        """Stop one component if it runs, and start it. Raises RuntimeError when it does not come up."""
        is_running = self.list_components().get(name) in ("RUNNING", "STARTING", "BACKOFF")
        try:
            with self._connect() as server:
                if is_running:
                    server.supervisor.stopProcess(name)
                server.supervisor.startProcess(name)
        except REFUSED as error:
            raise RuntimeError(f"{name}: {error}") from None

    def _connect(self) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy("http://127.0.0.1", SupervisorTransport(None, None, f"unix://{self._socket}"))
