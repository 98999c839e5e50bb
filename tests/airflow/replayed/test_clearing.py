"""Clear, the remedy that the alarms, the help of the DAG and the handbook name, and the watch that asks for it.

The tests run in order.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kybaocao.cli.status_words import describe_status
from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import FINISHED, AirflowApi
from kybaocao.embedded.system import System
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.store.database import open_store
from kybaocao.store.submissions import list_submissions
from tests.airflow.conftest import all_mails, set_findings, wait_until
from tests.airflow.replayed.conftest import CLEARING, LIMIT_SECONDS

pytestmark = pytest.mark.airflow
CYCLE = f"{CLEARING}-ky2"
BROKEN, MARKED, ASKING, HANGING, BEHIND, PAUSED = (
    "luot-hong",
    "luot-bi-danh-dau",
    "luot-doi",
    "luot-treo",
    "luot-sau",
    "luot-nghi",
)
UNSTARTED = (None, "scheduled", "queued", "up_for_retry")
APPROVED = {
    "so": "87/BC-STC",
    "ngay": "08/12/2026",
    "nguoi_ky": "Đặng Trọng Lâm",
    "chuc_vu": "",
    "bo_qua": "Diễn tập",
    "ly_do": "",
}
SIGNED = APPROVED | {"so": "215/BC-UBND", "nguoi_ky": "Nguyễn Văn Mẫu"}


def drop(live: Home, agency: str, seed: int) -> None:
    """A good form in the inbox of an agency; another seed is another version."""
    layout = build_layout(find_plan(CYCLE), CYCLE, agency)
    write_form(layout, live.inbox(agency, CYCLE) / "Biểu mẫu.xlsx", Filler(seed).fill(layout))


def reports(live: Home) -> Path:
    """The folder of the cycle's reports."""
    return live.report_folder(CYCLE, 1).parent


def clear_tasks(api: AirflowApi, run: str, *tasks: str | tuple[str, int], downstream: bool = True) -> list[str]:
    """The ids of the task instances that were cleared, mapped ones with their row."""
    body = {
        "dry_run": False,
        "dag_run_id": run,
        "task_ids": list(tasks),
        "only_failed": False,
        "include_downstream": downstream,
    }
    cleared = api.call("POST", f"/api/v2/dags/{CYCLE}/clearTaskInstances", body)["task_instances"]
    return sorted(task["task_id"] for task in cleared)


def clear_run(api: AirflowApi, run: str) -> None:
    api.call("POST", f"/api/v2/dags/{CYCLE}/dagRuns/{run}/clear", {"dry_run": False})


def count_mails(live: Home) -> Counter[str]:
    """kind -> mails about the cycle that left so far; the watch writes when it finds something."""
    kinds = (path.name.partition("__")[0] for path in all_mails(live))
    return Counter(kind for kind in kinds if not kind.startswith("canh_bao_luot"))


def read_alarms(live: Home, kind: str, run: str) -> list[str]:
    """The alarms of a kind that name a run."""
    read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in all_mails(live, kind)]
    texts = [str(mail.get_body(("plain",)).get_content()) for mail in read]  # type: ignore[attr-defined]
    return [text for text in texts if run in text]


def describe(live: Home) -> str:
    """What `status` prints."""
    return describe_status(gather_status(Pass.begin(CYCLE, dt.datetime.now(dt.UTC), home=live)))


def list_states(api: AirflowApi, run: str) -> dict[str, list[str]]:
    """task id -> the states of its rows."""
    states: dict[str, list[Any]] = {}
    for task in sorted(api.list_tasks(CYCLE, run), key=lambda task: int(task["map_index"])):
        states.setdefault(task["task_id"], []).append(task["state"])
    return states


def test_a_pass_goes_red_in_one_row_and_in_one_plain_task(api: AirflowApi, live: Home) -> None:
    """The stage for what follows: a row of `validate` and `compile_report` fail for good, and the run with them."""
    api.wait_for_dag(CYCLE)
    drop(live, "STC", 1)
    api.trigger(CYCLE, "luot-dau", {"as_of": "2026-12-07T10:00"})
    assert api.wait_for_run(CYCLE, "luot-dau") == "success"
    set_findings(live, CYCLE, "STC", "{")
    drop(live, "STC", 2)
    drop(live, "STP", 1)
    live.reports.mkdir(exist_ok=True)
    reports(live).write_text("not a folder")

    api.trigger(CYCLE, BROKEN, {"as_of": "2026-12-08T10:00", "report": True})

    assert api.wait_for_run(CYCLE, BROKEN) == "failed"
    states = list_states(api, BROKEN)
    assert (sorted(states["validate"]), states["compile_report"]) == (["failed", "success"], ["failed"])


def test_a_failed_row_is_cleared_by_itself(api: AirflowApi, live: Home) -> None:
    """Once the cause is gone the row is judged; the rows of other agencies are left alone."""
    set_findings(live, CYCLE, "STC", "[]")
    before = list_states(api, BROKEN)["validate"]
    row = before.index("failed")

    assert clear_tasks(api, BROKEN, ("validate", row), downstream=False) == ["validate"]

    wait_until("the row's end", lambda: list_states(api, BROKEN)["validate"] == ["success", "success"])
    with open_store(live).read() as connection:
        verdicts = {one.agency: one.verdict for one in list_submissions(connection, CYCLE)}
    assert verdicts["STC"] == "accepted"
    assert api.wait_for_run(CYCLE, BROKEN) == "failed"  # by the report


def test_a_failed_plain_task_is_cleared_with_what_follows(api: AirflowApi, live: Home) -> None:
    """The run goes on to its question; nothing upstream runs again.

    From the figures on: a row was judged since they were summed, and the proof holds back a report that lacks it.
    """
    reports(live).unlink()

    cleared = clear_tasks(api, BROKEN, "aggregate")

    assert {"aggregate", "compile_report", "approve"} <= set(cleared) and "collect" not in cleared
    assert api.wait_for_run(CYCLE, BROKEN, may_wait_for_human=True) == "waiting"


def test_a_waiting_question_is_cleared_and_asked_again(
    api: AirflowApi, leader: AirflowApi, province: AirflowApi, live: Home
) -> None:
    """The answer to the new question counts, that of UBND tỉnh likewise, and the report goes to the ministry."""
    after = ["publish_to_bo_tai_chinh", "sign"]
    assert clear_tasks(api, BROKEN, "approve") == ["approve", *after, "submit_to_ubnd_tinh"]
    wait_until("the question again", lambda: api.pending_approval(CYCLE, BROKEN))
    before = count_mails(live)["phat_hanh_bo_tai_chinh"]

    leader.answer(CYCLE, BROKEN, "approve", "Phê duyệt", APPROVED)
    assert leader.wait_for_run(CYCLE, BROKEN, may_wait_for_human=True) == "waiting"
    assert clear_tasks(api, BROKEN, "sign") == after
    wait_until("the question of UBND tỉnh again", lambda: api.pending_approval(CYCLE, BROKEN))
    province.answer(CYCLE, BROKEN, "sign", "Phê duyệt", SIGNED)

    assert leader.wait_for_run(CYCLE, BROKEN) == "success"
    assert count_mails(live)["phat_hanh_bo_tai_chinh"] == before + 1


def test_a_waiting_run_is_cleared_and_asks_again(api: AirflowApi, live: Home) -> None:
    """Cleared as a whole: every task runs again, and the same version is asked about; it is not sent again."""
    drop(live, "X-04183", 1)
    api.trigger(CYCLE, MARKED, {"as_of": "2026-12-09T10:00", "report": True})
    assert api.wait_for_run(CYCLE, MARKED, may_wait_for_human=True) == "waiting"
    before = count_mails(live)

    clear_run(api, MARKED)
    wait_until("the end of the question", lambda: not api.pending_approval(CYCLE, MARKED))

    assert api.wait_for_run(CYCLE, MARKED, may_wait_for_human=True) == "waiting"
    assert count_mails(live) == before


def test_a_run_that_was_marked_failed_while_it_waited_is_cleared(api: AirflowApi, live: Home) -> None:
    """Its version still waits: the run goes through to the question again."""
    api.call("PATCH", f"/api/v2/dags/{CYCLE}/dagRuns/{MARKED}", {"state": "failed"})
    # Airflow's scheduler may be looking at the run in this moment, and calls it a success: its last task was skipped.
    assert api.wait_for_run(CYCLE, MARKED) in FINISHED

    clear_run(api, MARKED)

    assert api.wait_for_run(CYCLE, MARKED, may_wait_for_human=True) == "waiting"


def test_a_task_of_a_finished_run_is_cleared_with_what_follows(api: AirflowApi, live: Home) -> None:
    """`collect` and everything after it run again, and send nothing twice."""
    before = count_mails(live)

    cleared = clear_tasks(api, BROKEN, "collect")

    assert {"collect", "judged", "aggregate", "deliver_mail", "compile_report"} <= set(cleared)
    assert "open_pass" not in cleared
    assert api.wait_for_run(CYCLE, BROKEN) == "success"
    assert count_mails(live) == before


def test_a_finished_run_is_cleared_and_sends_nothing_twice(api: AirflowApi, live: Home) -> None:
    """Every task runs again, at the moment of the pass, and finds everything done."""
    before = count_mails(live)

    clear_run(api, BROKEN)

    assert api.wait_for_run(CYCLE, BROKEN) == "success"
    assert count_mails(live) == before


# --- the watch -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stuck(system: System, api: AirflowApi, live: Home) -> Iterator[ExitStack]:
    """A pass waits for the human; of two others the first hangs in `open_pass` and the second waits behind it.

    They go on when the stack is closed.
    """
    drop(live, "X-03664", 1)
    api.trigger(CYCLE, ASKING, {"as_of": "2026-12-09T11:00", "report": True})
    assert api.wait_for_run(CYCLE, ASKING, may_wait_for_human=True) == "waiting"
    with ExitStack() as stack:
        stack.enter_context(open_store(live).exclusive("migrate"))
        for run in (HANGING, BEHIND):
            api.trigger(CYCLE, run, {"as_of": "2026-12-09T12:00"})
            wait_until("its start", lambda run=run: list_states(api, run).get("open_pass") not in (None, [None]))
        yield stack


def test_a_pass_that_does_not_end_in_time_is_one_mail(stuck: ExitStack, live: Home) -> None:
    """One that hangs before its first line, too: the mail names the task and the limit."""
    wait_until("the alarm", lambda: read_alarms(live, "canh_bao_luot", HANGING), 180)

    (text,) = read_alarms(live, "canh_bao_luot", HANGING)
    assert "  - open_pass (running)" in text and f"quá {LIMIT_SECONDS} giây" in text


def test_passes_held_back_are_one_mail_and_a_line_of_status(stuck: ExitStack, live: Home) -> None:
    """Which pass waits, since when, what holds it, what to do."""
    wait_until("the alarm", lambda: read_alarms(live, "canh_bao_luot_doi", BEHIND), 180)
    wait_until("the line", lambda: "Có 1 lượt đang đợi từ " in describe(live), 120)

    (text,) = read_alarms(live, "canh_bao_luot_doi", BEHIND)
    said = [f"  - {BEHIND} – đợi từ ", "open_pass (scheduled)", f"tác vụ open_pass của lượt {HANGING} chưa xong"]
    assert [words for words in said if words not in text] == []
    assert read_alarms(live, "canh_bao_luot", BEHIND) == []
    assert len(read_alarms(live, "canh_bao_luot", HANGING)) == 1


def test_a_pass_that_waits_for_the_human_is_no_alarm(stuck: ExitStack, api: AirflowApi, live: Home) -> None:
    """It waited all the while."""
    assert api.pending_approval(CYCLE, ASKING)
    found = [text for kind in ("canh_bao_luot", "canh_bao_luot_doi") for text in read_alarms(live, kind, ASKING)]
    assert [text for text in found if "approve (" in text] == []


def test_clear_begins_the_count_anew(stuck: ExitStack, api: AirflowApi) -> None:
    """The moment of queueing is the one of the Clear: the watch counts from it."""
    path = f"/api/v2/dags/{CYCLE}/dagRuns/{HANGING}"
    before = api.call("GET", path)["queued_at"]

    clear_tasks(api, HANGING, "deliver_mail", downstream=False)

    assert api.call("GET", path)["queued_at"] > before


def test_a_task_that_hangs_is_cleared(stuck: ExitStack, api: AirflowApi) -> None:
    """Its process is ended, the pass behind it takes its turn, and it is tried again."""
    clear_tasks(api, HANGING, "open_pass", downstream=False)

    wait_until("the turn of the other", lambda: list_states(api, BEHIND)["open_pass"] == ["running"])
    wait_until("the end of the first try", lambda: list_states(api, HANGING)["open_pass"][0] in UNSTARTED)


def test_what_was_held_back_goes_on(stuck: ExitStack, api: AirflowApi, live: Home) -> None:
    """When the cause is gone; the line of status goes, too."""
    stuck.close()

    assert [api.wait_for_run(CYCLE, run) for run in (HANGING, BEHIND)] == ["success", "success"]

    wait_until("the end of the line", lambda: "lượt đang đợi từ" not in describe(live))


def test_a_pass_of_a_paused_cycle_is_held_back(api: AirflowApi, live: Home) -> None:
    """The mail says that the cycle is paused; after that the pass is run."""
    api.call("PATCH", f"/api/v2/dags/{CYCLE}", {"is_paused": True})
    api.trigger(CYCLE, PAUSED, {"as_of": "2026-12-09T13:00"})
    wait_until("the alarm", lambda: read_alarms(live, "canh_bao_luot_doi", PAUSED), 180)

    (text,) = read_alarms(live, "canh_bao_luot_doi", PAUSED)
    assert "kỳ đang được tạm dừng" in text
    api.call("PATCH", f"/api/v2/dags/{CYCLE}", {"is_paused": False})
    assert api.wait_for_run(CYCLE, PAUSED) == "success"
