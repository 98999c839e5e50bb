"""The season's summary: every agency that is asked stands in exactly one number."""

from __future__ import annotations

import pytest

from kybaocao.demo.counts import OUTCOMES, check_counts, count_outcomes
from kybaocao.figures.snapshot import Standing, Timeliness


def stand(standing: Standing, *, is_late: bool = False, returned: int = 0) -> Timeliness:
    return Timeliness("X-1", standing, None, is_late, 0, returned, 1)


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (stand(Standing.ACCEPTED), "on_time"),
        (stand(Standing.CONFIRMED_ZERO), "on_time"),
        (stand(Standing.ACCEPTED, is_late=True), "late"),
        (stand(Standing.ACCEPTED, returned=2), "on_time"),
        (stand(Standing.MISSING, is_late=True), "missing"),
        (stand(Standing.RETURNED, is_late=True, returned=1), "returned_open"),
        (stand(Standing.RETURNED, returned=1), "returned_open"),
        (stand(Standing.EXEMPT), "exempt"),
        (stand(Standing.EXEMPT, returned=1), "exempt"),
    ],
)
def test_an_agency_has_one_outcome(one: Timeliness, outcome: str) -> None:
    """On time, late, missing, sent back and not in again, or exempt."""
    assert count_outcomes([one]) == dict.fromkeys(OUTCOMES, 0) | {"expected": 1, outcome: 1}


def test_a_season_adds_up() -> None:
    """Also with the one that was sent back and never came again."""
    season = [stand(Standing.ACCEPTED), stand(Standing.RETURNED, is_late=True, returned=1), stand(Standing.EXEMPT)]
    counts = count_outcomes(season)
    assert (counts["expected"], sum(counts[outcome] for outcome in OUTCOMES), check_counts(counts)) == (3, 3, [])


@pytest.mark.parametrize("standing", [Standing.EXPECTED, Standing.RECEIVED])
def test_an_agency_without_an_outcome_is_reported(standing: Standing) -> None:
    """A file that nobody has judged, or time that is left, is no end of a season."""
    (line,) = check_counts(count_outcomes([stand(Standing.ACCEPTED), stand(standing)]))
    assert line.endswith("= 1, expected 2")
