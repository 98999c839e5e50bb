"""Stopping the embedded system stops all of it, and nobody else; its settings are what it needs."""

from __future__ import annotations

import configparser
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from airflow.configuration import conf
from cryptography.fernet import Fernet, MultiFernet

from kybaocao.embedded.component import PROGRAMS
from kybaocao.embedded.control import write_config
from kybaocao.embedded.system import MARK, System
from tests.conftest import ROOT

# A component with a child that, like Airflow's workers, no longer has the environment it was started with.
COMPONENT = """
import subprocess, sys, time, pathlib
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env={})
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of the system's."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def _start(system: System, note: Path) -> int:
    """supervisord with one component, as `start` runs it with five; the process of the component's child."""
    system.airflow_home.mkdir(parents=True)
    program = system.airflow_home / "component.py"
    program.write_text(COMPONENT)
    lines = ["[supervisord]", f"pidfile={system.pid_file}", f"logfile={system.airflow_home}/log"]
    lines += ["[program:one]", f"command={sys.executable} {program} {note}", "autorestart=false"]
    system.config_file.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(system.config_file)]
    environment = os.environ | {MARK: str(system.airflow_home)}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 20
    while not (note.exists() and note.read_text()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return int(note.read_text())


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_orphan_that_forgot_its_environment_is_stopped(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    system = System(tmp_path / "home")
    orphan = _start(system, tmp_path / "child")
    parent = int(Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)

    system.stop()

    assert (_is_alive(orphan), stranger.poll()) == (False, None)


def test_what_a_killed_supervisor_left_is_stopped(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    system = System(tmp_path / "home")
    orphan = _start(system, tmp_path / "child")
    os.kill(int(system.pid_file.read_text()), signal.SIGKILL)

    system.stop()

    assert (_is_alive(orphan), stranger.poll()) == (False, None)


def test_a_process_that_has_the_number_of_an_old_supervisor_is_left_alone(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    """Numbers come round again: the one in an old file may be anybody's."""
    system = System(tmp_path / "home")
    system.airflow_home.mkdir(parents=True)
    system.pid_file.write_text(str(stranger.pid))

    system.stop(timeout_seconds=1)

    assert (stranger.poll(), system.is_running()) == (None, False)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    system = System(tmp_path / "home")
    system.airflow_home.mkdir(parents=True)
    (system.airflow_home / "secrets.json").write_text(json.dumps(dict.fromkeys(("jwt", "secret", "fernet"), "x")))
    return system.environment()


def test_every_setting_is_one_that_this_airflow_has(settings: dict[str, str]) -> None:
    """A name that Airflow does not know is ignored without a word: here and in docker-compose.yaml."""
    file = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    composed = {name for service in file["services"].values() for name in service.get("environment", {})}
    assert len(composed) > 20
    unknown = []
    for name in {*settings, *composed}:
        if name.startswith("AIRFLOW__"):
            section, option = name.removeprefix("AIRFLOW__").lower().split("__", 1)
            option = option.removesuffix("_cmd")  # the same, read from a command
            if option not in conf.configuration_description.get(section, {}).get("options", {}):
                unknown.append(name)
    assert unknown == []


def test_a_killed_scheduler_is_missed_within_half_a_minute(settings: dict[str, str]) -> None:
    """So that what was in flight begins anew within a minute, with the time that a start takes on a slow machine."""
    limits = ("SCHEDULER_HEALTH_CHECK_THRESHOLD", "ORPHANED_TASKS_CHECK_INTERVAL")
    assert sum(int(settings[f"AIRFLOW__SCHEDULER__{name}"]) for name in limits) <= 30


def test_a_new_cycle_is_paused(settings: dict[str, str]) -> None:
    assert settings["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] == "True"


def test_metrics_go_where_the_shell_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By Airflow's own settings; no other one of the shell reaches the system."""
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "999")
    system = System(tmp_path / "home")
    _write_secrets(system)
    found = system.environment()
    assert (found["AIRFLOW__METRICS__STATSD_ON"], found["AIRFLOW__CORE__PARALLELISM"] == "999") == ("True", False)


def _write_secrets(system: System) -> None:
    system.airflow_home.mkdir(parents=True)
    for name in ("secrets.json", "passwords.json"):
        keys = {"fernet": "k" * 43, "jwt": "j", "secret": "s"}
        (system.airflow_home / name).write_text(json.dumps(keys))


def test_the_secret_for_connections_is_what_airflow_encrypts_with(tmp_path: Path) -> None:
    """One that was used before, from Airflow's own file, still decrypts; a new one replaces it when things are saved."""
    system = System(tmp_path / "home")
    _write_secrets(system)
    former = Fernet.generate_key().decode()
    alone = system.environment()["AIRFLOW__CORE__FERNET_KEY"]
    (system.airflow_home / "airflow.cfg").write_text(f"[core]\nfernet_key = {former}\n# 100 %\n")
    both = system.environment()["AIRFLOW__CORE__FERNET_KEY"].split(",")
    token = Fernet(former.encode()).encrypt("mật khẩu".encode())
    assert (both, Fernet(alone.encode()).encrypt(b"x") != b"x") == ([alone, former], True)
    assert MultiFernet([Fernet(key.encode()) for key in both]).decrypt(token).decode() == "mật khẩu"


def test_a_file_of_airflow_that_cannot_be_read_leaves_the_secret_alone(tmp_path: Path) -> None:
    system = System(tmp_path / "home")
    _write_secrets(system)
    (system.airflow_home / "airflow.cfg").write_text("fernet_key = x\n")
    assert "," not in system.environment()["AIRFLOW__CORE__FERNET_KEY"]


def test_no_component_serves_logs_on_the_network() -> None:
    """Airflow binds its log servers to every address; on one machine the files are read from the disk."""
    serving = {"scheduler", "triggerer", "worker"} & {words[1] for words in PROGRAMS.values() if len(words) > 1}
    assert {name for name, words in PROGRAMS.items() if words[-1] == "--skip-serve-logs"} == serving


def test_only_tasks_write_what_others_can_read(tmp_path: Path) -> None:
    """They put answers into agencies' folders; everything else is private from its first byte."""
    system = System(tmp_path / "home")
    system.airflow_home.mkdir(parents=True)
    config = configparser.ConfigParser(interpolation=None)
    write_config(system.config_file, pid_file=system.pid_file, socket="/tmp/x", arguments={})
    config.read(system.config_file)
    masks = {name: config[name]["umask"] for name in config.sections() if "umask" in config[name]}
    assert masks.pop("program:scheduler") == "022"
    assert set(masks) >= {"supervisord", "program:thu", "program:api-server"}
    assert set(masks.values()) == {"077"}


def test_what_a_system_prepares_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders, secrets, passwords, database; also those that an older version left open."""
    system = System(tmp_path / "home")
    old = os.umask(0o022)
    try:
        system.airflow_home.mkdir(parents=True)
        monkeypatch.setattr(System, "_run", lambda *_: None)
        system.prepare()
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o077 for path in (system.airflow_home, system.home / "mail")}
    files = {
        name: (system.airflow_home / name).stat().st_mode & 0o077
        for name in ("secrets.json", "passwords.json", "supervisord.conf")
    }
    assert set(modes.values()) | set(files.values()) == {0}
