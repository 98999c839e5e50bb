"""Importing: whole or not at all, once, replaceable, answered for, and never a submission."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from kybaocao.home import Home
from kybaocao.imported.layout import ResultsLayout
from kybaocao.imported.results import Outcome, import_results, withdraw_results
from kybaocao.inbox.archive import archive_path
from kybaocao.store.database import open_store
from kybaocao.store.imports import find_import, list_imports
from kybaocao.store.submissions import (
    add_submission,
    list_agencies_waiting,
    list_components,
    list_shared_files,
    list_submissions,
    record_verdict,
)
from kybaocao.store.tables import audit, result_imports
from tests.imported.conftest import BEFORE, COMMUNE, STC, WARD, Filling

NOW = dt.datetime(2026, 11, 30, 2, 0, tzinfo=dt.UTC)
Take = Callable[..., Outcome]
Fill = Callable[[], Filling]


@pytest.fixture
def take(small_home: Home, layout: ResultsLayout) -> Take:
    """take(data) imports a file, signed."""

    def _take(data: bytes, **more: bool) -> Outcome:
        store = open_store(small_home)
        signed = {"by": "Nguyễn Văn A", "reason": "Kỳ 1 làm trên giấy"}
        return import_results(store, small_home.archive, layout, data, "ky1.xlsx", at=NOW, **signed, **more)  # type: ignore[arg-type]

    return _take


def _file(fill: Fill, *agencies: str, figures: tuple[int, int] = (5, 6)) -> bytes:
    filling = fill()
    for agency in agencies:
        filling.type("T15", *figures, agency=agency)
    return filling.save()


def _list_trail(home: Home) -> list[tuple[str, str, dict[str, object]]]:
    with open_store(home).read() as connection:
        rows = connection.execute(select(audit.c.action, audit.c.actor, audit.c.detail).order_by(audit.c.id))
        return [(row.action, row.actor, json.loads(row.detail)) for row in rows]


def _list_versions(home: Home) -> list[tuple[int, list[str]]]:
    with open_store(home).read() as connection:
        return [(one.version, sorted(one.by_agency)) for one in list_imports(connection, BEFORE)]


def test_an_import_is_recorded_with_its_file_and_its_signature(take: Take, small_home: Home, fill: Fill) -> None:
    """The bytes in the archive, one line in the trail: who, why, which file."""
    data = _file(fill, COMMUNE)
    outcome = take(data)
    digest = hashlib.sha256(data).hexdigest()
    assert (outcome.version, outcome.is_new, outcome.agencies, outcome.cells) == (1, True, 1, 3)
    assert archive_path(small_home.archive, digest).read_bytes() == data
    ((action, actor, detail),) = _list_trail(small_home)
    assert (action, actor, detail["reason"], detail["sha256"], detail["added"]) == (
        "results-imported",
        "Nguyễn Văn A",
        "Kỳ 1 làm trên giấy",
        digest,
        [COMMUNE],
    )


def test_the_same_file_again_changes_nothing(take: Take, small_home: Home, fill: Fill) -> None:
    """No version, no line in the trail."""
    data = _file(fill, COMMUNE)
    take(data)
    again = take(data)
    assert (again.version, again.is_new, again.is_same, again.errors) == (1, False, True, ())
    assert (len(_list_versions(small_home)), len(_list_trail(small_home))) == (1, 1)


def test_a_corrected_file_replaces_and_the_old_one_stays(take: Take, small_home: Home, fill: Fill) -> None:
    """The newer version is in force; what changed is in the trail."""
    first = take(_file(fill, COMMUNE, WARD))
    second = take(_file(fill, COMMUNE, WARD, STC, figures=(5, 7)))
    assert _list_versions(small_home) == [(1, [WARD, COMMUNE]), (2, [STC, WARD, COMMUNE])]
    assert (second.changes.added, sorted(second.changes.changed)) == ((STC,), [WARD, COMMUNE])
    assert _list_trail(small_home)[-1][2]["replaced"] == first.sha256
    with open_store(small_home).read() as connection:
        assert (found := find_import(connection, BEFORE)) is not None and found.version == 2


def test_a_file_that_would_lose_agencies_is_refused(take: Take, small_home: Home, fill: Fill) -> None:
    """Departments imported after communes must not erase them in silence; allowed when it is meant."""
    take(_file(fill, COMMUNE, WARD))
    smaller = _file(fill, STC)
    refused = take(smaller)
    assert ([one.code for one in refused.errors], refused.is_new) == (["rows-removed"], False)
    assert COMMUNE in refused.errors[0].message and WARD in refused.errors[0].message
    assert (take(smaller, may_remove=True).version, _list_versions(small_home)[-1]) == (2, (2, [STC]))


def test_a_file_with_one_error_leaves_nothing_behind(take: Take, small_home: Home, fill: Fill) -> None:
    """No version, no trail, nothing in the archive; what was in force stays."""
    filling = fill()
    filling.type("T15", 5, 6, agency=COMMUNE)
    filling.type("T15", 9, 6, agency=WARD)
    outcome = take(filling.save())
    assert (outcome.is_new, outcome.version, len(outcome.errors)) == (False, None, 1)
    assert (_list_versions(small_home), _list_trail(small_home), small_home.archive.exists()) == ([], [], False)


def test_a_dry_run_records_nothing(take: Take, small_home: Home, fill: Fill) -> None:
    """And says what would be imported."""
    outcome = take(_file(fill, COMMUNE), is_dry_run=True)
    assert (outcome.agencies, outcome.changes.added, outcome.is_new) == (1, (COMMUNE,), False)
    assert (_list_versions(small_home), _list_trail(small_home), small_home.archive.exists()) == ([], [], False)


def test_what_was_imported_can_be_withdrawn(take: Take, small_home: Home, fill: Fill) -> None:
    """With a name and a reason; the version stays, and the same file can be imported anew."""
    data = _file(fill, COMMUNE)
    take(data)
    store = open_store(small_home)
    withdrawn = withdraw_results(store, BEFORE, at=NOW, by="Trần Thị B", reason="Nhầm kỳ")
    with store.read() as connection:
        assert (withdrawn is not None, find_import(connection, BEFORE)) == (True, None)
    assert [(action, actor) for action, actor, _ in _list_trail(small_home)][1:] == [
        ("results-withdrawn", "Trần Thị B")
    ]
    assert withdraw_results(store, BEFORE, at=NOW, by="B", reason="B") is None
    assert (take(data).version, len(_list_versions(small_home))) == (3, 3)


def test_an_agency_that_submitted_itself_is_not_overwritten(take: Take, small_home: Home, fill: Fill) -> None:
    """A cycle that ran here: its accepted submission counts, others may be imported beside it."""
    _accept(small_home, COMMUNE)
    refused = take(_file(fill, COMMUNE, WARD))
    assert [(one.code, COMMUNE in one.hint) for one in refused.errors] == [("own-submission", True)]
    assert take(_file(fill, WARD)).is_new


def test_an_import_that_no_cycle_would_use_is_refused(small_home: Home, layout: ResultsLayout, fill: Fill) -> None:
    """No later cycle names it as the one before: most likely a wrong `--cycle`."""
    cycles = {key: cycle.model_copy(update={"previous": None}) for key, cycle in layout.plan.cycles.items()}
    alone = replace(layout, plan=replace(layout.plan, cycles=cycles))
    outcome = import_results(open_store(small_home), small_home.archive, alone, _file(fill, WARD), "a.xlsx", at=NOW)
    assert [one.code for one in outcome.errors] == ["no-next-cycle"]


def test_nothing_that_counts_submissions_sees_an_import(take: Take, small_home: Home, fill: Fill) -> None:
    """It is in no list of files that came in, of any component."""
    take(_file(fill, COMMUNE, WARD))
    with open_store(small_home).read() as connection:
        assert len(connection.execute(select(result_imports)).all()) == 1
        assert (list_components(connection, BEFORE), list_agencies_waiting(connection, BEFORE)) == ([], [])
        assert list_shared_files(connection, BEFORE) == []


def _accept(home: Home, agency: str) -> None:
    """A submission of the previous cycle that was accepted here."""
    with open_store(home).write() as connection:
        add_submission(
            connection,
            cycle=BEFORE,
            agency=agency,
            file_name="a.xlsx",
            sha256="a" * 64,
            size_bytes=1,
            received_at=NOW,
        )
        (one,) = list_submissions(connection, BEFORE, agency)
        record_verdict(connection, one.judged("accepted", [], [], NOW))
