"""SIGKILL to what carries agencies' files: each file is answered once, and nothing of what was killed runs on.

The time is printed, not judged (`pytest -s`); decision 18 has what was measured.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.processes import is_alive, list_session
from kybaocao.embedded.system import System
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.store.database import open_store
from kybaocao.store.outbox import LetterState, list_messages
from tests.airflow.conftest import mails, wait_until
from tests.conftest import CYCLE

pytestmark = pytest.mark.airflow
AGENCIES = ("HHDN", "STC", "STP", "X-03664", "X-04183")


def read_title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def list_judging(api: AirflowApi) -> list[str]:
    """The ids of the tasks that judge a file at this moment; they stand in the titles of their processes."""
    path = f"/api/v2/dags/{CYCLE}/dagRuns/~/taskInstances?task_id=validate&state=running"
    return [task["id"] for task in api.call("GET", path)["task_instances"]]


def is_scheduler(title: str, _judging: list[str]) -> bool:
    return "-m airflow scheduler" in title


def is_worker(title: str, judging: list[str]) -> bool:
    return "LocalExecutor" in title and any(task in title for task in judging)


def is_idle_worker(title: str, _judging: list[str]) -> bool:
    return "LocalExecutor" in title and "<idle>" in title


def is_task(title: str, judging: list[str]) -> bool:
    return "LocalExecutor" not in title and any(task in title for task in judging)


def count_answers(live: Home) -> dict[str, int]:
    return {agency: len(list(live.replies(agency, CYCLE).glob("Phieu-*_*.html"))) for agency in AGENCIES}


def count_mails(live: Home) -> int:
    return len(mails(live, "tiep_nhan")) + len(mails(live, "tra_lai"))


def list_waiting(live: Home) -> list[str]:
    with open_store(live).read() as connection:
        letters = list_messages(connection, CYCLE, (LetterState.PENDING, LetterState.SENDING))
    return [one.message.kind for one in letters]


@pytest.mark.parametrize("is_meant", [is_scheduler, is_worker, is_idle_worker, is_task])
def test_every_file_in_flight_is_answered_once(
    system: System,
    live: Home,
    api: AirflowApi,
    is_meant: Callable[[str, list[str]], bool],
    request: pytest.FixtureRequest,
) -> None:
    wait_until("the announcements", lambda: len(mails(live, "mo_ky")) == len(AGENCIES), 180)
    wait_until("the letters of the tests before", lambda: not list_waiting(live), 180)
    answers, letters = count_answers(live), count_mails(live)
    for number, agency in enumerate(AGENCIES):
        layout = build_layout(find_plan(CYCLE), CYCLE, agency)
        path = live.inbox(agency, CYCLE) / f"{request.node.callspec.id}.xlsx"
        write_form(layout, path, Filler(sum(answers.values()) + number).fill(layout))
    wait_until("a task that judges a file", lambda: list_judging(api), 120)

    titles = {pid: read_title(pid) for pid in list_session(int(system.pid_file.read_text()))}
    judging = list_judging(api)
    killed = [pid for pid, title in titles.items() if is_meant(title, judging)]
    began = time.monotonic()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    def print_time(what: str) -> None:
        print(f"\n{is_meant.__name__}: {what} after {time.monotonic() - began:.0f} s", flush=True)

    wait_until("all answers", lambda: count_answers(live) == {one: number + 1 for one, number in answers.items()}, 300)
    print_time("all answers")
    wait_until("all letters", lambda: count_mails(live) >= letters + len(AGENCIES), 300)
    print_time("all letters")

    assert killed
    carried = [pid for pid, title in titles.items() if is_worker(title, judging) or is_task(title, judging)]
    wait_until("their ends", lambda: not any(is_alive(pid) for pid in (*killed, *carried)) or is_meant is is_task)
    assert count_mails(live) == letters + len(AGENCIES)
    assert count_answers(live) == {one: number + 1 for one, number in answers.items()}
