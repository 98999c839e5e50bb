"""Phê duyệt: the decision with the report beside the fields, and a second step before anything leaves."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.scope import open_scope
from kybaocao.home import Home
from kybaocao.stages.support.decisions import Decision, record_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.store.reports import ReportState, find_version, set_state
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS, RUN, log_in
from tests.decisions import APPROVED, submit

PATH = f"/ky/{CYCLE}/bao-cao/1/phe-duyet"
YES = {
    "step": "approve",
    "choice": "approve",
    "so": "87/BC-STC",
    "ngay": "11/12/2026",
    "nguoi_ky": "Đặng Trọng Lâm",
    "bo_qua": "Diễn tập",
}


def begin() -> Pass:
    return open_scope(CYCLE, ACCOUNTS["lanhdao"]).p


def read_state() -> str:
    p = begin()
    with p.store.read() as connection:
        return find_version(connection, CYCLE, 1).state.value


@pytest.fixture
def leader() -> TestClient:
    return log_in("lanhdao")


def read_call(page: str) -> tuple[str, str, dict[str, Any]]:
    """What the page's script sends to Airflow."""
    method, path, body = (re.findall(rf'data-{name}="([^"]*)"', page)[0] for name in ("call", "url", "body"))
    return method, path, json.loads(unescape(body))


def test_who_is_asked_gets_the_fields_of_the_document(asked: Home, leader: TestClient) -> None:
    page = leader.get(PATH).text
    assert "Số văn bản (ký hiệu /BC-STC)" in page
    assert [name for name in ("Đặng Trọng Lâm", "Trần Văn Mẫu") if f'value="{name}"' in page] == [
        "Đặng Trọng Lâm",
        "Trần Văn Mẫu",
    ]
    assert "Du-thao_BC-STC" in page


def test_others_see_whose_question_it_is(asked: Home) -> None:
    page = log_in("ubndtinh").get(PATH).text
    assert "Người trả lời câu hỏi này: Giám đốc Sở Tài chính" in page
    assert 'name="so"' not in page


def test_a_question_that_no_run_asks_yet_cannot_be_answered(own: Home, leader: TestClient) -> None:
    assert "Câu hỏi đang được mở lại" in leader.get(PATH).text
    assert leader.post(PATH, data=YES).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"so": ""}, "xin điền: Số"),
        ({"so": "87/BC-UBND"}, "không mang ký hiệu của văn bản này"),
        ({"ngay": "32/13/2026"}, "chưa đúng"),
        ({"nguoi_ky": "Người Lạ"}, "không có trong danh sách người được ký"),
        ({"bo_qua": ""}, "xin ghi “Lý do vẫn phát hành”"),
        ({"choice": "reject", "ly_do": " "}, "xin ghi lý do"),
    ],
)
def test_wrong_fields_are_said_and_kept(asked: Home, leader: TestClient, wrong: dict[str, str], said: str) -> None:
    answer = leader.post(PATH, data=YES | wrong)
    assert (answer.status_code, said in unescape(answer.text), read_state()) == (422, True, "waiting")
    assert f'value="{(YES | wrong)["so"]}"' in answer.text


def test_the_second_step_names_everybody_whom_it_will_reach(asked: Home, leader: TestClient) -> None:
    page = unescape(leader.post(PATH, data=YES).text)
    assert "được gửi ngay đến 2 nơi nhận" in page
    assert "Chủ tịch UBND tỉnh <chutich.ubnd@sonla.example.vn>" in page
    assert "Phê duyệt và gửi đến 2 nơi nhận" in page


def test_the_answer_goes_to_airflow_and_nothing_is_recorded_here(asked: Home, leader: TestClient) -> None:
    method, path, body = read_call(leader.post(PATH, data=YES).text)
    assert (method, path) == (
        "PATCH",
        f"/api/v2/dags/{CYCLE}/dagRuns/{RUN}/taskInstances/approve/-1/hitlDetails",
    )
    assert body["chosen_options"] == ["Phê duyệt"]
    assert body["params_input"] == {
        "so": "87/BC-STC",
        "ngay": "11/12/2026",
        "nguoi_ky": "Đặng Trọng Lâm",
        "chuc_vu": "",
        "bo_qua": "Diễn tập",
        "ly_do": "",
    }
    assert read_state() == "waiting"


def test_sending_back_takes_a_reason_and_nothing_else(asked: Home, leader: TestClient) -> None:
    page = leader.post(PATH, data=YES | {"choice": "reject", "ly_do": "Thiếu phần IV"}).text
    body = read_call(page)[2]
    assert body["chosen_options"] == ["Trả lại"]
    assert {name: text for name, text in body["params_input"].items() if text} == {"ly_do": "Thiếu phần IV"}
    assert "không được gửi cho ai" in page


def test_ubnd_tinh_signs_what_was_submitted_to_it(asked: Home) -> None:
    assert submit(begin())
    client = log_in("ubndtinh")
    page = client.get(PATH).text
    assert "Đã trình UBND tỉnh Báo cáo số 87/BC-STC" in page
    assert "<h1>UBND tỉnh ký báo cáo, phiên bản 1</h1>" in page
    files = re.findall(rf'<li><a href="/kybaocao/bao-cao/{CYCLE}/1/([^"]*)"', page)
    named = [(name.startswith("Du-thao"), re.findall("BC-[A-Z]+", name.rpartition("/")[2])) for name in files]
    assert named == [(True, ["BC-UBND"]), (False, ["BC-STC"])]
    answer = client.post(
        PATH, data=YES | {"step": "sign", "so": "215/BC-UBND", "ngay": "16/12/2026", "nguoi_ky": "Nguyễn Văn Mẫu"}
    )
    assert read_call(answer.text)[1].endswith("/taskInstances/sign/-1/hitlDetails")
    assert "vanthu@mof.example.vn" in answer.text


def test_a_decision_that_was_taken_stands(asked: Home, leader: TestClient) -> None:
    record_decision(begin(), 1, Decision(False, "lanhdao", "Chưa đủ số liệu"))
    page = leader.get(PATH).text
    assert "Phiên bản 1 đã được trả lại (lanhdao" in page
    answer = leader.post(PATH, data=YES)
    assert (answer.status_code, "không được ghi nhận" in answer.text, read_state()) == (409, True, "rejected")


def test_an_answer_to_the_step_before_comes_too_late(asked: Home, leader: TestClient) -> None:
    record_decision(begin(), 1, APPROVED)
    assert submit(begin()) or True
    assert leader.post(PATH, data=YES).status_code == 409


def test_a_superseded_version_says_so(asked: Home, leader: TestClient) -> None:
    p = begin()
    with p.store.write() as connection:
        set_state(connection, CYCLE, 1, ReportState.SUPERSEDED)
    assert "Đã có phiên bản mới hơn; phiên bản 1 không phát hành." in leader.get(PATH).text
    assert leader.post(PATH, data=YES).status_code == 409


def test_the_word_file_stands_in_for_a_pdf_that_could_not_be_made(asked: Home, leader: TestClient) -> None:
    page = leader.get(PATH).text
    assert "<object" not in page
    assert re.search(rf'href="/kybaocao/bao-cao/{CYCLE}/1/Du-thao_[^"]*\.docx"', page)


def test_a_pdf_stands_beside_the_fields(asked: Home, leader: TestClient) -> None:
    """That of the document which is signed at this step."""
    folder = asked.report_folder(CYCLE, 1)
    for word in list(folder.glob("Du-thao_*.docx")):
        word.with_suffix(".pdf").write_bytes(b"%PDF-1.7\n")
    shown = re.findall(r'<object[^>]*data="([^"]*)"', leader.get(PATH).text)
    assert [path.rpartition("/")[2].split("_")[1] for path in shown] == ["BC-STC"]


def test_who_may_not_decide_is_refused(asked: Home, viewer: TestClient) -> None:
    assert viewer.post(PATH, data=YES).status_code == 403


def test_an_unknown_version_is_not_there(played: Home, viewer: TestClient) -> None:
    assert viewer.get(PATH.replace("/1/", "/99/")).status_code == 404
