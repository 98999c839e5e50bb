"""Chỉ tiêu: results against targets, the worst first, down to the cell."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.bars import draw_bar
from kybaocao.console.facts.targets import find_gap, list_target_rows, order_agencies
from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.packed import pack_snapshot
from kybaocao.figures.snapshot import Figures, Verdict
from kybaocao.home import Home
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator
from tests.conftest import CYCLE
from tests.documents.sample import full_snapshot

PATH = f"/ky/{CYCLE}/chi-tieu"


def find_target(plan: Plan, code: str) -> Indicator:
    return next(one for one in plan.indicators if one.id == code)


def figures(numerator: str, denominator: str | None = None, value: str | None = None) -> Figures:
    one, other, last = (None if text is None else Decimal(text) for text in (numerator, denominator, value))
    return Figures(one, other, one if last is None else last)


# --- the list ----------------------------------------------------------------------------------------------------


def test_missed_targets_stand_first_the_largest_gap_before_all(played: Home, viewer: TestClient) -> None:
    rows = viewer.get(f"/api/v1/cycles/{CYCLE}/targets").json()["targets"]
    said = [row["result"]["assessment"] for row in rows]
    missed = [row for row in rows if row["gap_unit"] == "points" and row["result"]["assessment"] == "chưa đạt"]
    shares = [Decimal(row["result"]["gap"]) / Decimal(row["target"]) for row in missed]
    assert said[0] == "chưa đạt"
    assert said == sorted(said, key=list(dict.fromkeys(said)).index)
    assert len(shares) > 2
    assert shares == sorted(shares, reverse=True)


def test_each_row_has_result_target_gap_and_coverage(played: Home, viewer: TestClient) -> None:
    page = unescape(viewer.get(PATH).text)
    row = re.findall(r"<tr>(?:(?!</tr>).)*chi-tieu/T15\"(?:(?!</tr>).)*</tr>", page, re.DOTALL)[0]
    assert [text in row for text in ("91,52%", "chưa đạt", "8,48 điểm %", ">2</a>/", ">4</a>")] == [True] * 5


def test_each_count_of_agencies_leads_to_just_these(played: Home, viewer: TestClient) -> None:
    """How many reported, how many should, and how many of them miss the target."""
    found = re.findall(r'href="/kybaocao([^"]*/chi-tieu/T15[^"]*)">(\d+)<', unescape(viewer.get(PATH).text))
    assert [count for _, count in found] == ["2", "4", "2"]
    for href, count in found:
        assert f"Dòng 1–{count} trên {count}" in viewer.get(href).text


def test_before_the_first_pass_it_says_what_will_come(played: Home, viewer: TestClient) -> None:
    assert "Chưa có dữ liệu" in viewer.get("/ky/nq02-2026-ky1/chi-tieu").text


def test_the_list_as_csv(played: Home, viewer: TestClient) -> None:
    lines = viewer.get(PATH + "?dinh_dang=csv").content.decode("utf-8-sig").splitlines()
    assert (lines[0].split(",")[0], len(lines)) == ("ma", 27)


# --- one target --------------------------------------------------------------------------------------------------


def test_a_figure_is_followed_to_its_file_sheet_and_cell(played: Home, viewer: TestClient) -> None:
    page = unescape(viewer.get(PATH + "/T15").text)
    assert "Bieu mau 1.xlsx" in page
    assert re.search(r"<code>Chỉ tiêu!H\d+</code> = 932", page)
    assert "88,93% (932/1.048)" in page


def test_an_agency_is_found_without_marks(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH + "/T15?q=muong lam").text
    assert ("Mường Lầm" in page, "Dòng 1–1 trên 1" in page) == (True, True)


def test_every_cell_stands_in_the_csv(played: Home, viewer: TestClient) -> None:
    text = viewer.get(PATH + "/T15?dinh_dang=csv").content.decode("utf-8-sig")
    assert sum(",Chỉ tiêu!" in line for line in text.splitlines()) == 8


@pytest.mark.parametrize("code", ["T99", "khong-co"])
def test_an_unknown_target_is_not_there(played: Home, viewer: TestClient, code: str) -> None:
    assert viewer.get(f"{PATH}/{code}").status_code == 404


# --- who watches some agencies -----------------------------------------------------------------------------------


def test_who_watches_one_agency_sees_neither_others_nor_the_sums(played: Home, watching: TestClient) -> None:
    page = watching.get(PATH + "/T15").text
    assert ("Mường Lầm" in page, "Sở Tài chính" in page, "91,52%" in page, "1.048" in page) == (
        True,
        False,
        False,
        False,
    )
    assert "91,52%" not in watching.get(PATH).text


def test_a_target_of_others_is_not_there_for_them(played: Home, watching: TestClient) -> None:
    assert watching.get(PATH + "/T02").status_code == 404


# --- the worst first ---------------------------------------------------------------------------------------------


def test_agencies_below_stand_first_the_lowest_before_all(plan: Plan) -> None:
    whole = full_snapshot(plan, plan.require_cycle(CYCLE))
    ordered = order_agencies(plan, pack_snapshot(to_json(whole).encode()), "T13")
    own = {one.agency: one for one in whole.indicator("T13").by_agency}
    below = [own[agency] for agency, state in ordered if state == Verdict.NOT_MET]
    shares = [one.numerator / one.denominator for one in below if one.numerator is not None and one.denominator]
    assert [state for _, state in ordered][: len(below)] == [Verdict.NOT_MET] * len(below)
    assert shares == sorted(shares)
    assert len(ordered) == whole.indicator("T13").expected_count


def test_what_is_watched_is_all_that_is_counted(plan: Plan) -> None:
    whole = pack_snapshot(to_json(full_snapshot(plan, plan.require_cycle(CYCLE))).encode())
    rows = list_target_rows(plan, whole, lambda agency: agency == "X-04183")
    assert {row.expected for row in rows} == {1}
    assert {row.result for row in rows} == {None}


# --- the gap -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "found", "verdict", "gap"),
    [
        ("T15", figures("80", "100", "80"), Verdict.NOT_MET, "20"),
        ("T15", figures("100", "100", "100"), Verdict.MET, "0"),
        ("T02", figures("4410"), Verdict.NOT_MET, "590"),
        ("T15", Figures(None, None, None), Verdict.NO_FIGURE, None),
    ],
)
def test_the_gap_is_what_lacks_until_the_target_is_met(
    plan: Plan, code: str, found: Figures, verdict: Verdict, gap: str | None
) -> None:
    expected = None if gap is None else Decimal(gap)
    assert find_gap(find_target(plan, code), found, verdict) == expected


# --- the bar -----------------------------------------------------------------------------------------------------


def read_bar(value: str, target: str, tone: str = "bad") -> dict[str, dict[str, str]]:
    root = ElementTree.fromstring(draw_bar(Decimal(value), Decimal(target), words="w", tone=tone))
    return {one.attrib["class"].split()[0]: one.attrib for one in root}


def test_the_gap_reaches_from_the_value_to_the_target() -> None:
    bar = read_bar("60", "80")
    end = float(bar["bar"]["x"]) + float(bar["bar"]["width"])
    assert float(bar["gap"]["x"]) == pytest.approx(end, abs=0.2)
    assert end + float(bar["gap"]["width"]) == pytest.approx(float(bar["mark"]["x1"]), abs=0.2)


def test_a_ceiling_that_is_passed_has_its_gap_inside_the_bar() -> None:
    bar = read_bar("120", "100")
    assert bar["gap"]["x"] == bar["mark"]["x1"]


def test_a_fall_is_drawn_to_the_left() -> None:
    bar = read_bar("-5", "15")
    assert float(bar["bar"]["x"]) < float(bar["axis"]["x1"]) < float(bar["mark"]["x1"])


def test_a_target_that_is_met_has_no_gap() -> None:
    assert "gap" not in read_bar("100", "80", tone="good")


def test_words_of_a_bar_are_escaped() -> None:
    assert "&lt;b&gt;" in draw_bar(Decimal(1), Decimal(2), words="<b>", tone="bad")


def test_without_a_figure_nothing_is_drawn() -> None:
    assert draw_bar(None, Decimal(80), words="", tone="soft") == ""
