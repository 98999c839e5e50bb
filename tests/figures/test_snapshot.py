"""The snapshot as the store keeps it: exact, canonical, and read strictly."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kybaocao.figures.canonical_json import compute_checksum, from_json, to_json, write_pieces
from kybaocao.figures.snapshot import Figures, Verdict
from tests.conftest import CYCLE
from tests.documents.sample import full_plan, full_snapshot
from tests.figures.taking import HAS, take
from tests.figures.test_difficulties import difficulty
from tests.submissions import arrive, figures


def test_the_same_state_has_the_same_checksum_at_another_moment() -> None:
    """Looking again changes nothing; one figure more changes it."""
    accepted = arrive("STC", figures("T15", 5, 10))
    first, later = take(accepted), take(accepted, at="2026-12-15T10:00")
    assert first != later and compute_checksum(first) == compute_checksum(later)
    assert compute_checksum(take(arrive("STC", figures("T15", 6, 10)))) != compute_checksum(first)
    assert compute_checksum(dataclasses.replace(first, difficulties=())) == compute_checksum(first)


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


STORED = Path(__file__).with_name("stored_snapshot.json")  # by the writer of 2026-11-29, before pydantic read it
STORED_CHECKSUM = "1ebdd966a27fca1ed64f88c98e1c8843e3de1276b26c03e046381218ff79ac31"


def read_stored() -> str:
    return STORED.read_text(encoding="utf-8").rstrip("\n")


def test_a_snapshot_stored_earlier_is_written_again_byte_for_byte() -> None:
    """Its checksum stays: a stored snapshot is compared with a new one by it."""
    snapshot = from_json(read_stored())
    assert (to_json(snapshot), compute_checksum(snapshot)) == (read_stored(), STORED_CHECKSUM)


def test_a_snapshot_stored_earlier_keeps_its_types() -> None:
    """Moments with their offset, whole Decimals, tuples, verdicts."""
    snapshot = from_json(read_stored())
    result = snapshot.indicator("T15")
    assert (snapshot.as_of.isoformat(), result.verdict) == ("2026-12-14T10:00:00.123456+07:00", Verdict.NOT_MET)
    third = "33.33333333333333333333333333"
    assert repr(result.cumulative) == repr(Figures(*map(Decimal, ("49999", "50000", third))))
    assert result.notes == (("X-3", "=Hồ sơ giấy còn lại đang số hóa"),)


def test_a_snapshot_of_the_whole_province_is_written_again_byte_for_byte() -> None:
    """Ninety agencies, every task: about a megabyte."""
    plan = full_plan()
    snapshot = full_snapshot(plan, plan.cycles[CYCLE])
    text, checksum = to_json(snapshot), compute_checksum(snapshot)
    read = from_json(text)
    assert (read == snapshot, to_json(read), compute_checksum(read)) == (True, text, checksum)


@pytest.mark.parametrize("left_out", ["obligations", "discrepancies", "broken_promises", "documents"])
def test_written_in_pieces_it_is_the_same_text(left_out: str) -> None:
    """Nothing empty is written that an earlier version did not write."""
    plan = full_plan()
    snapshot = dataclasses.replace(full_snapshot(plan, plan.cycles[CYCLE]), **{left_out: ()})
    assert "".join(write_pieces(snapshot)) == to_json(snapshot)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("as_of",), 1_765_681_200),
        (("as_of",), None),
        (("plan",), None),
        (("unknown",), "1"),
        (("indicators", 0, "verdict"), "tốt"),
        (("indicators", 0, "nothing_count"), "1"),
        (("indicators", 0, "nothing_count"), 1.0),
        (("indicators", 0, "published_on"), "2026-10-01T00:00:00"),
        (("indicators", 0, "published_on"), 20_000),
        (("indicators", 0, "reported"), "STC"),
        (("indicators", 0, "notes"), [["STC"]]),
        (("indicators", 0, "cumulative", "numerator"), 5),
        (("indicators", 0, "cumulative", "numerator"), 5.5),
        (("indicators", 0, "cumulative", "numerator"), "năm"),
        (("indicators", 0, "cumulative", "numerator"), "NaN"),
        (("indicators", 0, "cumulative", "unknown"), "1"),
        (("timeliness", 0, "is_late"), 0),
    ],
)
def test_a_stored_value_of_a_wrong_type_is_refused(path: tuple[str | int, ...], value: object) -> None:
    """Nothing is converted in silence, and no unknown field is dropped."""
    plain = json.loads(read_stored())
    holder: Any = plain
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    with pytest.raises(ValueError, match=str(path[-1])):
        from_json(json.dumps(plain))


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "{}", read_stored()[:-1]])
def test_what_is_no_snapshot_is_refused(text: str) -> None:
    """Broken or foreign JSON is a ValueError."""
    with pytest.raises(ValueError):
        from_json(text)
