"""The console behind a proxy that shows everything under a path of its own: nothing leads out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

from fastapi.testclient import TestClient

from kybaocao.home import Home
from tests.conftest import CYCLE
from tests.console.conftest import log_in
from tests.console.every_page import PAGES

ROOT = "/airflow"
_ADDRESS = re.compile(r'(?:href|src|action|data|data-url|data-done)="([^"#][^"]*)"')
_NAME = re.compile(r"\b[A-Z]+[-.\w]*|\b\d+\b")  # of an agency, a target, a letter: one of each kind is enough
OURS, AIRFLOW = f"{ROOT}/kybaocao/", f"{ROOT}/api/v2/"


def walk(client: TestClient) -> Iterator[tuple[str, int, list[str]]]:
    """(address, its status, addresses on it) of every page that links lead to; one of each form of address."""
    ahead, seen = [f"{ROOT}/kybaocao{path}" for path in PAGES.values()], set[tuple[str, frozenset[str]]]()
    while ahead:
        address = ahead.pop()
        parts = urlsplit(address)
        form = (_NAME.sub("*", parts.path), frozenset(parse_qs(parts.query)))
        if form in seen or not address.startswith(OURS):
            continue
        seen.add(form)
        answer = client.get(f"http://testserver{address}")
        is_page = answer.headers["content-type"].startswith("text/html") and not parts.path.endswith("/noi-dung")
        found = [unescape(one) for one in _ADDRESS.findall(answer.text)] if is_page else []
        yield address, answer.status_code, found
        ahead += found


def test_no_link_form_or_call_leaves_the_prefix_and_none_is_dead(played: Home) -> None:
    statuses: dict[str, int] = {}
    named: set[str] = set()
    for address, status, found in walk(log_in("vanhanh", root=ROOT)):
        statuses[address] = status
        named |= {one for one in found if not one.startswith(("tel:", "mailto:"))}
    assert [one for one in named if not one.startswith((OURS, AIRFLOW))] == []
    assert any(one.startswith(AIRFLOW) for one in named)
    # A form's address answers no reading; the slip of a file may be away; one of the pages is that of no cycle.
    bad = {one: status for one, status in statuses.items() if status not in (200, 303, 405)}
    assert [one for one in bad if "/tep/" not in one and "khong-co" not in one] == []
    assert len(statuses) > 40


def test_an_action_comes_back_to_a_page_and_its_cookie_stays_below_the_prefix(own: Home) -> None:
    data = {"nguoi_nghe": "Chị Hoa", "ket_qua": "promised", "noi_dung": "Hẹn nộp ngày mai"}
    answer = log_in("vanhanh", root=ROOT).post(f"/ky/{CYCLE}/co-quan/X-03664/cuoc-goi", data=data)
    assert answer.headers["location"] == f"{ROOT}/kybaocao/ky/{CYCLE}/co-quan/X-03664"
    assert f"Path={ROOT}/kybaocao;" in answer.headers["set-cookie"]


def test_the_language_is_kept_below_the_prefix(played: Home) -> None:
    answer = log_in("xem", root=ROOT).get("/?lang=en")
    assert f"Path={ROOT}/kybaocao;" in answer.headers["set-cookie"]


def test_programs_are_told_the_address_with_the_prefix(viewer: TestClient) -> None:
    found = log_in("xem", root=ROOT).get("/api/v1/openapi.json").json()
    assert found["servers"] == [{"url": f"{ROOT}/kybaocao"}]
