"""How many agencies stand where when the season is over: every one of them in exactly one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kybaocao.figures.snapshot import Standing, Timeliness

OUTCOMES = ("on_time", "late", "missing", "returned_open", "exempt")


def count_outcomes(everyone: Iterable[Timeliness]) -> dict[str, int]:
    """The five outcomes, and `expected`: every agency that the plan asks, exempt ones included.

    `returned_open` had a file sent back and is not in again.  An agency without an outcome yet (a file that nobody
    has judged, time left) is in `expected` alone: `check_counts` finds it.
    """
    found = dict.fromkeys(("expected", *OUTCOMES), 0)
    for one in everyone:
        found["expected"] += 1
        if outcome := _name_outcome(one):
            found[outcome] += 1
    return found


def _name_outcome(one: Timeliness) -> str:
    if one.standing in (Standing.ACCEPTED, Standing.CONFIRMED_ZERO):
        return "late" if one.is_late else "on_time"
    named = {Standing.MISSING: "missing", Standing.RETURNED: "returned_open", Standing.EXEMPT: "exempt"}
    return named.get(one.standing, "")


def check_counts(summary: Mapping[str, int]) -> list[str]:
    """What does not add up; empty when every agency is in one outcome."""
    total = sum(summary[outcome] for outcome in OUTCOMES)
    if total == summary["expected"]:
        return []
    terms = " + ".join(f"{outcome} {summary[outcome]}" for outcome in OUTCOMES)
    return [f"{terms} = {total}, expected {summary['expected']}"]
