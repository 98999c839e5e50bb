"""The workbook an agency receives: whose rows, which words, what may be typed where."""

from __future__ import annotations

import pytest
from openpyxl.worksheet.datavalidation import DataValidation

from kybaocao.form.instructions import guide_column
from kybaocao.form.layout import GUIDE_SHEET, IDENTITY_SHEET, PLAN_SHEET, build_layout
from kybaocao.plan.form_edition import Kind, Source
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE
from tests.form.reading import COMMUNE, SIX_KINDS, Open, answer_cells, header_row, rule_of, texts

# --- what is in it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_a_form_holds_the_agency_s_own_rows_only(plan: Plan, issued: Open, agency: str) -> None:
    """Its tasks, its obligations and its indicators, each once, and no row of anybody else."""
    layout, book = issued(agency)
    printed = [
        cell.value
        for table in layout.tables
        if table.rows
        for cell in next(book[table.sheet.name].iter_cols(1, 1, header_row(book[table.sheet.name], table) + 1))[
            : len(table.rows)
        ]
    ]
    owed = {work.id for work in (*plan.tasks_of(agency), *plan.obligations_of(agency), *plan.indicators_of(agency))}
    assert len(owed) >= 4
    assert len(printed) == len(set(printed))
    assert {str(code).split(".")[0] if str(code)[0] in "TD" else code for code in printed} == owed


def test_every_expected_agency_has_a_form_with_tasks(plan: Plan) -> None:
    """All 90 forms can be laid out; none is without a task or an identity of its own."""
    layouts = [build_layout(plan, CYCLE, agency.code) for agency in plan.expected]
    empty = [
        layout.agency.code
        for layout in layouts
        if not any(t.rows for t in layout.tables if t.table.source is Source.TASKS)
    ]
    assert len({layout.identity.checksum for layout in layouts}) == 90
    assert empty == []


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_the_first_sheet_says_who_until_when_and_how(issued: Open, agency: str) -> None:
    """Agency, cut-off and deadline in words, then at most twelve numbered lines."""
    layout, book = issued(agency)
    said = texts(book.worksheets[0])
    numbered = [cell.value for cell in book.worksheets[0]["A"] if isinstance(cell.value, int)]
    assert book.worksheets[0].title == GUIDE_SHEET
    assert [
        line
        for line in (layout.agency.name, "Kỳ số liệu: từ 01/6/2026 đến 30/11/2026", "Hạn cuối: thứ Tư 09/12/2026")
        if line not in said
    ] == []
    assert 1 <= len(numbered) <= 12
    assert numbered == list(range(1, len(layout.instructions) + 1))


def test_sample_data_is_marked_as_such(issued: Open) -> None:
    """Nobody can mistake the sample for the real thing."""
    assert "DỮ LIỆU MẪU – KHÔNG SỬ DỤNG" in texts(issued(COMMUNE)[1].worksheets[0])


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_the_identity_travels_very_hidden(issued: Open, agency: str) -> None:
    """Plan, cycle, agency, edition and checksum stand in a sheet Excel does not offer to show."""
    layout, book = issued(agency)
    sheet = book[IDENTITY_SHEET]
    assert sheet.sheet_state == "veryHidden"
    assert {row[0].value: row[1].value for row in sheet.iter_rows()} == {
        "ke_hoach": "nq02-2026",
        "ky": CYCLE,
        "co_quan": agency,
        "phien_ban": layout.edition.id,
        "ma_kiem_tra": layout.identity.checksum,
    }


def test_a_sheet_without_a_row_for_the_agency_is_left_out(issued: Open) -> None:
    """An association without indicators sees no indicator sheet."""
    layout, book = issued("HHDN")
    assert not any(table.table.source is Source.INDICATORS for table in layout.tables)
    assert book.sheetnames == [
        GUIDE_SHEET,
        "Nhiệm vụ",
        "Vướng mắc, kiến nghị",
        "Văn bản",
        "Xác nhận",
        PLAN_SHEET,
        IDENTITY_SHEET,
    ]


# --- what may be typed where ------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_only_the_answers_can_be_typed_into(issued: Open, agency: str) -> None:
    """Sheets are protected; the unlocked cells are the answers, the questions' answers and the signature's."""
    layout, book = issued(agency)
    answers = {(cell.parent.title, cell.coordinate) for _, _, cell in answer_cells(layout, book)}
    unlocked = {
        (sheet.title, cell.coordinate)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked
    }
    others = sum(len(table.table.fields) + bool(table.table.declaration) for table in layout.tables)
    assert all(sheet.protection.sheet for sheet in book)
    assert answers - unlocked == set()
    assert len(unlocked) == len(answers) + others


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_a_choice_offers_exactly_the_edition_s_words(issued: Open, agency: str) -> None:
    """Every choice cell has a drop-down with the edition's list, in its order."""
    layout, book = issued(agency)
    choices = [(column, cell) for _, column, cell in answer_cells(layout, book) if column.kind is Kind.CHOICE]
    differing = [
        (cell.parent.title, cell.coordinate)
        for column, cell in choices
        if (rule := rule_of(cell.parent, cell)) is None
        or (rule.type, rule.formula1) != ("list", '"' + ",".join(column.offered) + '"')
    ]
    assert len(choices) >= 20
    assert differing == []


def test_nothing_to_report_can_be_said_wherever_the_edition_says(issued: Open) -> None:
    """“Không phát sinh” is an answer for ratios, tasks, difficulties and documents."""
    layout, book = issued("STC")
    offered = {
        table.table.id
        for table, column, cell in answer_cells(layout, book)
        if column.id in ("tinh_trang", "trang_thai")
        and "Không phát sinh" in (rule_of(cell.parent, cell) or DataValidation()).formula1
    }
    asked = {table.table.id for table in layout.tables if table.table.declaration}
    questions = [
        rule.formula1
        for name in ("Vướng mắc, kiến nghị", "Văn bản")
        for rule in book[name].data_validations.dataValidation
        if rule.formula1 == '"Có,Không phát sinh"'
    ]
    assert (offered, asked, len(questions)) == ({"ty_le", "ty_le_ton", "nhiem_vu"}, {"vuong_mac", "van_ban"}, 2)


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_every_hint_of_the_edition_appears_at_its_cell(issued: Open, agency: str) -> None:
    """A column with guidance shows it when its cell is chosen."""
    layout, book = issued(agency)
    guided = [
        (guide_column(column, table.table), cell)
        for table, column, cell in answer_cells(layout, book)
        if guide_column(column, table.table)
    ]
    silent = [
        (cell.parent.title, cell.coordinate)
        for said, cell in guided
        if (rule := rule_of(cell.parent, cell)) is None or not rule.showInputMessage or rule.prompt != said
    ]
    assert len(guided) > 20
    assert silent == []


NUMBER_RULES = {
    Kind.INTEGER: ("whole", "#,##0"),
    Kind.DECIMAL: ("decimal", "#,##0.##"),
    Kind.PERCENT: ("decimal", "0.##"),
    Kind.DATE: ("date", "dd/mm/yyyy"),
}


@pytest.mark.parametrize("kind", NUMBER_RULES)
def test_a_figure_is_held_to_its_kind(issued: Open, kind: Kind) -> None:
    """Numbers and dates have their format, a check, and a Vietnamese complaint."""
    layout, book = issued("STC")
    cells = [cell for _, column, cell in answer_cells(layout, book) if column.kind is kind]
    rules = [rule_of(cell.parent, cell) for cell in cells]
    assert len(cells) >= 2
    assert {(rule and rule.type, cell.number_format) for rule, cell in zip(rules, cells, strict=True)} == {
        NUMBER_RULES[kind]
    }
    assert {rule.errorTitle for rule in rules if rule} == {"Chưa đúng"}


def test_the_ratio_is_computed_from_its_own_row(issued: Open) -> None:
    """The locked percentage divides this row's cumulative figures and stays empty without them."""
    layout, book = issued(COMMUNE)
    sheet = book["Chỉ tiêu"]
    table = next(table for table in layout.tables if table.table.id == "ty_le")
    first = header_row(sheet, table) + 1
    formulas = [sheet.cell(first + number, 10).value for number in range(len(table.rows))]
    assert len(formulas) >= 4
    assert formulas == [
        f'=IF(AND(ISNUMBER(H{row}),ISNUMBER(I{row})),IF(I{row}>0,ROUND(H{row}/I{row}*100,2),""),"")'
        for row in range(first, first + len(formulas))
    ]
