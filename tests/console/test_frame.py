"""What holds for every page: who gets in, what is refused and how it is said."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi import Request
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from kybaocao.console.app import build_app
from kybaocao.console.page import Page, mark_sample
from kybaocao.console.wording import load_catalogue
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from tests.conftest import CYCLE
from tests.console.conftest import GUARDS, log_in
from tests.console.every_page import PAGES


def test_every_route_stands_behind_a_guard() -> None:
    guards = {GUARDS.see, GUARDS.see_cycle, GUARDS.act, GUARDS.decide}
    routes = [route for route in build_app(GUARDS).routes if isinstance(route, APIRoute)]
    calls = {route.path: {one.call for one in route.dependant.dependencies} for route in routes}
    assert routes and [path for path, called in calls.items() if not called & guards] == []


def test_without_a_login_nothing_is_shown() -> None:
    assert log_in("").get("/").status_code == 401


def test_an_unknown_page_is_answered_in_the_frame(viewer: TestClient) -> None:
    answer = viewer.get("/ky/khong-co/thu")
    assert (answer.status_code, "Không có trang này" in answer.text) == (404, True)


def test_a_post_from_another_site_is_refused(operator: TestClient) -> None:
    answer = operator.post("/ky/nq02-2026-ky2/ghi", headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, "trang khác" in answer.text) == (403, True)


def test_links_keep_the_path_under_which_the_console_is_mounted(viewer: TestClient) -> None:
    assert 'href="/kybaocao/tinh/console.css"' in viewer.get("/").text


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("", [("", "page")]),
        ("/thu", [("/thu", "page")]),
        ("/thu/1", [("/thu", "true")]),
        ("/co-quan/X-04183", [("", "true")]),
        ("/bao-cao/1/phe-duyet", [("/bao-cao", "true")]),
    ],
)
def test_the_navigation_shows_where_a_page_belongs(
    played: Home, operator: TestClient, path: str, current: list[tuple[str, str]]
) -> None:
    page = operator.get(f"/ky/{CYCLE}{path}").text
    navigation = page[page.index("<nav") : page.index("</nav>")]
    assert re.findall(rf'<a href="/kybaocao/ky/{CYCLE}([^"]*)" aria-current="(\w+)">', navigation) == current


def test_the_language_is_kept_once_it_was_chosen() -> None:
    client = log_in("xem")
    assert "Overview" in client.get("/?lang=en").text
    assert "Overview" in client.get("/").text


def test_the_catalogue_has_each_word_in_both_languages() -> None:
    assert all(texts["vi"] and texts["en"] for texts in load_catalogue().values())


@pytest.mark.parametrize("name", ["overview", "submissions", "approval", "audit"])
def test_invented_data_are_marked_as_such(played: Home, operator: TestClient, name: str) -> None:
    assert "Dữ liệu mẫu</p>" in operator.get(PAGES[name]).text


def test_a_real_plan_bears_no_mark_of_a_sample(played: Home) -> None:
    plan, request = find_plan(CYCLE), Request({"type": "http", "query_string": b"", "headers": []})
    mark_sample(request, replace(plan, header=plan.header.model_copy(update={"is_sample_data": False})))
    assert not Page(request).is_sample


def test_a_page_opens_the_store_once(played: Home, operator: TestClient) -> None:
    """Opening it takes longer than most questions."""
    opened: list[object] = []

    def note(*given: object) -> None:
        opened.append(given)

    operator.get(PAGES["letters"])
    event.listen(Engine, "connect", note)
    try:
        counts = {name: (operator.get(path).status_code, len(opened)) for name, path in PAGES.items()}
    finally:
        event.remove(Engine, "connect", note)
    assert len(opened) <= len(PAGES), counts
