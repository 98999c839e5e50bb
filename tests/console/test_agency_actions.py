"""What operators do about one agency: in their own name, with a reason, and nothing where it came too late."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from kybaocao.console.scope import open_scope
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.tables import audit, granted_decisions, outbox
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS, log_in

AGENCY = f"/ky/{CYCLE}/co-quan"
SILENT = f"{AGENCY}/X-03664"
EXTENSION = {
    "loai": "gia_han",
    "den_het_ngay": "2026-12-15",
    "nguoi_quyet_dinh": "Giám đốc Sở Tài chính",
    "van_ban": "1234/STC-THKT",
    "ngay": "2026-12-11",
    "ly_do": "Mưa lũ",
}


@pytest.fixture
def client() -> TestClient:
    return log_in("vanhanh", follows=True)


def last_action(home: Home) -> tuple[str, str, str, str]:
    """(action, actor, agency, reason) of the newest row of the trail."""
    with open_store(home).read() as connection:
        row = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    return row.action, row.actor, row.agency, json.loads(row.detail).get("reason", "")


def count_rows(home: Home) -> tuple[int, int, int]:
    with open_store(home).read() as connection:
        tables = (audit, granted_decisions, outbox)
        return tuple(len(connection.execute(select(table.c.id)).all()) for table in tables)  # type: ignore[return-value]


def is_refused(answer: Response, why: str, home: Home, before: tuple[int, int, int]) -> bool:
    return answer.status_code in (403, 409, 422) and why in answer.text and count_rows(home) == before


def test_an_extension_holds_from_now_on_and_is_told(own: Home, client: TestClient) -> None:
    answer = client.post(f"{SILENT}/quyet-dinh", data=EXTENSION)
    assert answer.status_code == 200 and "được gia hạn nộp báo cáo đến hết ngày 15/12/2026" in answer.text
    assert last_action(own) == ("decision-granted", "vanhanh", "X-03664", "Mưa lũ")
    p = open_scope(CYCLE, ACCOUNTS["vanhanh"]).p
    assert p.plan.due_before(CYCLE, "X-03664", p.local.date()).isoformat() == "2026-12-16"


def test_it_is_taken_back_once(own: Home, client: TestClient) -> None:
    client.post(f"{SILENT}/quyet-dinh", data=EXTENSION)
    assert "Đã thu hồi" in client.post(f"{SILENT}/quyet-dinh/1/thu-hoi", data={"ly_do": "nhầm"}).text
    before = count_rows(own)
    again = client.post(f"{SILENT}/quyet-dinh/1/thu-hoi", data={"ly_do": "nhầm"})
    assert is_refused(again, "đã được vanhanh thu hồi", own, before)


def test_a_decision_is_taken_back_on_its_own_agencys_page_only(own: Home, client: TestClient) -> None:
    client.post(f"{SILENT}/quyet-dinh", data=EXTENSION)
    before = count_rows(own)
    answer = client.post(f"{AGENCY}/X-04183/quyet-dinh/1/thu-hoi", data={"ly_do": "nhầm"})
    assert is_refused(answer, "không có quyết định số 1", own, before)


def test_an_exemption_and_a_waiver_are_recorded(own: Home, client: TestClient) -> None:
    said = {key: text for key, text in EXTENSION.items() if key not in ("loai", "den_het_ngay")}
    client.post(f"{SILENT}/quyet-dinh", data=said | {"loai": "mien_nop"})
    waiver = {"loai": "mien_quy_tac", "quy_tac": "numerator-exceeds-denominator", "den_ngay": "2026-12-31"}
    answer = client.post(f"{AGENCY}/X-04183/quyet-dinh", data=said | waiver)
    assert "được miễn quy tắc kiểm tra" in answer.text and "Được miễn" in client.get(SILENT).text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ly_do": "  "}, "Xin ghi lý do"),
        ({"den_het_ngay": "hôm sau"}, "không phải là ngày"),
        ({"den_het_ngay": "2026-12-08"}, "đã qua"),
        ({"van_ban": ""}, "Số, ký hiệu văn bản"),
        ({"loai": "doi_han"}, "loại quyết định"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_with_the_reason(
    own: Home, client: TestClient, changed: dict[str, str], why: str
) -> None:
    before = count_rows(own)
    assert is_refused(client.post(f"{SILENT}/quyet-dinh", data=EXTENSION | changed), why, own, before)


def test_what_was_accepted_is_not_changed_by_a_decision(own: Home, client: TestClient) -> None:
    before = count_rows(own)
    assert is_refused(client.post(f"{AGENCY}/STP/quyet-dinh", data=EXTENSION), "Quá muộn", own, before)


def test_a_call_is_kept_and_shown(own: Home, client: TestClient) -> None:
    call = {"nguoi_nghe": "Bà Lò Thị Hương", "ket_qua": "promised", "noi_dung": "Hẹn nộp chiều nay <b>"}
    answer = client.post(f"{SILENT}/cuoc-goi", data=call)
    assert "Hẹn nộp chiều nay &lt;b&gt;" in answer.text and "Bà Lò Thị Hương" in answer.text
    assert last_action(own)[:3] == ("call-noted", "vanhanh", "X-03664")


def test_calls_are_charted_by_day(own: Home, client: TestClient) -> None:
    call = {"nguoi_nghe": "Bà Hương", "ket_qua": "unanswered", "noi_dung": "không nghe máy"}
    for agency in ("X-03664", "X-04183"):
        client.post(f"{AGENCY}/{agency}/cuoc-goi", data=call)
    assert "Ngày 11/12/2026: 2 cuộc gọi" in client.get(f"/ky/{CYCLE}/nhat-ky?viec=call-noted").text


def test_the_form_is_issued_again_beside_the_one_that_lies_there(own: Home, client: TestClient) -> None:
    folder = own.cycle_folder("X-03664", CYCLE)
    (first,) = (path for path in folder.iterdir() if path.is_file())
    kept = first.read_bytes()
    answer = client.post(f"{SILENT}/bieu-mau", data={"ly_do": "hỏng tệp"})
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    assert names == [first.name, f"{first.stem}_phat-lai-01.xlsx"] and names[1] in answer.text
    assert first.read_bytes() == kept
    with open_store(own).read() as connection:
        newest = connection.execute(select(outbox).order_by(outbox.c.id.desc()).limit(1)).one()
    assert (newest.kind, newest.agency, names[1] in newest.text) == ("mo_ky", "X-03664", True)


def test_no_form_is_issued_again_to_who_was_accepted(own: Home, client: TestClient) -> None:
    before = count_rows(own)
    answer = client.post(f"{AGENCY}/STP/bieu-mau", data={"ly_do": "hỏng tệp"})
    assert is_refused(answer, "Quá muộn", own, before)


@pytest.mark.parametrize("path", ["quyet-dinh", "quyet-dinh/1/thu-hoi", "cuoc-goi", "bieu-mau"])
def test_who_may_only_look_may_not_act(own: Home, path: str) -> None:
    before = count_rows(own)
    answer = log_in("xem").post(f"{SILENT}/{path}", data=EXTENSION)
    assert (answer.status_code, count_rows(own)) == (403, before)
