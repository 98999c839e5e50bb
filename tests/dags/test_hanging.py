"""A task that hangs: stopped wherever it waits, with a sentence of ours."""

from __future__ import annotations

import itertools
import re
import subprocess
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from kybaocao.adapters import tasks
from kybaocao.adapters.hanging import HangingTaskError, name_hanging
from kybaocao.store.database import Store
from tests.conftest import CYCLE
from tests.store.conftest import postgres, store  # noqa: F401 - fixtures


def hang(wait: Callable[[], object]) -> str:
    """What a task says that Airflow stops after half a second, as it does in a worker."""
    with pytest.raises(HangingTaskError) as caught, timeout(0.5):
        name_hanging(wait)()
    return str(caught.value)


@pytest.mark.parametrize(
    "wait",
    [
        lambda: time.sleep(60),
        lambda: subprocess.run(["sleep", "60"], check=False),
        lambda: all(number >= 0 for number in itertools.count()),
    ],
    ids=["sleeps", "waits for a process", "computes"],
)
def test_a_task_that_hangs_says_so_in_our_words(wait: Callable[[], object]) -> None:
    """Airflow's own is "Timeout, PID: 4711"."""
    said = hang(wait)
    assert said.startswith("Tác vụ chạy quá thời gian cho phép mà chưa xong") and "PID" not in said


def test_a_task_that_waits_for_a_lock_says_where(store: Store) -> None:  # noqa: F811
    """The innermost line of ours. PostgreSQL's driver would wait in C, where no signal is heard."""
    with store.exclusive("x"):
        said = hang(lambda: store.exclusive("x").__enter__())
    with store.exclusive("x"), store.read():  # nothing is left behind
        assert re.search(r"lúc đó đang ở bước store/database\.py, dòng \d+\.", said)


def test_another_error_stays_what_it_is() -> None:
    """Only what Airflow stops is named anew."""

    @name_hanging
    def fail() -> None:
        raise AirflowException("đĩa đầy")

    with pytest.raises(AirflowException, match="đĩa đầy"):
        fail()


@pytest.mark.parametrize(
    "name",
    [
        "open_pass",
        "collect",
        "validate",
        "aggregate",
        "escalate",
        "deliver_mail",
        "compile_report",
        "publish_to_so_tai_chinh",
        "submit_to_ubnd_tinh",
        "publish_to_bo_tai_chinh",
    ],
)
def test_every_task_is_watched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it hangs."""

    def stop(*_: object, **__: object) -> None:
        raise AirflowTaskTimeout("Timeout, PID: 1")

    monkeypatch.setattr(tasks, "find_plan", stop)
    monkeypatch.setattr(tasks.Pass, "begin", stop)
    opened = {"cycle": CYCLE, "as_of": "2026-12-01T08:00+07:00", "is_replay": True}
    decision = {"is_approved": True, "decided_at": "2026-12-01T08:00+07:00", "version": 1}
    known = {
        "opened": opened,
        "agencies": ["STC"],
        "cycle": CYCLE,
        "snapshot": 1,
        "is_asked": "",
        "version": 1,
        "dag_run": SimpleNamespace(conf={}),
    }
    task = getattr(tasks, name)
    arguments = {key: value for key, value in (known | {"decision": decision}).items() if key in _list_arguments(task)}
    with pytest.raises(HangingTaskError):
        task(**arguments)


def _list_arguments(task: Callable[..., object]) -> set[str]:
    code = task.__wrapped__.__code__  # type: ignore[attr-defined]
    return set(code.co_varnames[: code.co_argcount])
