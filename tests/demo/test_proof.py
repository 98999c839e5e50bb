"""What the sample season compares its report with: the same figures, added without the system's own code."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from kybaocao.demo.proof import expect_indicators
from tests.checks.catalogue import COMMUNE, STC, answers_of, the_plan, valid_form
from tests.proof.cycle import receive, snapshot_of


def test_the_season_and_the_snapshot_add_the_same(tmp_path: Path) -> None:
    """Targets, and each part of those whose parts are judged one by one and never added."""
    agencies = (STC, COMMUNE)
    snapshot = snapshot_of(the_plan(), [receive(tmp_path, agency, valid_form(agency)) for agency in agencies])
    found = {result.id: result.cumulative for result in snapshot.indicators}
    found |= {part.id: part.cumulative for result in snapshot.indicators for part in result.parts}
    assert expect_indicators(the_plan(), {agency: answers_of(agency) for agency in agencies}) == {
        row: tuple(None if one is None else Fraction(one) for one in (figures.numerator, figures.denominator))
        for row, figures in found.items()
    }
    assert found["T01.1"].numerator is not None and found["T01"].numerator is None
