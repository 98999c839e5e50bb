"""Rows that hold several agencies, on real Airflow: one that fails is named, and Clear does only that one again.

The tests run in order.
"""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest

from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import AirflowApi
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.store.database import open_store
from kybaocao.store.submissions import list_verdicts
from tests.airflow.conftest import all_mails, mails, set_findings, wait_until
from tests.conftest import CYCLE

pytestmark = pytest.mark.airflow
AGENCIES = ("STC", "STP", "X-03664", "X-04183")
FAILING = "STP"
RED = "luot-do"


def drop(live: Home, seed: int) -> None:
    """A good form in four inboxes."""
    for agency in AGENCIES:
        layout = build_layout(find_plan(CYCLE), CYCLE, agency)
        write_form(layout, live.inbox(agency, CYCLE) / f"Biểu mẫu {seed}.xlsx", Filler(seed).fill(layout))


def play(api: AirflowApi, run: str, moment: str) -> str:
    api.trigger(CYCLE, run, {"as_of": moment})
    return api.wait_for_run(CYCLE, run)


def list_rows(api: AirflowApi, run: str, task: str = "validate") -> dict[str, dict[str, Any]]:
    """name -> row"""
    return {one["rendered_map_index"]: one for one in api.list_tasks(CYCLE, run) if one["task_id"] == task}


def count_versions(live: Home) -> dict[str, int]:
    """agency -> its accepted versions"""
    with open_store(live).read() as connection:
        found = list_verdicts(connection, CYCLE)
    return {agency: sum(one.verdict == "accepted" for one in mine) for agency, mine in found.items()}


def test_reminders_of_five_take_two_rows(api: AirflowApi, live: Home) -> None:
    """Named after the first and the last, with what was done; everybody is written to once."""
    assert play(api, "mo-ky", "2026-11-16T08:00") == "success"
    assert play(api, "nhac", "2026-11-25T08:00") == "success"
    assert sorted(list_rows(api, "nhac", "escalate")) == [
        "STC … STP · 2 cơ quan – 2 × Nhắc lần 1",
        "X-03664 … HHDN · 3 cơ quan – 3 × Nhắc lần 1",
    ]
    assert len(mails(live, "nhac")) == 5


def test_files_of_four_take_two_rows(api: AirflowApi, live: Home) -> None:
    drop(live, 1)
    assert play(api, "dau", "2026-12-01T10:00") == "success"
    assert sorted(list_rows(api, "dau")) == [
        "STC … STP · 2 cơ quan – 2 tệp: 2 nhận",
        "X-03664 … X-04183 · 2 cơ quan – 2 tệp: 2 nhận",
    ]
    assert count_versions(live) == dict.fromkeys(AGENCIES, 1)


def test_one_that_fails_turns_its_row_red_and_is_named(api: AirflowApi, live: Home) -> None:
    """After its retries; the other agency of the row was served in the first of them, and once."""
    set_findings(live, CYCLE, FAILING, "{")  # what no task can read
    drop(live, 2)
    play(api, RED, "2026-12-02T10:00")
    rows = list_rows(api, RED)
    assert {name: row["state"] for name, row in rows.items()} == {
        "STC … STP · 2 cơ quan – lỗi hệ thống: STP; 1 tệp: 1 nhận": "failed",
        "X-03664 … X-04183 · 2 cơ quan – 2 tệp: 2 nhận": "success",
    }
    assert count_versions(live) == {agency: 2 if agency != FAILING else 1 for agency in AGENCIES}
    assert len(mails(live, "tiep_nhan")) == 7


def test_the_operators_letter_names_it_with_the_reason(api: AirflowApi, live: Home) -> None:
    """And says what to do."""
    (path,) = all_mails(live, "canh_bao_tac_vu")
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text = str(mail.get_body(("plain",)).get_content())  # type: ignore[attr-defined]
    assert "1 trong 2 cơ quan của dòng này: STP Sở Tư pháp: JSONDecodeError" in " ".join(text.split())
    assert "chỉ các cơ quan chưa xong được làm lại" in " ".join(text.split())


def test_a_row_of_several_leads_to_its_run_only(api: AirflowApi) -> None:
    """It has no agency of its own."""
    (row,) = (row for row in list_rows(api, RED).values() if row["state"] == "success")
    path = f"/api/v2/dags/{CYCLE}/dagRuns/{RED}/taskInstances/validate/links?map_index={row['map_index']}"
    links = api.call("GET", path)["extra_links"]
    assert links["Cơ quan"] is None and "/luot?run=" in links["Lượt này"]


def test_clear_does_only_that_one_again(api: AirflowApi, live: Home) -> None:
    """Once the cause is gone; nobody else gets a second letter."""
    set_findings(live, CYCLE, FAILING, "[]")
    (row,) = (row for row in list_rows(api, RED).values() if row["state"] == "failed")
    body = {"dry_run": False, "dag_run_id": RED, "only_failed": False, "include_downstream": True}
    tasks = {"task_ids": [["validate", row["map_index"]]]}
    api.call("POST", f"/api/v2/dags/{CYCLE}/clearTaskInstances", body | tasks)

    wait_until("the row's end", lambda: "STC … STP · 2 cơ quan – 2 tệp: 2 nhận" in list_rows(api, RED))
    assert api.wait_for_run(CYCLE, RED) == "success"
    assert count_versions(live) == dict.fromkeys(AGENCIES, 2)
    assert len(mails(live, "tiep_nhan")) == 8
