"""Tình hình nộp: the list of a cycle, its filters and counts, its charts, its CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, insert

from kybaocao.console.charts import Bar, Line, draw_arrivals, draw_bars
from kybaocao.console.csv_file import answer_csv
from kybaocao.console.facts.arrivals import Arrival, Cause
from kybaocao.console.facts.season import _list_cases, trace_season
from kybaocao.console.facts.standings import read_standings
from kybaocao.console.scope import open_scope
from kybaocao.home import Home
from kybaocao.plan.verdict import Verdict
from kybaocao.store.database import open_store
from kybaocao.store.tables import arrivals
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS, log_in
from tests.submissions import local

PATH = f"/ky/{CYCLE}"


def list_codes(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*/co-quan/([^"]+)">', text)


def test_every_agency_has_a_row_with_where_it_stands(played: Home, viewer: TestClient) -> None:
    text = viewer.get(PATH).text
    assert list_codes(text) == ["STC", "STP", "X-03664", "X-04183", "HHDN"]
    row = text.split("co-quan/X-04183")[1].split("</tr>")[0]
    assert "Đã trả lại" in row and "trên 7 ngày" in row and "Không phải số" in row


def test_a_count_is_a_link_to_exactly_its_rows(played: Home, viewer: TestClient) -> None:
    """Every count of the page, in all of its lists and charts."""
    text = viewer.get(PATH).text
    links = re.findall(r'<a class="count" href="/kybaocao(/ky/[^"]+)">(\d+)</a>', text)
    links += re.findall(r'<a href="/kybaocao(/ky/[^"]+\?[^"]*)"[^>]*>[^<(]+\((\d+)\)</a>', text)
    links += re.findall(r'<a href="/kybaocao(/ky/[^"]+)" aria-label="[^"]* (\d+)">', text)
    assert len(links) > 15
    assert [
        (href, count)
        for href, count in links
        if len(list_codes(viewer.get(href.replace("&amp;", "&")).text)) != int(count)
    ] == []


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("tinh_trang=accepted", ["STC", "STP"]),
        ("tinh_trang=returned", ["X-04183", "HHDN"]),
        ("tinh_trang=returned&nhom=xa", ["X-04183"]),
        ("tuoi=1-3", ["X-03664"]),
        ("qua_han=true", ["X-03664", "X-04183", "HHDN"]),
        ("ly_do=late-without-reason", ["HHDN"]),
        ("tung_loi=number-unreadable", ["STC", "X-04183"]),
        ("q=muong+lam", ["X-04183"]),
        ("tinh_trang=khong-co", []),
    ],
)
def test_a_filter_leaves_its_rows(played: Home, viewer: TestClient, query: str, codes: list[str]) -> None:
    assert list_codes(viewer.get(f"{PATH}?{query}").text) == codes


def test_the_csv_has_the_rows_of_the_filter(played: Home, viewer: TestClient) -> None:
    answer = viewer.get(f"{PATH}?tinh_trang=returned&dinh_dang=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Mã"], row["Lỗi chính"]) for row in rows] == [
        ("X-04183", "Không phải số"),
        ("HHDN", "Nộp sau hạn chưa ghi lý do"),
    ]


def test_a_cell_of_the_csv_is_no_formula() -> None:
    assert b"'=HYPERLINK" in answer_csv("a", ["b"], [["=HYPERLINK(1)"]]).body


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("run=r%2B1", "luot?run=r%2B1"),
        ("run=r&ti=validate.3", "luot?run=r&ti=validate.3"),
        ("run=r&ti=escalate.2", "co-quan/STC"),
        ("run=r&ti=approve.-1", "bao-cao"),
        ("run=r&ti=submit_to_ubnd_tinh.-1", "bao-cao"),
        ("run=r&ti=deliver_mail.-1", "thu"),
        ("ti=aggregate.-1", "chi-tieu"),
    ],
)
def test_a_tab_of_airflow_leads_to_what_it_is_about(played: Home, viewer: TestClient, query: str, place: str) -> None:
    answer = viewer.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/kybaocao/ky/{CYCLE}/{place}")


def test_an_unknown_cycle_is_answered_in_the_frame(played: Home, viewer: TestClient) -> None:
    assert viewer.get("/ky/khong-co").status_code == 404


def test_the_number_of_questions_does_not_grow_with_the_rows(played: Home, viewer: TestClient) -> None:
    """Five rows, or one: the same questions to the store."""
    asked: list[str] = []
    engine = open_store(played).engine

    def note(*given: str) -> None:
        asked.append(given[2])

    viewer.get(PATH)
    event.listen(engine, "before_cursor_execute", note)
    counts = []
    for query in ("", "?q=muong+lam"):
        asked.clear()
        viewer.get(PATH + query)
        counts.append(sum(one.startswith("SELECT") for one in asked))
    event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] <= 8


def test_a_file_of_the_cycle_before_turns_nothing_green(played: Home, tmp_path: Path) -> None:
    """It came in after this cycle opened, and it is another cycle's."""
    text = log_in("xem").get("/ky/nq02-2026-ky1").text
    assert 'Đã tiếp nhận: <span class="none">0</span>' in text


# --- causes ------------------------------------------------------------------------------------------------------------

NUMBER, EMPTY = Cause("number-unreadable", "Không phải số"), Cause("required", "Thiếu nội dung")


def version(number: int, at: str, *causes: Cause) -> Arrival:
    verdict, moment = Verdict.RETURNED if causes else Verdict.ACCEPTED, local(at)
    return Arrival(number, "STC", "bieu_mau", number, "a", "b", 1, moment, moment, verdict, moment, causes, len(causes))


def test_a_case_lasts_until_the_first_file_without_the_fault() -> None:
    """Sent back twice for the same: one case. Another fault of the second file is a case of its own."""
    forms = [
        version(1, "2026-12-01T08:00", NUMBER),
        version(2, "2026-12-01T10:00", NUMBER, EMPTY),
        version(3, "2026-12-01T14:00", EMPTY),
        version(4, "2026-12-02T10:00"),
    ]
    assert _list_cases(forms) == [(NUMBER, 6.0), (EMPTY, 24.0)]


def test_a_fault_that_nobody_has_corrected_is_no_case_yet() -> None:
    assert _list_cases([version(1, "2026-12-01T08:00", NUMBER)]) == []


# --- charts ------------------------------------------------------------------------------------------------------------


def test_charts_are_plain_svg_without_styles_and_scripts() -> None:
    lines = [Line("Kỳ <trước>", [(0, 0), (3.5, 7)], "before"), Line("Kỳ này", [(0, 0), (2, 4)], "now")]
    bars = [Bar("Xã & phường", [("good", "Đúng hạn", 3, "/a?b=1&c=2"), ("none", "Chưa nộp", 0, "/d")])]
    for chart in (draw_arrivals("Tiến độ", lines, (5, "Hạn"), [(0, "16/11")]), draw_bars("Theo nhóm", bars)):
        ElementTree.fromstring(chart)  # well-formed, whatever names hold
        assert "style=" not in chart and "<script" not in chart and "<title>" in chart


def test_the_ends_of_two_lines_do_not_cover_each_other() -> None:
    lines = [Line("a", [(0, 0), (5, 7)], "before"), Line("b", [(0, 0), (5, 7)], "now")]
    chart = ElementTree.fromstring(draw_arrivals("t", lines, (5, "Hạn"), []))
    heights = [
        float(one.attrib["y"]) for one in chart.iter() if one.attrib.get("class") in ("now", "before") and one.text
    ]
    assert abs(heights[0] - heights[1]) >= 12


def test_season_and_groups_are_drawn(played: Home, viewer: TestClient) -> None:
    text = viewer.get(PATH).text
    assert text.count("<svg") == 2 and "Kỳ này: 2" in text


def test_the_curve_of_a_cycle_that_is_over_ends_with_it(played: Home) -> None:
    scope = open_scope("nq02-2026-ky1", ACCOUNTS["xem"])
    season, cycle = trace_season(scope, read_standings(scope)), scope.p.cycle
    assert season.deadline < season.length <= (cycle.closes_on - cycle.opens.date).days + 1


def test_the_previous_cycle_is_drawn_beside(played_before: TestClient) -> None:
    assert "Kỳ trước: 3" in played_before.get(PATH).text


@pytest.fixture
def played_before(played: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The same season in a copy, with three reports accepted in the cycle before."""
    import shutil

    shutil.copytree(played.root, tmp_path / "home")
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    at = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    common = {"cycle": "nq02-2026-ky1", "component": "bieu_mau", "version": 1, "file_name": "a", "sha256": "a"}
    common |= {"size_bytes": 1, "received_at": at, "verdict": "accepted", "judged_at": at}
    with open_store(Home(tmp_path / "home")).write() as connection:
        connection.execute(insert(arrivals), [common | {"agency": code} for code in ("STC", "STP", "HHDN")])
    return log_in("xem")
