"""The question to the human on real Airflow: one run asks at a time, a lost question comes back, one decision counts.

The tests run in order.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import System
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.reports import find_version, list_versions
from tests.airflow.conftest import mails, wait_until
from tests.airflow.replayed.conftest import APPROVAL

pytestmark = pytest.mark.airflow
CYCLE = f"{APPROVAL}-ky2"
# KYBAOCAO_VERSIONS=40 plays more than twice as many as runs may be active at once.
VERSIONS = int(os.environ.get("KYBAOCAO_VERSIONS", "4"))
AT = "2026-12-16T10:00"
APPROVED = {
    "so": "87/BC-STC",
    "ngay": "14/12/2026",
    "nguoi_ky": "Đặng Trọng Lâm",
    "chuc_vu": "",
    "bo_qua": "Diễn tập",
    "ly_do": "",
}
SIGNED = APPROVED | {"so": "215/BC-UBND", "ngay": "16/12/2026", "nguoi_ky": "Nguyễn Văn Mẫu"}


def write_words(live: Home, number: int) -> None:
    """Sở Tài chính's own words: another text is another report."""
    path = live.supplement(CYCLE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[V.2]\nNhiệm vụ trọng tâm, bản thảo {number} (nội dung mẫu).\n", encoding="utf-8")


def ask(api: AirflowApi, live: Home, number: int) -> str:
    """A pass that makes a version of its own; returns its run once it asks."""
    write_words(live, number)
    run = f"ban-{number:02d}"
    api.trigger(CYCLE, run, {"as_of": AT, "report": True})
    assert api.wait_for_run(CYCLE, run, may_wait_for_human=True) == "waiting"
    return run


def list_runs(api: AirflowApi, *states: str) -> list[str]:
    found = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns?limit=100")["dag_runs"]
    return sorted(run["dag_run_id"] for run in found if run["state"] in states)


def read_state(live: Home, version: int) -> str:
    with open_store(live).read() as connection:
        return find_version(connection, CYCLE, version).state


def count_versions(live: Home) -> int:
    with open_store(live).read() as connection:
        return len(list_versions(connection, CYCLE))


def read_question(api: AirflowApi, run: str, task: str = "approve") -> dict[str, Any]:
    found = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/{run}/hitlDetails")["hitl_details"]
    return next(dict(one) for one in found if one["task_instance"]["task_id"] == task)


def test_many_versions_leave_one_run_waiting(system: System, api: AirflowApi, live: Home) -> None:
    """Nobody answers; each newer version closes the older question, and no pass is held back."""
    api.wait_for_dag(CYCLE)
    runs = [ask(api, live, number) for number in range(1, VERSIONS + 1)]
    wait_until("one run", lambda: list_runs(api, "running", "queued") == runs[-1:])
    closed = {api.task_state(CYCLE, run, "approve") for run in runs[:-1]}
    assert (closed, count_versions(live), read_state(live, VERSIONS)) == ({"skipped"}, VERSIONS, "waiting")
    assert list_runs(api, "failed") == []


def test_who_operates_does_not_approve(api: AirflowApi, live: Home) -> None:
    """The account of the operators is refused; the question stays open."""
    with pytest.raises(RuntimeError, match="403"):
        api.answer(CYCLE, f"ban-{VERSIONS:02d}", "approve", "Phê duyệt", APPROVED)
    assert api.pending_approval(CYCLE, f"ban-{VERSIONS:02d}")


def test_the_form_links_the_report_and_the_console_hands_it_out(system: System, api: AirflowApi, live: Home) -> None:
    """To whoever may see the cycle; nobody else gets a byte."""
    body = read_question(api, f"ban-{VERSIONS:02d}")["body"]
    path = f"/kybaocao/bao-cao/{CYCLE}/{VERSIONS}/Du-thao_BC-UBND_Son-La_DUYET_2026.docx"
    assert f"({system.url}{path})" in body
    kept = live.report_folder(CYCLE, VERSIONS) / "Du-thao_BC-UBND_Son-La_DUYET_2026.docx"
    assert api.download(path) == kept.read_bytes()
    for other in (path.replace(".docx", ".exe"), path.replace(f"/{VERSIONS}/", "/999/"), f"{path}/../noi-dung.json"):
        with pytest.raises(RuntimeError, match=r"40[34]"):
            api.download(other)
    with pytest.raises(RuntimeError, match="401"):
        api.download(path, is_known=False)


def test_the_question_has_a_button_for_its_report(system: System, api: AirflowApi) -> None:
    """It opens what people read first, while the task waits."""
    run = f"ban-{VERSIONS:02d}"
    links = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/{run}/taskInstances/approve/links")["extra_links"]
    address = str(links["Xem báo cáo"]).removeprefix(system.url)
    assert address.startswith(f"/kybaocao/bao-cao/{CYCLE}/{VERSIONS}/Du-thao_")
    assert len(api.download(address)) > 1000


def test_a_question_lost_with_its_run_is_asked_again(api: AirflowApi, live: Home) -> None:
    """Marked failed, then deleted: the next pass asks about the same version, and sends no second draft."""
    drafts = len(mails(live, "phat_hanh_so_tai_chinh", CYCLE))
    api.call("PATCH", f"/api/v2/dags/{CYCLE}/dagRuns/ban-{VERSIONS:02d}", {"state": "failed"})
    api.trigger(CYCLE, "hoi-lai-1", {"as_of": AT})
    assert api.wait_for_run(CYCLE, "hoi-lai-1", may_wait_for_human=True) == "waiting"
    api.call("PATCH", f"/api/v2/dags/{CYCLE}/dagRuns/hoi-lai-1", {"state": "failed"})
    api.call("DELETE", f"/api/v2/dags/{CYCLE}/dagRuns/hoi-lai-1")
    api.trigger(CYCLE, "hoi-lai-2", {"as_of": AT})
    assert api.wait_for_run(CYCLE, "hoi-lai-2", may_wait_for_human=True) == "waiting"
    api.trigger(CYCLE, "khong-hoi", {"as_of": AT, "report": True})
    assert api.wait_for_run(CYCLE, "khong-hoi") == "success"
    assert (count_versions(live), len(mails(live, "phat_hanh_so_tai_chinh", CYCLE))) == (VERSIONS, drafts)


@pytest.mark.parametrize("wrong", [{"so": "", "bo_qua": ""}, {"ngay": "32/13/2026"}])
def test_an_unusable_answer_is_asked_again_with_its_reason(
    api: AirflowApi, leader: AirflowApi, live: Home, wrong: dict[str, str]
) -> None:
    """A new pass asks at once, the reason stands on top of its form; what looked like an answer was none."""
    before, run = len(mails(live, "tra_loi_chua_dung_duoc", CYCLE)), api.find_question(CYCLE)
    leader.answer(CYCLE, run, "approve", "Phê duyệt", APPROVED | wrong)
    wait_until("the question again", lambda: api.find_question(CYCLE) not in ("", run))
    body = read_question(api, api.find_question(CYCLE))["body"]
    assert body.startswith("> **Câu trả lời trước chưa dùng được.**")
    # The new pass is asked for before the old one ends.
    wait_until("the old question closed", lambda: api.task_state(CYCLE, run, "approve") == "skipped")
    assert read_state(live, VERSIONS) == "waiting"
    assert len(mails(live, "tra_loi_chua_dung_duoc", CYCLE)) == before + 1


def test_what_is_approved_is_submitted_and_ubnd_tinh_is_asked(
    api: AirflowApi, leader: AirflowApi, province: AirflowApi, live: Home
) -> None:
    """In the same run; the leader's account cannot answer for UBND tỉnh, and an unusable answer is asked again."""
    run = api.find_question(CYCLE)
    leader.answer(CYCLE, run, "approve", "Phê duyệt", APPROVED)
    assert api.wait_for_run(CYCLE, run, may_wait_for_human=True) == "waiting"
    assert (read_state(live, VERSIONS), len(mails(live, "phat_hanh_ubnd_tinh", CYCLE))) == ("submitted", 1)
    assert "Đã trình UBND tỉnh Báo cáo số 87/BC-STC ngày 14/12/2026" in read_question(api, run, "sign")["body"]
    with pytest.raises(RuntimeError, match="403"):
        leader.answer(CYCLE, run, "sign", "Phê duyệt", SIGNED)
    province.answer(CYCLE, run, "sign", "Phê duyệt", SIGNED | {"so": "87/BC-STC"})
    wait_until("the question again", lambda: api.find_question(CYCLE) not in ("", run))
    again = api.find_question(CYCLE)
    wait_until("the question of UBND tỉnh", lambda: api.task_state(CYCLE, again, "sign") == "deferred")
    assert "không mang ký hiệu của văn bản này" in read_question(api, again, "sign")["body"]
    assert (api.task_state(CYCLE, again, "approve"), len(mails(live, "phat_hanh_ubnd_tinh", CYCLE))) == ("success", 1)


def test_a_decision_counts_once(api: AirflowApi, province: AirflowApi, live: Home) -> None:
    """Signed, published; cleared afterwards, nothing is asked and nothing is sent again."""
    run = api.find_question(CYCLE)
    province.answer(CYCLE, run, "sign", "Phê duyệt", SIGNED)
    assert api.wait_for_run(CYCLE, run) == "success"
    assert (read_state(live, VERSIONS), len(mails(live, "phat_hanh_bo_tai_chinh", CYCLE))) == ("published", 1)
    body = {"dag_run_id": run, "task_ids": ["approve"], "dry_run": False, "only_failed": False}
    api.call("POST", f"/api/v2/dags/{CYCLE}/clearTaskInstances", body | {"include_downstream": True})
    wait_until("the cleared tasks", lambda: api.task_state(CYCLE, run, "sign") == "success")
    assert api.wait_for_run(CYCLE, run) == "success"
    sent = [len(mails(live, kind, CYCLE)) for kind in ("phat_hanh_ubnd_tinh", "phat_hanh_bo_tai_chinh")]
    assert sent == [1, 1]


def test_another_team_can_follow_the_release(api: AirflowApi) -> None:
    """An event of the cycle's asset says which version, with number and day; no draft was one."""
    name = f"phat_hanh_{CYCLE}"
    (asset,) = api.call("GET", f"/api/v2/assets?name_pattern={name}")["assets"]
    events = api.call("GET", f"/api/v2/assets/events?asset_id={asset['id']}")["asset_events"]
    said = [(one["source_task_id"], one["extra"]["version"], one["extra"]["number"]) for one in events]
    assert set(said) == {("publish_to_bo_tai_chinh", VERSIONS, "215/BC-UBND")}
    assert {tuple(one["extra"]["files"]) for one in events} != {()}


def test_what_a_run_cannot_use_fails_at_once(api: AirflowApi) -> None:
    """No retries; the alarm's advice is about the input."""
    api.trigger(CYCLE, "luot-sai", {"as_of": "hôm qua"})
    assert api.wait_for_run(CYCLE, "luot-sai") == "failed"
    tasks = {task["task_id"]: (task["state"], task["try_number"]) for task in api.list_tasks(CYCLE, "luot-sai")}
    assert tasks["open_pass"] == ("failed", 1)
