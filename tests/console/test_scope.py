"""The cycle and the moment that a page is about."""

from __future__ import annotations

import pytest

from kybaocao.console.scope import open_scope
from kybaocao.home import Home
from kybaocao.store.reports import list_versions
from kybaocao.store.submissions import list_submissions
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS


def test_a_replayed_season_is_shown_at_its_last_moment(played: Home) -> None:
    assert open_scope(CYCLE, ACCOUNTS["xem"]).p.local.isoformat() == "2026-12-11T08:00:00+07:00"


def test_the_played_season_is_what_its_description_says(played: Home) -> None:
    p = open_scope(CYCLE, ACCOUNTS["xem"]).p
    with p.store.read() as connection:
        found = [(one.agency, one.verdict) for one in list_submissions(connection, CYCLE)]
        versions = [one.state.value for one in list_versions(connection, CYCLE)]
    assert found == [
        ("STC", "returned"),
        ("X-04183", "returned"),
        ("STC", "accepted"),
        ("STP", "accepted"),
        ("HHDN", "returned"),
    ]
    assert versions == ["waiting"]


def test_an_unknown_cycle_has_no_scope(played: Home) -> None:
    with pytest.raises(KeyError):
        open_scope("khong-co", ACCOUNTS["xem"])
