"""The words of findings and their order; every finding has words."""

from __future__ import annotations

import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.addresses import name_cell
from kybaocao.checks.judgement import Judgement
from kybaocao.findings import Finding, Severity, cell_position, load_catalogue, order, sends_back, shorten, word
from kybaocao.plan.form_edition import Check
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict

CATALOGUE = load_catalogue()
CODES = sorted(CATALOGUE)


def test_the_catalogue_is_not_empty() -> None:
    """The tests below must not pass by testing nothing; both ends of the scale are used."""
    assert len(CODES) >= 40
    assert {wording.severity for wording in CATALOGUE.values()} == set(Severity)


@pytest.mark.parametrize("code", CODES)
def test_words_are_courteous_vietnamese(code: str) -> None:
    """What is wrong, then how to correct it: whole sentences, composed letters, "vui lòng" or "xin" for errors."""
    wording = CATALOGUE[code]
    hint = wording.hint.replace("{quy_dinh}", wording.rule)
    for text in (wording.title, wording.message, hint):
        assert text == unicodedata.normalize("NFC", text)
        assert any(unicodedata.combining(char) for char in unicodedata.normalize("NFD", text))
        assert "  " not in text and text == text.strip()
    assert wording.message.removesuffix("{da_ghi}")[-1] in ".”" and hint[-1] == "."  # da_ghi is a sentence or nothing
    if wording.severity is Severity.ERROR:
        assert re.search(r"\b(vui lòng|xin)\b", hint, re.IGNORECASE)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)


@pytest.mark.parametrize("code", [code for code in CODES if "{o_giai_trinh}" in CATALOGUE[code].hint])
def test_an_error_does_not_ask_for_an_explanation(code: str) -> None:
    """What the rulebook has made an error of is sent back, explained or not: the words must not promise more."""
    facts = {"o_giai_trinh": "M8", "da_ghi": " Ô M8 mới ghi “x”.", "cot_giai_trinh": "Ghi chú"}
    mild = word(Finding(code, "Chỉ tiêu", "F8", facts=facts))
    strict = word(Finding(code, "Chỉ tiêu", "F8", facts=facts, severity=Severity.ERROR))
    assert "M8" in mild.hint and "M8" not in strict.message + strict.hint
    assert re.search(r"\b(vui lòng|xin)\b", strict.hint, re.IGNORECASE)


@given(st.sampled_from(CODES), st.text(max_size=100), st.text(max_size=20))
def test_any_value_can_be_said(code: str, value: str, fact: str) -> None:
    """Whatever an agency typed, braces too, is shown as typed and never taken for a field to fill in."""
    names = {
        field for _, field, _, _ in string.Formatter().parse(CATALOGUE[code].message + CATALOGUE[code].hint) if field
    }
    worded = word(Finding(code, "Chỉ tiêu", "F8", value, "{x}", dict.fromkeys(names, fact)))
    assert worded.message and worded.hint and set(worded.as_dict()) >= {"code", "severity", "sheet", "cell", "message"}


def test_a_code_without_words_is_our_mistake() -> None:
    """An error, instead of an empty sentence sent to an agency."""
    with pytest.raises(KeyError):
        word(Finding("no-such-code"))


def test_every_configured_check_has_words(plan: Plan) -> None:
    """A form may bring new rules only with words for them."""
    checks: list[Check] = [check for _, table in plan.require_edition().tables for check in table.checks]
    assert checks
    assert {check.code for check in checks} <= set(CODES)


def test_the_first_thing_read_is_what_sends_the_file_back() -> None:
    """Errors stand before any number of notes; after that, sheets as they come and cells as Excel orders them."""
    findings = [
        *(Finding("row-unknown", "Chỉ tiêu", f"A{row}") for row in range(1, 501)),
        Finding("answer-missing", "Chỉ tiêu", "AA8"),
        Finding("identity-altered"),
        Finding("answer-missing", "Chỉ tiêu", "Z8"),
        Finding("answer-missing", "Chỉ tiêu", "B10"),
        Finding("answer-missing", "Văn bản", "A1"),
    ]
    assert [(f.code, f.cell) for f in order(findings)][:6] == [
        ("answer-missing", "Z8"),
        ("answer-missing", "AA8"),
        ("answer-missing", "B10"),
        ("answer-missing", "A1"),
        ("identity-altered", ""),
        ("row-unknown", "A1"),
    ]


def test_what_has_one_cause_stands_together() -> None:
    """By the first cell of each cause; inside of a cause sheets as in the workbook and cells as in Excel."""
    findings = [
        Finding("answer-missing", "Văn bản", "B9"),
        Finding("answer-missing", "Chỉ tiêu", "E9"),
        Finding("number-unreadable", "Nhiệm vụ", "E7"),
        Finding("number-unreadable", "Chỉ tiêu", "F8"),
        Finding("answer-missing", "Chỉ tiêu", "E10"),
    ]
    assert [(f.code, f.cell) for f in order(findings, ("Chỉ tiêu", "Nhiệm vụ", "Văn bản"))] == [
        ("number-unreadable", "F8"),
        ("number-unreadable", "E7"),
        ("answer-missing", "E9"),
        ("answer-missing", "E10"),
        ("answer-missing", "B9"),
    ]


def test_only_errors_send_a_file_back() -> None:
    """A verdict other than accepted cannot be made without an error that says why."""
    assert [sends_back(Finding(code)) for code in ("row-missing", "identity-altered", "row-unknown")] == [
        True,
        False,
        False,
    ]
    assert [sends_back(Finding("share-unusual", is_answered=answered)) for answered in (False, True)] == [True, False]
    with pytest.raises(ValueError, match="without saying why"):
        Judgement(Verdict.RETURNED, (Finding("row-unknown"), Finding("identity-altered")), {}, {})
    with pytest.raises(ValueError, match="without saying why"):
        Judgement(Verdict.UNREADABLE, (), {}, {})


@given(st.integers(0, 1_048_575), st.integers(0, 16_383))
def test_addresses_are_those_of_excel(row: int, column: int) -> None:
    """A1 to XFD1048576, there and back."""
    assert cell_position(name_cell(row, column)) == (row + 1, column + 1)


@pytest.mark.parametrize(("spot", "cell"), [((0, 0), "A1"), ((11, 27), "AB12"), ((1_048_575, 16_383), "XFD1048576")])
def test_known_addresses(spot: tuple[int, int], cell: str) -> None:
    """Known examples for the property above."""
    assert name_cell(*spot) == cell


@given(st.text(max_size=300), st.integers(10, 60))
def test_long_values_are_shortened_for_the_eye(text: str, limit: int) -> None:
    """One line, at most so many characters, and "…" where there was more."""
    short = shorten(text, limit)
    assert len(short) <= limit and "\n" not in short
    assert short == " ".join(text.split()) or short.endswith("…")
