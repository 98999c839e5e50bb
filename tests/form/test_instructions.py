"""The form and the findings about it use the same sentences."""

from __future__ import annotations

import pytest

from kybaocao.findings import Finding, load_catalogue, word
from kybaocao.form.instructions import COMPLAINTS, DECLARATION, PROMPT_LENGTH, complain, guide_column, list_rules
from kybaocao.plan.form_edition import Kind
from kybaocao.plan.plan import Plan
from tests.form.conftest import Open
from tests.form.reading import answer_cells, rule_of

RULES = {code: wording.rule for code, wording in load_catalogue().items() if wording.rule}


@pytest.mark.parametrize("code", RULES)
def test_an_answer_repeats_the_form_s_own_sentence(code: str) -> None:
    """Word for word, with the same headings in it."""
    facts = {"cot": "Tử số kỳ này", "cot_lon": "Mẫu số kỳ này", "vi_du": "120"}
    assert RULES[code].format(**facts) in word(Finding(code, "Chỉ tiêu", "F8", facts=facts)).hint


@pytest.mark.parametrize("agency", ["STC", "X-04183"])
def test_every_cell_says_what_its_kind_asks_for(issued: Open, agency: str) -> None:
    """The message Excel shows is the sentence of the finding that would complain."""
    layout, book = issued(agency)
    seen = set()
    for _, column, cell in answer_cells(layout, book):
        if column.kind in COMPLAINTS:
            rule = rule_of(cell.parent, cell)
            assert rule is not None and rule.error == complain(column.kind)
            seen.add(column.kind)
    assert {Kind.CHOICE, Kind.INTEGER, Kind.PERCENT, Kind.DATE} <= seen


def test_every_rule_on_a_column_is_said_at_its_cells(plan: Plan) -> None:
    """None is left out for want of room."""
    said = set()
    for _, table in plan.require_edition().tables:
        for column in table.answers:
            for rule in list_rules(column, table):
                assert rule in guide_column(column, table)
                said.add(rule)
            assert len(guide_column(column, table)) <= PROMPT_LENGTH
    assert "“Tử số kỳ này” không lớn hơn “Mẫu số kỳ này”." in said and len(said) >= 8


def test_the_first_sheet_and_the_question_speak_with_the_rules_words(issued: Open) -> None:
    """A sentence that is changed in the catalogue is changed in the form, too."""
    _, book = issued("X-04183")
    guide = "\n".join(str(cell.value) for row in book["Hướng dẫn"].iter_rows() for cell in row if cell.value)
    for code in ("number-ambiguous", "number-unreadable", "late-task-without-reason", "figure-missing"):
        assert RULES[code] in guide
    prompts = [rule.prompt for rule in book["Văn bản"].data_validations.dataValidation]
    assert RULES[DECLARATION] in prompts
