"""The page of one agency: what came in, what was wrong with it, and its files."""

from __future__ import annotations

import datetime as dt

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from kybaocao.console.facts.agency import gather_agency
from kybaocao.console.scope import open_scope
from kybaocao.figures.snapshot import Standing
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.sightings import CLOSED
from kybaocao.store.tables import sightings
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS

AGENCY = f"/ky/{CYCLE}/co-quan"


def files_of(agency: str) -> list[int]:
    """Numbers of its files, the newest first."""
    return [one.id for one in gather_agency(open_scope(CYCLE, ACCOUNTS["xem"]), agency).files]


def test_every_version_stands_with_its_verdict_and_the_newest_first(played: Home) -> None:
    facts = gather_agency(open_scope(CYCLE, ACCOUNTS["xem"]), "STC")
    assert [(one.version, one.verdict, one.is_in_force) for one in facts.files] == [
        (2, "accepted", True),
        (1, "returned", False),
    ]


def test_findings_are_grouped_by_cause_with_sheet_cell_and_what_to_do(played: Home, viewer: TestClient) -> None:
    (file,) = gather_agency(open_scope(CYCLE, ACCOUNTS["xem"]), "X-04183").files
    cause = file.causes[0]
    assert cause.count > len(cause.places[:1]) and cause.places[0].cell == "F7"
    text = viewer.get(f"{AGENCY}/X-04183").text
    assert "Ô F7, trang Chỉ tiêu" in text and cause.places[0].hint in text


def test_reminders_and_letters_of_the_silent_agency_are_shown(played: Home, viewer: TestClient) -> None:
    text = viewer.get(f"{AGENCY}/X-03664").text
    assert "Báo quá hạn cơ quan" in text and "Chưa nộp, quá hạn" in text


def test_an_agency_whose_file_we_could_not_take_is_not_late_on_its_page(own: Home) -> None:
    """Here as in the list and in the report."""
    seen = dt.datetime(2026, 12, 9, 2, tzinfo=dt.UTC)
    row = {"cycle": CYCLE, "agency": "X-03664", "file_name": "Bieu mau.xlsx", "signature": "1", "first_seen_at": seen}
    with open_store(own).write() as connection:
        connection.execute(insert(sightings).values(**row, trouble=f"{CLOSED}: Permission denied"))
    facts = gather_agency(open_scope(CYCLE, ACCOUNTS["xem"]), "X-03664")
    assert (facts.timeliness.standing, facts.timeliness.is_late) == (Standing.RECEIVED, False)


def test_who_may_only_look_is_offered_no_action(played: Home, viewer: TestClient, operator: TestClient) -> None:
    assert 'method="post"' not in viewer.get(f"{AGENCY}/X-03664").text
    assert 'method="post"' in operator.get(f"{AGENCY}/X-03664").text


@pytest.mark.parametrize("code", ["khong-co", "BTC", "X-04183x"])
def test_an_unknown_agency_gets_a_page_that_says_so(played: Home, viewer: TestClient, code: str) -> None:
    answer = viewer.get(f"{AGENCY}/{code}")
    assert (answer.status_code, code in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("goc", "Bieu mau 2-sai.xlsx"), ("phieu", "Phieu-tra-lai_01.html"), ("danh-dau", "Ban-danh-dau_01.xlsx")],
)
def test_files_are_handed_out_under_their_names_and_never_shown(
    played: Home, viewer: TestClient, kind: str, name: str
) -> None:
    answer = viewer.get(f"{AGENCY}/X-04183/tep/{files_of('X-04183')[0]}/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{name}"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_file_of_another_agency_is_not_found_under_this_one(played: Home, viewer: TestClient) -> None:
    number = files_of("STP")[0]
    assert viewer.get(f"{AGENCY}/STP/tep/{number}/goc").status_code == 200
    assert viewer.get(f"{AGENCY}/X-04183/tep/{number}/goc").status_code == 404


def test_the_same_facts_for_programs(played: Home, viewer: TestClient) -> None:
    found = viewer.get(f"/api/v1/cycles/{CYCLE}/agencies/STC").json()
    assert (found["standing"], found["files"][0]["verdict"], found["due_on"]) == ("accepted", "accepted", "2026-12-09")
