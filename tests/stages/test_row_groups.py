"""Rows of a mapped task: an agency each while they are few, groups beyond that, every agency once."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.plan.plan import Plan
from kybaocao.settings import MOST_ROWS, SettingsError
from kybaocao.stages.support.row_groups import (
    NAME_LIMIT,
    RowBounds,
    explain_failed,
    name_agencies,
    name_failed,
    serve_each,
)

ROWS, LEAST = "KYBAOCAO_ROWS", "KYBAOCAO_GROUP"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ROWS, LEAST):
        monkeypatch.delenv(name, raising=False)


@given(number=st.integers(0, 5000), rows=st.integers(1, MOST_ROWS), least=st.integers(1, 300))
def test_every_agency_stands_in_one_row_in_its_order(number: int, rows: int, least: int) -> None:
    """Never more rows than the bound; no row is empty; groups differ in size by one at most."""
    agencies = [f"X-{code:05d}" for code in range(number)]
    divided = RowBounds(rows, least).divide(agencies)
    assert [agency for row in divided for agency in row] == agencies
    assert len(divided) <= rows
    sizes = {len(row) for row in divided}
    assert 0 not in sizes and (not sizes or max(sizes) - min(sizes) <= 1)
    assert number > rows or sizes <= {1}
    assert number <= rows or min(sizes) >= min(least, number)


@pytest.mark.parametrize(
    ("number", "rows", "size"), [(48, 48, 1), (49, 8, 7), (90, 15, 6), (1200, 48, 25), (3800, 48, 80)]
)
def test_how_many_share_a_row(number: int, rows: int, size: int) -> None:
    """By default an agency each up to 48, then groups of six, then as many as 48 rows need."""
    divided = RowBounds.find().divide([str(code) for code in range(number)])
    assert (len(divided), max(map(len, divided))) == (rows, size)


def test_both_bounds_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROWS, "90")
    monkeypatch.setenv(LEAST, "2")
    assert (RowBounds.find(), RowBounds.read()) == (RowBounds(90, 2), RowBounds(90, 2))


@pytest.mark.parametrize(("name", "value"), [(ROWS, "0"), (ROWS, "101"), (ROWS, "nhiều"), (LEAST, "0"), (LEAST, "-3")])
def test_an_unusable_setting_is_named_and_counts_as_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    """More than a hundred rows are never made."""
    monkeypatch.setenv(name, value)
    with caplog.at_level(logging.WARNING):
        assert RowBounds.find() == RowBounds()
    assert name in caplog.text and value in caplog.text
    with pytest.raises(SettingsError, match=name):
        RowBounds.read()


def test_what_fails_for_one_is_its_own() -> None:
    """The others are served, before it and after it."""

    def serve(agency: str) -> str:
        if agency == "b":
            raise ZeroDivisionError("lỗi thử")
        return agency.upper()

    served = serve_each("abc", serve)
    assert served.done == {"a": "A", "c": "C"}
    assert {agency: str(error) for agency, error in served.errors.items()} == {"b": "lỗi thử"}


def test_a_row_is_called_after_its_agency_or_after_the_first_and_the_last(plan: Plan) -> None:
    """With the outcome behind it; Airflow keeps 250 characters."""
    assert name_agencies(plan, ["X-04183"], "trả lại, 3 lỗi") == "X-04183 UBND xã Mường Lầm – trả lại, 3 lỗi"
    assert name_agencies(plan, ["STC", "STP", "X-03664"]) == "STC … X-03664 · 3 cơ quan"
    assert len(name_agencies(plan, ["STC", "STP"], "dài " * 100)) == NAME_LIMIT


def test_who_failed_stands_in_the_row_s_name_and_in_the_letter(plan: Plan) -> None:
    """A few codes in the name; in the letter each with its reason."""
    assert name_failed([]) == ""
    assert name_failed(list("abcdefgh")) == "lỗi hệ thống: a, b, c, d, e, f, …"
    said = explain_failed(plan, {"STP": OSError("đĩa đầy")}, 12)
    assert said == "Chưa làm được cho 1 trong 12 cơ quan của dòng này: STP Sở Tư pháp: OSError: đĩa đầy"
