"""The annexes as a workbook."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import io
import json
import re
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from kybaocao.documents.report.annex import render_annex
from kybaocao.documents.report.content import ReportContent, read_content, write_content
from kybaocao.documents.report.lineage import render_lineage
from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.snapshot import AgencyResult, Verdict
from kybaocao.plan.report_document import Audience
from kybaocao.vietnamese import format_number
from tests.conftest import CYCLE

from .sample import AS_OF, full_plan, small_cycle, small_plan, small_snapshot
from .season import season_snapshot


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


def open_other(audience: Audience) -> Workbook:
    other = write_content(small_plan(), small_cycle(), small_snapshot(), audience=audience)
    return load_workbook(io.BytesIO(render_annex(other, AS_OF)))


def test_the_sheets_are_the_annexes_and_what_is_too_wide_for_the_document() -> None:
    """The targets first, agency by agency after them."""
    assert open_book().sheetnames == [
        "Chỉ tiêu",
        "Cơ quan - chỉ tiêu",
        "Chỉ tiêu giao riêng",
        "Biểu đồ",
        "Nhiệm vụ",
        "Vướng mắc - kiến nghị",
        "Văn bản",
        "Tình hình nộp",
        "Nhiệm vụ từng cơ quan",
    ]


def test_no_cell_is_a_live_formula() -> None:
    """Agencies' words begin with = + - @ in the sample; none of them is computed by whoever opens the file."""
    with zipfile.ZipFile(io.BytesIO(render())) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 9
    assert not any(re.search(r"<f[ >]", sheet) for sheet in sheets)
    book = open_book()
    cells = [cell for sheet in book for found in sheet.iter_rows() for cell in found if isinstance(cell.value, str)]
    leaders = [cell for cell in cells if cell.value.startswith(("=", "+", "-", "@"))]
    assert {cell.value for cell in leaders} >= {"+15/KH-UBND", "@Kế hoạch của xã"}
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


def test_sheets_print_on_a4_with_their_headings_repeated() -> None:
    """Landscape, one page wide, heading row on every page and frozen on the screen."""
    book = open_book()
    assert book.worksheets
    for sheet in book:
        first, last = ("5", "6") if sheet.title == "Cơ quan - chỉ tiêu" else ("4", "4")
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.page_setup.fitToWidth == 1
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == f"${first}:${last}"
        assert sheet.freeze_panes == f"C{int(last) + 1}"


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
    """From the heading to the last row; the total of the matrix stays where it is."""
    for sheet in open_book():
        first, rows = (6, sheet.max_row - 1) if sheet.title == "Cơ quan - chỉ tiêu" else (4, sheet.max_row)
        assert sheet.auto_filter.ref == f"A{first}:{sheet.cell(first, sheet.max_column).column_letter}{rows}"


@pytest.mark.parametrize(("audience", "most"), [(Audience.MINISTRY, 25), (Audience.PROVINCE, 46)])
def test_the_sample_season_prints_on_few_pages(audience: Audience, most: int) -> None:
    """Ninety agencies and ninety-one tasks of a whole year; page breaks are counted as a spreadsheet makes them.

    The province's names every document of the communes, gives the reasons of every agency, and has what was reported
    of the tasks in the first half of the year.
    """
    plan = full_plan()
    written = write_content(plan, plan.cycles[CYCLE], season_snapshot(), audience=audience)
    book = load_workbook(io.BytesIO(render_annex(written, AS_OF)))
    pages = {sheet.title: count_pages(sheet) for sheet in book.worksheets}
    assert pages["Cơ quan - chỉ tiêu"] >= 2
    assert sum(pages.values()) <= most


def count_pages(sheet: Any) -> int:
    """Rows on A4, scaled to the width of the page, headings repeated. A digit is 7 pixels of 96 an inch.

    LibreOffice makes two to four pages less of the whole workbook.
    """
    columns = sheet.column_dimensions.values()
    width = sum((one.width * 7 + 5) / 96 * 25.4 for one in columns)
    scale = min(1.0, (297 - 25.4 * (sheet.page_margins.left + sheet.page_margins.right)) / width)
    room = (210 - 25.4 * (sheet.page_margins.top + sheet.page_margins.bottom)) / 25.4 * 72 / scale

    def measure(row: int) -> float:
        return float(sheet.row_dimensions[row].height or 13.8)  # a line of Times New Roman 11

    first, last = (int(row) for row in re.findall(r"\d+", sheet.print_title_rows))
    repeated = sum(measure(row) for row in range(first, last + 1))
    pages, used = 1, 0.0
    for row in range(1, int(sheet.print_area.rpartition("$")[2]) + 1):
        if used + measure(row) > room:
            pages, used = pages + 1, repeated
        used += measure(row)
    return pages


def test_a_number_has_room_in_its_column() -> None:
    """Wider than its column it would be shown as "####"."""
    large = (AgencyResult("STC", Decimal("123456789.5"), Decimal(9876543210), Verdict.NOT_MET),)
    indicators = tuple(dataclasses.replace(one, by_agency=large) for one in small_snapshot().indicators)
    snapshot = dataclasses.replace(small_snapshot(), indicators=indicators)
    written = write_content(small_plan(), small_cycle(), snapshot, audience=Audience.MINISTRY)
    sheet = load_workbook(io.BytesIO(render_annex(written, AS_OF)))["Cơ quan - chỉ tiêu"]
    assert sheet["D7"].value == 9876543210
    assert sheet.column_dimensions["D"].width > len("9.876.543.210")


# --- agency × target -------------------------------------------------------------------------------------------------


def list_matrix(book: Workbook) -> list[list[object]]:
    return [list(found) for found in book["Cơ quan - chỉ tiêu"].iter_rows(min_row=7, values_only=True)]


def test_the_matrix_has_numerator_denominator_result_and_verdict_of_every_agency() -> None:
    """For the targets that all of them report, below the target's name; numbers as numbers."""
    sheet = open_book()["Cơ quan - chỉ tiêu"]
    headings = [found for found in sheet.iter_rows(min_row=5, max_row=6, values_only=True)]
    assert [text for text in headings[0] if text] == [
        "Tỷ lệ cấp kết quả điện tử (mục tiêu: 100%)",
        "Mức độ hài lòng (mục tiêu: tối thiểu 90%)",
    ]
    assert headings[1] == ("STT", "Cơ quan", *("Tử số", "Mẫu số", "Kết quả", "Đánh giá") * 2)
    ward = next(found for found in list_matrix(open_book()) if found[1] == "UBND phường Tô Hiệu")
    assert ward[2:] == [9999, 10000, 0.9999, "Chưa đạt", 413, 500, 0.826, "Chưa đạt"]


def test_the_last_row_of_the_matrix_is_the_published_figure() -> None:
    """To the digit."""
    assert list_matrix(open_book())[-1][1:] == [
        "Toàn tỉnh", 49999, 50000, 0.99998, "Chưa đạt", 913, 1000, 0.913, "Đạt",
    ]  # fmt: skip


def test_the_province_sees_who_has_not_reported() -> None:
    """A share of nought is none, and no failure."""
    rows = {found[1]: found[2:] for found in list_matrix(open_book())}
    assert rows["UBND xã Co Mạ"] == ["–", "–", "–", "Chưa báo cáo"] * 2
    assert rows["Sở Công Thương"] == ["–", "–", "–", "Không phát sinh", 0, 0, "–", "Không phát sinh"]


def test_the_ministry_sees_the_agencies_that_gave_figures_and_nobody_who_was_late() -> None:
    """Neither a sheet nor a row nor a word says who has not reported."""
    book = open_other(Audience.MINISTRY)
    assert [found[1] for found in list_matrix(book)] == [
        "Sở Công Thương",
        "Sở Tài chính",
        "UBND phường Tô Hiệu",
        "Toàn tỉnh",
    ]
    assert "Tình hình nộp" not in book.sheetnames
    for name in ("Cơ quan - chỉ tiêu", "Chỉ tiêu giao riêng"):
        assert "Chưa báo cáo" not in {cell for found in book[name].iter_rows(values_only=True) for cell in found}


def test_targets_of_named_agencies_are_listed_with_their_agency() -> None:
    """As published: part by part where the parts are judged by themselves, a rank with the number ranked."""
    sheet = open_other(Audience.MINISTRY)["Chỉ tiêu giao riêng"]
    rows = [list(found) for found in sheet.iter_rows(min_row=5, values_only=True)]
    assert rows[:3] == [
        ["Tỷ lệ số hóa quy hoạch: quy hoạch tỉnh", "100%", "Sở Tài chính", 2, 2, 1, "Đạt"],
        ["Tỷ lệ số hóa quy hoạch: quy hoạch sử dụng đất", "100%", "Sở Tài chính", 60, 75, 0.8, "Chưa đạt"],
        ["Tổng số doanh nghiệp", "khoảng 5.000", "Sở Tài chính", 4410, "–", 4410, "Chưa đạt"],
    ]
    assert ["Thứ hạng chỉ số PII", "tăng ít nhất 01 bậc", "Sở Tài chính", "21/34", "23/34", "21/34", "Đạt"] in rows


def test_a_snapshot_of_an_earlier_edition_has_no_matrix() -> None:
    """Rather than one that says of everybody that nothing was reported."""
    indicators = tuple(dataclasses.replace(one, by_agency=()) for one in small_snapshot().indicators)
    older = dataclasses.replace(small_snapshot(), indicators=indicators)
    written = write_content(small_plan(), small_cycle(), older, audience=Audience.PROVINCE)
    assert [sheet.name for sheet in written.sheets] == ["Chỉ tiêu giao riêng", "Biểu đồ"]


# --- the chart -------------------------------------------------------------------------------------------------------


def test_one_chart_is_drawn_by_the_spreadsheet_from_its_cells() -> None:
    """Results beside targets, under the title that the document's chart has, which is also its alternative text."""
    with zipfile.ZipFile(io.BytesIO(render())) as archive:
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
        chart = archive.read(charts[0]).decode()
    assert len(charts) == 1
    assert re.findall(r"<(?:c:)?f>([^<]*)<", chart.replace("$", "")) == [
        "'Biểu đồ'!B4",
        "'Biểu đồ'!A5:A6",
        "'Biểu đồ'!B5:B6",
        "'Biểu đồ'!C4",
        "'Biểu đồ'!A5:A6",
        "'Biểu đồ'!C5:C6",
    ]
    title = "1/2 chỉ tiêu đạt mục tiêu; xa nhất còn cách 0,002 điểm phần trăm"
    assert title in chart
    assert f'descr="{title}"' in drawing
    rows = open_book()["Biểu đồ"].iter_rows(min_row=5, values_only=True)
    assert [found[1:] for found in rows] == [(0.99998, 1), (0.913, 0.9)]


# --- the same figures everywhere -------------------------------------------------------------------------------------


def test_document_and_workbook_round_alike() -> None:
    """Every number of an annex is shown in the workbook with the digits that the document prints: 22,5 is not 22,50."""
    book, compared = open_book(), 0
    for annex in content().annexes:
        for printed, found in zip(annex.table.rows, book[annex.sheet].iter_rows(min_row=5), strict=True):
            for cell, kept in zip(printed.cells, found, strict=False):
                if cell.number is not None and not isinstance(kept.value, str):
                    compared += 1
                    assert show(kept) == cell.text
    assert compared > 50


def show(cell: Any) -> str:
    """As a spreadsheet of a Vietnamese office shows it."""
    decimals = len(cell.number_format.removesuffix("%").partition(".")[2])
    number = Decimal(str(cell.value)) * (100 if cell.number_format.endswith("%") else 1)
    return format_number(number, decimals) + ("%" if cell.number_format.endswith("%") else "")


def test_content_stored_by_an_earlier_edition_still_makes_its_annex() -> None:
    """It had the lineage in itself and no sheets; what was approved then is sent with the annexes alone."""
    stored = json.loads(to_json(content()))
    del stored["sheets"], stored["annexes"][5:]
    stored |= {"origins_sheet": "Nguồn số liệu", "origins": stored["annexes"][0]["table"]}
    book = load_workbook(io.BytesIO(render_annex(read_content(json.dumps(stored)), AS_OF)))
    assert book.sheetnames == ["Chỉ tiêu", "Nhiệm vụ", "Vướng mắc - kiến nghị", "Văn bản", "Tình hình nộp"]


# --- lineage ---------------------------------------------------------------------------------------------------------


def test_every_figure_names_the_cell_it_came_from_in_a_workbook_of_its_own() -> None:
    """Indicator, agency, file, sheet, cell, value as a number, shortened checksum; a file name is no formula."""
    lineage = render_lineage(small_plan(), small_cycle(), small_snapshot(), content(), AS_OF)
    sheet = load_workbook(io.BytesIO(lineage)).active
    rows = [list(found) for found in sheet.iter_rows(min_row=5, values_only=True)]
    assert len(rows) == 5 + 6  # of T15 and T18
    assert [found for found in rows if found[:3:2] == ["T15", "X-2"]] == [
        [
            "T15",
            "Tỷ lệ cấp kết quả điện tử",
            "X-2",
            "UBND xã Yên Châu",
            "=nguy hiểm.xlsx",
            "Chỉ tiêu",
            "G12",
            118,
            "abababababab",
        ]
    ]
    assert (sheet["E5"].data_type, sheet["E5"].quotePrefix, sheet.auto_filter.ref) == ("s", True, "A4:I15")
