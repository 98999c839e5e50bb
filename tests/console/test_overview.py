"""Điều hành and the card on Home: what is due, what waits, how the cycles stand, whether the system is well."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from kybaocao.console.facts.attention import Kind, list_tasks
from kybaocao.console.facts.mail import read_mail_health
from kybaocao.console.facts.overview import Overview, read_overview
from kybaocao.home import Home
from kybaocao.stages.support.delivery_problems import SERVER_AWAY
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import Phase, gather_status
from kybaocao.stages.support.warning_record import read_warning_record, record_warnings
from kybaocao.store.database import open_store
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages, mark_sent, put_off
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS, log_in
from tests.small_plan import write_small_plan

NOW = dt.datetime(2026, 12, 11, 1, tzinfo=dt.UTC)
AWAY = f"{SERVER_AWAY}Connection refused"


def look() -> Overview:
    return read_overview(ACCOUNTS["vanhanh"], NOW)


def test_the_figures_are_those_of_the_status(played: Home) -> None:
    (view,) = look().list_phase(Phase.OPEN)
    found, status = view.standings, gather_status(view.scope.p)
    assert (found.expected, found.accepted) == (status["expected"], status["accepted"])


def test_today_is_what_the_ladder_does_today(played: Home) -> None:
    """11/12/2026, 8:00: the second working day after the deadline; three agencies owe their report."""
    (view,) = look().list_phase(Phase.OPEN)
    steps = [(step.at.astimezone(view.zone).hour, step.step, step.agencies, step.is_done) for step in view.due_steps]
    owing = frozenset({"HHDN", "X-03664", "X-04183"})
    assert steps == [(8, "bao_cao_so_tai_chinh", owing, True), (14, "chieu", None, False)]


def test_the_agencies_of_a_step_are_a_link_to_exactly_these(played: Home, viewer: TestClient) -> None:
    (link,) = re.findall(r'href="/kybaocao(/ky/[^"]*buoc=[^"]*)">3<', viewer.get("/").text)
    page = viewer.get(link).text
    assert re.findall(r'<th scope="row"><a href="[^"]*/co-quan/([^"]*)"', page) == ["X-03664", "X-04183", "HHDN"]
    assert "bước “Báo cáo lãnh đạo Sở Tài chính” của hôm nay" in page


def test_a_report_that_waits_for_approval_leads_to_its_page(played: Home) -> None:
    tasks = [task for task in list_tasks(look()) if task.kind is Kind.DECIDE]
    assert [(task.path, task.since) for task in tasks] == [(f"ky/{CYCLE}/bao-cao/1/phe-duyet", NOW)]


def test_closed_cycles_are_folded(played: Home, viewer: TestClient) -> None:
    text = viewer.get("/").text
    before, _, folded = text.partition("<details>")
    assert "Kỳ 2" in before and "Kỳ 1 " not in before and "Kỳ 1 " in folded


def test_the_card_says_the_same_as_the_page(played: Home, viewer: TestClient) -> None:
    card = viewer.get("/the").json()
    (cycle,) = card["cycles"]
    facts = {fact["label"]: fact["value"] for fact in cycle["facts"]}
    assert facts == {"Tiếp nhận": "2/5", "Trả lại": 2, "Việc hôm nay": 1, "Chờ phê duyệt": 1, "Thư chờ": 0}
    assert (card["alarm"], len(card["closed"])) == ("", 1)


def test_the_card_is_a_module_that_airflow_can_load(viewer: TestClient) -> None:
    answer = viewer.get("/the.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "globalThis.AirflowPlugin =" in answer.text and "http" not in answer.text


def test_reading_all_cycles_opens_one_connection(played: Home) -> None:
    look()
    opened: list[object] = []
    engine = open_store(played).engine

    def note(*given: object) -> None:
        opened.append(given)

    event.listen(engine, "connect", note)
    look()
    event.remove(engine, "connect", note)
    assert len(opened) == 1


def test_without_a_store_the_page_says_what_will_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(tmp_path / "config")))
    answer = log_in("vanhanh").get("/")
    assert (answer.status_code, "Chưa có dữ liệu" in answer.text) == (200, True)
    assert not (tmp_path / "home").exists()


# --- what somebody has to do -------------------------------------------------------------------------------------------


@pytest.fixture
def p(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pass:
    """A pass over an empty store of its own."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(tmp_path / "config", today=dt.date(2026, 12, 1))))
    (tmp_path / "home").mkdir()
    found = Pass.begin(CYCLE, NOW)
    found.store.upgrade()
    return found


def test_a_warning_keeps_the_moment_since_which_it_stands(p: Pass) -> None:
    later = Pass.begin(CYCLE, NOW + dt.timedelta(hours=6))
    record_warnings(p, ["một", "hai"])
    record_warnings(later, ["hai", "ba"])
    record = read_warning_record(p.home.warning_record(CYCLE))
    assert record is not None and record.at == later.as_of
    assert [(one.text, one.since) for one in record.warnings] == [("hai", p.as_of), ("ba", later.as_of)]


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        ("Chưa có địa chỉ thư dùng được cho Sở Tư pháp (STP).", Kind.AGENCY, f"ky/{CYCLE}/co-quan/STP"),
        (f"Tệp chưa thu được: STP/{CYCLE}/nop/a.xlsx vẫn đang được ghi", Kind.AGENCY, f"ky/{CYCLE}/co-quan/STP"),
        ("Thư số 12 “Nhắc” không đến được", Kind.LETTER, f"ky/{CYCLE}/thu"),
        ("Báo cáo năm 2026 đã quá hạn gửi Bộ Tài chính", Kind.REPORT, f"ky/{CYCLE}/bao-cao"),
        ("Cấu hình: co_quan.csv, dòng 3", Kind.CONFIGURATION, ""),
        ("Bộ giám sát lượt chạy không hoạt động", Kind.SYSTEM, ""),
    ],
)
def test_a_warning_leads_to_the_page_that_helps(p: Pass, text: str, kind: Kind, path: str) -> None:
    record_warnings(p, [text])
    (task,) = list_tasks(look())
    assert (task.kind, task.path, task.since, task.text) == (kind, path, NOW, text)


def test_an_account_that_watches_some_agencies_gets_no_tasks_of_the_whole(p: Pass) -> None:
    (p.plan.folder / "theo_doi.yaml").write_text("theo_doi:\n  - {tai_khoan: xem, co_quan: [STC]}\n", encoding="utf-8")
    record_warnings(p, ["Chưa có địa chỉ thư dùng được cho Sở Tư pháp (STP)."])
    text = log_in("xem").get("/").text
    assert "Cần xử lý" not in text and "Sức khoẻ" not in text and "Sở Tư pháp" not in text
    assert log_in("xem").get("/the").json()["cycles"][0]["facts"][0]["value"] == "0/1"


# --- mail --------------------------------------------------------------------------------------------------------------


def queue(p: Pass, key: str) -> None:
    with p.store.write() as connection:
        add_message(connection, Message(key, CYCLE, "nhac", ("a@sonla.gov.example.vn",), "T", "", ""), at=p.as_of)


def test_mail_fails_when_the_server_took_nothing_at_the_last_attempt(p: Pass) -> None:
    queue(p, "1")
    with p.store.write() as connection:
        (letter,) = list_messages(connection, CYCLE)
        values = {"state": LetterState.PENDING, "attempts": 1, "error": AWAY}
        put_off(connection, letter.id, next_attempt_at=NOW + dt.timedelta(minutes=1), **values)
    found = read_mail_health(p.store, [CYCLE])
    assert (found.failed_at, found.waiting, found.oldest_waiting) == (NOW, {CYCLE: 1}, NOW)
    assert "Máy chủ thư không nhận thư" in log_in("vanhanh").get("/the").json()["alarm"]


def test_letters_that_wait_are_a_link_to_exactly_these(p: Pass) -> None:
    queue(p, "1")
    queue(p, "2")
    client = log_in("vanhanh")
    facts = client.get("/the").json()["cycles"][0]["facts"]
    (path,) = (f"/{one['path']}" for one in facts if one["label"] == "Thư chờ" and one["value"] == 2)
    (link,) = re.findall(r'href="/kybaocao([^"]*/thu[^"]*)">[^<]*2', client.get("/").text)
    assert [client.get(one).text.count("Dòng 1–2 trên 2") for one in (path, link)] == [1, 1]


def test_mail_is_well_again_once_the_server_has_taken_a_letter(p: Pass) -> None:
    queue(p, "1")
    queue(p, "2")
    with p.store.write() as connection:
        first, second = list_messages(connection, CYCLE)
        values = {"state": LetterState.PENDING, "attempts": 1, "error": AWAY}
        put_off(connection, first.id, next_attempt_at=NOW + dt.timedelta(minutes=1), **values)
        mark_sent(connection, second.id, NOW + dt.timedelta(minutes=1))
    found = read_mail_health(p.store, [CYCLE])
    assert (found.is_failing, found.last_sent) == (False, NOW + dt.timedelta(minutes=1))
