"""A report that does not leave in time: the operators hear of it, once, whatever it waits for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kybaocao.stages.support.operator_warnings import list_late_publications
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from tests.conftest import CYCLE
from tests.decisions import publish, submit
from tests.stages.conftest import COMPILATION, OPENING, Post

Small = Callable[[str], Pass]
NOT_SENT = ["Báo cáo năm 2026 đến hạn tổng hợp lúc 10:00 ngày 14/12/2026 mà chưa gửi được lãnh đạo Sở Tài chính."]
NOT_APPROVED = [
    "Báo cáo năm 2026 đã gửi lãnh đạo Sở Tài chính nhưng đến hết hạn (thứ Hai 14/12/2026) chưa được phê duyệt để trình "
    "UBND tỉnh."
]
NOT_PUBLISHED = ["Báo cáo năm 2026 đã quá hạn gửi Bộ Tài chính (thứ Sáu 25/12/2026) mà chưa được gửi."]
NOT_ARRIVED = ["Báo cáo năm 2026 đã quá hạn gửi Bộ Tài chính (thứ Sáu 25/12/2026) mà chưa đến đủ nơi nhận."]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-12-14T09:59", []),
        ("2026-12-14T10:59", []),
        ("2026-12-14T11:00", NOT_SENT),
        ("2026-12-25T14:00", NOT_SENT),
        ("2026-12-26T08:00", NOT_PUBLISHED),
        ("2027-01-30T08:00", []),
    ],
)
def test_a_report_that_was_never_compiled(small: Small, at: str, said: list[str]) -> None:
    """An hour of grace; after the ministry's day that is what is late; a closed cycle is left alone."""
    run_pass(small(OPENING), connect=Post)
    assert list_late_publications(small(at)) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-12-14T14:00", []),
        ("2026-12-14T23:59", []),
        ("2026-12-15T08:00", NOT_APPROVED),
        ("2026-12-26T08:00", NOT_PUBLISHED),
    ],
)
def test_a_report_that_nobody_approves(small: Small, at: str, said: list[str]) -> None:
    """Released in time, but the human does not answer."""
    run_pass(small(OPENING), connect=Post)
    run_pass(small(COMPILATION), connect=Post)
    assert list_late_publications(small(at)) == said


def test_a_report_that_has_left_is_not_late(small: Small) -> None:
    """Submitted: nothing until the ministry's day; on its way: that it has not arrived; taken: nothing ever."""
    run_pass(small(OPENING), connect=Post)
    run_pass(small(COMPILATION), connect=Post)
    assert submit(small("2026-12-14T15:00"))
    run_pass(small("2026-12-14T15:00"), connect=Post)
    assert list_late_publications(small("2026-12-16T08:00")) == []
    assert list_late_publications(small("2026-12-26T08:00")) == NOT_PUBLISHED
    assert publish(small("2026-12-26T09:00"))
    assert list_late_publications(small("2026-12-26T10:00")) == NOT_ARRIVED
    run_pass(small("2026-12-26T14:00"), connect=Post)
    assert list_late_publications(small("2026-12-28T08:00")) == []


def test_the_operators_are_written_to_once(small: Small) -> None:
    """Pass after pass the same warning, one mail."""
    run_pass(small(OPENING), connect=Post)
    run_pass(small(COMPILATION), connect=Post)
    for at in ("2026-12-15T08:00", "2026-12-15T14:00", "2026-12-16T08:00"):
        assert NOT_APPROVED[0] in run_pass(small(at), connect=Post)["warnings"]
    with small(OPENING).store.read() as connection:
        reported = [q.message for q in list_messages(connection, CYCLE) if q.message.kind == "van_hanh"]
    assert sum(NOT_APPROVED[0] in message.text for message in reported) == 1
