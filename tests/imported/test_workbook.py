"""The workbook asks for what the next cycle uses, and nothing else can be typed by mistake."""

from __future__ import annotations

import unicodedata

import pytest
from openpyxl.utils import get_column_letter

from kybaocao.imported.layout import ResultsLayout
from kybaocao.plan.form_edition import AGAINST_PREVIOUS
from kybaocao.plan.plan import Plan
from tests.imported.conftest import COMMUNE, ISSUES, PROVINCE, STC, TARGETS, TASKS, Filling

LISTS = (TARGETS, PROVINCE, TASKS, ISSUES)


def test_every_figure_that_a_rule_compares_is_asked_for(layout: ResultsLayout, small_plan: Plan) -> None:
    """Whatever the form of an edition compares with the previous cycle: a rule without its figure would find nothing."""
    compared = {
        (table.id, column)
        for _, table in small_plan.require_edition().tables
        for check in table.checks
        if check.kind in AGAINST_PREVIOUS
        for column in check.fields
    }
    asked = {(row.table.id, column.id) for row in layout.targets for column in row.columns}
    assert len(compared) >= 5
    assert compared <= asked


def test_every_text_that_a_rule_compares_is_asked_for(layout: ResultsLayout) -> None:
    """Results and reasons of tasks, and the texts of difficulties; no status and no percentage."""
    asked = {table.table.id: [column.id for column in table.columns] for table in layout.texts}
    assert asked == {"nhiem_vu": ["ket_qua", "ly_do"], "vuong_mac": ["noi_dung", "nguyen_nhan", "kien_nghi"]}


def test_an_agency_is_asked_for_its_own_targets_only(layout: ResultsLayout) -> None:
    """The rows are those of its form."""
    mine = [row.code for row in layout.targets if row.owner == COMMUNE]
    assert mine == ["T15", "T16", "T17", "T18", "T13"]


def test_a_row_says_which_figure_goes_where_with_its_unit(filling: Filling) -> None:
    """Counts for a percentage, the plan's unit for an amount."""
    share, amount = filling.row("T15", COMMUNE), filling.row("T02", STC)
    sheet, first = filling.sheet(TARGETS), filling.column(TARGETS, "Số (1) là")
    second = filling.column(TARGETS, "Số (2) là")
    said = [sheet.cell(row, column).value for row in (share, amount) for column in (first, second)]
    assert said == ["Tử số lũy kế (số đếm)", "Mẫu số lũy kế (số đếm)", "Thực hiện đến ngày chốt (doanh nghiệp)", None]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_can_be_filtered_and_printed(filling: Filling, name: str) -> None:
    """Heading frozen and repeated, a filter over it, A4 landscape on one page's width, locked."""
    sheet = filling.sheet(name)
    setup = sheet.page_setup
    assert sheet.auto_filter.ref.startswith("A4:") and sheet.print_title_rows == "$4:$4"
    assert sheet.freeze_panes is not None and sheet.freeze_panes.endswith("5")
    assert (setup.orientation, str(setup.paperSize), setup.fitToWidth, setup.fitToHeight) == ("landscape", "9", 1, 0)
    assert sheet.protection.sheet and not sheet.protection.autoFilter  # False: it is allowed


def test_only_what_is_asked_can_be_typed_into(filling: Filling) -> None:
    """Codes, names and the grey place of a second figure that does not exist are locked."""
    sheet, row = filling.sheet(TARGETS), filling.row("T02", STC)
    headings = {str(cell.value): cell.column for cell in sheet[4]}
    unlocked = [name for name, column in headings.items() if not sheet.cell(row, column).protection.locked]
    assert unlocked == ["Số (1)", "Tình trạng", "Số, ngày báo cáo giấy"]


def test_a_count_and_a_measured_value_have_their_own_rules(filling: Filling, small_plan: Plan) -> None:
    """Whole numbers from 0 for counts, decimals for a score; the help says what the figure is."""
    rules, numerators = {}, {one.id: one.numerator for one in small_plan.indicators}
    for code in ("T02", "D7"):
        column = get_column_letter(filling.column(TARGETS, "Số (1)"))
        cell = f"{column}{filling.row(code, STC)}"
        for rule in filling.sheet(TARGETS).data_validations.dataValidation:
            if cell in rule.cells:
                rules[code] = (rule.type, numerators[code][:40] in str(rule.prompt), rule.showErrorMessage)
    assert rules == {"T02": ("whole", True, True), "D7": ("decimal", True, True)}


def test_every_word_is_composed_and_filled_in(filling: Filling) -> None:
    """NFC, and no gap of the wording left open."""
    texts = [str(cell.value) for sheet in filling.book for row in sheet for cell in row if cell.value is not None]
    assert len(texts) > 200
    assert [text for text in texts if text != unicodedata.normalize("NFC", text) or "{" in text] == []
