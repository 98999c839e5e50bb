"""The audit trail as a page."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.audit_words import UNSAID, AuditWords, list_details
from kybaocao.console.facts.audit import AuditFilter, list_audit
from kybaocao.console.scope import Scope, open_scope
from kybaocao.console.wording import Words, load_catalogue
from kybaocao.home import Home
from kybaocao.stages.support.release_gate import load_words as load_obstacles
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS

TRAIL = f"/ky/{CYCLE}/nhat-ky"
CODE = Path(__file__).resolve().parents[2] / "include" / "kybaocao"


def ask(**asked: object) -> list[tuple[str, str]]:
    found = list_audit(open_scope(CYCLE, ACCOUNTS["xem"]), AuditFilter(**asked), 1)  # type: ignore[arg-type]
    return [(one.action, one.agency) for one in found.listing.rows]


def test_it_is_filtered_by_action_agency_and_day(played: Home) -> None:
    assert ask(action="version-accepted", agency="STC") == [("version-accepted", "STC")]
    assert ask(action="version-returned", day=dt.date(2026, 12, 11)) == [("version-returned", "HHDN")]


def test_a_count_is_the_number_of_its_rows(played: Home) -> None:
    scope = open_scope(CYCLE, ACCOUNTS["xem"])
    for action, count in list_audit(scope, AuditFilter(), 1).actions.items():
        assert list_audit(scope, AuditFilter(action=action), 1).listing.total == count


def test_what_concerns_an_address_or_the_store_is_shown_with_every_cycle(played: Home) -> None:
    assert ("configuration-in-force", "") in ask()


def test_a_supervisor_sees_what_concerns_watched_agencies_only(played: Home) -> None:
    whole = open_scope(CYCLE, ACCOUNTS["xem"])
    found = list_audit(Scope(whole.p, whole.account, frozenset({"STC"})), AuditFilter(), 1)
    assert {one.agency for one in found.listing.rows} == {"STC"}


@pytest.mark.parametrize(("query", "status"), [("ngay=mai", 422), ("ngay=2026-12-11", 200), ("trang=9", 200)])
def test_what_was_typed_is_answered(played: Home, viewer: TestClient, query: str, status: int) -> None:
    assert viewer.get(f"{TRAIL}?{query}").status_code == status


def test_the_trail_for_programs(played: Home, viewer: TestClient) -> None:
    found = viewer.get(f"/api/v1/cycles/{CYCLE}/audit?action=form-issued").json()
    assert (found["total"], found["rows"][0]["action"]) == (5, "form-issued")


def test_a_moment_is_told_as_officials_write_it() -> None:
    due = "2026-12-11T08:00:00+07:00"
    assert list_details({"due_at": due, "to": "a"}) == [("due_at", "08:00 ngày 11/12/2026"), ("to", "a")]


def test_every_action_of_the_code_has_words() -> None:
    written = {
        code
        for path in CODE.rglob("*.py")
        for code in re.findall(r"record_action\(\s*\w+,\s*\"([a-z-]+)\"", path.read_text(encoding="utf-8"))
    }
    assert len(written) > 15
    assert [code for code in sorted(written) if f"audit_action_{code.replace('-', '_')}" not in load_catalogue()] == []


@pytest.mark.parametrize("step", ["sign_off", "signature"])
def test_a_decision_is_told_by_number_day_and_signer(step: str) -> None:
    signed = {"number": "87/BC-STC", "dated": "2026-12-11", "signer": "Đặng Trọng Lâm", "position": ""}
    said = [("dated", "11/12/2026"), ("number", "87/BC-STC"), ("signer", "Đặng Trọng Lâm"), ("version", "2")]
    assert list_details({step: signed, "version": 2}) == said


# (a detail as the trail keeps it, how it is described)
DESCRIBED = {
    "a step by its name": ({"rung": "nhac_lan_1"}, [("rung", "Nhắc lần 1")]),
    "whom a step was for": ({"to": "lanh_dao"}, [("to", "thủ trưởng cơ quan")]),
    "the first of a step is no repetition": ({"repetition": 0}, []),
    "the second of a step": ({"repetition": 1}, [("repetition", "2")]),
    "the form": ({"component": "bieu_mau"}, [("component", "biểu mẫu")]),
    "a release by where it goes": ({"release": "bo_tai_chinh"}, [("release", "Gửi Bộ Tài chính")]),
    "a letter by its kind": ({"key": f"{CYCLE}/STC/01/tiep_nhan"}, [("key", "Tiếp nhận")]),
    "a reminder by its step": ({"key": f"{CYCLE}/nhac_lan_3/HHDN/20261207T080000+0700/44"}, [("key", "Nhắc lần 3")]),
    "a report's letter by its release": ({"key": f"{CYCLE}/phat_hanh/ubnd_tinh/1"}, [("key", "Trình UBND tỉnh")]),
    "a pass by who began it": ({"kind": "scheduled"}, [("kind", "lịch của kỳ")]),
    "a decision by its kind": ({"kind": "gia_han"}, [("kind", "Gia hạn nộp")]),
    "findings by their titles": (
        {"findings": ["number-unreadable@Chỉ tiêu!F7", "number-unreadable@Chỉ tiêu!G7", "form-missing@"]},
        [("findings", "Không phải số (Chỉ tiêu!F7, Chỉ tiêu!G7); form-missing")],
    ),
    "an obstacle": ({"code": "low-coverage"}, [("code", "ít cơ quan báo cáo")]),
    "what nobody has named": ({"kind": "khac"}, [("kind", "khac")]),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_code_is_described_in_words(name: str, played: Home) -> None:
    detail, described = DESCRIBED[name]
    said = AuditWords(Words("vi"), open_scope(CYCLE, ACCOUNTS["xem"]).p.plan)
    assert said.describe(detail) == described


def test_every_detail_of_the_code_has_a_name() -> None:
    given = {
        (path.name, one.arg)
        for path in CODE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "record_action"
        for one in call.keywords
        if one.arg not in (None, "at", "cycle", "agency", "actor", "sign_off", *UNSAID)
    }
    assert len(given) > 30
    assert [one for one in sorted(given) if f"audit_detail_{one[1]}" not in load_catalogue()] == []


def test_every_obstacle_has_words() -> None:
    known = load_catalogue()
    assert [code for code in load_obstacles() if f"audit_code_{code.replace('-', '_')}" not in known] == []
