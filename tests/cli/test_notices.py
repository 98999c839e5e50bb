"""`notices` lists what came back and what became of it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from kybaocao.cli import main
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.notices import NoticeOutcome, add_notice

NOW = dt.datetime(2026, 12, 1, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def recorded(home: Home) -> None:
    with open_store(home).write() as connection:
        add_notice(
            connection,
            at=NOW,
            file_name="a.eml",
            sha256="aa",
            outcome=NoticeOutcome.DEAD,
            address="a@x.vn",
            detail="5.1.1",
        )
        add_notice(
            connection,
            at=NOW,
            file_name="la.eml",
            sha256="bb",
            outcome=NoticeOutcome.FOREIGN,
            detail="không phải thư báo",
        )


def test_each_notice_is_a_line(recorded: None, capsys: pytest.CaptureFixture[str]) -> None:
    """With file, address, outcome and what the server said."""
    assert main(["notices"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "a.eml: a@x.vn – địa chỉ không dùng được, đã đóng: 5.1.1" in first
    assert "la.eml: – không phải thư báo trả của hệ thống: không phải thư báo" in second


def test_one_outcome_can_be_asked_for_as_json(recorded: None, capsys: pytest.CaptureFixture[str]) -> None:
    """For other programs."""
    assert main(["notices", "--outcome", "dead", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["file_name"], row["sha256"], row["outcome"], row["address"]) == ("a.eml", "aa", "dead", "a@x.vn")


def test_nothing_that_came_back_says_so(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list is an answer."""
    assert (main(["notices"]), capsys.readouterr().out) == (0, "Không có.\n")
