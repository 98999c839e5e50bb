"""Whatever was accepted is read the same in the second way, however it was written."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook

from kybaocao.plan.verdict import Verdict
from kybaocao.proof.archived_files import Reader
from kybaocao.proof.second_reader import read_book
from tests.checks.catalogue import COMMUNE, STC, edit, judge_bytes, the_plan, valid_form
from tests.checks.samples import SAMPLES
from tests.checks.variations import VARIATIONS
from tests.proof.cycle import prove, receive

ACCEPTED = [name for name, sample in SAMPLES.items() if sample.verdict is Verdict.ACCEPTED]


def test_there_are_accepted_samples() -> None:
    """The tests below must not pass by testing nothing."""
    assert len(ACCEPTED) >= 10 and len(VARIATIONS) >= 20


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_file_with_remarks_gives_the_same_totals(name: str, tmp_path: Path) -> None:
    """Figures beside another status, a status left blank, "1,234" in a column of counts…"""
    sample = SAMPLES[name]
    proof = prove(the_plan(), tmp_path, [receive(tmp_path, sample.agency, sample.make())])
    assert (proof.differences, proof.files[0].reader) == ((), Reader.SECOND)


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_harmless_variation_gives_the_same_totals(name: str, tmp_path: Path) -> None:
    """Moved columns, inserted rows, renamed sheets, retyped headings."""
    data = edit(valid_form(), VARIATIONS[name])
    proof = prove(the_plan(), tmp_path, [receive(tmp_path, COMMUNE, data)])
    assert (proof.differences, proof.files[0].reader) == ((), Reader.SECOND)


def test_a_control_sign_in_a_status_changes_no_status(tmp_path: Path) -> None:
    """Programs spell such a sign out; the file was accepted all the same."""

    def _spoil(book: Workbook) -> None:
        sheet = book["Nhiệm vụ"]
        sheet["D7"] = str(sheet["D7"].value).replace(" ", " _x0007_", 1)

    proof = prove(the_plan(), tmp_path, [receive(tmp_path, COMMUNE, edit(valid_form(), _spoil))])
    assert (proof.differences, len(proof.files)) == ((), 1)


@pytest.mark.parametrize("agency", [COMMUNE, STC])
def test_the_second_reader_sees_the_cells_that_openpyxl_sees(agency: str) -> None:
    """A third reader, which is too slow for thousands of files, agrees about every filled cell."""
    data = valid_form(agency)
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    wanted = {
        (sheet.title, cell.row - 1, cell.column - 1): str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and not cell.is_date
    }
    found = {(name, row, column): text for name, _, cells in read_book(data) for row, column, _, text in cells}
    assert {place: found.get(place) for place in wanted} == wanted


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize(("kind", "reader"), [("ods", Reader.OWN), ("xls", Reader.OWN), ("xlsx", Reader.SECOND)])
def test_a_form_that_another_program_saved_gives_the_same_totals(kind: str, reader: Reader, tmp_path: Path) -> None:
    """.ods and .xls are read by our own reader, from the original bytes, and the proof says so."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xlsx").write_bytes(valid_form())
    command = ["soffice", "--headless", "--convert-to", kind, "--outdir", str(tmp_path), str(tmp_path / "in/a.xlsx")]
    subprocess.run([*command, f"-env:UserInstallation=file://{tmp_path}/profile"], check=True, capture_output=True)
    data = (tmp_path / f"a.{kind}").read_bytes()
    assert judge_bytes(data).verdict is Verdict.ACCEPTED
    proof = prove(the_plan(), tmp_path / "archive", [receive(tmp_path / "archive", COMMUNE, data)])
    assert (proof.differences, proof.files[0].reader) == ((), reader)
