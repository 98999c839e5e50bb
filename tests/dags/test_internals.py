"""What of Airflow we lean on beyond its public interface (decision 17): listed, there, and held by tests."""

from __future__ import annotations

import ast
import importlib
import json
import re
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from airflow.executors.local_executor import LocalExecutor
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from kybaocao.adapters.executor import ResumingLocalExecutor, WorkerKilledError
from kybaocao.adapters.smtp import CONNECTION, open_smtp
from kybaocao.store.outbox import Message
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "adr" / "0017-what-of-airflow-we-lean-on.md").read_text(encoding="utf-8")
PUBLIC = re.compile(
    r"airflow\.(sdk|configuration|timetables\..*|triggers\..*|plugins_manager|providers\.[a-z]+\.(hooks|operators)\..*)"
)
FOLDERS = ("include/kybaocao", "plugins", "config", "dags")


def list_imports() -> set[str]:
    """The modules of Airflow that our code imports, wherever in a file."""
    found = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "airflow":
                    found.add(str(node.module))
    return found


def list_tests(page: str) -> list[tuple[str, str]]:
    """(file, function) of every test that a page names."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)


def test_every_module_that_is_not_public_is_listed() -> None:
    imported = list_imports()
    assert len(imported) > 10
    assert [one for one in sorted(imported) if not PUBLIC.fullmatch(one) and f"`{one}" not in PAGE] == []


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (SmtpHook, ("_build_mime_message", "smtp_retry_limit", "smtp_password", "send_email_smtp", "get_conn")),
        (HITLOperator, ("execute_complete", "validate_params_input")),
        (RuntimeTaskInstance, ("get_dr_count", "get_task_states")),
        (LocalExecutor, ("_get_workloads_to_schedule", "_process_workloads", "_check_workers", "end", "sync")),
    ],
)
def test_what_is_overridden_or_called_is_there(owner: type, names: tuple[str, ...]) -> None:
    """A method that Airflow renames would be overridden for nobody."""
    assert [name for name in names if not hasattr(owner, name)] == []


def test_every_test_that_the_list_names_exists() -> None:
    """And no line is without one."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| internal")]
    missing = [
        name for path, name in list_tests(PAGE) if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert (missing, [line for line in lines if not list_tests(line)]) == ([], [])


def test_everything_that_is_loaded_beforehand_is_there() -> None:
    """A module that moved would only make every task slower, and nobody would see it."""
    tree = ast.parse((ROOT / "config" / "airflow_local_settings.py").read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    named = next(ast.literal_eval(node.value) for node in assigned if ast.unparse(node.targets[0]) == "PRELOADED")
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_a_resumed_task_waits_for_its_first_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs is remembered and not begun a second time; what else waits is."""
    waiting = [("asks", "workload of asks"), ("sends", "workload of sends")]
    monkeypatch.setattr(LocalExecutor, "_get_workloads_to_schedule", lambda self, slots: waiting[:slots])
    executor = ResumingLocalExecutor(parallelism=4)
    executor.running.add("asks")
    assert executor._get_workloads_to_schedule(4) == waiting[1:]


def test_a_killed_worker_ends_the_scheduler_at_once() -> None:
    """It held the lock of the queue: the other workers would never get a task again, and `end` would wait for them."""
    executor = ResumingLocalExecutor(parallelism=2)
    executor.start()
    workers = list(executor.workers.values())
    try:
        workers[0].kill()
        workers[0].join()
        with pytest.raises(WorkerKilledError, match="-9"):
            executor.sync()
        executor.end()
        workers[1].join(10)
        assert workers[1].exitcode == -signal.SIGKILL
    finally:
        workers[1].kill()


def test_the_hook_repeats_nothing_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that breaks off at once sees one attempt, whatever the connection says of repetitions."""
    extra = {"from_email": "a@sonla.example.vn", "disable_tls": True, "disable_ssl": True, "retry_limit": 5}
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings: dict[str, Any] = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.getsockname()[1]}
        monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", json.dumps(settings | {"extra": extra}))

        def break_off() -> None:
            server.settimeout(2)
            try:
                while True:
                    server.accept()[0].close()
                    calls.append(1)
            except TimeoutError:
                return

        thread = threading.Thread(target=break_off)
        thread.start()
        message = Message("k", "c", "thu", ("a@x.vn",), "Thư", "<p>Thư</p>", "Thư")
        with pytest.raises(OSError, match="connect"), open_smtp(tmp_path, "a@x.vn") as connect:
            connect().send(message)
        thread.join()
    assert len(calls) == 1
