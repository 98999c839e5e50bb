"""Dates that a workbook writes with a time zone are days of Việt Nam."""

from __future__ import annotations

import pytest

from kybaocao.workbook.ods_values import read_value
from kybaocao.workbook.ods_xml import OFFICE
from kybaocao.workbook.plain_book import DATE, read_moment
from kybaocao.workbook.xlsx_cells import read_cells

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MOMENTS = {
    "2026-09-10": "2026-09-10T00:00:00",
    "2026-09-10T14:30:00": "2026-09-10T14:30:00",
    "2026-09-09T17:00:00.000Z": "2026-09-10T00:00:00",  # midnight here
    "2026-09-10T00:00:00Z": "2026-09-10T07:00:00",  # midnight in Greenwich
    "2026-09-10T00:00:00+07:00": "2026-09-10T00:00:00",
    "2026-09-09T16:59:30.000Z": "2026-09-09T23:59:30",  # as SheetJS writes 10/09/2026: asked about later
}


@pytest.mark.parametrize("written", MOMENTS)
def test_a_date_of_an_ods_is_a_day_here(written: str) -> None:
    attributes = {OFFICE + "value-type": "date", OFFICE + "date-value": written}
    assert read_value(attributes, ["10/09/2026"]) == ("", [(DATE, MOMENTS[written])])


@pytest.mark.parametrize("written", MOMENTS)
def test_a_date_of_an_xlsx_is_a_day_here(written: str) -> None:
    xml = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="d"><v>{written}</v></c></row></sheetData></worksheet>'
    assert read_cells(xml.encode(), {}, {}, is_1904=False)[1] == [[0, 0, DATE, MOMENTS[written]]]


@pytest.mark.parametrize("written", ["9999-12-31T20:00:00Z", "0001-01-01T00:00:00+14:00", "10/09/2026", ""])
def test_what_is_no_day_here_is_no_date(written: str) -> None:
    assert read_moment(written) == ""
