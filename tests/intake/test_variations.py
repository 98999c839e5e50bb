"""What honest hands do to a form without changing what it says: accepted, with exactly the same values."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.intake.judgement import Judgement, Verdict
from kybaocao.vietnamese import format_number
from tests.intake.catalogue import (
    COMMUNE,
    IDENTITY,
    ISSUES,
    PAPERS,
    SIGN,
    STC,
    TARGETS,
    TASKS,
    edit,
    judge_bytes,
    places,
    valid_form,
)

VARIATIONS: dict[str, Callable[[Workbook], object]] = {}


def _variation(change: Callable[[Workbook], object]) -> Callable[[Workbook], object]:
    VARIATIONS[change.__name__] = change
    return change


def _values(judgement: Judgement) -> dict[tuple[str, str, str], object]:
    return {key: answer.value for key, answer in judgement.answers.items() if answer.value is not None}


def _filled(book: Workbook) -> Iterator[Cell]:
    for sheet in book:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if isinstance(cell, Cell) and cell.value is not None)


def _headings(sheet: Worksheet) -> int:
    """The row of the first table's headings."""
    return next(cell.row for cell in sheet["A"] if cell.value in ("Mã", "STT"))


# --- rows and columns --------------------------------------------------------------------------------------------


@_variation
def saved_again(book: Workbook) -> None:
    """Opened and saved; the computed column loses its results."""


@_variation
def blank_rows_inserted(book: Workbook) -> None:
    for name in (TARGETS, TASKS, SIGN):
        book[name].insert_rows(9, 2)
        book[name].insert_rows(8, 1)


@_variation
def rows_sorted_the_other_way(book: Workbook) -> None:
    for name, first, last in ((TARGETS, 7, 11), (TASKS, 7, 30)):
        rows = [[cell.value for cell in row] for row in book[name].iter_rows(first, last)]
        for number, values in enumerate(reversed(rows), start=first):
            for column, value in enumerate(values, start=1):
                book[name].cell(number, column).value = value


@_variation
def columns_in_another_order(book: Workbook) -> None:
    for name in (TARGETS, TASKS):
        for row in book[name].iter_rows(_headings(book[name])):
            held = [(cell.value, cell.number_format) for cell in row]
            for cell, (value, shape) in zip(row, [held[-1], *held[:-1]], strict=True):
                cell.value, cell.number_format = value, shape


@_variation
def a_column_of_its_own(book: Workbook) -> None:
    book[TARGETS].insert_cols(6)
    book[TARGETS]["F6"], book[TARGETS]["F8"] = "Ghi chú riêng", 12


@_variation
def national_title_above(book: Workbook) -> None:
    for name in (TARGETS, TASKS, ISSUES, PAPERS, SIGN):
        for merged in list(book[name].merged_cells.ranges):
            book[name].unmerge_cells(str(merged))
        book[name].insert_rows(1, 3)
        book[name]["A1"] = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
        book[name]["A2"] = "Độc lập - Tự do - Hạnh phúc"


@_variation
def rows_hidden_by_a_filter(book: Workbook) -> None:
    for row in (8, 9, 10):
        book[TARGETS].row_dimensions[row].hidden = True
    book[TARGETS].column_dimensions["H"].hidden = True
    book[TASKS].sheet_state = "hidden"


@_variation
def formats_pasted_far_below(book: Workbook) -> None:
    """Formatted cells without values are no rows."""
    for name in (TARGETS, ISSUES, PAPERS):
        for row in (*range(40, 400), 1_048_576):
            book[name].cell(row, 3).style = copy(book[TARGETS]["F8"].style)


@_variation
def blanks_typed_into_empty_rows(book: Workbook) -> None:
    for row in range(12, 20):
        book[ISSUES].cell(row, 3).value = "  "
        book[ISSUES].cell(row, 4).value = "\u00a0"


# --- sheets ------------------------------------------------------------------------------------------------------


@_variation
def sheets_renamed(book: Workbook) -> None:
    for number, sheet in enumerate(book.worksheets):
        if sheet.title != IDENTITY:
            sheet.title = f"Sheet{number}"


@_variation
def sheets_in_another_order(book: Workbook) -> None:
    book.move_sheet(SIGN, -5)
    book.move_sheet(TASKS, 2)


@_variation
def sheet_of_notes_in_front(book: Workbook) -> None:
    notes = book.create_sheet("Ghi chú", 0)
    notes["A1"], notes["B1"], notes["A2"], notes["B2"] = "Người lập biểu", "chị Xuân", "T15", 999


# --- letters and spaces ------------------------------------------------------------------------------------------------


@_variation
def letters_decomposed(book: Workbook) -> None:
    """What a Mac makes of Vietnamese."""
    for sheet in book.worksheets:
        sheet.title = unicodedata.normalize("NFD", sheet.title)
    for cell in _filled(book):
        if isinstance(cell.value, str):
            cell.value = unicodedata.normalize("NFD", cell.value)


@_variation
def spaces_that_do_not_break(book: Workbook) -> None:
    for cell in _filled(book):
        if isinstance(cell.value, str) and not cell.value.startswith("="):
            cell.value = " " + cell.value.replace(" ", "\u00a0") + "\u202f"


@_variation
def headings_broken_into_lines(book: Workbook) -> None:
    for cell in book[TARGETS][6]:
        cell.value = str(cell.value).replace(" ", "\n", 1)


@_variation
def choices_typed_by_hand(book: Workbook) -> None:
    for cell in (*book[TARGETS]["E"][6:11], *book[TASKS]["D"][6:30]):
        cell.value = f"{str(cell.value).lower()} "


# --- numbers and dates ----------------------------------------------------------------------------------------------


def _numbers(book: Workbook) -> Iterator[Cell]:
    for row in book[TARGETS]["F7:I11"]:
        yield from (cell for cell in row if isinstance(cell.value, int))


@_variation
def numbers_typed_as_text(book: Workbook) -> None:
    for cell in _numbers(book):
        cell.value = f" {cell.value}"
        cell.number_format = "@"


@_variation
def numbers_typed_as_text_with_dots(book: Workbook) -> None:
    for cell in _numbers(book):
        cell.value = format_number(cell.value)


@_variation
def percentages_shown_with_a_sign(book: Workbook) -> None:
    """75% typed into Excel is 0.75 with a format."""
    for cell in book[TASKS]["E"][6:30]:
        if cell.value is not None:
            cell.value, cell.number_format = cell.value / 100, "0%"


@_variation
def percentages_typed_as_text(book: Workbook) -> None:
    for number, cell in enumerate(book[TASKS]["E"][6:30]):
        if cell.value is not None:
            cell.value = f"{cell.value}%" if number % 2 else f"{cell.value},0 %"


@_variation
def dates_typed_as_text(book: Workbook) -> None:
    for cell in [*book[TASKS]["F"][6:30], book[SIGN]["B9"]]:
        if isinstance(cell.value, dt.datetime):
            cell.value = f"{cell.value.day}/{cell.value.month}/{cell.value.year}"
            cell.number_format = "@"


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
    """Every paper form ends so; it is not the page where the form asks for these names."""
    book[TARGETS]["A15"], book[TARGETS]["F15"] = "Người lập biểu", "Thủ trưởng đơn vị"
    book[TARGETS]["A16"], book[TARGETS]["F16"] = "Ngày ký", "Ngày ký"


def _column_numbers(book: Workbook) -> None:
    """The "(1) (2) (3)" line of paper forms."""
    book[TARGETS].insert_rows(7)
    for column in range(1, 13):
        book[TARGETS].cell(7, column).value = f"({column})"


@pytest.mark.parametrize(("change", "rows"), [(_signatures_below, ("A15", "A16")), (_column_numbers, ("A7",))])
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
        row = {COMMUNE: 8, STC: 10}[agency]
        book[TARGETS][f"F{row}"] = "=20+20"

    (tmp_path / "a.xlsx").write_bytes(edit(valid_form(agency), _with_a_formula))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx"]
    command += ["--outdir", str(tmp_path / "out"), str(tmp_path / "a.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    judgement = judge_bytes((tmp_path / "out" / "a.xlsx").read_bytes(), agency)
    assert (judgement.verdict, places(judgement)) == (Verdict.ACCEPTED, [])
    assert _values(judgement) == _values(judge_bytes(valid_form(agency), agency))
