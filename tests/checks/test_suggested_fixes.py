"""A form that follows the suggested fix is accepted."""

from __future__ import annotations

import functools

import pytest
from openpyxl import Workbook

from kybaocao.checks.judgement import Judgement
from kybaocao.findings import Finding, sends_back, word
from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import TARGETS, edit, judge_bytes
from tests.checks.samples import SAMPLES


@functools.cache
def _verdict_of(name: str) -> Judgement:
    return judge_bytes(SAMPLES[name].make(), SAMPLES[name].agency)


def _after(name: str, values: dict[tuple[str, str], object]) -> Judgement:
    """The sample judged again with other values in some of its cells."""

    def _follow(book: Workbook) -> None:
        for (sheet, cell), value in values.items():
            book[sheet][cell] = value
            book[sheet][cell].number_format = "General"

    return judge_bytes(edit(SAMPLES[name].make(), _follow), SAMPLES[name].agency)


def _back(judgement: Judgement) -> list[Finding]:
    return [finding for finding in judgement.findings if sends_back(finding)]


IN_CELLS = [name for name, sample in SAMPLES.items() if sample.findings and all(cell for _, _, cell in sample.findings)]


@pytest.mark.parametrize("name", IN_CELLS)
def test_what_is_proposed_is_accepted(name: str) -> None:
    """Typed as it is printed, into the cell it is printed for."""
    proposals = {(f.sheet, f.cell): f.proposal for f in _back(_verdict_of(name)) if f.proposal}
    if proposals:
        assert _after(name, proposals).verdict is Verdict.ACCEPTED


MARKED = [name for name in IN_CELLS if SAMPLES[name].findings[0][0] in ("number-is-word", "number-is-sign")]


@pytest.mark.parametrize("name", MARKED)
def test_a_mark_is_followed_by_the_choice_that_is_named(name: str) -> None:
    """The cells that are named are emptied, the choice made where it is said; or zero is written."""
    finding = _back(_verdict_of(name))[0]  # the same of every cell of the row
    facts = finding.facts
    for choice in facts["chon"].split(" hoặc "):
        cells: dict[tuple[str, str], object] = {(TARGETS, cell): None for cell in facts["o_so"].split(", ")}
        fixed = _after(name, cells | {(TARGETS, facts["o_tinh_trang"]): choice.strip("“”")})
        assert fixed.verdict is Verdict.ACCEPTED
        assert choice in word(finding).hint
    zeros = {(finding.sheet, finding.cell): 0 for finding in _back(_verdict_of(name))}
    assert _after(name, zeros).verdict is Verdict.ACCEPTED


def test_a_pair_is_taken_apart_into_the_cells_that_are_named() -> None:
    (finding,) = _back(_verdict_of("number_is_a_fraction"))
    facts = finding.facts
    parts = {(TARGETS, facts["o_tu"]): facts["tu"], (TARGETS, facts["o_mau"]): facts["mau"]}
    assert _after("number_is_a_fraction", parts).verdict is Verdict.ACCEPTED


def test_of_a_text_half_in_unicode_nothing_is_proposed() -> None:
    """Decoded as a whole it would lose what is right."""
    (finding,) = _back(_verdict_of("text_half_in_a_legacy_font"))
    assert finding.proposal == "" and word(finding).hint.endswith("bằng bảng mã Unicode.")


def test_an_optional_number_may_be_left_out() -> None:
    (finding,) = _back(_verdict_of("progress_is_a_word"))
    assert _after("progress_is_a_word", {(finding.sheet, finding.cell): None}).verdict is Verdict.ACCEPTED
