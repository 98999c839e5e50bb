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
from kybaocao.embedded.processes import is_alive, list_session
from kybaocao.embedded.system import System
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from tests.airflow.conftest import mails, wait_until
from tests.conftest import CYCLE

pytestmark = pytest.mark.airflow
AGENCIES = ("HHDN", "STC", "STP", "X-03664", "X-04183")


def read_title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def is_scheduler(title: str) -> bool:
    return "airflow scheduler" in title


def is_working(title: str) -> bool:
    return "LocalExecutor" in title and "validate" in title


def is_idle(title: str) -> bool:
    return "LocalExecutor" in title and "<idle>" in title


def list_pids(system: System, is_meant: Callable[[str], bool]) -> list[int]:
    pids = list_session(int(system.pid_file.read_text()))
    return [pid for pid in pids if is_meant(read_title(pid))]


def count_answers(live: Home) -> dict[str, int]:
    return {agency: len(list(live.replies(agency, CYCLE).glob("Phieu-*_*.html"))) for agency in AGENCIES}


def count_mails(live: Home) -> int:
    return len(mails(live, "tiep_nhan")) + len(mails(live, "tra_lai"))


@pytest.mark.parametrize("is_meant", [is_scheduler, is_working, is_idle])
def test_every_file_in_flight_is_answered_once(
    system: System, live: Home, is_meant: Callable[[str], bool], request: pytest.FixtureRequest
) -> None:
    wait_until("the announcements", lambda: len(mails(live, "mo_ky")) == len(AGENCIES), 180)
    answers, letters = count_answers(live), count_mails(live)
    for number, agency in enumerate(AGENCIES):
        layout = build_layout(find_plan(CYCLE), CYCLE, agency)
        path = live.inbox(agency, CYCLE) / f"{request.node.callspec.id}.xlsx"
        write_form(layout, path, Filler(sum(answers.values()) + number).fill(layout))
    wait_until("a task that judges a file", lambda: list_pids(system, is_working), 120)
    began = time.monotonic()
    killed = [pid for pid in list_pids(system, is_meant)]
    beside = list_pids(system, lambda title: "LocalExecutor" in title or "task runner" in title)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    wait_until("all answers", lambda: count_answers(live) == {one: number + 1 for one, number in answers.items()}, 300)
    print(f"\n{is_meant.__name__}: all answered after {time.monotonic() - began:.0f} s")
    wait_until("all letters", lambda: count_mails(live) >= letters + len(AGENCIES), 300)
    print(f"{is_meant.__name__}: all letters after {time.monotonic() - began:.0f} s")

    assert killed
    assert [pid for pid in (*killed, *beside) if is_alive(pid)] == []
    assert count_mails(live) == letters + len(AGENCIES)
    assert set(count_answers(live).values()) == {number + 1 for number in answers.values()}
