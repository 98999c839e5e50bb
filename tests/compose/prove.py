"""What a running stack must do. Called by run.sh: prove.py WHAT SCRATCH_FOLDER docker compose …; standard library only."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
DAG = "tham_do"
AIRFLOW = ["api-server", "dag-processor", "scheduler", "triggerer", "watch", "worker"]
SERVICES = sorted([*AIRFLOW, "mailpit", "postgres", "redis"])
# Named people, as the handbook has them made: account, role, and the e-mail that Airflow asks for.
PEOPLE = {"lanhdao": "LanhDao", "ubndtinh": "LanhDao", "lo.thi.huong": "VanHanh", "thanhtra": "KiemTra"}


class Stack:
    """The stack as an operator meets it: compose, the web address, the mail catcher, the databases."""

    def __init__(self, scratch: Path, compose: list[str]) -> None:
        self.scratch = scratch
        lines = (scratch / "env").read_text().splitlines()
        self.env = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        self.compose_command = compose
        self.web = f"http://127.0.0.1:{self.env['KYBAOCAO_PORT']}"
        self.catcher = f"http://127.0.0.1:{self.env['MAILPIT_PORT']}"
        self.token = ""
        self.passwords: dict[str, str] = {}
        if (scratch / "secrets").is_dir():
            self.passwords["admin"] = self.secret("admin_password")

    def secret(self, name: str) -> str:
        return (self.scratch / "secrets" / name).read_text()

    def add_people(self) -> None:
        """As the handbook says; each with a password of its own."""
        for user, role in PEOPLE.items():
            self.passwords[user] = f"Kbc-{secrets.token_hex(8)}"
            name = ["-f", "Người", "-l", user, "-e", f"{user}@example.vn"]
            self.exec(
                "api-server", "airflow", "users", "create", "-u", user, "-r", role, *name, "-p", self.passwords[user]
            )

    def compose(self, *args: str) -> str:
        done = subprocess.run([*self.compose_command, *args], check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{args}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def exec(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command)

    def fails(self, service: str, *command: str) -> str:
        """What a command says that must not succeed."""
        done = subprocess.run(
            [*self.compose_command, "exec", "-T", service, *command], check=False, capture_output=True, text=True
        )
        assert done.returncode != 0, f"{service}: {command} succeeded"
        return done.stdout + done.stderr

    def reaches(self, service: str, host: str, port: int) -> bool:
        knock = f"import socket; socket.create_connection(('{host}', {port}), 5)"
        done = subprocess.run(
            [*self.compose_command, "exec", "-T", service, "python", "-c", knock], check=False, capture_output=True
        )
        return done.returncode == 0

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

    def log_in(self, username: str, password: str | None = None) -> int:
        self.token, password = "", self.passwords[username] if password is None else password
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

    with proof("every container is confined"):
        for row in stack.containers():
            found = json.loads(subprocess.check_output(["docker", "inspect", row["ID"]]))[0]
            host, name = found["HostConfig"], row["Service"]
            assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["CapAdd"], name
            assert host["SecurityOpt"] == ["no-new-privileges:true"] and host["PidsLimit"] > 0, (name, host)
            held = " ".join(found["Config"]["Env"] or [])
            for secret in (stack.scratch / "secrets").iterdir():
                assert not (value := secret.read_text()) or value not in held, (name, secret.name)
        for service in AIRFLOW:
            status = stack.exec(service, "cat", "/proc/1/status")
            assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, status
            assert "Read-only file system" in stack.fails(service, "touch", "/opt/airflow/dags/x.py", "/opt/airflow/x")

    with proof("who needs no mail server and no queue does not reach them, and has no secret of theirs"):
        for service in ("api-server", "scheduler", "triggerer"):
            assert not stack.reaches(service, "mailpit", 1025), service
        for service in ("api-server", "dag-processor", "triggerer"):
            assert not stack.reaches(service, "redis", 6379), service
        assert "No such file" in stack.fails("watch", "cat", "/run/secrets/redis_password")
        assert stack.reaches("worker", "mailpit", 1025) and stack.reaches("worker", "redis", 6379)
        for service in AIRFLOW:
            assert "No such file" in stack.fails(service, "cat", "/run/secrets/postgres_password"), service
        assert "No such file" in stack.fails("worker", "cat", "/run/secrets/airflow_jwt_secret")

    with proof("the role that runs all day cannot change a table"):
        for url in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "KYBAOCAO_DB_URL"):
            for statement in (
                "CREATE TABLE x (a int)",
                "DROP TABLE audit",
                "DROP TABLE dag_run",
                "TRUNCATE alembic_version",
            ):
                refused = stack.fails("watch", "python", "-c", KNOCK, url, statement)
                assert "permission denied" in refused or "must be owner" in refused or "not exist" in refused, refused

    stack.add_people()
    with proof("the right password opens, anything else does not"):
        assert stack.log_in("admin", "admin") == 401
        assert stack.log_in("admin", "") in (400, 401, 422)
        assert stack.log_in("lanhdao", stack.passwords["admin"]) == 401
        assert stack.http(f"{stack.web}/api/v2/dags")[0] == 401
        for user in stack.passwords:
            assert stack.log_in(user) == 201, user
            assert stack.http(f"{stack.web}/api/v2/dags")[0] == 200, user
        for row in stack.containers():
            logged = stack.compose("logs", row["Service"])
            assert not any(value in logged for value in stack.passwords.values()), row["Service"]

    with proof("a role may do what it is for, in Airflow and in the console"):
        for user, role in {"admin": "Admin", **PEOPLE}.items():
            assert stack.log_in(user) == 201
            console, _ = stack.http(f"{stack.web}/kybaocao/api/v1/cycles")
            users, _ = stack.http(f"{stack.web}/auth/fab/v1/users")
            trigger, _ = stack.http(f"{stack.web}/api/v2/dags/khong-co/dagRuns", {"logical_date": None})
            act, _ = stack.http(f"{stack.web}/kybaocao/ky/nq02-2026-ky2/thu/1/gui-lai", {})
            print("       ", user, role, "console", console, "accounts", users, "trigger", trigger, "act", act)
            assert console != 403, user
            assert (users == 403) == (role != "Admin"), user
            assert (trigger == 403) == (role in ("LanhDao", "KiemTra")), user

    with proof("passwords cannot be tried without end"):
        assert [stack.log_in("thanhtra", f"sai{number}") for number in range(6)] == [401] * 5 + [429]
        assert stack.log_in("admin") == 201

    with proof("database and queue refuse a wrong password"):
        knock = "import psycopg2; psycopg2.connect(host='postgres', user='airflow', password='x', dbname='kybaocao')"
        assert refuses(stack, knock, "password authentication failed")
        knock = "import redis; redis.Redis(host='redis', password='x').ping()"
        assert refuses(stack, knock, "AuthenticationError")
        knock = "import redis; redis.Redis(host='redis').ping()"
        assert refuses(stack, knock, "AuthenticationError")

    with proof("a task runs on the Celery worker, waits in the triggerer, and ends"):
        stack.sql("kybaocao", "CREATE TABLE tham_do (run_id text)")  # as the owner: the task could not
        run = stack.run_dag(DAG)
        assert run["state"] == "success", run
        reported = stack.api(f"{run['path']}/taskInstances/probe/xcomEntries/return_value")["value"]
        [worker] = [row["ID"][:12] for row in stack.containers() if row["Service"] == "worker"]
        print("       ", reported)
        assert reported["host"] == worker and reported["uid"] == 50000 and reported["zone"] == "+07", (reported, worker)
        assert reported["secrets_here"] == [], reported
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

    with proof("a new password of the database holds after `up -d`, the old one no longer"):
        for name in ("kybaocao_db_password", "airflow_db_password"):
            path = stack.scratch / "secrets" / name
            path.unlink()
            path.write_text(secrets.token_hex(24))
            path.chmod(0o444)
        stack.compose("run", "--rm", "-T", "init")
        stack.compose("up", "-d", "--force-recreate", "--wait", "--pull", "never", "--no-build", "--no-deps", *AIRFLOW)
        assert stack.log_in("admin") == 201
        assert stack.run_dag(DAG)["state"] == "success"

    memory(stack)
    subjects = [mail["Subject"] for mail in stack.mails() if not mail["Subject"].startswith("Thăm dò")]
    print(f"mails the cycles wrote meanwhile: {len(subjects)}", *sorted(set(subjects))[:5], sep="\n  ")


KNOCK = """
import sys
from sqlalchemy import create_engine, text
from airflow.configuration import conf
from kybaocao.home import Home
url = Home.from_environment().store_url if sys.argv[1] == "KYBAOCAO_DB_URL" else conf.get("database", "sql_alchemy_conn")
with create_engine(url).begin() as connection:
    connection.execute(text(sys.argv[2]))
"""


def cycle(stack: Stack) -> None:
    """The whole sample season, as `make demo` plays it, on PostgreSQL, Redis and Celery: same figures, every mail caught."""
    stack.add_people()
    command = ["python", "-m", "kybaocao", "demo", "--url", "http://api-server:8080"]
    started = time.monotonic()
    done = subprocess.run([*stack.compose_command, *play(stack, *command)], check=False)
    (stack.scratch / "seconds").write_text(f"{time.monotonic() - started:.0f}\n")
    assert done.returncode == 0, "the season did not come to the computed figures"
    with proof("the worker ran the tasks, the store is PostgreSQL"):
        assert int(stack.sql("kybaocao", "SELECT count(*) FROM arrivals")) > 90
        assert int(stack.sql("airflow", "SELECT count(*) FROM task_instance WHERE state = 'failed'")) == 0
    assert check_mails(stack) == []
    with proof("the watch says nothing of a stack that is well"):
        assert "không trả lời" not in stack.compose("logs", "watch")
    memory(stack)


def play(stack: Stack, *command: str) -> list[str]:
    """What compose is asked, for a command in `watch`, which knows the passwords of three people."""
    passwords = [f"-e{user.upper()}_PASSWORD={stack.passwords[user]}" for user in ("admin", "lanhdao", "ubndtinh")]
    return ["exec", "-T", "-e", "KYBAOCAO_REPLAY=1", *passwords, "watch", *command]


def check_mails(stack: Stack) -> list[str]:
    """The subjects of what is no letter of a pass: alarms of the watch, which go past the outbox."""
    summary = json.loads(stack.exec("watch", "cat", "/data/summary.json"))
    letters = {one.strip("<>") for one in stack.sql("kybaocao", "SELECT message_id FROM outbox").split()}
    with proof(f"{summary['mails_sent']} mails sent, each caught once"):
        mails = stack.mails()
        caught = Counter(mail["MessageID"].strip("<>") for mail in mails)
        assert {name: count for name, count in caught.items() if count > 1} == {}
        ours = len(letters & caught.keys())
        assert ours == summary["mails_sent"], (ours, summary["mails_sent"])
    return [mail["Subject"] for mail in mails if mail["MessageID"].strip("<>") not in letters]


# --- the disturbed season -------------------------------------------------------------------------------------------


def season(stack: Stack) -> None:
    """The season while the stack around it breaks; then backup, nothing left, and everything back."""
    stack.add_people()
    seconds = play_disturbed(stack)
    with proof(f"every disturbance took place, the figures are the computed ones ({seconds:.0f} s)"):
        summary = json.loads(stack.exec("watch", "cat", "/data/summary.json"))
        assert summary["agrees_with_independent_computation"]
    print("        alarms of the watch:", check_mails(stack))
    back_up_and_restore(stack)
    memory(stack)


def play_disturbed(stack: Stack) -> float:
    """Pass by pass, each of the first with a disturbance of its own; returns how long the season took."""
    waits = [threading.Thread(target=lambda: None)]
    disturbances: dict[int, tuple[str, Callable[[], object]]] = {
        2: (
            "workers 1 → 3",
            lambda: stack.compose("up", "-d", "--no-recreate", "--no-deps", "--scale", "worker=3", "worker"),
        ),
        3: ("kill -9 in a worker", lambda: kill_worker(stack)),
        4: ("PostgreSQL restarts", lambda: stack.compose("restart", "postgres")),
        5: (f"Redis away for {REDIS_AWAY} s", lambda: stop_for(stack, "redis", REDIS_AWAY)),
        6: (f"mail server away for {MAIL_AWAY} s", lambda: part_for(stack, "mailpit", "mail", MAIL_AWAY)),
    }
    started = time.monotonic()
    command = [*stack.compose_command, *play(stack, "python", "/opt/airflow/player.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout
        begun = 0
        for line in player.stdout:
            print(f"[{time.monotonic() - started:5.0f} s] {line}", end="", flush=True)
            if line.startswith("begins "):
                begun += 1
                if begun in disturbances:
                    name, disturb = disturbances.pop(begun)
                    waits += [threading.Thread(target=disturb_later, args=(name, disturb, started))]
                    waits[-1].start()
    for wait in waits[1:]:
        wait.join()
    assert player.returncode == 0, "the season did not come to the computed figures"
    assert not disturbances and not FAILED, (list(disturbances), FAILED)
    return time.monotonic() - started


FAILED: list[str] = []
REDIS_AWAY, MAIL_AWAY = int(os.environ.get("REDIS_AWAY") or 60), int(os.environ.get("MAIL_AWAY") or 600)


def disturb_later(name: str, disturb: Callable[[], object], started: float) -> None:
    """Some seconds into the pass, when its tasks run."""
    time.sleep(4)
    print(f"[{time.monotonic() - started:5.0f} s]     >>> {name}", flush=True)
    try:
        disturb()
        print(f"[{time.monotonic() - started:5.0f} s]     <<< {name}: over", flush=True)
    except BaseException as error:
        FAILED.append(f"{name}: {error}")


def kill_worker(stack: Stack) -> None:
    """Every process of one worker at once, from within; the engine starts it again."""
    worker = next(row["ID"] for row in stack.containers() if row["Service"] == "worker")
    subprocess.run(["docker", "exec", worker, "bash", "-c", "kill -9 -1"], check=False)
    count = ["docker", "inspect", "-f", "{{.RestartCount}}", worker]
    wait_for("the killed worker", lambda: int(subprocess.check_output(count, text=True)) > 0)


def stop_for(stack: Stack, service: str, seconds: float) -> None:
    stack.compose("stop", service)
    time.sleep(seconds)
    stack.compose("start", service)


def part_for(stack: Stack, service: str, network: str, seconds: float) -> None:
    """Out of a network and back: the service keeps what it holds in memory."""
    [container] = [row["ID"] for row in stack.containers() if row["Service"] == service]
    networks = json.loads(subprocess.check_output(["docker", "inspect", container]))[0]["NetworkSettings"]["Networks"]
    [name] = [one for one in networks if one.endswith(f"_{network}")]
    subprocess.run(["docker", "network", "disconnect", name, container], check=True)
    time.sleep(seconds)
    subprocess.run(["docker", "network", "connect", "--alias", service, name, container], check=True)


# --- backup, restore, upgrade ---------------------------------------------------------------------------------------

# What a restore must give back row by row; `audit` up to the last row that was there.
KEPT = (
    "arrivals",
    "steps",
    "outbox",
    "deliveries",
    "snapshots",
    "report_versions",
    "publications",
    "granted_decisions",
)


PUBLISHED = "SELECT version, release, content_checksum FROM publications ORDER BY cycle, version, release"


def take_digests(stack: Stack, last: int | None = None) -> dict[str, str]:
    """Table -> rows and MD5 over all of them, by PostgreSQL itself; `audit` up to that row."""
    last = int(stack.sql("kybaocao", "SELECT max(id) FROM audit")) if last is None else last
    found = {"last": str(last)}
    for table in (*KEPT, "audit"):
        limit = f"WHERE id <= {last}" if table == "audit" else ""
        line = f"SELECT count(*) || ' ' || coalesce(md5(string_agg(r::text, '|' ORDER BY r::text)), '') FROM {table} r {limit}"
        found[table] = stack.sql("kybaocao", line)
    return found


def back_up_and_restore(stack: Stack) -> None:
    with proof("backup: store, files, Airflow's own database"):
        stack.compose("stop", "scheduler", "worker", "triggerer", "dag-processor")
        before = take_digests(stack)
        published = stack.sql("kybaocao", PUBLISHED)
        stack.exec("watch", "python", "-m", "kybaocao", "backup", "/data/sao-luu")
        copy = stack.scratch / "backup"
        copy.mkdir()
        pack(stack, "watch", "/data", ["sao-luu", "shared", "so_ghi"], copy / "data.tar")
        with open(copy / "airflow.dump", "wb") as file:
            dump = ["exec", "-T", "postgres", "pg_dump", "-U", "airflow", "-Fc", "airflow"]
            subprocess.run([*stack.compose_command, *dump], check=True, stdout=file)
        print("       ", {path.name: path.stat().st_size for path in copy.iterdir()}, before)

    with proof("everything deleted; into empty volumes as the handbook says"):
        stack.compose("down", "--volumes", "--timeout", "15")
        stack.compose("up", "-d", "--wait", "--pull", "never", "--no-build", "postgres", "redis")
        stack.compose("run", "--rm", "-T", "init")
        with open(copy / "data.tar", "rb") as file:
            unpack = ["run", "--rm", "-T", "init", "bash", "-euc", "tar -C /data -x -f -"]  # not `tar`: `airflow tar`
            subprocess.run([*stack.compose_command, *unpack], check=True, stdin=file)
        restore = 'python -m kybaocao restore /data/sao-luu/kybaocao-* --by "Lò Thị Hương" --reason "Máy mới"'
        print(stack.compose("run", "--rm", "-T", "init", "bash", "-euc", restore))
        said = stack.compose("run", "--rm", "-T", "init", "python", "-m", "kybaocao", "reconcile")
        assert "khớp với sổ ghi" in said, said  # the journal was copied with the store: nothing is to be decided
        with open(copy / "airflow.dump", "rb") as file:
            load = ["exec", "-T", "postgres", "pg_restore", "-U", "airflow", "-d", "airflow", "--clean", "--if-exists"]
            subprocess.run([*stack.compose_command, *load, "--exit-on-error"], check=True, stdin=file)
        stack.compose("up", "-d", "--wait", "--pull", "never", "--no-build")

    with proof("the same rows, the same figures, the same audit trail; `verify` agrees; people log in as before"):
        after = take_digests(stack, int(before["last"]))
        assert after == before, {name: (before[name], after[name]) for name in before if before[name] != after[name]}
        assert stack.sql("kybaocao", PUBLISHED) == published
        print("       ", stack.exec("watch", "python", "-m", "kybaocao", "verify").strip())
        for user in stack.passwords:
            assert stack.log_in(user) == 201, user


def restore(stack: Stack) -> None:
    """Backup, nothing left, and everything back, after one pass: what `season` ends with, without the season."""
    stack.add_people()
    data(stack)
    back_up_and_restore(stack)


def pack(stack: Stack, service: str, root: str, names: list[str], target: Path) -> None:
    with open(target, "wb") as file:
        command = [*stack.compose_command, "exec", "-T", service, "tar", "-C", root, "-c", "-f", "-", *names]
        subprocess.run(command, check=True, stdout=file)


PASS = ["python", "-m", "kybaocao", "pass", "--cycle", "nq02-2026-ky2", "--deliver", "--as-of"]


def data(stack: Stack) -> None:
    """An earlier version: forms handed out, letters sent; what it then holds is written down."""
    with proof("the earlier version issues forms and writes letters"):
        stack.compose("exec", "-T", "-e", "KYBAOCAO_REPLAY=1", "worker", *PASS, "2026-11-16T08:00")
        found = take_digests(stack) | {"mails": str(len(stack.mails()))}
        assert int(found["outbox"].split()[0]) > 50, found
        (stack.scratch / "before.json").write_text(json.dumps(found))
        print("       ", found)


def upgraded(stack: Stack) -> None:
    """The same data under this version; it goes on, and nothing is sent again."""
    before = json.loads((stack.scratch / "before.json").read_text())
    with proof("nothing of the earlier version's data has changed"):
        after = take_digests(stack, int(before["last"]))
        wrong = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
        assert wrong == {}, wrong
        print("       ", stack.exec("watch", "python", "-m", "kybaocao", "verify").strip())
    with proof("accounts are named now; a pass of the next day goes on, and sends nothing again"):
        assert stack.log_in("admin") == 201
        stack.compose("exec", "-T", "-e", "KYBAOCAO_REPLAY=1", "worker", *PASS, "2026-11-17T08:00")
        caught = Counter(mail["MessageID"] for mail in stack.mails())
        assert {name: count for name, count in caught.items() if count > 1} == {}
        print("       ", before["mails"], "mails before, now", len(caught))


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
    name, scratch, *compose = sys.argv[1:]
    todo = {"probe": probe, "cycle": cycle, "season": season, "restore": restore, "data": data, "upgraded": upgraded}
    todo[name](Stack(Path(scratch), compose))
