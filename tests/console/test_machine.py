"""Machine reading: JSON and CSV under stable names, described by OpenAPI."""

from __future__ import annotations

import csv
import io
import re

import pytest
from fastapi.testclient import TestClient

from kybaocao.home import Home
from tests.conftest import CYCLE
from tests.console.conftest import log_in

PATH = f"/api/v1/cycles/{CYCLE}"


def test_a_cycle_in_figures(played: Home, viewer: TestClient) -> None:
    found = viewer.get(PATH).json()
    counts = found["counts"]
    assert {
        key: counts[key] for key in ("expected", "accepted", "on_time", "late", "returned", "silent", "overdue")
    } == {
        "expected": 5,
        "accepted": 2,
        "on_time": 2,
        "late": 0,
        "returned": 2,
        "silent": 1,
        "overdue": 3,
    }
    assert (found["phase"], found["newest_report"]["state"], found["mail_waiting"]) == ("open", "waiting", 0)


def test_the_list_of_cycles_says_the_same(played: Home, viewer: TestClient) -> None:
    assert viewer.get("/api/v1/cycles").json()[0] == viewer.get(PATH).json()


def test_submissions_can_be_filtered(played: Home, viewer: TestClient) -> None:
    found = viewer.get(f"{PATH}/submissions?state=returned&group=commune").json()
    (row,) = found["submissions"]
    assert (found["total"], row["agency"], row["causes"], row["age"]) == (1, "X-04183", ["number-unreadable"], "8")


@pytest.mark.parametrize(
    ("name", "key"),
    [("submissions", "submissions"), ("letters", "letters"), ("audit", "rows"), ("targets", "targets")],
)
def test_the_csv_has_the_names_of_the_json_and_every_row(played: Home, viewer: TestClient, name: str, key: str) -> None:
    answer, found = viewer.get(f"{PATH}/{name}?format=csv"), viewer.get(f"{PATH}/{name}").json()
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert list(rows[0]) == list(found[key][0]) and len(rows) == found.get("total", len(found[key]))
    assert answer.headers["content-type"].startswith("text/csv")


def test_the_tasks_as_csv_are_those_of_every_section(played: Home, viewer: TestClient) -> None:
    sections = viewer.get(f"{PATH}/tasks").json()["sections"]
    rows = list(csv.DictReader(io.StringIO(viewer.get(f"{PATH}/tasks?format=csv").content.decode("utf-8-sig"))))
    assert [one["id"] for one in rows] == [one["id"] for section in sections for one in section["tasks"]]


def test_the_names_are_stable(viewer: TestClient) -> None:
    """Who reads by machine relies on them: names may be added, never changed or taken away."""
    schemas = viewer.get("/api/v1/openapi.json").json()["components"]["schemas"]
    named = {
        "id title phase as_of opens_at due_on closes_on counts newest_report mail_waiting": "CycleSummary",
        "expected accepted on_time late returned silent overdue by_state": "Counts",
        "cycle as_of total page pages submissions": "SubmissionPage",
        "agency name group state since age due_on received_at is_overdue late_working_days late_reason versions "
        "returned causes missing_attachments last_reminder_at contact": "AgencySubmission",
    }
    assert [
        schema for names, schema in named.items() if not set(names.split()) <= set(schemas[schema]["properties"])
    ] == []


def test_the_document_describes_every_route_of_the_api_and_no_page(viewer: TestClient) -> None:
    paths = viewer.get("/api/v1/openapi.json").json()["paths"]
    assert {PATH.replace(CYCLE, "{dag_id}"), f"{PATH.replace(CYCLE, '{dag_id}')}/submissions"} <= set(paths)
    assert all(re.fullmatch(r"/api/v1/cycles(/\{dag_id\}(/[a-z-]+(/\{[a-z]+\})?)?)?", path) for path in paths)


def test_refusals_are_json_and_described(played: Home, viewer: TestClient) -> None:
    answers = [viewer.get("/api/v1/cycles/khong-co"), viewer.get(f"{PATH}/submissions?page=0"), log_in("").get(PATH)]
    assert [answer.status_code for answer in answers] == [404, 422, 401]
    assert all(set(answer.json()) == {"detail"} for answer in answers)
    described = viewer.get("/api/v1/openapi.json").json()["paths"]["/api/v1/cycles/{dag_id}"]["get"]["responses"]
    assert set(described) == {"200", "401", "403", "404", "422", "503"}
