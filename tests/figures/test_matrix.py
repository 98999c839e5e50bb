"""The matrix agency × indicator: each agency by its own figures."""

from __future__ import annotations

from decimal import Decimal

from kybaocao.figures.snapshot import AgencyResult, Figures, Snapshot, Verdict, from_json, to_json
from tests.figures.taking import HAS, NOT_YET, NOTHING, take
from tests.submissions import arrive, figures

NONE = Figures(None, None, None)


def find(snapshot: Snapshot, agency: str, indicator: str) -> AgencyResult:
    return next(one for one in snapshot.agency_results if (one.agency, one.indicator) == (agency, indicator))


def test_every_agency_is_judged_by_its_own_figures() -> None:
    """One reaches the target that the province misses."""
    snapshot = take(arrive("STC", figures("T16", 9, 10)), arrive("STP", figures("T16", 3, 10)))
    good, bad = find(snapshot, "STC", "T16"), find(snapshot, "STP", "T16")
    assert (good.figures, good.verdict) == (Figures(Decimal(9), Decimal(10), Decimal(90)), Verdict.MET)
    assert (bad.figures.value, bad.verdict) == (Decimal(30), Verdict.NOT_MET)
    assert snapshot.indicator("T16").verdict is Verdict.NOT_MET


def test_the_agencies_add_up_to_the_province() -> None:
    """Numerators and denominators; figures left beside another status count in neither."""
    snapshot = take(
        arrive("STC", figures("T15", 5, 10)),
        arrive("STP", figures("T15", 70, 80)),
        arrive("SNV", figures("T15", 100, 100, status=NOTHING)),
    )
    own = [one.figures for one in snapshot.agency_results if one.indicator == "T15"]
    total = snapshot.indicator("T15").cumulative
    assert len(own) == 3
    assert sum(one.numerator or 0 for one in own) == total.numerator == 75
    assert sum(one.denominator or 0 for one in own) == total.denominator == 90


def test_an_agency_without_figures_says_why() -> None:
    """Nothing arose, nothing is known yet, nought of nought: none of them is a failure."""
    snapshot = take(
        arrive("STC", figures("T17", 0, 0, status=NOTHING)),
        arrive("STP", figures("T17", 1, 2, status=NOT_YET)),
        arrive("SNV", figures("T17", 0, 0, status=HAS)),
    )
    assert find(snapshot, "STC", "T17") == AgencyResult("STC", "T17", NONE, Verdict.NOTHING)
    assert find(snapshot, "STP", "T17") == AgencyResult("STP", "T17", NONE, Verdict.NO_FIGURE)
    assert find(snapshot, "SNV", "T17").verdict is Verdict.NOTHING


def test_who_did_not_answer_is_not_in_it() -> None:
    """Nor who was not asked."""
    snapshot = take(arrive("STC", figures("T15", 5, 10)), arrive("STP", figures("T05", 5, 10)))
    assert [(one.agency, one.indicator) for one in snapshot.agency_results] == [("STC", "T15")]


def test_it_is_stored_with_the_snapshot() -> None:
    """And read again as it was."""
    snapshot = take(arrive("STC", figures("T15", 5, 10)))
    assert from_json(to_json(snapshot)).agency_results == snapshot.agency_results != ()
