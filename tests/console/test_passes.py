"""Lượt này: what came in, verdicts, letters and steps of one pass."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.wording import load_catalogue
from kybaocao.home import Home
from tests.conftest import CYCLE

PATH = f"/ky/{CYCLE}/luot"


def test_without_a_name_the_newest_pass_is_shown(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH).text
    assert "<h2>2026-12-11__manual</h2>" in page
    assert "người chạy tay, vanhanh" in page


def test_what_came_in_stands_with_its_verdict(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH + "?run=2026-12-01__scheduled").text
    assert ("Bieu mau 1-sai.xlsx" in page, "2 trả lại" in re.sub(r"<[^>]+>", "", page)) == (True, True)


def test_each_count_of_a_pass_leads_to_just_its_rows(played: Home, viewer: TestClient) -> None:
    for run in ("2026-11-21__scheduled", "2026-12-01__scheduled", "2026-12-07__scheduled", "2026-12-11__manual"):
        page = unescape(viewer.get(f"{PATH}?run={run}").text)
        found = re.findall(r'class="count" href="/kybaocao([^"]*/luot[^"]*)">(\d+)<', page)
        assert len(found) >= (2 if run.startswith("2026-11-21") else 3)  # the opening has forms and letters
        for href, count in found:
            assert f"Dòng 1–{count} trên {count}" in viewer.get(href).text


def test_a_filter_that_no_file_has_leaves_nothing(played: Home, viewer: TestClient) -> None:
    assert "Bieu mau" not in viewer.get(PATH + "?run=2026-12-01__scheduled&loc=khong-co").text


def test_letters_of_the_pass_are_listed(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH + "?run=2026-11-21__scheduled&phan=thu").text
    assert "đã gửi" in page


def test_a_version_leads_to_the_report(played: Home, viewer: TestClient) -> None:
    assert f'href="/kybaocao/ky/{CYCLE}/bao-cao?ban=1"' in viewer.get(PATH).text


def test_a_list_is_searched_without_marks(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH + "?run=2026-12-01__scheduled&q=muong lam").text
    assert ("Mường Lầm" in page, "Bieu mau 1-sai.xlsx" in page) == (True, False)


def test_an_unknown_pass_says_so(played: Home, viewer: TestClient) -> None:
    answer = viewer.get(PATH + "?run=khong-co")
    assert (answer.status_code, "không có lượt nào tên khong-co" in answer.text) == (404, True)


def test_who_watches_one_agency_sees_its_rows_alone(played: Home, watching: TestClient) -> None:
    page = watching.get(PATH + "?run=2026-12-01__scheduled").text
    assert ("Mường Lầm" in page, "Bieu mau 1-sai.xlsx" in page, "vanhanh" in page) == (True, False, False)
    assert "Phiên bản 1" not in watching.get(PATH).text


@pytest.mark.parametrize("action", ["compiled", "released", "approved", "signed", "rejected", "published", "delivered"])
def test_everything_that_happens_to_a_version_has_words(action: str) -> None:
    assert f"passes_report_{action}" in load_catalogue()
