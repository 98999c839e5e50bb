"""When a pass is asked for once more, because what one was started for is still not done.

A pass may fail for what is no fault of a file: the disk was full, the database away, a folder out of reach. Nobody need
start it again when that is over.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable

FIRST_SECONDS = 600.0  # far longer than a pass that moves on takes for a file
MOST_SECONDS = 4 * 3600.0  # there are two scheduled passes a day besides


class Recalls:
    """What waits, since when, and when it is called for again: after pauses that double."""

    def __init__(self) -> None:
        self._due: dict[Hashable, tuple[float, float]] = {}  # -> the moment, the pause after it

    def list_due(self, waiting: Collection[Hashable], at: float) -> set[Hashable]:
        """What has waited for its pause; `at` in seconds, by a steady clock. What is done is forgotten."""
        known = {one: self._due.get(one, (at + FIRST_SECONDS, FIRST_SECONDS)) for one in waiting}
        due = {one for one, (moment, _) in known.items() if at >= moment}
        for one in due:
            pause = min(2 * known[one][1], MOST_SECONDS)
            known[one] = (at + pause, pause)
        self._due = known
        return due
