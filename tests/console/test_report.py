"""Báo cáo: versions, what stands in the way of one, accepting it, compiling another one now."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.facts import report as report_facts
from kybaocao.console.facts.report import GateRow
from kybaocao.console.scope import open_scope
from kybaocao.home import Home
from kybaocao.stages.support.lifting import list_lifts
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.release_gate import ACCEPTED
from kybaocao.stages.support.report_changes import list_changes, read_change_lines
from kybaocao.store.reports import ReportState, add_version, list_versions, load_snapshot
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS, log_in
from tests.console.played import run
from tests.console.questions import count_questions
from tests.decisions import publish
from tests.post import Post

PATH = f"/ky/{CYCLE}/bao-cao"
ACCEPT = f"{PATH}/1/chap-nhan"


def begin() -> Pass:
    return open_scope(CYCLE, ACCOUNTS["lanhdao"]).p


def list_accepted() -> list[tuple[str, str, str]]:
    p = begin()
    with p.store.read() as connection:
        return [(one.code, one.by, one.reason) for one in list_lifts(connection, CYCLE, 1)]


# --- looking -----------------------------------------------------------------------------------------------------


def test_the_newest_version_is_shown_with_its_state_and_the_way_to_decide(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH).text
    assert "chờ phê duyệt" in page
    assert f'href="/kybaocao{PATH}/1/phe-duyet"' in page


def test_what_blocks_says_what_to_do_and_who_may_accept_it(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH).text
    assert "Căn cứ của báo cáo còn để trống số hoặc ngày của Kế hoạch." in page
    assert "điền so_ky_hieu, ngay_ban_hanh trong ke_hoach.yaml; lượt sau lập phiên bản mới." in page
    assert "Người quyết định được chấp nhận kèm lý do." in page


def test_a_long_list_of_places_is_shown_to_who_asks_for_it(
    played: Home, viewer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wall of text hides the other conditions."""
    places = "; ".join(f"III.{number}.SKHCN Sở Khoa học và Công nghệ" for number in range(20))
    row = GateRow("open-places", "", f"Còn 20 chỗ: {places}.", "viết vào tệp bổ sung", True, True, True, "", "")
    accepted = replace(row, text=f"{row.text} {ACCEPTED} Giám đốc, lý do: đã rõ", is_open=False)
    rows = (row, replace(row, text="Còn 1 chỗ: III.2"), accepted)
    monkeypatch.setattr(report_facts, "_look_at_gate", lambda *_: (rows, ""))
    page = viewer.get(PATH).text
    shown = re.findall(r"(Còn \d+ chỗ[^<]*)<(details|br)", re.sub(r"\s*<", "<", page))
    assert shown == [
        ("Còn 20 chỗ.", "details"),
        ("Còn 1 chỗ: III.2", "br"),
        ("Còn 20 chỗ. Đã được chấp nhận: Giám đốc, lý do: đã rõ", "details"),
    ]
    assert page.count(f"</summary>{places}.</details>") == 2


def test_the_proof_is_told(played: Home, viewer: TestClient) -> None:
    assert "khớp (tính lại từ 2 tệp gốc)" in viewer.get(PATH).text


def test_every_file_has_a_link_that_works(played: Home, viewer: TestClient) -> None:
    links = re.findall(rf'href="/kybaocao(/bao-cao/{CYCLE}/1/[^"]*)"', viewer.get(PATH).text)
    assert {link.rpartition(".")[2] for link in links} == {"docx", "xlsx"}
    assert [viewer.get(link).status_code for link in links] == [200] * len(links)


def test_without_libreoffice_the_word_file_is_pointed_at(played: Home, viewer: TestClient) -> None:
    assert "nội dung đầy đủ ở bản Word (.docx)" in viewer.get(PATH).text


def test_a_release_says_whom_it_has_reached(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH).text
    assert "Dự thảo gửi lãnh đạo Sở Tài chính" in page
    assert "giamdoc.stc@sonla.example.vn" in page


def test_what_left_can_be_read_where_it_left_from(own: Home, viewer: TestClient) -> None:
    assert publish(begin())
    page = viewer.get(PATH).text
    links = re.findall(rf'href="/kybaocao(/bao-cao/{CYCLE}/1/phat-hanh/[^"]*\.docx)"', page)
    assert "215/BC-UBND" in page
    assert viewer.get(links[0]).status_code == 200


@pytest.mark.parametrize("path", ["phat-hanh/khong-co.docx", "khong-co/x.docx", "..%2f..%2fkybaocao.db", "../x.docx"])
def test_no_other_file_is_handed_out(played: Home, viewer: TestClient, path: str) -> None:
    assert viewer.get(f"/bao-cao/{CYCLE}/1/{path}").status_code == 404


def test_a_second_version_says_what_it_changes(own: Home, viewer: TestClient) -> None:
    words = own.supplement(CYCLE)
    words.parent.mkdir(parents=True, exist_ok=True)
    words.write_text("[V.2]\nNhiệm vụ trọng tâm (nội dung mẫu).\n", encoding="utf-8")
    run(own, Post(), "2026-12-11T10:00", is_asked=True)
    p = begin()
    with p.store.read() as connection:
        newest = list_versions(connection, CYCLE)[-1]
        expected = list_changes(p, newest, load_snapshot(connection, newest.snapshot))
    assert newest.version == 2
    assert read_change_lines(own.root / newest.folder) == expected
    page = unescape(viewer.get(PATH).text)
    assert "So với phiên bản 1:" in page
    assert all(line in page for line in expected[1])


def test_an_unknown_version_is_not_there(played: Home, viewer: TestClient) -> None:
    assert viewer.get(PATH + "?ban=99").status_code == 404


def test_a_cycle_without_a_report_says_when_there_will_be_one(played: Home, viewer: TestClient) -> None:
    page = viewer.get("/ky/nq02-2026-ky1/bao-cao")
    assert "Chưa có phiên bản báo cáo nào" in page.text


def test_who_watches_some_agencies_does_not_see_the_report(played: Home, watching: TestClient) -> None:
    answers = [
        watching.get(path).status_code for path in (PATH, f"{PATH}/1/phe-duyet", f"/api/v1/cycles/{CYCLE}/report")
    ]
    assert answers == [403, 403, 403]


def test_a_program_reads_the_same(played: Home, viewer: TestClient) -> None:
    found = viewer.get(f"/api/v1/cycles/{CYCLE}/report").json()
    assert [(one["version"], one["state"]) for one in found["versions"]] == [(1, "waiting")]
    assert "plan-number-blank" in [one["code"] for one in found["newest"]["gate"] if one["is_open"]]


def test_forty_versions_take_as_many_questions_as_one(own: Home, viewer: TestClient) -> None:
    viewer.get(PATH)  # what is kept in memory is kept from here on
    few = count_questions(viewer, PATH + "?ban=1")
    p = begin()
    with p.store.write() as connection:
        first = list_versions(connection, CYCLE)[0]
        for number in range(2, 42):
            add_version(connection, replace(first, version=number, state=ReportState.COMPILED))
    assert count_questions(viewer, PATH + "?ban=1") == few
    assert count_questions(viewer, f"/ky/{CYCLE}/chi-tieu/T13") < 15
    assert count_questions(viewer, f"/ky/{CYCLE}/nhiem-vu") < 15


# --- accepting what blocks ---------------------------------------------------------------------------------------


def test_who_decides_accepts_an_obstacle_with_name_and_reason(own: Home) -> None:
    answer = log_in("lanhdao", follows=True).post(ACCEPT, data={"code": "sample-data", "reason": "Diễn tập"})
    assert list_accepted() == [("sample-data", "lanhdao", "Diễn tập")]
    assert "Đã ghi nhận việc chấp nhận" in answer.text
    assert "Đã được chấp nhận: lanhdao" in answer.text


@pytest.mark.parametrize(
    ("account", "code", "reason", "status", "said"),
    [
        ("lanhdao", "sample-data", "  ", 422, "Xin ghi lý do"),
        ("lanhdao", "khong-co", "Vội", 409, "không còn điều chặn nào"),
        ("vanhanh", "sample-data", "Vội", 409, "không có quyền bỏ qua"),
        ("xem", "sample-data", "Vội", 403, "không có quyền"),
    ],
)
def test_what_cannot_be_accepted_so_changes_nothing(
    own: Home, account: str, code: str, reason: str, status: int, said: str
) -> None:
    answer = log_in(account).post(ACCEPT, data={"code": code, "reason": reason})
    assert (answer.status_code, said in answer.text, list_accepted()) == (status, True, [])


def test_what_is_accepted_already_is_not_accepted_again(own: Home) -> None:
    leader = log_in("lanhdao")
    leader.post(ACCEPT, data={"code": "sample-data", "reason": "Diễn tập"})
    answer = leader.post(ACCEPT, data={"code": "sample-data", "reason": "Lần nữa"})
    assert (answer.status_code, len(list_accepted())) == (409, 1)


# --- compiling now -----------------------------------------------------------------------------------------------


def test_the_second_step_names_the_consequences(played: Home, operator: TestClient) -> None:
    page = operator.get(PATH + "/lap-ngay").text
    assert "Mới có 2/5 cơ quan được tiếp nhận báo cáo, đã quá hạn 2 ngày" in page
    assert "Phiên bản 1 (chờ phê duyệt) sẽ bị thay" in page
    assert "giamdoc.stc@sonla.example.vn" in page


def test_airflow_is_asked_for_a_run_that_makes_a_report(played: Home, operator: TestClient) -> None:
    """Of a season that is replayed at the moment that is shown."""
    page = operator.get(PATH + "/lap-ngay").text
    body = json.loads(unescape(re.findall(r'data-body="([^"]*)"', page)[0]))
    assert f'data-call="POST" data-url="/api/v2/dags/{CYCLE}/dagRuns"' in re.sub(r"\s+", " ", page)
    assert body["conf"] == {"report": True, "as_of": begin().as_of.isoformat()}
    assert body["logical_date"] is None


def test_only_operators_compile(played: Home, viewer: TestClient) -> None:
    assert viewer.get(PATH + "/lap-ngay").status_code == 403
    assert "lap-ngay" not in viewer.get(PATH).text
