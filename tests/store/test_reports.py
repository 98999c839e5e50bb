"""Versions of the report, and which of them a newer one replaces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from kybaocao.figures.canonical_json import to_json
from kybaocao.store import packed_text
from kybaocao.store.database import Store
from kybaocao.store.reports import (
    RELEASED,
    ReportState,
    ReportVersion,
    add_version,
    list_versions,
    load_newest_snapshot,
    load_snapshot,
    save_snapshot,
)
from kybaocao.store.tables import snapshots
from tests.conftest import CYCLE
from tests.documents.sample import full_plan, full_snapshot
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


def test_a_snapshot_of_a_province_can_be_read_in_the_store(store: Store) -> None:
    """By whoever looks into the tables with a tool of his own."""
    plan = full_plan()
    snapshot = full_snapshot(plan, plan.cycles[CYCLE])
    with store.write() as connection:
        save_snapshot(connection, snapshot)
        assert connection.scalar(select(snapshots.c.content)) == to_json(snapshot)


def test_a_larger_one_takes_less_than_a_fifth_of_its_text(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the store twice and in the journal once."""
    monkeypatch.setattr(packed_text, "MOST_PLAIN", 1_000_000)
    plan = full_plan()
    snapshot = full_snapshot(plan, plan.cycles[CYCLE])
    with store.write() as connection:
        number = save_snapshot(connection, snapshot)
        stored = connection.scalar(select(snapshots.c.content))
        assert load_snapshot(connection, number) == load_newest_snapshot(connection, CYCLE) == snapshot
    assert len(stored) * 5 < len(to_json(snapshot))
