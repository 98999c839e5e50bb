"""What a running stack must do. Called by run.sh: prove.py probe|cycle ENV_FILE docker compose …; standard library only."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
DAG = "tham_do"
SERVICES = ["api-server", "dag-processor", "mailpit", "postgres", "redis", "scheduler", "triggerer", "watch", "worker"]


class Stack:
    """The stack as an operator meets it: compose, the web address, the mail catcher, the databases."""

    def __init__(self, env_file: str, compose: list[str]) -> None:
        lines = Path(env_file).read_text().splitlines()
        self.env = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        self.compose_command = compose
        self.web = f"http://127.0.0.1:{self.env['KYBAOCAO_PORT']}"
        self.catcher = f"http://127.0.0.1:{self.env['MAILPIT_PORT']}"
        self.token = ""

    def compose(self, *args: str) -> str:
        done = subprocess.run([*self.compose_command, *args], check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{args}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def exec(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command)

    def sql(self, database: str, query: str) -> str:
        return self.exec("postgres", "psql", "-U", "airflow", "-d", database, "-tAc", query).strip()

    def http(self, url: str, body: object = None) -> tuple[int, Json]:
        request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Accept", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, {}

    def api(self, path: str, body: object = None) -> Json:
        status, answer = self.http(f"{self.web}/api/v2{path}", body)
        assert status < 300, (status, path)
        return answer

    def log_in(self, username: str, password: str) -> int:
        self.token = ""
        status, answer = self.http(f"{self.web}/auth/token", {"username": username, "password": password})
        self.token = answer.get("access_token", "")
        return status

    def run_dag(self, dag_id: str, conf: Json | None = None, patience: int = 180) -> Json:
        """Trigger one run through the public API and wait for its end."""
        wait_for(f"DAG {dag_id}", lambda: self.http(f"{self.web}/api/v2/dags/{dag_id}")[0] == 200)
        run = self.api(f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}})
        path = f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}"
        wait_for("the run's end", lambda: self.api(path)["state"] in ("success", "failed"), patience)
        for task in self.api(f"{path}/taskInstances")["task_instances"]:
            if task["state"] == "failed":
                print(self.task_log(path, task["task_id"], task["try_number"], task["map_index"]))
        return {"id": run["dag_run_id"], "path": path, "state": self.api(path)["state"]}

    def task_log(self, run_path: str, task_id: str, attempt: int = 1, map_index: int = -1) -> str:
        lines = self.api(f"{run_path}/taskInstances/{task_id}/logs/{attempt}?map_index={map_index}")["content"]
        return "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)

    def mails(self) -> list[Json]:
        """Every mail caught so far, newest first, in the form of Mailpit's /api/v1/message/ID."""
        listed = self.http(f"{self.catcher}/api/v1/messages?limit=1000")[1]["messages"]
        return [self.http(f"{self.catcher}/api/v1/message/{mail['ID']}")[1] for mail in listed]

    def containers(self) -> list[Json]:
        shown = self.compose("ps", "--all", "--no-trunc", "--format", "json")
        rows = json.loads(shown) if shown.startswith("[") else [json.loads(line) for line in shown.splitlines()]
        return sorted(rows, key=lambda row: row["Service"])


def wait_for(what: str, ready: Callable[[], bool], patience: int = 120) -> float:
    started = time.monotonic()
    while not ready():
        assert time.monotonic() - started < patience, f"waited {patience} s for {what}"
        time.sleep(0.5)
    return time.monotonic() - started


def probe(stack: Stack) -> None:
    with proof("every service is up and healthy; init ended well"):
        found = {row["Service"]: (row["State"], row["Health"], row["ExitCode"]) for row in stack.containers()}
        assert found.pop("init") == ("exited", "", 0), found
        assert found == {name: ("running", "healthy", 0) for name in SERVICES}, found

    with proof("ports are open on 127.0.0.1 only"):
        published = [port for row in stack.containers() for port in row["Publishers"] or [] if port["PublishedPort"]]
        ports = {(port["URL"], port["TargetPort"]) for port in published}
        assert ports == {("127.0.0.1", 8080), ("127.0.0.1", 8025)}, ports

    with proof("the right password opens, anything else does not"):
        assert stack.log_in("admin", "admin") == 401
        assert stack.log_in("admin", "") in (400, 401, 422)
        assert stack.log_in("admin", stack.env["LANHDAO_PASSWORD"]) == 401
        assert stack.http(f"{stack.web}/api/v2/dags")[0] == 401
        assert stack.log_in("lanhdao", stack.env["LANHDAO_PASSWORD"]) == 201
        assert stack.http(f"{stack.web}/api/v2/dags")[0] == 200
        assert stack.log_in("admin", stack.env["ADMIN_PASSWORD"]) == 201
        passwords = stack.exec("api-server", "stat", "-c", "%a %u", "/opt/airflow/auth/passwords.json")
        assert passwords.split() == ["600", "50000"], passwords
        for row in stack.containers():
            assert "Password for user" not in stack.compose("logs", row["Service"]), "a generated password in the log"

    with proof("database and queue refuse a wrong password"):
        knock = "import psycopg2; psycopg2.connect(host='postgres', user='airflow', password='x', dbname='kybaocao')"
        assert refuses(stack, knock, "password authentication failed")
        knock = "import redis; redis.Redis(host='redis', password='x').ping()"
        assert refuses(stack, knock, "AuthenticationError")
        knock = "import redis; redis.Redis(host='redis').ping()"
        assert refuses(stack, knock, "AuthenticationError")

    with proof("a task runs on the Celery worker, waits in the triggerer, and ends"):
        run = stack.run_dag(DAG)
        assert run["state"] == "success", run
        reported = stack.api(f"{run['path']}/taskInstances/probe/xcomEntries/return_value")["value"]
        [worker] = [row["ID"][:12] for row in stack.containers() if row["Service"] == "worker"]
        print("       ", reported)
        assert reported["host"] == worker and reported["uid"] == 50000 and reported["zone"] == "+07", (reported, worker)
        assert not reported["admin_password_here"]
        assert reported["preloaded"] or not (ROOT / "config" / "airflow_local_settings.py").exists(), reported

    with proof("its mail is in the catcher, its row in the store, its file in the data folder, its log on the console"):
        [mail] = [mail for mail in probe_mails(stack) if run["id"] in mail["Subject"]]
        assert mail["From"]["Address"] == stack.env["SMTP_FROM"], mail
        assert mail["To"][0]["Address"] == "so.tai.chinh@example.vn", mail
        assert stack.sql("kybaocao", "SELECT run_id FROM tham_do") == run["id"]
        assert stack.exec("scheduler", "cat", "/data/shared/thăm dò.txt") == run["id"]
        log = stack.task_log(run["path"], "probe")
        assert "Done. Returned value was" in log, log[:1000]

    with proof("no task can change the code it runs"):
        for folder in ("config", "dags", "include/kybaocao", "plugins"):
            test = f"import os; assert not os.access('/opt/airflow/{folder}', os.W_OK)"
            stack.exec("worker", "python", "-c", test)

    with proof("LibreOffice in the worker makes a PDF; Liberation Serif stands in for Times New Roman"):
        print("       ", stack.exec("worker", "bash", "-ec", TO_PDF).strip().replace("\n", "; "))

    with proof("a component that dies comes back, and work goes on"):
        for service in ("scheduler", "worker"):
            print(f"        {service}: healthy again after {restart(stack, service):.0f} s")
        assert stack.run_dag(DAG)["state"] == "success"
        assert len(probe_mails(stack)) == 2

    with proof("database and queue go away for a moment, and work goes on"):
        stack.compose("restart", "postgres", "redis")
        assert stack.run_dag(DAG)["state"] == "success"
        assert len(probe_mails(stack)) == 3

    with proof("a new password in .env holds after `up -d`, the old one no longer"):
        old, stack.env["ADMIN_PASSWORD"] = stack.env["ADMIN_PASSWORD"], "doimatkhau2026"
        rewritten = "".join(f"{name}={value}\n" for name, value in stack.env.items())
        Path(sys.argv[2]).write_text(rewritten)
        stack.compose("up", "-d", "--wait", "--pull", "never", "--no-build")
        assert stack.log_in("admin", old) == 401
        assert stack.log_in("admin", "doimatkhau2026") == 201

    memory(stack)
    subjects = [mail["Subject"] for mail in stack.mails() if not mail["Subject"].startswith("Thăm dò")]
    print(f"mails the cycles wrote meanwhile: {len(subjects)}", *sorted(set(subjects))[:5], sep="\n  ")


def cycle(stack: Stack) -> None:
    """The whole sample season, as `make demo` plays it, on PostgreSQL, Redis and Celery: same figures, every mail caught."""
    passwords = [f"-e{name}={stack.env[name]}" for name in ("ADMIN_PASSWORD", "LANHDAO_PASSWORD", "UBNDTINH_PASSWORD")]
    command = ["python", "-m", "kybaocao", "demo", "--url", "http://api-server:8080"]
    done = subprocess.run(
        [*stack.compose_command, "exec", "-T", "-e", "KYBAOCAO_REPLAY=1", *passwords, "worker", *command], check=False
    )
    assert done.returncode == 0, "the season did not come to the computed figures"
    summary = json.loads(stack.exec("worker", "cat", "/data/summary.json"))
    with proof("the worker ran the tasks, the store is PostgreSQL"):
        assert int(stack.sql("kybaocao", "SELECT count(*) FROM arrivals")) > 90
        assert int(stack.sql("airflow", "SELECT count(*) FROM task_instance WHERE state = 'failed'")) == 0
    with proof(f"{summary['mails_sent']} mails sent, each caught once"):
        caught = [mail["ID"] for mail in stack.mails()]
        assert len(caught) == len(set(caught)) == summary["mails_sent"], (len(caught), summary["mails_sent"])
    memory(stack)


TO_PDF = """
cd "$(mktemp -d)"; echo 'Kỳ báo cáo: Sở Tài chính, tỉnh Sơn La, ễ ự ẵ ọ' >thu.txt
HOME=$PWD timeout 120 soffice --headless --convert-to pdf thu.txt >/dev/null 2>&1
stat -c '%n %s bytes' thu.pdf; fc-match 'Times New Roman'
"""


def probe_mails(stack: Stack) -> list[Json]:
    """The probe's mails only: the cycles run by their own timetable meanwhile, and write mails of their own."""
    return [mail for mail in stack.mails() if mail["Subject"].startswith("Thăm dò")]


def refuses(stack: Stack, python: str, because: str) -> bool:
    try:
        stack.exec("worker", "python", "-c", python)
    except AssertionError as error:
        return because in str(error)
    return False


def restart(stack: Stack, service: str) -> float:
    """End a component from inside, as a crash would, and wait until the engine has brought it back."""
    [container] = [row["ID"] for row in stack.containers() if row["Service"] == service]
    state = ["docker", "inspect", "-f", "{{.RestartCount}} {{.State.Health.Status}}", container]
    stack.exec(service, "bash", "-c", "kill -TERM 1")
    return wait_for(f"{service} again", lambda: subprocess.check_output(state, text=True) == "1 healthy\n", 180)


def memory(stack: Stack) -> None:
    ids = [row["ID"] for row in stack.containers() if row["State"] == "running"]
    columns = "{{.Name}}\t{{.MemUsage}}\t{{.CPUPerc}}"
    print(subprocess.check_output(["docker", "stats", "--no-stream", "--format", columns, *ids], text=True))


class proof:  # noqa: N801 - reads as a verb: with proof("…"):
    """Prints what is being proved, and how long it took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.started = time.monotonic()

    def __exit__(self, kind: object, *_: object) -> None:
        print(f"{'FAIL' if kind else 'ok  '} {time.monotonic() - self.started:6.1f} s  {self.what}", flush=True)


if __name__ == "__main__":
    name, env_file, *compose = sys.argv[1:]
    {"probe": probe, "cycle": cycle}[name](Stack(env_file, compose))
