"""Colours that show what a row still lacks, worked out as a spreadsheet does."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.form.gaps import LACKING, NOT_ASKED
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.marking import findings_sheet
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE
from tests.form.reading import COMMUNE

COLOURS = {LACKING.bgColor.rgb: "thiếu", NOT_ASKED.bgColor.rgb: "không cần"}


def colour(sheet: Worksheet, address: str) -> str:
    """The colour that the rules give a cell now; "" for its own."""
    cell = sheet[address]
    for area, rules in sheet.conditional_formatting._cf_rules.items():
        if address not in area.sqref:
            continue
        first = min(one.min_row for one in area.sqref.ranges)
        for rule in rules:
            formula = re.sub(rf"\$?([A-Z]+){first}\b", rf"\g<1>{cell.row}", rule.formula[0])
            if is_true(formula, sheet):
                return COLOURS[rule.dxf.fill.bgColor.rgb]
    return ""


def is_true(formula: str, sheet: Worksheet) -> bool:
    """The few functions that the rules are made of."""
    if together := re.fullmatch(r"AND\((.*),(LEN\(TRIM\(\w+\)\)=0)\)", formula):
        return is_true(together[1], sheet) and is_true(together[2], sheet)
    if length := re.fullmatch(r"LEN\(TRIM\((\w+)\)\)([=>])0", formula):
        value = sheet[length[1]].value
        is_blank = value is None or not str(value).strip()
        return is_blank == (length[2] == "=")
    choices = re.fullmatch(r"OR\((.*)\)", formula)
    assert choices, formula
    pairs = re.findall(r'(\w+)="([^"]*)"', choices[1])
    return any(sheet[address].value == word for address, word in pairs)


@pytest.fixture
def book(plan: Plan) -> Workbook:
    """The commune's form, to be filled in here."""
    return openpyxl.load_workbook(io.BytesIO(render_form(build_layout(plan, CYCLE, COMMUNE))))


@pytest.mark.parametrize(
    ("status", "lacking"),
    [(None, ["D"]), ("Chậm tiến độ", ["I"]), ("Chưa triển khai", ["I"]), ("Đã hoàn thành", ["G"]), ("Không phát sinh", [])],
)  # fmt: skip
def test_a_task_shows_what_its_status_asks_for(book: Workbook, status: str | None, lacking: list[str]) -> None:
    """The status first, then the reason of a late one, the result of a finished one."""
    sheet, row = book["Nhiệm vụ"], 7
    sheet[f"D{row}"] = status
    assert [letter for letter in "DEFGHIJ" if colour(sheet, f"{letter}{row}") == "thiếu"] == lacking
    for letter in lacking:
        sheet[f"{letter}{row}"] = "đã ghi"
    assert lacking == ["D"] or not any(colour(sheet, f"{letter}{row}") for letter in "DEFGHIJ")


@pytest.mark.parametrize(
    ("row", "status", "lacking"),
    [(7, "Đã hoàn thành", "F"), (8, "Đã hoàn thành", "EF"), (7, "Đang thực hiện", ""), (8, "Đang thực hiện", "G")],
)
def test_only_a_row_with_a_deadline_asks_for_its_day_and_why_it_is_over(
    book: Workbook, row: int, status: str, lacking: str
) -> None:
    """The own plan, due before 15/02, stands in row 8."""
    sheet = book["Tổ chức thực hiện"]
    sheet[f"D{row}"] = status
    assert [letter for letter in "DEFG" if colour(sheet, f"{letter}{row}") == "thiếu"] == list(lacking)


def test_a_target_shows_which_figures_are_missing_and_which_are_not_asked(book: Workbook) -> None:
    sheet = book["Chỉ tiêu"]
    sheet["E7"], sheet["F7"], sheet["E8"] = "Có số liệu", 0, "Không phát sinh"
    assert [colour(sheet, f"{letter}7") for letter in "EFGHI"] == ["", "", "thiếu", "thiếu", "thiếu"]
    assert [colour(sheet, f"{letter}8") for letter in "EFGHI"] == ["", *["không cần"] * 4]
    assert [colour(sheet, f"{letter}9") for letter in "EFGHI"] == ["thiếu", "", "", "", ""]


def test_a_blank_cell_has_the_colour_of_an_error_in_a_marked_copy() -> None:
    """There the rule hides the mark of the cell."""
    assert LACKING.bgColor.rgb[-6:] == findings_sheet._TINTS[findings_sheet.ERROR][-6:]


def test_questions_and_signatures_show_that_they_are_blank(book: Workbook) -> None:
    """Not those that may stay blank."""
    assert colour(book["Văn bản"], "D6") == "thiếu"
    sheet = book["Xác nhận"]
    found = {sheet[f"A{row}"].value: colour(sheet, f"B{row}") for row in range(5, 12)}
    assert found["Chức vụ người ký"] == "thiếu" and found["Số, ký hiệu báo cáo của cơ quan"] == ""
