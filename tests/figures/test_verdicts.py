"""Met or not met: every way of measuring and judging that the plan uses, on the edge and on either side of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kybaocao.figures.snapshot import Figures, Verdict
from kybaocao.figures.verdicts import derive_value, judge_value
from tests.figures.taking import PLAN

# (indicator, numerator, denominator, verdict): just met and just missed, for every way of measuring and judging
VERDICTS = [
    ("T15", 10, 10, Verdict.MET),  # ty_le, bang 100
    ("T15", 9, 10, Verdict.NOT_MET),
    ("T18", 90, 100, Verdict.MET),  # ty_le, it_nhat 90
    ("T18", 89, 100, Verdict.NOT_MET),
    ("T15", 0, 0, Verdict.NOTHING),
    ("T14", 0, 120, Verdict.MET),  # vi_pham, nhieu_nhat 1: no body inspected twice
    ("T14", 1, 120, Verdict.NOT_MET),
    ("T14", 0, 0, Verdict.NOTHING),
    ("T02", 5000, None, Verdict.MET),  # so_luong, it_nhat 5000
    ("T02", 4999, None, Verdict.NOT_MET),
    ("T04", 109, 100, Verdict.MET),  # tang_truong, duoi 10: exactly ten is too much
    ("T04", 110, 100, Verdict.NOT_MET),
    ("T04", 10, 0, Verdict.NO_FIGURE),
    ("T07", 115, 100, Verdict.MET),  # tang_truong, it_nhat 15, upper 20
    ("T07", 125, 100, Verdict.MET),  # beyond the upper end is still met
    ("T07", 114, 100, Verdict.NOT_MET),
    ("T06", 20, 22, Verdict.MET),  # thu_hang, tang_bac 2: a smaller rank is better
    ("T06", 21, 22, Verdict.NOT_MET),
    ("T06", 20, None, Verdict.NO_FIGURE),
    ("D2", 12, 12, Verdict.MET),  # thu_hang, khong_giam
    ("D2", 13, 12, Verdict.NOT_MET),
    ("D4", 17, 18, Verdict.MET),  # so_sanh, giam
    ("D4", 18, 18, Verdict.NOT_MET),
    ("D7", 7, 6, Verdict.MET),  # so_sanh, tang
    ("D7", 6, 6, Verdict.NOT_MET),
    *((code, None, None, Verdict.NO_FIGURE) for code in ("T15", "T14", "T02", "T04", "T06", "D4")),
]


@pytest.mark.parametrize(("code", "numerator", "denominator", "verdict"), VERDICTS)
def test_a_figure_is_held_against_its_target(
    code: str, numerator: int | None, denominator: int | None, verdict: Verdict
) -> None:
    """On the edge, on either side of it, and without a figure."""
    indicator = next(indicator for indicator in PLAN.indicators if indicator.id == code)
    above, below = (None if n is None else Decimal(n) for n in (numerator, denominator))
    assert judge_value(indicator, Figures(above, below, derive_value(indicator.measure, above, below))) is verdict


def test_every_way_of_judging_in_the_plan_is_in_the_table() -> None:
    """A plan with a new pair of measure and direction must bring its line."""
    by_id = {indicator.id: indicator for indicator in PLAN.indicators}
    tried = {(by_id[code].measure, by_id[code].direction) for code, _, _, verdict in VERDICTS if verdict is Verdict.MET}
    missed = {(by_id[c].measure, by_id[c].direction) for c, _, _, verdict in VERDICTS if verdict is Verdict.NOT_MET}
    assert tried == missed == {(indicator.measure, indicator.direction) for indicator in PLAN.indicators}
    assert len(PLAN.indicators) == 26


@pytest.mark.parametrize("code", ["T06", "D2"])
def test_ranks_among_other_numbers_of_units_are_not_judged(code: str) -> None:
    """The 21st of 34 provinces is neither better nor worse than the 40th of 63."""
    indicator = next(indicator for indicator in PLAN.indicators if indicator.id == code)
    ranks = Figures(Decimal(21), Decimal(40), Decimal(21))
    assert judge_value(indicator, ranks, is_comparable=False) is Verdict.NOT_COMPARABLE
