"""Imported results in the store: every version kept, the newest in force, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from kybaocao.imported.layout import build_results_layout
from kybaocao.imported.results import import_results
from kybaocao.imported.workbook import render_results_workbook
from kybaocao.plan.plan import Plan
from kybaocao.store.database import Store
from kybaocao.store.imports import ResultImport, add_import, find_import, list_imports
from tests.imported.conftest import BEFORE, COMMUNE, Filling
from tests.store.moments import NOW

FIRST = ResultImport("k", 1, "a.xlsx", "1" * 64, 10, NOW, "Nguyễn Văn A", "Kỳ 1 làm trên giấy", '{"STC": []}')


def test_the_newest_version_is_in_force(store: Store) -> None:
    """Until a version without a file withdraws it; other cycles are not touched."""
    second, withdrawal = replace(FIRST, version=2, sha256="2" * 64), replace(FIRST, version=3, sha256="", answers="{}")
    found = []
    for one in (FIRST, second, withdrawal):
        with store.write() as connection:
            add_import(connection, one)
            found.append(find_import(connection, "k"))
            assert find_import(connection, "another") is None
    assert found == [FIRST, second, None]
    with store.read() as connection:
        assert list_imports(connection, "k") == [FIRST, second, withdrawal]


def test_two_versions_cannot_have_one_number(store: Store) -> None:
    """The store itself refuses what a lock should have prevented."""
    with store.write() as connection:
        add_import(connection, FIRST)
    with pytest.raises(IntegrityError), store.write() as connection:
        add_import(connection, replace(FIRST, sha256="2" * 64))


def test_two_imports_at_once_end_as_one_after_the_other(store: Store, plan: Plan, tmp_path: Path) -> None:
    """The same file recorded once, whoever of four is first."""
    layout = build_results_layout(plan, BEFORE)
    filling = Filling(render_results_workbook(layout))
    filling.type("T15", 5, 6, agency=COMMUNE)
    data = filling.save()

    def take(_: int) -> bool:
        outcome = import_results(store, tmp_path / "archive", layout, data, "a.xlsx", at=NOW, by="A", reason="B")
        return outcome.is_new

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [False, False, False, True]
    with store.read() as connection:
        assert len(list_imports(connection, BEFORE)) == 1
