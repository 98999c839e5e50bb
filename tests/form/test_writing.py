"""The workbook on paper, prefilled, and safely on disk."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from kybaocao.form.layout import GUIDE_SHEET, PLAN_SHEET, build_layout
from kybaocao.form.workbook import write_form
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE
from tests.form.reading import COMMUNE, SIX_KINDS, Open, header_row

# --- on paper -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_every_sheet_prints_on_a4_one_page_wide(issued: Open, agency: str) -> None:
    """A4, landscape where the edition says so, fitted to one page's width, page numbers below."""
    layout, book = issued(agency)
    shown = [sheet for sheet in book if sheet.sheet_state == "visible"]
    wanted = {sheet.name: "landscape" if sheet.landscape else "portrait" for sheet, _ in layout.sheets} | {
        GUIDE_SHEET: "portrait",
        PLAN_SHEET: "portrait",
    }
    assert {sheet.title: sheet.page_setup.orientation for sheet in shown} == wanted
    assert {
        (
            s.page_setup.paperSize,
            s.sheet_properties.pageSetUpPr.fitToPage,
            s.page_setup.fitToWidth,
            s.page_setup.fitToHeight,
        )
        for s in shown
    } == {(9, True, 1, 0)}
    assert {sheet.oddFooter.right.text for sheet in shown} == {"Trang &P/&N"}


def test_a_long_table_repeats_its_heading_on_every_page(issued: Open) -> None:
    """Sheets with one table print its header row as title and keep it in view."""
    layout, book = issued("STC")
    tables = {sheet.name: tables[0] for sheet, tables in layout.sheets if len(tables) == 1 and tables[0].table.columns}
    assert set(tables) == {"Nhiệm vụ", "Tổ chức thực hiện", "Vướng mắc, kiến nghị", "Văn bản"}
    for name, table in tables.items():
        row = header_row(book[name], table)
        assert (book[name].print_title_rows, book[name].freeze_panes) == (f"${row}:${row}", f"C{row + 1}")


def test_no_printed_text_is_cut_off_by_its_row(issued: Open) -> None:
    """A row is at least as high as its longest label needs in its column, up to Excel's limit."""
    _, book = issued("STC")
    sheet = book["Nhiệm vụ"]
    tight = [
        cell.coordinate
        for row in sheet.iter_rows(min_row=6)
        for cell in row[:3]
        if isinstance(cell.value, str)
        and -(-len(cell.value) // int(sheet.column_dimensions[cell.column_letter].width * 1.4)) * 14
        > (sheet.row_dimensions[cell.row].height or 15)
    ]
    assert sheet.max_row > 30
    assert tight == []


# --- prefilled, and safely written --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)"])
def test_a_prefilled_text_is_never_a_formula(plan: Plan, tmp_path: Path, text: str) -> None:
    """Words that look like a formula stay words."""
    layout = build_layout(plan, CYCLE, COMMUNE)
    path = write_form(layout, tmp_path / "a.xlsx", {("nhiem_vu", "III.1.a", "ket_qua"): text})
    cells = [cell for row in openpyxl.load_workbook(path)["Nhiệm vụ"].iter_rows() for cell in row if cell.value == text]
    assert [cell.data_type for cell in cells] == ["s"]


def test_a_prefilled_figure_stands_in_its_cell(plan: Plan, tmp_path: Path) -> None:
    """Numbers, dates and words come back as what they were."""
    layout = build_layout(plan, CYCLE, COMMUNE)
    answers: dict[tuple[str, str, str], object] = {
        ("ty_le", "T15", "tu_so_ky"): 118,
        ("nhiem_vu", "III.1.a", "ngay"): dt.date(2026, 11, 28),
        ("nhiem_vu", "III.1.a", "ket_qua"): "Đã xong",
        ("vuong_mac", "", "khai_bao"): "Có",
        ("vuong_mac", "2", "noi_dung"): "Đường xa",
        ("xac_nhan", "nguoi_ky", "gia_tri"): "Lò Văn Pâng",
    }
    book = openpyxl.load_workbook(write_form(layout, tmp_path / "a.xlsx", answers))
    found = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    found |= {value.date() for value in found if isinstance(value, dt.datetime)}
    wanted = {118, dt.date(2026, 11, 28), "Đã xong", "Có", "Đường xa", "Lò Văn Pâng"}
    assert wanted - found == set()


def test_writing_leaves_nothing_behind_when_it_fails(plan: Plan, tmp_path: Path) -> None:
    """The folder cannot take the file: no half form, no temporary file."""
    target = tmp_path / "a.xlsx"
    (target / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match=r"a\.xlsx"):
        write_form(build_layout(plan, CYCLE, COMMUNE), target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_form_replaces_the_old_one_whole(plan: Plan, tmp_path: Path) -> None:
    """Writing again is one step: afterwards there is one readable file and nothing else."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    write_form(build_layout(plan, CYCLE, COMMUNE), path)
    assert [found.name for found in tmp_path.iterdir()] == ["a.xlsx"]
    assert GUIDE_SHEET in openpyxl.load_workbook(path).sheetnames
