"""A table that forms of an earlier edition did not have is not missing in them."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from kybaocao.answers.reading import read_form
from kybaocao.workbook.book import load_book
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import COMMUNE, DUTIES, IDENTITY, TASKS, edit, layout_of, valid_form


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

    reading = read_form(load_book(parse_book(edit(valid_form(), _change))), layout_of(COMMUNE))
    assert [(one.code, one.facts["bang"]) for one in reading.findings] == [("table-missing", bang) for bang in missing]
