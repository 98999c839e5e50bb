"""Unlikely figures are asked about, once; an explanation in the form is an answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from kybaocao.checks.background import Background, Figures, Key
from kybaocao.checks.judgement import Judgement, judge
from kybaocao.checks.rulebook import CATALOGUE_ONLY, Rulebook
from kybaocao.findings import Severity, load_catalogue
from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import COMMUNE, answers_of, form_bytes, layout_of, the_plan

NUMERATOR, DENOMINATOR = ("ty_le", "T16", "tu_so_luy_ke"), ("ty_le", "T16", "mau_so_luy_ke")
PREVIOUS = {NUMERATOR: Decimal(50), DENOMINATOR: Decimal(60)}


def _judge(
    figures: Mapping[str, object],
    previous: Mapping[Key, Decimal] = PREVIOUS,
    explained: Mapping[tuple[str, Key], frozenset[Figures]] | None = None,
    rulebook: Rulebook = CATALOGUE_ONLY,
) -> Judgement:
    """The commune's form with other figures for T16; its own are 40/50 in the period, 90/100 since January."""
    answers = answers_of(COMMUNE) | {("ty_le", "T16", column): value for column, value in figures.items()}
    background = Background(previous, explained or {})
    return judge(form_bytes(COMMUNE, answers), layout_of(COMMUNE), the_plan(), background, rulebook, parse=parse_book)


def _list_found(judgement: Judgement) -> tuple[Verdict, list[tuple[str, str, bool]]]:
    return judgement.verdict, [(f.code, f.cell, f.is_answered) for f in judgement.findings]


def test_likely_figures_are_not_asked_about() -> None:
    """More than last time, within the usual range."""
    assert _list_found(_judge({})) == (Verdict.ACCEPTED, [])


def test_a_total_that_shrank_since_the_last_cycle_is_asked_about() -> None:
    """A figure counted since January is less in December than in June only if June was wrong."""
    judgement = _judge({}, {NUMERATOR: Decimal(95), DENOMINATOR: Decimal(100)})
    assert _list_found(judgement) == (Verdict.RETURNED, [("cumulative-below-previous", "H8", False)])


def test_a_figure_a_thousand_times_the_last_one_may_have_a_wrong_unit() -> None:
    """The finding names the likely cause and proposes the likely value, which is not used."""
    judgement = _judge({"tu_so_luy_ke": 90_000, "mau_so_luy_ke": 100_000}, {DENOMINATOR: Decimal(90)})
    (worded,) = judgement.worded
    assert (worded.code, worded.cell, worded.proposal) == ("jump-against-previous", "I8", "100")
    assert "1.000 lần" in worded.cause and "có thể là 100" in worded.hint


def test_a_share_out_of_its_usual_range_is_asked_about() -> None:
    """Eleven of a hundred, where nine in ten is usual."""
    judgement = _judge({"tu_so_ky": 5, "tu_so_luy_ke": 11}, {})
    assert _list_found(judgement) == (Verdict.RETURNED, [("share-unusual", "H8", False)])
    assert "11,00%" in judgement.worded[0].message and "20–100%" in judgement.worded[0].message


def test_an_explanation_in_the_row_is_an_answer() -> None:
    """The same figure with a reason is accepted; the warning stays visible."""
    judgement = _judge({"tu_so_ky": 5, "tu_so_luy_ke": 11, "giai_trinh": "Hệ thống tạm dừng từ tháng 7"}, {})
    assert _list_found(judgement) == (Verdict.ACCEPTED, [("share-unusual", "H8", True)])


def test_the_same_figure_need_not_be_explained_twice() -> None:
    """What was explained last time is carried over for that share, and for that share only."""
    figures = {"tu_so_ky": 5, "tu_so_luy_ke": 11}
    verdicts = [
        _judge(figures, {}, {("share-unusual", NUMERATOR): frozenset({(Decimal(11), Decimal(base))})}).verdict
        for base in (100, 40_000)
    ]
    assert verdicts == [Verdict.ACCEPTED, Verdict.RETURNED]


@pytest.mark.parametrize("said", [".", "x", "-----------", "12.345.678.910", "Đã rõ"])
def test_an_explanation_that_says_nothing_is_none(said: str) -> None:
    """The official reads what stands there, and that it is not a reason."""
    judgement = _judge({"tu_so_ky": 5, "tu_so_luy_ke": 11, "giai_trinh": said}, {})
    assert _list_found(judgement) == (Verdict.RETURNED, [("share-unusual", "H8", False)])
    assert f"Ô L8 mới ghi “{said}”" in judgement.worded[0].message


def test_a_wrong_figure_is_not_asked_about_as_well() -> None:
    """A cell that breaks a rule gets no warning as well."""
    judgement = _judge({"tu_so_luy_ke": 101}, {NUMERATOR: Decimal(200)})
    assert [f.code for f in judgement.findings if f.cell == "H8"] == ["numerator-exceeds-denominator"]


@pytest.mark.parametrize("code", ["share-unusual", "cumulative-below-previous", "jump-against-previous"])
def test_the_words_name_the_cell_where_the_answer_goes(code: str) -> None:
    """An official reads where to write the reason."""
    assert "{o_giai_trinh}" in load_catalogue()[code].hint and load_catalogue()[code].needs_answer


# --- no rule hides another that binds -----------------------------------------------------------------------------


def test_a_rule_on_trial_hides_no_rule_in_force() -> None:
    """I8 fell from 5.000 to 100: both rules see it, and only one is on trial."""
    trial = Rulebook(severities={"cumulative-below-previous": None})
    judgement = _judge({}, {DENOMINATOR: Decimal(5_000)}, rulebook=trial)
    assert (_list_found(judgement), [finding.code for finding in judgement.tried]) == (
        (Verdict.RETURNED, [("jump-against-previous", "I8", False)]),
        ["cumulative-below-previous"],
    )


def test_a_waived_rule_hides_no_rule_in_force() -> None:
    waived = Rulebook(waived=frozenset({"cumulative-below-previous"}))
    judgement = _judge({}, {DENOMINATOR: Decimal(5_000)}, rulebook=waived)
    assert _list_found(judgement) == (
        Verdict.RETURNED,
        [("jump-against-previous", "I8", False), ("cumulative-below-previous", "I8", False)],
    )


def test_an_answered_warning_hides_no_error() -> None:
    """The share is explained; that the total shrank is an error today, and an explanation does not help."""
    raised = Rulebook(severities={"cumulative-below-previous": Severity.ERROR})
    figures = {"tu_so_ky": 5, "tu_so_luy_ke": 10, "giai_trinh": "Hồ sơ trực tuyến của xã còn rất ít"}
    judgement = _judge(figures, {NUMERATOR: Decimal(50)}, rulebook=raised)
    assert _list_found(judgement) == (
        Verdict.RETURNED,
        [("cumulative-below-previous", "H8", True), ("share-unusual", "H8", True)],
    )


def test_a_note_hides_no_rule() -> None:
    """ "75,000" is read and shown back; done by 75 per cent is asked about all the same."""
    answers = answers_of(COMMUNE)
    answers[("nhiem_vu", "III.1.a", "trang_thai")] = "Đã hoàn thành"
    answers[("nhiem_vu", "III.1.a", "ket_qua")] = "Đã ban hành kế hoạch"
    answers[("nhiem_vu", "III.1.a", "ty_le")] = "75,000"
    judgement = judge(form_bytes(COMMUNE, answers), layout_of(COMMUNE), the_plan(), parse=parse_book)
    assert [code for code, *_ in _list_found(judgement)[1]] == ["progress-contradicts-status", "number-read-as"]


def test_a_waived_finding_says_that_nothing_has_to_be_corrected() -> None:
    waived = Rulebook(waived=frozenset({"share-unusual"}))
    (worded,) = _judge({"tu_so_ky": 5, "tu_so_luy_ke": 11}, {}, rulebook=waived).worded
    assert (worded.sends_back, "được miễn" in worded.hint) == (False, True)
