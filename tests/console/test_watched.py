"""An account that watches some agencies: every count, list and machine-read figure of the ops pages is about these."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kybaocao.console.facts.season import count_causes, trace_season
from kybaocao.console.facts.standings import read_standings
from kybaocao.console.scope import open_scope
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.plan.plan import PlanError
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS, log_in
from tests.small_plan import CONFIG

ENTRY = "theo_doi:\n  - {tai_khoan: xem, co_quan: [STC, X-03664]}\n"


@pytest.fixture
def watching(played: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The played season under a configuration in which “xem” watches two agencies; the file of that."""
    shutil.copytree(find_plan(CYCLE).folder, tmp_path / CONFIG.name)
    shutil.copytree(played.root, tmp_path / "home", ignore=shutil.ignore_patterns("cau_hinh"))
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(tmp_path))
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    path = tmp_path / CONFIG.name / "theo_doi.yaml"
    path.write_text(ENTRY, encoding="utf-8")
    return path


def test_no_page_names_or_counts_another_agency(watching: Path, viewer: TestClient) -> None:
    paths = ("/", "/the", f"/ky/{CYCLE}", f"/ky/{CYCLE}?dinh_dang=csv", "/api/v1/cycles")
    paths += (f"/api/v1/cycles/{CYCLE}", f"/api/v1/cycles/{CYCLE}/submissions")
    answers = {path: viewer.get(path) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 200} == {}
    others = ("X-04183", "Mường Lầm", "HHDN", "Hiệp hội", "STP", "Tư pháp")
    assert [(path, one) for path, answer in answers.items() for one in others if one in answer.text] == []
    assert viewer.get(f"/api/v1/cycles/{CYCLE}").json()["counts"]["expected"] == 2


def test_charts_and_causes_are_about_them_alone(watching: Path) -> None:
    scope = open_scope(CYCLE, ACCOUNTS["xem"])
    found = read_standings(scope)
    assert trace_season(scope, found).now[-1][1] == 1
    assert [(one.cause.code, one.agencies) for one in count_causes(scope, found)] == [("number-unreadable", 1)]


def test_two_accounts_do_not_see_what_the_other_one_does(watching: Path) -> None:
    """What is kept in memory is kept for each."""
    seen = {name: len(read_standings(open_scope(CYCLE, ACCOUNTS[name])).rows) for name in ("xem", "vanhanh", "xem")}
    assert seen == {"xem": 2, "vanhanh": 5}


def test_while_an_entry_is_broken_only_operators_see_anything(watching: Path) -> None:
    watching.write_text("theo_doi:\n  - {tai_khoan: xem}\n", encoding="utf-8")
    assert open_scope(CYCLE, ACCOUNTS["vanhanh"]).watched is None
    with pytest.raises(PlanError):
        open_scope(CYCLE, ACCOUNTS["lanhdao"])
    assert log_in("lanhdao").get(f"/ky/{CYCLE}").status_code == 503
