"""A real supervisord with one component of the system, in a folder whose name is not simple."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.embedded import control
from kybaocao.embedded.control import Supervisor, launch, write_config
from kybaocao.embedded.processes import is_alive, list_session, read_environment
from kybaocao.embedded.system import MARK, System, find_free_port
from tests.conftest import ROOT
from tests.embedded.programs import are_gone, wait_until


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """Only its mailbox runs."""
    monkeypatch.setattr(control, "COMPONENTS", ("thu",))
    found = System(tmp_path / "dữ liệu (thử)", find_free_port(), find_free_port())
    found.airflow_home.mkdir(parents=True)
    arguments = ("--port", str(found.smtp_port), "--folder", str(found.home / "mail"))
    write_config(found.config_file, pid_file=found.pid_file, socket=found._socket, arguments={"thu": arguments})
    environment = os.environ | {MARK: str(found.airflow_home), "PYTHONPATH": str(ROOT / "include")}
    launch(found.config_file, environment, is_tied=False)
    wait_until(lambda: _answers(found.smtp_port))
    wait_until(lambda: found.list_components() == {"thu": "RUNNING"})
    yield found
    found.stop()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_one_component_is_restarted(system: System) -> None:
    supervisor = int(system.pid_file.read_text())
    before = set(list_session(supervisor)) - {supervisor}

    Supervisor(system._socket).restart("thu")

    wait_until(lambda: _answers(system.smtp_port))
    assert not any(is_alive(pid) for pid in before)
    assert is_alive(supervisor)


def test_a_system_that_is_tied_ends_with_whoever_started_it(system: System) -> None:
    """A demonstration or a test run that is killed leaves no Airflow behind."""
    environment = read_environment(int(system.pid_file.read_text()))
    system.stop()
    code = "import os, sys, time; from pathlib import Path; from kybaocao.embedded.control import launch\n"
    code += "launch(Path(sys.argv[1]), os.environ, is_tied=True); time.sleep(600)"
    starter = subprocess.Popen([sys.executable, "-c", code, str(system.config_file)], env=environment)
    wait_until(lambda: system.list_components() == {"thu": "RUNNING"})
    pids = list_session(int(system.pid_file.read_text()))

    starter.kill()
    starter.wait()

    assert len(pids) == 3  # supervisord, keeper, mailbox
    wait_until(lambda: are_gone(tuple(pids)))


def test_a_component_that_is_not_there_is_not_restarted(system: System) -> None:
    with pytest.raises(RuntimeError, match="triggerer"):
        Supervisor(system._socket).restart("triggerer")


def test_stopping_says_what_ran(system: System) -> None:
    stopped = system.stop()

    assert (stopped.was_running, stopped.states, stopped.ended, stopped.left) == (True, {"thu": "RUNNING"}, 0, ())
    assert not _answers(system.smtp_port)


def test_a_start_during_which_the_system_is_stopped_does_not_go_on_waiting(system: System) -> None:
    def stop_once() -> set[str]:
        if system.is_running():
            system.stop()
        return set()

    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match="đã bị dừng"):
        patch.setattr(System, "list_healthy", lambda _: stop_once())
        system.start(timeout_seconds=60)
