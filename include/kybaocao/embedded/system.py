"""The embedded system: real Airflow on one machine, without any server to install.

SQLite, LocalExecutor and a local mail sink, every component under supervisord, which restarts what falls.
Secrets are made on first start and kept in the data folder, readable by its owner only.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from kybaocao.embedded.control import Supervisor, launch, write_config
from kybaocao.embedded.processes import Process, is_alive, kill, list_processes, read_environment, read_process

REPOSITORY = Path(__file__).resolve().parents[3]
AUTH_MANAGER = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
USERS = {"vanhanh": "admin", "lanhdao": "user", "ubndtinh": "user"}
# Stands in the environment of every process of a system, so that stopping it misses none.
MARK = "KYBAOCAO_SYSTEM"
# A task mostly waits for the API server, so more workers than cores is faster; beyond this it only costs memory.
PARALLELISM = 16
# Threads of the C library share two heaps and give free memory back early: the API server grows by a quarter less.
ALLOCATOR = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
# component -> its name in Airflow's answer about its health
HEALTH = {
    "api-server": "metadatabase",
    "scheduler": "scheduler",
    "triggerer": "triggerer",
    "dag-processor": "dag_processor",
}
AIRFLOW_COMPONENTS = set(HEALTH)


class Step(StrEnum):
    """What `start` has come to before the components are ready, each under its own name."""

    DATABASE = "database"
    COMPONENTS = "components"


OnStep = Callable[[str], None]


class PortTakenError(RuntimeError):
    """We cannot listen on this port: another program does, or (`is_forbidden`) the machine reserves it."""

    def __init__(self, port: int, *, is_forbidden: bool = False) -> None:
        super().__init__(f"cổng {port} đang có chương trình khác dùng (port {port} is taken)")
        self.port, self.is_forbidden = port, is_forbidden


@dataclass(frozen=True)
class Stopped:
    """What `stop` found."""

    was_running: bool
    states: dict[str, str]  # component -> its state before, in supervisord's words
    ended: int  # processes that were left and had to be ended by force
    left: tuple[int, ...]  # those that could not be


@dataclass(frozen=True)
class System:
    """One embedded installation: its data folder and ports."""

    home: Path
    api_port: int = 8080
    smtp_port: int = 1025

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def config_file(self) -> Path:
        return self.home / "airflow" / "supervisord.conf"

    @property
    def pid_file(self) -> Path:
        return self.home / "airflow" / "supervisord.pid"

    # --- settings ---------------------------------------------------------------------------------------

    def passwords(self) -> dict[str, str]:
        return dict(json.loads((self.airflow_home / "passwords.json").read_text()))

    def prepare(self) -> None:
        """Folders, secrets, database; safe to repeat. Only the account that runs the system can read them."""
        for folder in (self.airflow_home, self.home / "mail"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        (self.home / "shared").mkdir(exist_ok=True)
        keys = ("fernet", "jwt", "secret")
        self._keep_secret("secrets.json", lambda: {key: secrets.token_urlsafe(32) for key in keys})
        self._keep_secret("passwords.json", lambda: {user: secrets.token_urlsafe(9) for user in USERS})
        sink = ("--port", str(self.smtp_port), "--folder", str(self.home / "mail"))
        self.config_file.touch(mode=0o600)
        write_config(self.config_file, pid_file=self.pid_file, socket=self._socket, arguments={"thu": sink})
        environment = self.environment()
        self._run([sys.executable, "-m", "airflow", "db", "migrate"], environment)
        self._run([sys.executable, "-m", "kybaocao", "store", "upgrade"], environment)

    def _keep_secret(self, name: str, make) -> None:  # type: ignore[no-untyped-def]
        path = self.airflow_home / name
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as handle:
                json.dump(make(), handle)

    def environment(self, dags_folder: Path | None = None) -> dict[str, str]:
        """The environment of every component; production sets the same names in docker-compose.yaml."""
        keys = json.loads((self.airflow_home / "secrets.json").read_text())
        smtp = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": self.smtp_port,
            "extra": {
                "from_email": "ky-bao-cao.stc@sonla.example.vn",
                "disable_tls": True,
                "disable_ssl": True,
                "timeout": 20,
                "retry_limit": 0,
            },
        }
        settings = {
            "AIRFLOW_HOME": str(self.airflow_home),
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY / "include"), str(REPOSITORY / "config"))),
            "KYBAOCAO_HOME": str(self.home),
            MARK: str(self.airflow_home),
            "AIRFLOW_CONN_KYBAOCAO_SMTP": json.dumps(smtp),
            "AIRFLOW__API__PORT": str(self.api_port),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": keys["secret"],
            "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
            "AIRFLOW__CORE__FERNET_KEY": self._list_fernet_keys(keys["fernet"]),
            "AIRFLOW__CORE__AUTH_MANAGER": AUTH_MANAGER,
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.airflow_home / "passwords.json"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder or REPOSITORY / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "kybaocao.adapters.executor.ResumingLocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": str(PARALLELISM),
            "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",  # nothing leaves before somebody switches a cycle on
            "AIRFLOW__CORE__MP_START_METHOD": "fork",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.airflow_home / 'airflow.db'}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "airflow_local_settings.SQLITE_CONNECT_ARGS",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": "airflow_local_settings.SQLITE_CONNECT_ARGS",
            # The API server checks a token on its event loop: waiting there for a pooled connection stops every
            # request, also those that would give one back. More connections than its 40 threads end that.
            "AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "50",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",  # a pass is a chain of short tasks
            # A killed scheduler's tasks begin anew within the sum of these two; Airflow's own values are 30 and 300.
            # Its heartbeat comes every second and stands directly before the check, so it never takes itself for dead.
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
            # A worker that is killed is noticed at once (adapters/executor.py); this is for one that hangs. A task
            # reports every 5 s, and an API server that restarts is away for up to half a minute.
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
            "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
            "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        }
        own = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PYTHONPATH"))}
        metrics = {key: value for key, value in os.environ.items() if key.startswith("AIRFLOW__METRICS__")}
        return ALLOCATOR | own | metrics | settings

    def _list_fernet_keys(self, secret: str) -> str:
        """What Airflow encrypts connections and variables with; older ones, from its own file, it still reads."""
        former = configparser.ConfigParser(interpolation=None)
        with suppress(configparser.Error, OSError):
            former.read(self.airflow_home / "airflow.cfg")
        own = secret + "=" * (-len(secret) % 4)  # made without the padding that Fernet asks for
        return ",".join(key for key in (own, former.get("core", "fernet_key", fallback="")) if key)

    def read_environment(self) -> dict[str, str]:
        """The environment of the running system; as it will be while it is stopped; empty if it was never prepared."""
        pid, is_alive = self._find_supervisor()
        if is_alive and (found := read_environment(pid)):
            return found
        prepared = (self.airflow_home / name for name in ("secrets.json", "passwords.json"))
        return self.environment() if all(path.is_file() for path in prepared) else {}

    @property
    def _socket(self) -> str:
        """A short path: Unix sockets allow about a hundred characters."""
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:8]
        return f"/tmp/kybaocao-{os.getuid()}-{digest}.sock"  # noqa: S108 - mode 0700

    # --- running ---------------------------------------------------------------------------------------------

    def is_running(self) -> bool:
        return self._find_supervisor()[1]

    def _find_supervisor(self) -> tuple[int, bool]:
        """(its process, is it alive); 0 when there is none, or when the number is somebody else's by now."""
        try:
            pid = int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return 0, False
        process = read_process(pid)
        if not process or not process.is_alive or process.is_exiting:  # exiting: its mark is gone already
            return pid, False
        return (pid, True) if self._is_marked(pid) else (0, False)

    def find_running(self) -> System:
        """This system with the ports it was started with; unchanged while it does not run."""
        found = self.read_environment() if self.is_running() else {}
        smtp = json.loads(found.get("AIRFLOW_CONN_KYBAOCAO_SMTP", "{}"))
        port = int(found.get("AIRFLOW__API__PORT", self.api_port))
        return replace(self, api_port=port, smtp_port=int(smtp.get("port", self.smtp_port)))

    def start(
        self,
        timeout_seconds: float = 300,
        dags_folder: Path | None = None,
        on_step: OnStep = lambda step: None,
        *,
        is_tied: bool = False,
    ) -> None:
        """Start every component and wait until all are healthy; `on_step` gets each Step, then each that is ready.

        A system that runs already is only waited for. `is_tied`: it stops when this process ends, whatever it ends of.
        Raises PortTakenError, or RuntimeError when it does not become healthy.
        """
        if self.is_running():
            self.wait_until_healthy(timeout_seconds, on_step)
            return
        with self._hold_start():
            self._end_processes(self._find_supervisor()[0])  # a killed supervisor's components would keep the ports
            for port in (self.api_port, self.smtp_port):
                check_port(port)
            on_step(Step.DATABASE)
            self.prepare()
            on_step(Step.COMPONENTS)
            launch(self.config_file, self.environment(dags_folder), is_tied=is_tied)
            self.wait_until_healthy(timeout_seconds, on_step)

    @contextmanager
    def _hold_start(self) -> Iterator[None]:
        """Two commands that start the same system would end each other's processes. Raises RuntimeError."""
        self.airflow_home.mkdir(parents=True, exist_ok=True)
        with (self.airflow_home / "start.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RuntimeError("một lệnh khác đang khởi động hệ thống này") from None
            yield

    def wait_until_healthy(self, timeout_seconds: float, on_step: OnStep = lambda step: None) -> None:
        """Raises RuntimeError: with what is missing and its logs, or when somebody stops the system meanwhile."""
        until = time.monotonic() + timeout_seconds
        ready: set[str] = set()
        has_run = False  # a supervisord that has just been started takes a moment to write its number
        while time.monotonic() < until:
            is_running = self.is_running()
            if has_run and not is_running:
                raise RuntimeError("hệ thống đã bị dừng trong khi khởi động")
            has_run = is_running
            now = self.list_healthy()
            for name in sorted(now - ready):
                on_step(name)
            ready |= now
            if now == AIRFLOW_COMPONENTS:
                return
            time.sleep(0.5)
        missing = ", ".join(sorted(AIRFLOW_COMPONENTS - self.list_healthy()))
        raise RuntimeError(
            f"sau {timeout_seconds:.0f} giây vẫn chưa sẵn sàng: {missing}; nhật ký: {self.airflow_home}/logs-components"
        )

    def list_healthy(self) -> set[str]:
        """The components of Airflow whose heartbeat the API server sees, and itself; empty while it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                health = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return set()
        return {name for name, part in HEALTH.items() if (health.get(part) or {}).get("status") == "healthy"}

    def is_healthy(self) -> bool:
        return self.list_healthy() == AIRFLOW_COMPONENTS

    def list_components(self) -> dict[str, str]:
        """name -> state in supervisord's words; empty while the system does not run."""
        return Supervisor(self._socket).list_components() if self.is_running() else {}

    def restart(self, name: str, timeout_seconds: float = 300) -> None:
        """Stop one component, start it, and wait until the system is healthy. Raises RuntimeError."""
        Supervisor(self._socket).restart(name)
        self.wait_until_healthy(timeout_seconds)

    def stop(self, timeout_seconds: float = 60) -> Stopped:
        """Stop every component; returns when they are gone."""
        states = self.list_components()
        supervisor, was_running = self._find_supervisor()
        if was_running:
            os.kill(supervisor, signal.SIGTERM)
        until = time.monotonic() + timeout_seconds
        while was_running and is_alive(supervisor) and time.monotonic() < until:
            time.sleep(0.1)
        ended = self._end_processes(supervisor, timeout_seconds)
        return Stopped(was_running, states, ended, tuple(self._list_processes(supervisor)))

    def _end_processes(self, supervisor: int, timeout_seconds: float = 60) -> int:
        """End what is left of this system, by force; how many processes that were."""
        until = time.monotonic() + timeout_seconds
        ended: set[int] = set()
        while (left := self._list_processes(supervisor)) and time.monotonic() < until:
            ended.update(left)
            kill(left)
        return len(ended)

    def _list_processes(self, supervisor: int) -> list[int]:
        """Every process of this system: by its environment, or, as titles overwrite that, by its session.

        The supervisor leads a session of its own; its number is not given away while one of its processes lives.
        """

        def is_ours(process: Process) -> bool:
            return self._is_marked(process.pid) or (bool(supervisor) and process.session == supervisor)

        found = (process for process in list_processes().values() if process.is_alive and process.pid != os.getpid())
        return [process.pid for process in found if is_ours(process)]

    def _is_marked(self, pid: int) -> bool:
        return read_environment(pid).get(MARK) == str(self.airflow_home)

    def erase(self) -> None:
        """Remove the data folder of a stopped system (used by the demo, on its own folder only)."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, command: list[str], environment: dict[str, str]) -> None:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, cwd=REPOSITORY, check=False, umask=0o077
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[2:])} thất bại:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def check_port(port: int) -> None:
    """Raises PortTakenError when this machine lets us not listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            raise PortTakenError(port, is_forbidden=isinstance(error, PermissionError)) from None


def is_port_free(port: int) -> bool:
    with suppress(PortTakenError):
        check_port(port)
        return True
    return False


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
