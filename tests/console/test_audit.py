"""The audit trail as a page."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.facts.audit import AuditFilter, list_audit
from kybaocao.console.pages.audit import tell_detail
from kybaocao.console.scope import Scope, open_scope
from kybaocao.console.wording import load_catalogue
from kybaocao.home import Home
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
    assert tell_detail({"due_at": due, "to": "a"}) == [("due_at", "08:00 ngày 11/12/2026"), ("to", "a")]


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
    said = [("dated", "2026-12-11"), ("number", "87/BC-STC"), ("signer", "Đặng Trọng Lâm"), ("version", "2")]
    assert tell_detail({step: signed, "version": 2}) == said
