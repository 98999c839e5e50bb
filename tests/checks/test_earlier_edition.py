"""Forms of edition 2026.2, handed out before there was 2026.3: read and judged as what they are.

`tests/earlier/form-2026.2.xlsx` was made and filled in by the code of that time (`tests/earlier/make_form.py`): the form
of Sở Tài chính, with its stocks T01.1, T01.3 and T13 in rows 7 to 9 of the sheet "Chỉ tiêu".
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from kybaocao.answers.differences import list_differences
from kybaocao.answers.packing import pack_answers
from kybaocao.checks.background import Background
from kybaocao.checks.judgement import judge
from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import (
    ISSUES,
    STC,
    TARGETS,
    answers_of,
    edit,
    form_bytes,
    judge_bytes,
    layout_of,
    places,
    the_plan,
)

FORM = (Path(__file__).parents[1] / "earlier" / "form-2026.2.xlsx").read_bytes()
PERIOD_OF_STOCKS = [f"{column}{row}" for row in (7, 8, 9) for column in "FG"]


def test_a_form_of_the_earlier_edition_is_accepted_without_a_word() -> None:
    judgement = judge_bytes(FORM, STC)
    assert (judgement.verdict, judgement.findings) == (Verdict.ACCEPTED, ())


def test_its_answers_have_the_keys_of_the_edition_in_force() -> None:
    """A stock's pair from its old table, with the cells of the file."""
    judgement = judge_bytes(FORM, STC)
    asked = {(table.table.id, row.code) for table in layout_of(STC).tables for row in table.rows}
    pair = [judgement.answers["ty_le_ton", "T13", column] for column in ("tu_so_luy_ke", "mau_so_luy_ke")]
    assert {key[:2] for key in judgement.answers if key[0] in ("ty_le", "ty_le_ton", "so_luong")} <= asked
    assert [(answer.cell, answer.value) for answer in pair] == [("H9", 493), ("I9", 506)]


@pytest.mark.parametrize("written", [None, "không có", 10**6, -4], ids=str)
def test_what_it_says_of_a_stock_in_the_period_is_set_aside(written: object) -> None:
    """Blank, a word or an impossible figure: nobody is asked about it, and it is not kept."""

    def change(book: Workbook) -> None:
        for cell in PERIOD_OF_STOCKS:
            book[TARGETS][cell] = written

    judgement = judge_bytes(edit(FORM, change), STC)
    kept = {answer.cell for answer in judgement.answers.values() if answer.sheet == TARGETS}
    assert (judgement.verdict, places(judgement)) == (Verdict.ACCEPTED, [])
    assert kept.isdisjoint(PERIOD_OF_STOCKS) and {"H7", "I9", "F10"} <= kept


def test_a_finding_in_it_names_its_own_cells_and_headings() -> None:
    def change(book: Workbook) -> None:
        book[TARGETS]["H9"], book[TARGETS]["F10"] = 507, None

    judgement = judge_bytes(edit(FORM, change), STC)
    headings = {finding.cell: finding.facts["cot"] for finding in judgement.findings}
    assert judgement.verdict is Verdict.RETURNED
    assert headings == {"H9": "Tử số lũy kế", "F10": "Tử số kỳ này"}


def test_a_bare_choice_of_its_list_means_what_the_words_of_today_s_list_mean() -> None:
    def change(book: Workbook) -> None:
        book[ISSUES]["D6"] = "Có"
        book[ISSUES]["B9"], book[ISSUES]["C9"], book[ISSUES]["H9"] = "III.4", "Thiếu máy quét", "Mới phát sinh"

    answers = answers_of(STC) | {("vuong_mac", "", "khai_bao"): "Có"}
    answers |= {("vuong_mac", "1", column): text for column, text in
                {"muc": "III.4", "noi_dung": "Thiếu máy quét", "tinh_trang": "Mới phát sinh"}.items()}  # fmt: skip
    today = judge_bytes(form_bytes(STC, answers), STC)
    read = [one.answers["vuong_mac", "1", "muc"] for one in (judge_bytes(edit(FORM, change), STC), today)]
    assert [(answer.text, answer.value) for answer in read] == [
        ("III.4", "III.4"),
        ("III.4 Thủ tục hành chính", "III.4"),
    ]


def test_a_jump_of_a_stock_is_seen_between_two_editions() -> None:
    """The figure before has the key of either edition."""
    for table in ("ty_le", "ty_le_ton"):
        background = Background({(table, "T13", "mau_so_luy_ke"): Decimal(506_000)})
        judgement = judge(FORM, layout_of(STC), the_plan(), background.readdress(layout_of(STC)))
        assert places(judgement) == [("jump-against-previous", TARGETS, "I9")]


def test_the_next_version_may_be_of_either_edition() -> None:
    """Only what the agency changed is called changed."""
    before = judge_bytes(FORM, STC)
    values = {key: answer.value for key, answer in before.answers.items() if answer.value is not None}
    values["ty_le_ton", "T13", "tu_so_luy_ke"] = Decimal(494)
    after = judge_bytes(form_bytes(STC, values), STC)
    packed = [pack_answers(one.answers) for one in (before, after)]
    assert list_differences(layout_of(STC), *packed) == ["T13 Tử số đến ngày chốt: 493 → 494"]


def test_an_edition_that_nobody_knows_is_refused() -> None:
    plan = dataclasses.replace(the_plan(), earlier_editions=())
    judgement = judge(FORM, layout_of(STC), plan)
    assert [finding.code for finding in judgement.findings] == ["identity-other-edition"]
