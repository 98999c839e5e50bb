"""The standing system does by itself what the pass does by hand. The tests run in order."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import System
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.load import find_plan
from tests.airflow.conftest import all_mails, mails, wait_until
from tests.conftest import CYCLE
from tests.statsd_listener import Listener

pytestmark = pytest.mark.airflow
APPROVED = {
    "so": "87/BC-STC",
    "ngay": f"{dt.datetime.now(dt.timezone(dt.timedelta(hours=7))):%d/%m/%Y}",
    "nguoi_ky": "Đặng Trọng Lâm",
    "chuc_vu": "Giám đốc",
    "bo_qua": "Diễn tập",
    "ly_do": "",
}
SIGNED = APPROVED | {"so": "215/BC-UBND", "nguoi_ky": "Nguyễn Văn Mẫu", "chuc_vu": "Phó Chủ tịch"}
BLANK = dict.fromkeys(SIGNED, "")


def _drop(live: Home, agency: str, *, seed: int = 1, is_faulty: bool = False, name: str = "Biểu mẫu.xlsx") -> None:
    plan = find_plan(CYCLE)
    layout = build_layout(plan, CYCLE, agency)
    answers = Filler(seed).fill(layout)
    if is_faulty:
        answers[("ty_le", "T15", "tu_so_luy_ke")] = 10**7
    write_form(layout, live.inbox(agency, CYCLE) / name, answers)


def _replies(live: Home, agency: str) -> list[str]:
    folder = live.replies(agency, CYCLE)
    return sorted(path.name for path in folder.glob("*.html")) if folder.exists() else []


def test_the_first_pass_comes_by_itself_and_opens_the_cycle(system: System, live: Home, api: AirflowApi) -> None:
    """Nobody triggered anything: forms lie in the folders, announcements in the mailbox."""
    wait_until("five announcements", lambda: len(mails(live, "mo_ky")) == 5, 180)

    forms = sorted(path.parent.parent.name for path in live.shared.glob(f"*/{CYCLE}/Bieu-mau_*.xlsx"))
    assert forms == ["HHDN", "STC", "STP", "X-03664", "X-04183"]


def test_scheduled_runs_are_named_by_their_milestone(api: AirflowApi) -> None:
    """The grid reads "2026-11-21__mo_ky", not a timestamp."""
    runs = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns?run_type=scheduled")["dag_runs"]

    assert runs and all("__" in run["dag_run_id"] and "T" not in run["dag_run_id"] for run in runs)


def test_a_dropped_file_is_answered_by_itself(live: Home) -> None:
    """The watcher sees the file, a pass judges it, the receipt lies in the folder and in the mailbox."""
    _drop(live, "X-04183")

    wait_until("a receipt", lambda: _replies(live, "X-04183") == ["Phieu-tiep-nhan_01.html"])
    wait_until("its mail", lambda: len(mails(live, "tiep_nhan")) == 1)


def test_log_lines_carry_cycle_agency_and_version(system: System) -> None:
    """As fields, in the log of the row that judged the file."""
    logs = (system.airflow_home / "logs" / f"dag_id={CYCLE}").glob("run_id=*/task_id=validate/**/*.log")
    lines = [json.loads(line) for path in logs for line in path.read_text(encoding="utf-8").splitlines()]
    verdict = next(line for line in lines if line.get("version") == 1)
    assert (verdict["cycle"], verdict["agency"], verdict["component"]) == (CYCLE, "X-04183", FORM)
    assert verdict["task_id"] == "validate" and "Biểu mẫu.xlsx" in verdict["event"]


def test_metrics_leave_by_the_settings_of_airflow(system: System, metrics: Listener) -> None:
    """What the watch measures, and how long each task takes."""
    wanted = (
        f"airflow.kybaocao.arrivals,cycle={CYCLE},kind=form:1|g",
        f"airflow.kybaocao.outstanding,cycle={CYCLE}:4|g",
        "airflow.kybaocao.store.is_up:1|g",
    )
    wait_until("the measures", lambda: set(wanted) <= set(metrics.lines), 150)
    for task in ("open_pass", "collect", "validate", "aggregate", "deliver_mail"):
        start = f"airflow.task.duration,dag_id={CYCLE},task_id={task}:"
        wait_until(task, lambda start=start: any(line.startswith(start) for line in metrics.lines), 10)


def test_nothing_listens_beyond_this_machine(system: System) -> None:
    """Neither the pages nor the mailbox nor Airflow's servers of logs."""
    addresses = set()
    for pid in system._list_processes(int(system.pid_file.read_text())):
        with suppress(psutil.NoSuchProcess):
            opened = psutil.Process(pid).net_connections(kind="inet")
            addresses |= {one.laddr.ip for one in opened if one.status == psutil.CONN_LISTEN}
    assert addresses == {"127.0.0.1"}


def test_no_other_account_reads_what_airflow_and_the_passes_write(live: Home) -> None:
    """Its database, its logs and secrets, the store, the mails; agencies' folders stay readable to agencies."""
    private = [path for path in live.root.iterdir() if path.name != "shared"]
    found = [path.name for path in private if path.stat().st_mode & 0o077]
    logs = [path for path in (live.root / "airflow").rglob("*.log") if path.stat().st_mode & 0o077]
    database = live.root / "airflow" / "airflow.db"
    assert (found, logs, database.stat().st_mode & 0o077, live.root.stat().st_mode & 0o066) == ([], [], 0, 0)
    assert all(path.stat().st_mode & 0o004 for path in live.replies("X-04183", CYCLE).glob("*.html"))


def test_a_faulty_file_is_sent_back_while_others_are_accepted(live: Home) -> None:
    """Two files at once: one returned, one accepted; the grid stays green."""
    _drop(live, "STP", is_faulty=True)
    _drop(live, "STC")

    wait_until("an answer to STP", lambda: _replies(live, "STP") == ["Phieu-tra-lai_01.html"])
    wait_until("an answer to STC", lambda: _replies(live, "STC") == ["Phieu-tiep-nhan_01.html"])


def test_no_task_has_failed_so_far(api: AirflowApi) -> None:
    """An agency's bad file never turns the DAG red."""
    found = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/~/taskInstances?state=failed&state=upstream_failed")

    assert found["total_entries"] == 0


def _list_rows(api: AirflowApi) -> dict[str, dict[str, Any]]:
    """The judged rows of all passes, by their names."""
    path = f"/api/v2/dags/{CYCLE}/dagRuns/~/taskInstances?task_id=validate&state=success&limit=100"
    return {task["rendered_map_index"]: task for task in api.call("GET", path)["task_instances"]}


ROWS = {"X-04183 UBND xã Mường Lầm – đã nhận", "STP Sở Tư pháp – trả lại, 1 lỗi", "STC Sở Tài chính – đã nhận"}


def test_validated_rows_are_named_by_agency_and_outcome(api: AirflowApi) -> None:
    """The grid answers "who?" and "what became of it?" at a glance."""
    # A receipt lies in its folder a moment before its task is over.
    wait_until("three names", lambda: set(_list_rows(api)) >= ROWS)


def test_the_log_of_a_row_has_a_line_for_each_finding(api: AirflowApi) -> None:
    """Which cell, what is wrong, and its code; nobody has to open the workbook for that."""
    row = _list_rows(api)["STP Sở Tư pháp – trả lại, 1 lỗi"]
    logs = (
        f"/api/v2/dags/{CYCLE}/dagRuns/{row['dag_run_id']}/taskInstances/validate/logs/1?map_index={row['map_index']}"
    )
    said = [str(line["event"]) for line in api.call("GET", logs)["content"]]
    assert "Biểu mẫu.xlsx (bản 1): trả lại, 1 lỗi" in said
    (finding,) = [line for line in said if line.startswith("Biểu mẫu.xlsx (bản 1), lỗi 1/1, Chỉ tiêu!")]
    assert finding.endswith("]")


def test_a_row_leads_to_its_agency_and_its_run(api: AirflowApi) -> None:
    """Buttons on the page of a task; one that would lead nowhere is not shown."""
    row = _list_rows(api)["STP Sở Tư pháp – trả lại, 1 lỗi"]
    path = f"/api/v2/dags/{CYCLE}/dagRuns/{row['dag_run_id']}/taskInstances/validate/links?map_index={row['map_index']}"
    links = api.call("GET", path)["extra_links"]
    console = f"{api.url}/kybaocao/ky/{CYCLE}"
    run = f"{console}/luot?run={row['dag_run_id']}"
    assert links == {"Cơ quan": f"{console}/co-quan/STP", "Lượt này": run, "Xem báo cáo": None}


def test_runs_that_files_start_are_named_so(api: AirflowApi) -> None:
    """Not "asset_triggered__" with a moment in UTC and eight random letters."""
    runs = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns?run_type=asset_triggered")["dag_runs"]
    names = [run["dag_run_id"] for run in runs]
    kinds = [re.fullmatch(r"\d{4}-\d\d-\d\d__(tep_moi|thu_den_han)__\d{6}(\.\d{6})?", name) for name in names]
    assert None not in kinds and "tep_moi" in [kind and kind[1] for kind in kinds]  # letters may have been due, too


def test_the_list_of_cycles_is_filtered_by_open_ones(api: AirflowApi) -> None:
    found = api.call("GET", "/api/v2/dags?tags=k%E1%BB%B3%20%C4%91ang%20m%E1%BB%9F")["dags"]
    assert [one["dag_id"] for one in found] == [CYCLE]


def test_many_clients_at_once_do_not_stop_the_server(system: System, api: AirflowApi) -> None:
    """More requests at a time than the default pool has connections: each is answered, none waits for one in vain."""

    def ask(_: int) -> None:
        for _ in range(10):
            api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/~/taskInstances")

    with ThreadPoolExecutor(40) as clients:
        list(clients.map(ask, range(40)))

    log = (system.airflow_home / "logs-components" / "api-server.log").read_text()
    assert f"path=/api/v2/dags/{CYCLE}/dagRuns/~/taskInstances" in log and "QueuePool limit" not in log


def test_a_report_that_waits_for_a_human_holds_up_nobody(api: AirflowApi, live: Home) -> None:
    """Asked for before its time, the draft goes to the leaders and waits; a new file is answered meanwhile."""
    api.trigger(CYCLE, "bao-cao-1", {"report": True})
    assert api.wait_for_run(CYCLE, "bao-cao-1", may_wait_for_human=True) == "waiting"
    assert len(mails(live, "phat_hanh_so_tai_chinh")) == 1

    _drop(live, "X-03664")

    wait_until("a receipt", lambda: _replies(live, "X-03664") == ["Phieu-tiep-nhan_01.html"])


def test_sending_back_without_a_reason_is_asked_again(api: AirflowApi, leader: AirflowApi) -> None:
    """An incomplete answer neither fails the run nor counts; a new pass asks at once."""
    leader.answer(CYCLE, "bao-cao-1", "approve", "Trả lại", BLANK)

    wait_until("the question again", lambda: api.find_question(CYCLE) not in ("", "bao-cao-1"))
    run = api.find_question(CYCLE)
    leader.answer(CYCLE, run, "approve", "Trả lại", BLANK | {"ly_do": "Bổ sung phường Chiềng An"})

    assert leader.wait_for_run(CYCLE, run) == "success"
    assert api.task_state(CYCLE, run, "publish_to_bo_tai_chinh") == "skipped"


def test_a_moment_from_outside_is_refused(leader: AirflowApi, live: Home) -> None:
    """Whoever may start a run cannot give it a date: it fails at once, and no letter is written."""
    before = len(all_mails(live))
    leader.trigger(CYCLE, "ngay-xa", {"as_of": f"{dt.datetime.now(dt.UTC).date() + dt.timedelta(days=40)}T08:00"})
    assert leader.wait_for_run(CYCLE, "ngay-xa") == "failed"
    assert [task["try_number"] for task in leader.list_tasks(CYCLE, "ngay-xa") if task["task_id"] == "open_pass"] == [1]
    wait_until("the operators' mail", lambda: len(all_mails(live, "canh_bao_tac_vu")) == 1)
    advice = email.message_from_bytes(all_mails(live, "canh_bao_tac_vu")[0].read_bytes(), policy=email.policy.default)
    body = advice.get_body(("plain",))  # type: ignore[attr-defined]
    assert "bỏ as_of rồi chạy tay một lượt mới" in body.get_content()
    assert len(all_mails(live)) == before + 1


def test_an_approved_report_reaches_the_ministry_with_the_sign_off(
    api: AirflowApi, leader: AirflowApi, province: AirflowApi, live: Home
) -> None:
    """The next version is approved at once and signed by UBND tỉnh; it leaves with number, date and signer."""
    api.trigger(CYCLE, "bao-cao-2", {"report": True})
    assert api.wait_for_run(CYCLE, "bao-cao-2", may_wait_for_human=True) == "waiting"

    leader.answer(CYCLE, "bao-cao-2", "approve", "Phê duyệt", APPROVED)
    assert leader.wait_for_run(CYCLE, "bao-cao-2", may_wait_for_human=True) == "waiting"
    assert len(mails(live, "phat_hanh_ubnd_tinh")) == 1
    province.answer(CYCLE, "bao-cao-2", "sign", "Phê duyệt", SIGNED)

    assert leader.wait_for_run(CYCLE, "bao-cao-2") == "success"
    (path,) = mails(live, "phat_hanh_bo_tai_chinh")
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    names = [part.get_filename() for part in mail.iter_attachments()]  # type: ignore[attr-defined]
    assert mail["To"] == "vanthu@mof.example.vn"
    assert "215/BC-UBND" in str(mail["Subject"]) and "215-BC-UBND_Son-La_NQ02_2026.docx" in names
    reasons = mails(live, "phat_hanh_so_tai_chinh")
    assert len(reasons) == 2


def test_a_killed_scheduler_comes_back_and_loses_nothing(system: System, live: Home) -> None:
    """SIGKILL to the scheduler while a file lies waiting: the supervisor restarts it, the file is answered."""
    found = subprocess.run(["pgrep", "-f", "airflow scheduler"], capture_output=True, text=True, check=True)
    ours = [int(pid) for pid in found.stdout.split() if _belongs_to(int(pid), system)]
    assert ours
    for pid in ours:
        os.kill(pid, signal.SIGKILL)
    _drop(live, "STP", seed=2, name="Biểu mẫu đã sửa.xlsx")

    wait_until("the corrected file's receipt", lambda: "Phieu-tiep-nhan_02.html" in _replies(live, "STP"), 180)


def _belongs_to(pid: int, system: System) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"KYBAOCAO_HOME={system.home}".encode() in environment


def test_the_api_refuses_whoever_has_no_password(system: System) -> None:
    """No token, no answer; a wrong password gives no token."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{system.url}/api/v2/dags")
    with pytest.raises(RuntimeError, match="401"):
        AirflowApi(system.url, "vanhanh", "wrong")

    refused.value.close()
    assert refused.value.code == 401


def test_the_leader_cannot_change_connections(leader: AirflowApi) -> None:
    """Answering approvals needs no more than a user's rights."""
    with pytest.raises(RuntimeError, match="403"):
        leader.call("GET", "/api/v2/connections")
