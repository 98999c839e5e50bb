"""A file of an earlier edition is asked what its own edition asked: a table that came later is not missing in it."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from kybaocao.answers.reading import read_form
from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.plan.form_edition import Source
from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.book import load_book
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import (
    COMMUNE,
    DUTIES,
    IDENTITY,
    STC,
    TASKS,
    edit,
    judge_bytes,
    the_plan,
    valid_form,
)
from tests.conftest import CYCLE


def test_a_target_that_was_asked_in_another_way_is_not_missing_in_an_old_form() -> None:
    """D1 was one number, how many components kept their place; since 2026.3 it is ten ranks."""
    now, before = (build_layout(the_plan(), CYCLE, STC, edition) for edition in ("", "2026.2"))
    asked = [{row.code for table in layout.tables for row in table.rows} for layout in (now, before)]
    assert {f"D1.{number}" for number in range(1, 11)} == asked[0] - asked[1] - {
        row.code for table in now.tables if table.table.source is Source.OBLIGATIONS for row in table.rows
    }
    data = render_form(before, Filler(1).fill(before))
    assert judge_bytes(data, STC).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("edition", "sheet", "missing"),
    [
        ("2026.2", DUTIES, []),  # handed out before section IV was asked about
        ("2026.3", DUTIES, ["Việc tổ chức thực hiện"]),
        ("2026.2", TASKS, ["Nhiệm vụ được giao"]),
    ],
)
def test_only_what_was_asked_can_be_missing(edition: str, sheet: str, missing: list[str]) -> None:
    def _change(book: Workbook) -> None:
        book[IDENTITY]["B4"] = edition
        del book[sheet]

    layout = build_layout(the_plan(), CYCLE, COMMUNE, edition)
    reading = read_form(load_book(parse_book(edit(valid_form(), _change))), layout)
    assert [one.facts["bang"] for one in reading.findings if one.code == "table-missing"] == missing
