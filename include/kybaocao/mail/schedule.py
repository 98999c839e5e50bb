"""When a message is tried again, and when it is given up."""

from __future__ import annotations

import datetime as dt

FIRST_PAUSE = dt.timedelta(minutes=1)
GROWTH = 1.7
LONGEST_PAUSE = dt.timedelta(hours=4)
GIVEN_UP_AFTER = dt.timedelta(days=5)


def find_next_attempt(begun_at: dt.datetime, at: dt.datetime, attempts: int) -> dt.datetime | None:
    """The moment of the next attempt for a message that was tried `attempts` times, the last time at `at`.

    None when it has been tried for five days since `begun_at`.
    """
    if at - begun_at >= GIVEN_UP_AFTER:
        return None
    return at + find_pause(attempts)


def find_pause(attempts: int) -> dt.timedelta:
    """How long a message waits that was tried `attempts` times."""
    growth = GROWTH ** min(max(attempts, 1) - 1, 20)  # twenty times is far beyond the longest pause
    return min(FIRST_PAUSE * growth, LONGEST_PAUSE)
