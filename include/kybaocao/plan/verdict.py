"""What is decided about a version of a submission. One without a verdict waits to be judged."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    RETURNED = "returned"  # read, and something is wrong in it
    UNREADABLE = "unreadable"  # not a form of ours, or not readable at all
