"""Nhiệm vụ: by section, late ones first; what each agency says; the duties of section IV."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.facts.tasks import DUTIES, list_sections
from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.packed import pack_snapshot
from kybaocao.figures.snapshot import TaskStatus
from kybaocao.figures.task_counts import count_tasks
from kybaocao.home import Home
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE
from tests.documents.sample import full_snapshot

PATH = f"/ky/{CYCLE}/nhiem-vu"
DAY = dt.date(2026, 12, 14)


def test_sections_stand_in_the_order_of_the_plan_and_section_iv_last(plan: Plan) -> None:
    whole = full_snapshot(plan, plan.require_cycle(CYCLE))
    sections = list_sections(plan, pack_snapshot(to_json(whole).encode()), DAY)
    assert [one.number for one in sections] == [1, 2, 3, 4, 5, 6, 7, 8, DUTIES]
    assert sum(len(one.tasks) for one in sections if one.number) == 91


def test_every_agency_is_counted_as_in_the_report(plan: Plan) -> None:
    whole = full_snapshot(plan, plan.require_cycle(CYCLE))
    sections = list_sections(plan, pack_snapshot(to_json(whole).encode()), DAY)
    expected = count_tasks(whole.tasks)
    rows = [row for section in sections if section.number for row in section.tasks]
    assert sum(row.holders for row in rows) == expected.total
    assert sum(row.late for row in rows) == expected.count(TaskStatus.LATE)


def test_late_ones_stand_first_in_their_section(plan: Plan) -> None:
    whole = full_snapshot(plan, plan.require_cycle(CYCLE))
    for section in list_sections(plan, pack_snapshot(to_json(whole).encode()), DAY):
        shares = [(row.late + row.overdue) / row.holders for row in section.tasks]
        assert shares == sorted(shares, reverse=True)


def test_the_page_has_section_iv_with_its_own_deadlines(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH + "?q=IV.1.b").text
    assert "Mục IV. Nghĩa vụ tổ chức thực hiện" in page
    assert "14/02/2026" in page


def test_a_count_leads_to_just_its_agencies(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH + "?q=IV.1.a").text
    href, count = re.findall(r'href="/kybaocao([^"]*IV\.1\.a\?trang_thai=[^"]*)">(\d+)<', page)[0]
    assert f"Dòng 1–{count} trên {count}" in viewer.get(href.replace("&amp;", "&")).text


def test_only_late_ones_are_left_on_demand(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH)
    late = int(re.findall(r"Chỉ việc chậm hoặc quá hạn \((\d+)\)", page.text)[0])
    assert len(re.findall(r'<th scope="row">', viewer.get(PATH + "?cham=1").text)) == late


def test_a_task_is_found_without_marks(played: Home, viewer: TestClient) -> None:
    assert "IV.1.a" in viewer.get(PATH + "?q=thong tin tuyen truyen").text


def test_a_task_shows_what_each_agency_says(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH + "/IV.1.a").text
    assert ("Sở Tư pháp" in page, "chưa báo cáo" in page) == (True, True)


def test_who_watches_one_agency_sees_its_tasks_alone(played: Home, watching: TestClient) -> None:
    page = watching.get(PATH + "/IV.1.a").text
    assert ("Mường Lầm" in page, "Sở Tư pháp" in page) == (True, False)
    rows = watching.get(f"/api/v1/cycles/{CYCLE}/tasks").json()["sections"]
    assert {task["holders"] for section in rows for task in section["tasks"]} == {1}


def test_a_task_of_others_is_not_there_for_them(played: Home, watching: TestClient, plan: Plan) -> None:
    others = next(task.id for task in plan.tasks if "X-04183" not in plan.members(task.leads))
    assert watching.get(f"{PATH}/{others}").status_code == 404


@pytest.mark.parametrize("query", ["?dinh_dang=csv", "/IV.1.a?dinh_dang=csv"])
def test_lists_are_handed_out_as_csv(played: Home, viewer: TestClient, query: str) -> None:
    assert viewer.get(PATH + query).content.decode("utf-8-sig").startswith("ma,")


def test_before_the_first_pass_it_says_what_will_come(played: Home, viewer: TestClient) -> None:
    assert "Chưa có dữ liệu" in viewer.get("/ky/nq02-2026-ky1/nhiem-vu").text
