"""Versions of the report, and which of them a newer one replaces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kybaocao.store.database import Store
from kybaocao.store.reports import RELEASED, ReportState, ReportVersion, add_version, list_versions
from tests.store.moments import NOW

FIRST = ReportVersion(
    cycle="k",
    version=1,
    snapshot=1,
    content_checksum="a",
    folder="reports/k/v001",
    compiled_at=NOW,
    state=ReportState.COMPILED,
    decided_at=None,
    decided_by="",
    reason="",
    sign_off={},
)


@pytest.mark.parametrize("state", ReportState)
def test_a_newer_version_takes_the_place_of_what_the_ministry_has_not(store: Store, state: ReportState) -> None:
    """What was approved or signed gives way, too, so no two versions leave; what was sent back or has left stays."""
    with store.write() as connection:
        add_version(connection, replace(FIRST, state=state))
        add_version(connection, replace(FIRST, version=2))
        found = [one.state for one in list_versions(connection, "k")]
    is_open = state not in (ReportState.REJECTED, ReportState.SUPERSEDED, *RELEASED)
    assert found == [ReportState.SUPERSEDED if is_open else state, ReportState.COMPILED]
