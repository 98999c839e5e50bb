"""The embedded system: real Airflow on one machine, without any server to install.

SQLite, LocalExecutor and a local mail sink, every component under supervisord, which restarts what falls.
Secrets are made on first start and kept in the data folder, readable by its owner only.
"""

from __future__ import annotations

import configparser
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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
COMPONENTS = ("thu", "giam-sat", "api-server", "scheduler", "dag-processor", "triggerer")
AUTH_MANAGER = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
USERS = {"vanhanh": "admin", "lanhdao": "user"}
# Stands in the environment of every process of a system, so that stopping it misses none.
MARK = "KYBAOCAO_SYSTEM"
# A task mostly waits for the API server, so more workers than cores is faster; beyond this it only costs memory.
PARALLELISM = 16


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
        self.config_file.touch(mode=0o600)
        self.config_file.write_text(self._supervisor_config())
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
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
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
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
            "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
            "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PYTHONPATH"))}
        return inherited | settings

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
        if is_alive:
            with suppress(OSError):
                lines = Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
                return dict(line.split("=", 1) for line in lines if "=" in line)
        prepared = (self.airflow_home / name for name in ("secrets.json", "passwords.json"))
        return self.environment() if all(path.is_file() for path in prepared) else {}

    def _supervisor_config(self) -> str:
        logs = self.airflow_home / "logs-components"
        logs.mkdir(mode=0o700, exist_ok=True)
        commands = {
            "thu": f"{sys.executable} -m kybaocao.embedded.sink --port {self.smtp_port} --folder {self.home / 'mail'}",
            "giam-sat": f"{sys.executable} -m kybaocao watch",
            **{name: f"{sys.executable} -m airflow {name}" for name in COMPONENTS[2:]},
        }
        # The log servers of Airflow 3.3 listen on every address and cannot be told otherwise. The API server reads
        # the same files from the disk.
        for name in ("scheduler", "triggerer"):
            commands[name] += " --skip-serve-logs"
        lines = [
            "[supervisord]",
            f"logfile={logs / 'supervisord.log'}",
            f"pidfile={self.pid_file}",
            f"childlogdir={logs}",
            "umask=077",
            "[unix_http_server]",
            f"file={self._socket}",
            "chmod=0700",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for number, (name, command) in enumerate(commands.items()):
            lines += [
                f"[program:{name}]",
                f"command={command}",
                f"directory={REPOSITORY}",
                f"priority={number}",
                # Tasks, which the scheduler runs, write into the agencies' folders.
                f"umask={'022' if name == 'scheduler' else '077'}",
                "autorestart=true",
                "startretries=20",
                "stopasgroup=true",
                "killasgroup=true",
                "stopwaitsecs=20",
                f"stdout_logfile={logs / (name + '.log')}",
                "redirect_stderr=true",
                "stdout_logfile_maxbytes=20MB",
                "stdout_logfile_backups=2",
            ]
        return "\n".join(lines) + "\n"

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
        if not _is_alive(pid) or _is_exiting(pid):  # an exiting process has lost its environment, hence its mark
            return pid, False
        return (pid, True) if self._is_marked(pid) else (0, False)

    def start(self, timeout_seconds: float = 180, dags_folder: Path | None = None) -> None:
        """Start every component and wait until the API answers. Raises RuntimeError when it does not."""
        if self.is_running():
            return
        for port in (self.api_port, self.smtp_port):
            if not is_port_free(port):
                raise RuntimeError(f"cổng {port} đang có chương trình khác dùng (port {port} is taken)")
        self.prepare()
        subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.config_file)],
            env=self.environment(dags_folder),
            check=True,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            umask=0o077,
        )
        self.wait_until_healthy(timeout_seconds)

    def wait_until_healthy(self, timeout_seconds: float) -> None:
        until = time.monotonic() + timeout_seconds
        while time.monotonic() < until:
            if self.is_healthy():
                return
            time.sleep(0.5)
        raise RuntimeError(
            f"Airflow chưa sẵn sàng sau {timeout_seconds:.0f} giây; xem {self.airflow_home}/logs-components"
        )

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                health = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def stop(self, timeout_seconds: float = 60) -> None:
        """Stop every component; returns when they are gone."""
        supervisor, is_alive = self._find_supervisor()
        if is_alive:
            os.kill(supervisor, signal.SIGTERM)
        until = time.monotonic() + timeout_seconds
        while self.is_running() and time.monotonic() < until:
            time.sleep(0.2)
        # What a killed scheduler left behind (its log server, its workers) is nobody's child any more.
        until = time.monotonic() + timeout_seconds
        while (left := self._list_processes(supervisor)) and time.monotonic() < until:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)  # a kill is a request: the process goes when it is next scheduled

    def _list_processes(self, supervisor: int) -> list[int]:
        """Every process of this system: by its environment, or, as titles overwrite that, by its session.

        The supervisor leads a session of its own; its number is not given away while one of its processes lives.
        """
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [
            pid
            for pid in pids
            if pid != os.getpid()
            and (self._is_marked(pid) or (supervisor and _find_session(pid) == supervisor))
            and _is_alive(pid)
        ]

    def _is_marked(self, pid: int) -> bool:
        with suppress(OSError):
            return f"{MARK}={self.airflow_home}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        return False

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


def _read_state(pid: int) -> list[str]:
    """State, parent, group, session, … of a process; nothing when there is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _is_alive(pid: int) -> bool:
    return _read_state(pid)[:1] not in ([], ["Z"])


def _is_exiting(pid: int) -> bool:
    return bool(int((_read_state(pid) or "0000000")[6]) & 4)  # PF_EXITING, linux/sched.h


def _find_session(pid: int) -> int:
    return int((_read_state(pid) or "0000")[3])


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
