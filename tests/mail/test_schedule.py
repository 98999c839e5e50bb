"""When a message is tried again: pauses that grow, for five days."""

from __future__ import annotations

import datetime as dt

import pytest

from kybaocao.mail.schedule import find_next_attempt

BEGUN = dt.datetime(2026, 12, 9, 1, 0, tzinfo=dt.UTC)
FIVE_DAYS = dt.timedelta(days=5)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 60), (1, 60), (2, 102), (3, 173.4), (11, 12096), (12, 14400), (10_000, 14400)]
)
def test_a_pause_grows_with_each_attempt(attempts: int, seconds: float) -> None:
    """One minute, then 1.7 times as long each time, never more than four hours."""
    found = find_next_attempt(BEGUN, BEGUN, attempts)
    assert found is not None and (found - BEGUN).total_seconds() == pytest.approx(seconds, abs=1)


def test_after_five_days_it_is_given_up() -> None:
    """By the clock, not by the number of attempts."""
    almost, over = BEGUN + FIVE_DAYS - dt.timedelta(seconds=1), BEGUN + FIVE_DAYS
    assert find_next_attempt(BEGUN, almost, 40) == almost + dt.timedelta(hours=4)
    assert [find_next_attempt(BEGUN, over, attempts) for attempts in (1, 40)] == [None, None]


def test_a_server_that_is_tried_whenever_due_is_tried_forty_times() -> None:
    """Often at first, then six times a day."""
    moment: dt.datetime | None = BEGUN
    tried = []
    while moment is not None:
        tried.append(moment)
        moment = find_next_attempt(BEGUN, moment, len(tried))
    within_an_hour = sum(one - BEGUN < dt.timedelta(hours=1) for one in tried)
    assert (len(tried), within_an_hour) == (40, 8)
