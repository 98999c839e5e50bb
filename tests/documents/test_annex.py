"""The annexes as a workbook."""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
import zipfile

from openpyxl import Workbook, load_workbook

from kybaocao.documents.report.annex import render_annex
from kybaocao.documents.report.content import ReportContent, write_content
from kybaocao.plan.report_document import Audience

from .sample import AS_OF, small_cycle, small_plan, small_snapshot


@functools.cache
def content() -> ReportContent:
    return write_content(small_plan(), small_cycle(), small_snapshot(), audience=Audience.PROVINCE)


@functools.cache
def render() -> bytes:
    return render_annex(content(), AS_OF)


def open_book() -> Workbook:
    return load_workbook(io.BytesIO(render()))


def row(book: Workbook, sheet: str, first: str) -> list[object]:
    return next([cell.value for cell in found] for found in book[sheet].iter_rows(min_row=5) if found[0].value == first)


def test_the_sheets_are_the_annexes_and_the_origins() -> None:
    """In the order of the report."""
    assert open_book().sheetnames == [
        "Chỉ tiêu",
        "Nhiệm vụ",
        "Vướng mắc - kiến nghị",
        "Văn bản",
        "Tình hình nộp",
        "Nhiệm vụ từng cơ quan",
        "Nguồn số liệu",
    ]


def test_no_cell_is_a_live_formula() -> None:
    """Agencies' words begin with = + - @ in the sample; none of them is computed by whoever opens the file."""
    with zipfile.ZipFile(io.BytesIO(render())) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 7
    assert not any(re.search(r"<f[ >]", sheet) for sheet in sheets)
    book = open_book()
    cells = [cell for sheet in book for found in sheet.iter_rows() for cell in found if isinstance(cell.value, str)]
    leaders = [cell for cell in cells if cell.value.startswith(("=", "+", "-", "@"))]
    assert {cell.value for cell in leaders} >= {"=nguy hiểm.xlsx", "+15/KH-UBND", "@Kế hoạch của xã"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in leaders)


def test_figures_are_numbers_and_keep_the_decimals_of_the_report() -> None:
    """99,998% is not shown as 100; counts have no decimals."""
    book = open_book()
    cells = next(found for found in book["Chỉ tiêu"].iter_rows(min_row=5) if found[0].value == "T15")
    assert [cells[place].value for place in (7, 8, 9)] == [49999, 50000, 0.99998]
    assert [cells[place].number_format for place in (7, 8, 9)] == ["#,##0", "#,##0", "#,##0.000%"]


def test_a_missing_figure_is_text_and_never_zero() -> None:
    """A sum over the column does not count what was not reported."""
    found = row(open_book(), "Chỉ tiêu", "T09")
    assert found[7:10] == ["–", "–", "Chưa có số liệu"]


def test_a_rank_stays_text() -> None:
    """ "21/34" is neither a date nor a division."""
    assert row(open_book(), "Chỉ tiêu", "T05")[9] == "21/34"


def test_every_figure_names_the_cell_it_came_from() -> None:
    """Indicator, agency, file, sheet, cell, value as read, shortened checksum."""
    assert row(open_book(), "Nguồn số liệu", "T15") == [
        "T15",
        "Tỷ lệ cấp kết quả điện tử",
        "X-2",
        "UBND xã Yên Châu",
        "=nguy hiểm.xlsx",
        "Chỉ tiêu",
        "G12",
        "118",
        "abababababab",
    ]


def test_sheets_print_on_a4_with_their_headings_repeated() -> None:
    """Landscape, one page wide, heading row on every page and frozen on the screen."""
    book = open_book()
    assert book.worksheets
    for sheet in book:
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.page_setup.fitToWidth == 1
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$4:$4"
        assert sheet.freeze_panes == "C5"


def test_same_content_and_moment_give_the_same_bytes() -> None:
    """Nothing in the file comes from the clock."""
    assert render_annex(content(), AS_OF) == render()


def test_sample_data_say_so_on_every_sheet() -> None:
    """On the screen and on paper."""
    for sheet in open_book():
        assert str(sheet["A3"].value).startswith("DỮ LIỆU MẪU – KHÔNG SỬ DỤNG")
        assert sheet.oddHeader.right.text == "DỮ LIỆU MẪU – KHÔNG SỬ DỤNG"


def test_dates_and_positions_are_dates_and_numbers() -> None:
    """The list of documents can be sorted by day."""
    cells = next(found for found in open_book()["Văn bản"].iter_rows(min_row=5) if found[2].value == "125/KH-STC")
    assert (cells[0].value, cells[3].value) == (1, dt.datetime(2026, 2, 9))  # noqa: DTZ001 - a day of the calendar
    assert cells[3].number_format == "dd/mm/yyyy"


def test_every_sheet_has_a_filter_over_all_its_rows() -> None:
    """From the heading to the last row."""
    for sheet in open_book():
        assert sheet.auto_filter.ref == f"A4:{sheet.cell(4, sheet.max_column).column_letter}{sheet.max_row}"
