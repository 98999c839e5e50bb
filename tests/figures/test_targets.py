"""Many submissions, one figure: sums of counts, never means of percentages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kybaocao.figures.canonical_json import from_json, to_json
from kybaocao.figures.snapshot import Figures, IndicatorResult, Snapshot, Verdict
from tests.figures.taking import HAS, NOT_YET, NOTHING, PLAN, UNPUBLISHED, take
from tests.submissions import Value, arrive, figures

EVERYBODY = PLAN.members(("TAT_CA",))


# --- sums -------------------------------------------------------------------------------------------------------------

returns = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, 900), st.sampled_from([HAS, HAS, HAS, NOTHING, NOT_YET])),
    min_size=1,
    max_size=8,
)


@given(returns)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_the_province_is_the_sum_of_counts_over_the_sum_of_counts(said: Sequence[tuple[int, int, str]]) -> None:
    """Exact arithmetic: numerator, denominator, quotient and verdict; agencies without figures are left out."""
    pairs = [(min(a, b), max(a, b), status) for a, b, status in said]
    submissions = [
        arrive(agency, figures("T16", low, high, status=status))
        for agency, (low, high, status) in zip(EVERYBODY, pairs, strict=False)
    ]
    snapshot = take(*submissions)
    result = snapshot.indicator("T16")  # at least 80 %
    counted = [(low, high) for low, high, status in pairs if status == HAS]
    numerator, denominator = (sum(column) for column in zip(*counted, strict=True)) if counted else (0, 0)
    if not counted:
        assert result.cumulative == Figures(None, None, None)
        statuses = {status for _, _, status in pairs}
        assert result.verdict is (Verdict.NOTHING if statuses == {NOTHING} else Verdict.NO_FIGURE)
    else:
        assert (result.cumulative.numerator, result.cumulative.denominator) == (numerator, denominator)
        if denominator == 0:
            assert (result.cumulative.value, result.verdict) == (None, Verdict.NOTHING)
        else:
            exact = Fraction(100 * numerator, denominator)
            assert result.cumulative.value is not None
            assert abs(Fraction(result.cumulative.value) - exact) < Fraction(1, 10**20)
            assert result.verdict is (Verdict.MET if exact >= 80 else Verdict.NOT_MET)
    assert (result.nothing_count, result.no_figure_count) == tuple(
        sum(status == word for _, _, status in pairs) for word in (NOTHING, NOT_YET)
    )
    assert from_json(to_json(snapshot)) == snapshot


def test_percentages_are_never_averaged() -> None:
    """1/1 and 0/99 are one percent, not fifty."""
    snapshot = take(arrive("STC", figures("T15", 1, 1)), arrive("STP", figures("T15", 0, 99)))
    assert snapshot.indicator("T15").cumulative == Figures(Decimal(1), Decimal(100), Decimal(1))


def test_exactly_the_target_is_met() -> None:
    """80 of 100 is "tối thiểu 80%"; a hair less is not, however it is rounded for the eye."""
    verdicts = [
        take(arrive("STC", figures("T16", top, base))).indicator("T16").verdict
        for top, base in ((80, 100), (4, 5), (799_999_999, 10**9), (800_000_001, 10**9))
    ]
    assert verdicts == [Verdict.MET, Verdict.MET, Verdict.NOT_MET, Verdict.MET]


def test_nothing_over_nothing_is_not_a_failure() -> None:
    """0/0 says that nothing arose; beside others it changes nothing."""
    alone = take(arrive("STC", figures("T17", 0, 0))).indicator("T17")
    both = take(arrive("STC", figures("T17", 0, 0)), arrive("STP", figures("T17", 9, 9))).indicator("T17")
    assert (alone.verdict, alone.cumulative.value) == (Verdict.NOTHING, None)
    assert (both.verdict, both.cumulative.value) == (Verdict.MET, 100)


def test_leftovers_beside_another_status_do_not_count() -> None:
    """Figures in a row that says "Không phát sinh" are not figures; nor are they origins."""
    result = take(
        arrive("STC", figures("T15", 5, 10)), arrive("STP", figures("T15", 100, 100, status=NOTHING))
    ).indicator("T15")
    assert (result.cumulative.numerator, result.nothing_count) == (5, 1)
    assert {origin.agency for origin in result.origins} == {"STC"}


def test_the_period_is_summed_beside_the_year() -> None:
    """This half-year's figures come from their own columns."""
    result = take(arrive("STC", figures("T15", 8, 10)), arrive("STP", figures("T15", 2, 10))).indicator("T15")
    assert result.period == Figures(Decimal(5), Decimal(10), Decimal(50))


def test_who_reported_and_who_did_not() -> None:
    """Coverage counts the bodies bound to the indicator; an accepted return without figures still counts."""
    result = take(
        arrive("STC", figures("T15", 5, 10)),
        arrive("STP", figures("T15", 0, 0, status=NOT_YET)),
        arrive("SNV", figures("T15", 9, 9), verdict="returned"),
        arrive("HHDN", {("nhiem_vu", "III.1.a", "trang_thai"): "Đang thực hiện"}),  # invited, not bound
    ).indicator("T15")
    assert (result.reported, result.coverage) == (("STC", "STP"), f"2/{len(EVERYBODY)} cơ quan")
    assert set(result.reported) | set(result.missing) == set(EVERYBODY) and "HHDN" not in result.missing


def test_the_newest_accepted_version_counts_and_only_that() -> None:
    """A correction replaces, it is not added; a later returned file changes nothing."""
    snapshot = take(
        arrive("STC", figures("T15", 5, 10)),
        arrive("STC", figures("T15", 6, 10), version=2, at="2026-12-09T08:00"),
        arrive("STC", figures("T15", 7, 10), version=3, at="2026-12-10T08:00", verdict="returned"),
        arrive("STC", figures("T15", 8, 10), version=4, at="2026-12-20T08:00"),  # after this snapshot
    )
    assert snapshot.indicator("T15").cumulative.numerator == 6


def test_the_previous_cycle_stands_beside_the_new_figure() -> None:
    """The same indicator in the published snapshot of the cycle before."""
    before = take(arrive("STC", figures("T16", 70, 100)))
    result = take(arrive("STC", figures("T16", 90, 100)), previous=before).indicator("T16")
    assert result.previous is not None
    assert (result.previous.value, result.previous_verdict, result.verdict) == (70, Verdict.NOT_MET, Verdict.MET)


# --- stocks ---------------------------------------------------------------------------------------------------------------


def test_what_there_is_at_a_day_has_no_figures_of_a_period() -> None:
    """T08 counts enterprises at the cut-off. "Kỳ này" in a form of an earlier edition is set aside."""
    result = take(arrive("STP", figures("T08", 4300, 4410))).indicator("T08")
    assert (result.cumulative.numerator, result.period) == (4300, Figures(None, None, None))
    assert [origin.value for origin in result.origins] == ["4300", "4410"]


# --- single agencies and coverage -----------------------------------------------------------------------------------------


def test_each_agency_is_judged_by_its_own_figures_too() -> None:
    """What the evaluator of PHỤ LỤC reads; the total is judged beside it."""
    result = take(
        arrive("STC", figures("T16", 90, 100)),
        arrive("STP", figures("T16", 10, 100)),
        arrive("SNV", figures("T16", 0, 0, status=NOTHING)),
        arrive("SCT", figures("T16", 0, 0, status=NOT_YET)),
    ).indicator("T16")
    assert {one.agency: (one.numerator, one.denominator, one.verdict) for one in result.by_agency} == {
        "STC": (90, 100, Verdict.MET),
        "STP": (10, 100, Verdict.NOT_MET),
        "SNV": (None, None, Verdict.NOTHING),
        "SCT": (None, None, Verdict.NO_FIGURE),
    }
    assert result.verdict is Verdict.NOT_MET


def test_a_target_of_one_agency_has_no_figures_of_single_agencies() -> None:
    """They would be the total once more."""
    assert take(arrive("STP", figures("T09", 9, 9))).indicator("T09").by_agency == ()


def test_coverage_says_in_words_what_the_agencies_said() -> None:
    """Each agency once; "84/88" alone would hide who had nothing to report."""
    result = take(
        arrive("STC", figures("T15", 5, 10)),
        arrive("STP", figures("T15", 5, 10)),
        arrive("SNV", figures("T15", 0, 0, status=NOTHING)),
        arrive("SCT", figures("T15", 0, 0, status=NOT_YET)),
    ).indicator("T15")
    assert result.coverage_words == "2 có số liệu, 1 không phát sinh, 1 chưa có số liệu, 84 chưa báo cáo"


def test_coverage_leaves_out_what_nobody_said() -> None:
    assert take(arrive("STP", figures("T08", 9, 9))).indicator("T08").coverage_words == "1 có số liệu"
    assert take().indicator("T08").coverage_words == "1 chưa báo cáo"


# --- parts ----------------------------------------------------------------------------------------------------------------


def _parts(first: tuple[int, int], second: tuple[int, int], third: tuple[int, int]) -> Snapshot:
    return take(
        arrive("STC", figures("T01.1", *first) | figures("T01.3", *third)), arrive("SNNMT", figures("T01.2", *second))
    )


def test_separate_parts_must_each_be_met() -> None:
    """T01: 100 % of three kinds of plans; a large one does not make up for a small one."""
    assert _parts((4, 4), (9, 9), (30, 30)).indicator("T01").verdict is Verdict.MET
    result = _parts((4, 4), (9, 9), (299, 300)).indicator("T01")
    assert (result.verdict, [part.verdict.name for part in result.parts]) == (
        Verdict.NOT_MET,
        ["MET", "MET", "NOT_MET"],
    )


def test_a_part_nobody_reported_leaves_the_whole_open() -> None:
    """Sở Nông nghiệp và Môi trường has not answered: neither met nor missed."""
    result = take(arrive("STC", figures("T01.1", 4, 4) | figures("T01.3", 3, 3))).indicator("T01")
    assert (result.verdict, result.missing) == (Verdict.NO_FIGURE, ("SNNMT",))


def _growth(total: tuple[int, int], *parts: tuple[int, int]) -> dict[tuple[str, str, str], Value]:
    answers: dict[tuple[str, str, str], Value] = {}
    for code, (now, before) in zip(("T07", "T07.1", "T07.2"), (total, *parts), strict=True):
        row = {"tinh_trang": HAS, "nam_nay": now, "nam_truoc": before}
        answers |= {("tang_truong", code, column): value for column, value in row.items()}
    return answers


def test_added_parts_make_one_total_that_is_judged() -> None:
    """T07: 396 of 345 is 14,78 %, although one addend grew by 16,67 %; the parts are not added twice."""
    result = take(arrive("STC", _growth((396, 345), (322, 276), (74, 69)))).indicator("T07")
    assert (result.cumulative.numerator, result.cumulative.denominator) == (396, 345)
    assert result.verdict is Verdict.NOT_MET and [part.verdict for part in result.parts] == [
        Verdict.MET,
        Verdict.NOT_MET,
    ]


def _scores(pci: str, pgi: str) -> dict[tuple[str, str, str], Value]:
    answers: dict[tuple[str, str, str], Value] = {}
    for code, status in (("D8.1", pci), ("D8.2", pgi)):
        answers[("so_sanh", code, "tinh_trang")] = status
        if status == HAS:
            answers |= {("so_sanh", code, "ky_nay"): Decimal("21.4"), ("so_sanh", code, "ky_truoc"): Decimal("20.9")}
    return answers


@pytest.mark.parametrize(
    ("pci", "pgi", "verdict", "without"),
    [
        (HAS, HAS, Verdict.MET, 0),
        (UNPUBLISHED, HAS, Verdict.NOT_PUBLISHED, 1),
        (UNPUBLISHED, UNPUBLISHED, Verdict.NOT_PUBLISHED, 1),
        (UNPUBLISHED, NOT_YET, Verdict.NO_FIGURE, 1),
    ],
)
def test_what_is_not_published_is_not_missed(pci: str, pgi: str, verdict: Verdict, without: int) -> None:
    """ "Chưa công bố" is never "chưa đạt"; and one agency without a figure is one agency, whatever it calls it."""
    result = take(arrive("STC", _scores(pci, pgi))).indicator("D8")
    assert (result.verdict, result.no_figure_count) == (verdict, without)


# --- ranks ----------------------------------------------------------------------------------------------------------------


def _rank(
    code: str, now: int, before: int, units: int = 34, units_before: int = 34
) -> dict[tuple[str, str, str], Value]:
    row = {"tinh_trang": HAS, "hang": now, "so_tinh": units, "hang_truoc": before, "so_tinh_truoc": units_before}
    return {("thu_hang", code, column): value for column, value in row.items()}


def _pci(*ranks: tuple[int, int], units_before: int = 34) -> IndicatorResult:
    """D1 with its ten components, those that are not given at the 5th place as before."""
    answers: dict[tuple[str, str, str], Value] = {}
    for number in range(10):
        now, before = ranks[number] if number < len(ranks) else (5, 5)
        answers |= _rank(f"D1.{number + 1}", now, before, units_before=units_before)
    return take(arrive("STC", answers)).indicator("D1")


@pytest.mark.parametrize(("units", "verdict"), [(34, Verdict.MET), (63, Verdict.NOT_COMPARABLE)])
def test_ranks_are_compared_among_equally_many_only(units: int, verdict: Verdict) -> None:
    """T05: the 21st after the 24th place is three places better among 34 provinces, and says nothing after 63."""
    result = take(arrive("SKHCN", _rank("T05", 21, 24, units_before=units))).indicator("T05")
    assert (result.verdict, result.comparable) == (verdict, units == 34)
    assert (result.ranked_units, result.previous_ranked_units) == (34, units)


def test_ten_components_are_kept_or_improved_each() -> None:
    """D1, "duy trì và cải thiện": six better do not make up for one that fell."""
    assert _pci((3, 5), (5, 5)).verdict is Verdict.MET
    result = _pci((3, 5), (2, 5), (6, 5))
    assert (result.verdict, len(result.components)) == (Verdict.NOT_MET, 10)
    assert [(one.id, one.cumulative.numerator, one.cumulative.denominator, one.verdict) for one in result.components][
        :3
    ] == [("D1.1", 3, 5, Verdict.MET), ("D1.2", 2, 5, Verdict.MET), ("D1.3", 6, 5, Verdict.NOT_MET)]


def test_ranks_of_components_are_never_added() -> None:
    """Ten ranks make no eleventh."""
    result = _pci((3, 5))
    assert (result.cumulative, result.ranked_units) == (Figures(None, None, None), None)


def test_components_among_other_numbers_of_units_are_not_judged() -> None:
    result = _pci(units_before=63)
    assert (result.verdict, result.comparable) == (Verdict.NOT_COMPARABLE, False)
