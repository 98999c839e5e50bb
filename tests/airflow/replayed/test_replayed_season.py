"""A season on real Airflow, pass by pass, against the simulator; and the alarm of a task, tried on another cycle.

The tests run in order.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from kybaocao.console.facts.passes import describe_pass, gather_pass
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import System
from kybaocao.home import Home
from kybaocao.season.events import Drop, File, Season
from kybaocao.stages.support.passes import Pass
from kybaocao.store.outbox import LetterState, list_messages
from kybaocao.store.submissions import list_submissions
from tests.airflow.conftest import all_mails, mails, set_findings, wait_until
from tests.airflow.replayed.conftest import SEASON
from tests.conftest import CYCLE
from tests.replays import drop_files, list_mails, simulate, write_replay

pytestmark = pytest.mark.airflow
OTHER, FAILING, RED = f"{SEASON}-ky1", "luot-khong-mo", "luot-mot-dong-do"
PASSES = [
    "2026-11-16T08:00",
    "2026-11-25T08:00",
    "2026-12-09T08:00",  # three reminders, two of them missed
    "2026-12-10T08:00",
    "2026-12-10T14:00",
    "2026-12-10T19:00",  # quiet hours: nothing leaves
    "2026-12-11T08:00",
    "2026-12-14T08:00",
]
DROPS = {
    "STC": [("2026-11-20T09:00", "accepted")],
    "STP": [("2026-12-01T09:00", "returned")],
    "X-04183": [("2026-12-08T09:00", "unreadable"), ("2026-12-10T10:00", "accepted")],
    "X-03664": [("2026-12-10T18:00", "returned")],
}


def read_alarms(live: Home, kind: str, run: str) -> list[EmailMessage]:
    """The alarms of a kind about one run."""
    read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in all_mails(live, kind)]
    return [mail for mail in read if isinstance(mail, EmailMessage) and run in text_of(mail)]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def test_the_simulator_and_airflow_send_the_same_letters(system: System, api: AirflowApi, tmp_path: Path) -> None:
    """When, to whom and about which steps of which agencies: set against set.  Meanwhile a pass of another cycle
    fails.
    """
    api.wait_for_dag(OTHER)
    api.trigger(OTHER, FAILING, {"as_of": "hôm qua"})
    season = write_replay(tmp_path / "mua.json", PASSES, DROPS)
    before = dt.datetime(2026, 11, 1, tzinfo=season.plan.timezone)
    api.wait_for_dag(CYCLE)
    for number, moment in enumerate(PASSES):
        p = Pass.begin(CYCLE, dt.datetime.fromisoformat(moment + "+07:00"), is_replay=True)
        drop_files(season, p.plan, p.home, before, p.as_of)
        api.trigger(CYCLE, f"luot-{number}", {"as_of": moment})
        assert api.wait_for_run(CYCLE, f"luot-{number}") == "success"
        before = p.as_of
    expected = simulate(season)
    assert len(expected) > 10
    assert list_mails(p) == expected


def test_each_run_has_a_note_about_its_files(api: AirflowApi, live: Home) -> None:
    """The watch writes it, within a minute; the store says the same of the run."""

    def read_notes() -> dict[str, str]:
        runs = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns?limit=100")["dag_runs"]
        return {run["dag_run_id"]: run["note"] or "" for run in runs}

    last = f"luot-{len(PASSES) - 1}"
    wait_until("the note of the last pass", lambda: read_notes().get(last))
    notes = read_notes()
    assert notes["luot-0"].startswith("Không có tệp mới; gửi biểu mẫu cho 5 cơ quan; 5 thư đã gửi")
    assert (notes["luot-1"].split(";")[0], notes["luot-2"].split(";")[0]) == (
        "1 tệp: 1 nhận",
        "2 tệp: 1 trả, 1 không đọc được",
    )
    p = Pass.begin(CYCLE, dt.datetime.now(dt.UTC), home=live)
    facts = gather_pass(p, CYCLE, "luot-2")
    assert facts is not None
    assert [(one.agency, one.verdict) for one in facts.files] == [("STP", "returned"), ("X-04183", "unreadable")]
    assert describe_pass(facts) == notes["luot-2"]


def test_a_list_of_the_late_comes_with_its_draft(live: Home) -> None:
    """Through the mail server: the công văn is attached, as a Word file."""
    (path,) = mails(live, "danh_sach_qua_han")
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    names = [part.get_filename() for part in mail.iter_attachments()]  # type: ignore[attr-defined]
    assert names == ["Du-thao-cong-van-don-doc-cua-So-Tai-chinh.docx"]


def test_an_agency_s_red_row_keeps_nobody_else_back(system: System, api: AirflowApi, live: Home) -> None:
    """What we fail at for one agency stays red; the other is answered, counted and written to in the same pass."""
    set_findings(live, CYCLE, "STC", "{")
    at = dt.datetime.fromisoformat("2026-12-14T09:00+07:00")
    p = Pass.begin(CYCLE, at, is_replay=True, home=live)
    drops = tuple(Drop(at, agency, File.GOOD) for agency in ("STC", "X-03664"))
    drop_files(Season(p.plan, CYCLE, drops), p.plan, live, at - dt.timedelta(minutes=1), at)
    api.trigger(CYCLE, RED, {"as_of": "2026-12-14T09:00"})
    api.wait_for_run(CYCLE, RED)
    states: dict[str, list[str]] = {}
    for task in api.list_tasks(CYCLE, RED):
        states.setdefault(task["task_id"], []).append(task["state"])
    assert sorted(states["validate"]) == ["failed", "success"]
    assert (states["aggregate"], states["deliver_mail"]) == (["success"], ["success"])
    with p.store.read() as connection:
        verdicts = {one.agency: one.verdict for one in list_submissions(connection, CYCLE)}
        sent = [
            one.message.kind
            for one in list_messages(connection, CYCLE, (LetterState.SENT,))
            if one.message.agency == "X-03664"
        ]
    assert (verdicts["STC"], verdicts["X-03664"], sent[-1]) == (None, "accepted", "tiep_nhan")


def test_a_task_that_stays_red_is_one_mail(system: System, api: AirflowApi, live: Home) -> None:
    """After its last try, here the only one: which cycle, pass, task and error, what to do, and where the log is."""
    assert api.wait_for_run(OTHER, FAILING) == "failed"
    wait_until("the alarm", lambda: read_alarms(live, "canh_bao_tac_vu", FAILING))
    (mail,) = read_alarms(live, "canh_bao_tac_vu", FAILING)
    assert mail["To"] == "vanhanh.kybaocao@sonla.example.vn"
    said = [
        "Mở lượt (open_pass)",
        "sau 1 lần thử",
        "“hôm qua” không phải thời điểm hợp lệ",
        "chạy tay một lượt mới với thời điểm đúng",
    ]
    assert [words for words in said if words not in text_of(mail)] == []
    assert f"{system.url}/dags/{OTHER}/runs/{FAILING}/tasks/open_pass" in text_of(mail)
    (row,) = read_alarms(live, "canh_bao_tac_vu", RED)
    assert "sau 3 lần thử" in text_of(row), "the red row was tried again before its mail"
    states = {task["task_id"]: task["state"] for task in api.list_tasks(OTHER, FAILING)}
    assert [task for task, state in states.items() if state == "failed"] == ["open_pass"]
    assert states["deliver_mail"] == "skipped"
