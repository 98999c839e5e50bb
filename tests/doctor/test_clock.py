"""Clocks that disagree, and times that no zone explains."""

from __future__ import annotations

import time

import pytest

from kybaocao.doctor.clock import probe_clocks, probe_zones
from kybaocao.doctor.probing import Setting
from kybaocao.store.audit import record_action
from kybaocao.store.database import open_store
from tests.doctor.conftest import Lines, ask, list_tree, list_wrong


def shift(setting: Setting, seconds: float) -> Lines:
    """What is said by a machine whose clock is that far ahead of its disk's."""
    return list_wrong(ask(setting, lambda s: probe_clocks(s, lambda: time.time() + seconds)))


def test_clocks_that_agree(setting: Setting) -> None:
    """Nothing to say, and nothing left behind."""
    before = list_tree(setting.home.root)
    assert shift(setting, 0) == list_wrong(ask(setting, probe_zones)) == []
    assert list_tree(setting.home.root) == before


@pytest.mark.parametrize(("seconds", "mark", "way"), [(60, "!", "chậm"), (-60, "!", "nhanh"), (3600, "✗", "chậm")])
def test_a_disk_with_another_clock(setting: Setting, seconds: float, mark: str, way: str) -> None:
    """Files would be received at another time than letters say: a minute is to be looked at, an hour is broken."""
    ((found_mark, found),) = shift(setting, seconds)
    assert (found_mark, f"ổ đĩa chứa shared {way} hơn" in found) == (mark, True)


def test_a_trail_that_ends_in_the_future(setting: Setting) -> None:
    """The clock went back, or the store was used for a replay."""
    later = setting.now.replace(year=2999)
    with open_store(setting.home).write() as connection:
        record_action(connection, "x", at=later)
    ((mark, found),) = shift(setting, 0)
    assert (mark, "sau giờ của máy" in found) == ("✗", True)


def test_another_zone_in_the_environment(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs would say another hour than letters."""
    monkeypatch.setenv("TZ", "Europe/Paris")
    ((mark, found),) = list_wrong(ask(setting, probe_zones))
    assert (mark, "Europe/Paris" in found) == ("!", True)
