"""Harmless variations of a form are accepted, with exactly the same values."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from kybaocao.checks.judgement import Judgement
from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import COMMUNE, STC, TARGETS, edit, judge_bytes, places, valid_form
from tests.checks.variations import VARIATIONS


def _values(judgement: Judgement) -> dict[tuple[str, str, str], object]:
    return {key: answer.value for key, answer in judgement.answers.items() if answer.value is not None}


def test_the_list_of_variations_is_not_empty() -> None:
    """The tests below must not pass by testing nothing."""
    assert len(VARIATIONS) >= 20 and len(_values(judge_bytes(valid_form()))) > 100


@pytest.mark.parametrize("name", VARIATIONS)
def test_what_does_not_change_the_meaning_does_not_change_the_reading(name: str) -> None:
    """Tables are found by their headings and rows by their codes, never by position."""
    judgement = judge_bytes(edit(valid_form(), VARIATIONS[name]))
    assert (judgement.verdict, places(judgement)) == (Verdict.ACCEPTED, [])
    assert _values(judgement) == _values(judge_bytes(valid_form()))


def _signatures_below(book: Workbook) -> None:
    """A signature block as on paper is not the sheet where the form asks for these names."""
    book[TARGETS]["A18"], book[TARGETS]["F18"] = "Người lập biểu", "Thủ trưởng đơn vị"
    book[TARGETS]["A19"], book[TARGETS]["F19"] = "Ngày ký", "Ngày ký"


@pytest.mark.parametrize(("change", "rows"), [(_signatures_below, ("A18", "A19"))])
def test_what_is_no_row_of_the_form_is_passed_over_and_said(
    change: Callable[[Workbook], None], rows: tuple[str, ...]
) -> None:
    """A note, not an error: the agency sees that the line was not counted."""
    judgement = judge_bytes(edit(valid_form(), change))
    assert (judgement.verdict, places(judgement)) == (
        Verdict.ACCEPTED,
        [("row-unknown", TARGETS, cell) for cell in rows],
    )
    assert _values(judgement) == _values(judge_bytes(valid_form()))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("agency", [COMMUNE, STC])
def test_a_form_saved_by_libreoffice_reads_the_same(agency: str, tmp_path: Path) -> None:
    """Another program writes other XML: shared strings, its own styles, worked-out formulas."""

    def _with_a_formula(book: Workbook) -> None:
        book[TARGETS]["F8"] = "=20+20"

    (tmp_path / "a.xlsx").write_bytes(edit(valid_form(agency), _with_a_formula))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx"]
    command += ["--outdir", str(tmp_path / "out"), str(tmp_path / "a.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    judgement = judge_bytes((tmp_path / "out" / "a.xlsx").read_bytes(), agency)
    assert (judgement.verdict, places(judgement)) == (Verdict.ACCEPTED, [])
    assert _values(judgement) == _values(judge_bytes(valid_form(agency), agency))
