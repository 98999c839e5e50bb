"""The snapshot as the store keeps it: exact, canonical, and read strictly."""

from __future__ import annotations

import dataclasses
import datetime as dt

from kybaocao.figures.snapshot import from_json, serialize, to_json
from tests.figures.taking import HAS, take
from tests.figures.test_difficulties import difficulty
from tests.submissions import arrive, figures


def test_the_same_state_has_the_same_checksum_at_another_moment() -> None:
    """Looking again changes nothing; one figure more changes it."""
    accepted = arrive("STC", figures("T15", 5, 10))
    first, later = take(accepted), take(accepted, at="2026-12-15T10:00")
    assert first != later and serialize(first)[1] == serialize(later)[1]
    assert serialize(take(arrive("STC", figures("T15", 6, 10))))[1] != serialize(first)[1]
    assert serialize(dataclasses.replace(first, difficulties=()))[1] == serialize(first)[1]


def test_a_snapshot_comes_back_from_the_store_as_it_was() -> None:
    """Decimals, dates, moments and all: the JSON is exact and canonical."""
    row = {"tinh_trang": HAS, "hang": 21, "so_tinh": 34, "hang_truoc": 24, "ngay_cong_bo": dt.date(2026, 10, 1)}
    snapshot = take(
        arrive("SKHCN", {("thu_hang", "T05", column): value for column, value in row.items()}),
        arrive("STC", figures("T15", 1, 3) | difficulty("Mạng yếu")),
        previous=take(arrive("STC", figures("T15", 2, 3))),
    )
    assert from_json(to_json(snapshot)) == snapshot
    assert to_json(from_json(to_json(snapshot))) == to_json(snapshot)
    assert snapshot.indicator("T05").published_on == dt.date(2026, 10, 1)
