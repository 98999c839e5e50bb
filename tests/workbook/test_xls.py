"""Our form saved by LibreOffice as .xls or .ods says the same; a spoilt .xls is refused by name."""

from __future__ import annotations

import datetime as dt
import functools
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.ods import parse_ods
from kybaocao.workbook.parsing import parse_book
from kybaocao.workbook.plain_book import (
    MAX_ROWS,
    BookTooLargeError,
    EncryptedBookError,
)
from kybaocao.workbook.sandbox import TOO_LONG, SandboxError, parse_limited
from kybaocao.workbook.xls import parse_xls
from tests.checks.catalogue import COMMUNE, STC, TARGETS, edit, judge_bytes, places, valid_form

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
LEGACY = ("xls", "ods")


_PROFILE = tempfile.TemporaryDirectory()  # LibreOffice makes one for each user; once is enough


@functools.cache
def convert(data: bytes, suffix: str) -> bytes:
    """The workbook as LibreOffice saves it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.xlsx").write_bytes(data)
        command = ["soffice", f"-env:UserInstallation=file://{_PROFILE.name}", "--headless", "--convert-to", suffix]
        command += ["--outdir", str(folder / "out"), str(folder / "a.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        return (folder / "out" / f"a.{suffix}").read_bytes()


def values(book: list[Any]) -> dict[tuple[str, int, int], Any]:
    """Every value with its place; a value and its type, as 1 and True are equal to Python."""
    return {
        (name, row, column): (value, type(value))
        for name, _, rows, _ in book
        for row, cells in enumerate(rows)
        for column, value in enumerate(cells)
        if value != "" or not isinstance(value, str)
    }


def marks(book: list[Any], sheet: str, kind: str) -> dict[tuple[int, int], str]:
    """Place -> text of the marks of one kind."""
    found = next(sheet_marks for name, _, _, sheet_marks in book if name == sheet)
    return {(row, column): text for row, column, of_kind, text in found if of_kind == kind}


# --- what LibreOffice saves ----------------------------------------------------------------------------------------

ODD = "Thử"
EMPTY_RESULT = (0, 12)


def _add_odd_cells(book: Workbook) -> None:
    """One cell of every kind, and hidden sheets."""
    sheet = book.create_sheet(ODD)
    row: list[tuple[Any, str]] = [
        ("a  b\nc", ""), (0.4, "0%"), (0.123, "0.00%"), (1234567, "#,##0,"), (12, '0"%"'), (5, '#,##0 "đ"'),
        (dt.datetime.fromisoformat("2026-11-28"), "dd/mm/yyyy"), (dt.datetime.fromisoformat("2026-11-28T10:30"), "dd/mm/yyyy hh:mm"),
        (dt.time(10, 30), "hh:mm"), (dt.timedelta(hours=30, minutes=5), "[h]:mm"), (True, ""), ("=1/0", ""),
        ('=IF(1,"","x")', ""), ("=1+1", ""), ("=DATE(2026,11,28)", "dd/mm/yyyy"), (-2.5, ""), (1e20, ""), (" x ", ""),
        (5, '0".000"'), (40, ";;;"), (5, '0 "nghìn"'), (-6.35, "0.00;[Red]0.00"), (40000, '[<1000]0;#,##0,"k"'),
        (1, '[>=1]0"%";0%'), (5, '_(* #,##0_);_(* \\(#,##0\\);_(* "-"??_);_(@_)'), (-5, "0;-0"), (5, '0"000"'),
    ]  # fmt: skip
    for column, (value, number_format) in enumerate(row, start=1):
        cell = sheet.cell(1, column, value)
        if number_format:
            cell.number_format = number_format
    sheet["A3"], sheet["A3"].comment = 3, Comment("chú thích", "x")
    sheet["B7"] = "gộp"
    sheet.merge_cells("B7:D8")
    sheet["Z4999"] = "xa"
    for name, state in (("Ẩn", "hidden"), ("Ẩn sâu", "veryHidden")):
        book.create_sheet(name)["A1"] = 1
        book[name].sheet_state = state


@functools.cache
def odd_form() -> bytes:
    return edit(valid_form(), _add_odd_cells)


@needs_libreoffice
@pytest.mark.parametrize("suffix", LEGACY)
@pytest.mark.parametrize("make", [valid_form, lambda: valid_form(STC), odd_form], ids=["commune", "STC", "odd"])
def test_the_same_values_stand_at_the_same_addresses(suffix: str, make: Callable[[], bytes]) -> None:
    """As the .xlsx of the same program has them: values, types, sheets, what is hidden."""
    modern, legacy = parse_book(convert(make(), "xlsx")), parse_book(convert(make(), suffix))
    assert [sheet[:2] for sheet in legacy] == [sheet[:2] for sheet in modern]
    assert len(values(legacy)) > 200
    assert values(legacy) == values(modern)


@needs_libreoffice
@pytest.mark.parametrize("suffix", LEGACY)
@pytest.mark.parametrize("kind", ["percent", "scaled", "literal", "date", "error", "merged", "unworked"])
def test_the_same_marks_stand_beside_them(suffix: str, kind: str) -> None:
    """What a cell shows beside its value, with the same text."""
    modern, legacy = parse_book(convert(odd_form(), "xlsx")), parse_book(convert(odd_form(), suffix))
    wanted = {name: marks(modern, name, kind) for name, *_ in modern}
    assert any(wanted.values()) or kind == "unworked"
    found = {name: marks(legacy, name, kind) for name, *_ in legacy}
    if kind == "unworked" and suffix == "xls":  # a formula that gave "" looks like one without a result
        assert found.pop(ODD).keys() == wanted.pop(ODD).keys() | {EMPTY_RESULT}
    if kind in ("scaled", "literal"):  # LibreOffice spells codes in its own way
        found, wanted = ({name: dict.fromkeys(of) for name, of in one.items()} for one in (found, wanted))
    assert found == wanted


@needs_libreoffice
def test_the_formulas_of_an_ods_are_spelt() -> None:
    """References as officials know them; an .xls does not spell its formulas."""
    found = marks(parse_ods(convert(odd_form(), "ods")), ODD, "formula")
    assert (found[(0, 13)], found[(0, 14)], found[(0, 12)]) == ("=1+1", "=DATE(2026;11;28)", '=IF(1;"";"x")')
    target = marks(parse_ods(convert(valid_form(), "ods")), TARGETS, "formula")
    assert target[(6, 9)].startswith("=IF(AND(ISNUMBER(H7);")
    assert marks(parse_xls(convert(odd_form(), "xls")), ODD, "formula") == {}


@needs_libreoffice
@pytest.mark.parametrize("suffix", LEGACY)
def test_of_two_marks_of_a_cell_the_later_counts(suffix: str) -> None:
    """A date that a formula gives is a date."""
    book = parse_book(convert(odd_form(), suffix))
    last = {(row, column): kind for row, column, kind, _ in next(found for name, _, _, found in book if name == ODD)}
    assert (last[(0, 14)], last[(0, 11)], last[(0, 1)]) == ("date", "error", "percent")


@needs_libreoffice
@pytest.mark.parametrize("suffix", ("xlsx", *LEGACY))
def test_what_is_not_seen_as_plain_is_not_read_as_plain(suffix: str) -> None:
    """Ten to the second, a number struck out before another, a month without its day."""

    def _change(book: Workbook) -> None:
        sheet = book.create_sheet(ODD)
        sheet["A1"] = CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "2"))
        sheet["B1"] = CellRichText(TextBlock(InlineFont(strike=True), "18"), "20")
        sheet["C1"], sheet["C1"].number_format = dt.date(2026, 11, 1), "mm/yyyy"

    book = parse_book(convert(edit(valid_form(), _change), suffix))
    assert next(rows for name, _, rows, _ in book if name == ODD) == [["10²", "1\u03368\u033620", "11/2026"]]


@needs_libreoffice
@pytest.mark.parametrize("suffix", LEGACY)
def test_dates_of_the_macintosh_calendar_are_the_same_days(suffix: str) -> None:
    """A book may count its days from 1904."""

    def _change(book: Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904
        book.create_sheet(ODD)["A1"] = dt.datetime.fromisoformat("2026-11-28")

    book = parse_book(convert(edit(valid_form(), _change), suffix))
    assert marks(book, ODD, "date") == {(0, 0): "2026-11-28T00:00:00"}


@needs_libreoffice
@pytest.mark.parametrize("suffix", LEGACY)
@pytest.mark.parametrize("agency", [COMMUNE, STC])
def test_the_form_is_accepted_with_the_same_answers(suffix: str, agency: str) -> None:
    """Through the guard and the sandbox, as if it had come as .xlsx."""
    judged, wanted = judge_bytes(convert(valid_form(agency), suffix), agency), judge_bytes(valid_form(agency), agency)
    assert (judged.verdict, places(judged)) == (Verdict.ACCEPTED, [])
    assert {key: answer.value for key, answer in judged.answers.items()} == {
        key: answer.value for key, answer in wanted.answers.items()
    }


@needs_libreoffice
@pytest.mark.parametrize("suffix", LEGACY)
@pytest.mark.parametrize("cell", [f"A{MAX_ROWS + 1}", "GS1"])
def test_values_beyond_the_limits_are_refused(suffix: str, cell: str) -> None:
    """Nothing is cut in silence; formats without values out there are no matter."""

    def _write(value: object) -> Callable[[Workbook], None]:
        def _change(book: Workbook) -> None:
            sheet = book.create_sheet(ODD)
            sheet["A1"], sheet[cell] = 1, value
            sheet[cell].number_format = "0.000"

        return _change

    with pytest.raises(BookTooLargeError):
        parse_book(convert(edit(valid_form(), _write(0)), suffix))
    book = parse_book(convert(edit(valid_form(), _write(None)), suffix))
    assert next(rows for name, _, rows, _ in book if name == ODD) == [[1.0]]


# --- results of formulas in an .xls --------------------------------------------------------------------------------

FORMATS = ("General", "0", "#,##0", "0%", "dd/mm/yyyy", "@", '#,##0" đ"', "0.00;[Red]-0.00")


@needs_libreoffice
@pytest.mark.parametrize("by_way_of", ["", "xlsx"])
def test_a_result_that_may_be_a_text_or_nothing_is_not_believed(by_way_of: str) -> None:
    """LibreOffice stores 0 for a text under a number format, after a second saving under any; a true 0 looks alike."""
    formulas = ('="chữ"', '=""', '=IF(1,"","x")', "=1-1", '=TEXT(5,"0")', "=A900")

    def _change(book: Workbook) -> None:
        sheet = book.create_sheet(ODD)
        for row, formula in enumerate(formulas, start=1):
            for column, number_format in enumerate(FORMATS, start=1):
                sheet.cell(row, column, formula).number_format = number_format

    data = edit(valid_form(), _change)
    book = parse_book(convert(convert(data, by_way_of) if by_way_of else data, "xls"))
    rows = next(rows for name, _, rows, _ in book if name == ODD)
    unsure = marks(book, ODD, "doubtful").keys() | marks(book, ODD, "unworked").keys()
    certain = {(0, 0): "chữ", (4, 0): "5"} if not by_way_of else {}
    for row in range(len(formulas)):
        for column in range(len(FORMATS)):
            value = rows[row][column] if row < len(rows) and column < len(rows[row]) else ""
            assert value == certain.get((row, column), "") and ((row, column) in unsure) != bool(value)


@needs_libreoffice
@pytest.mark.parametrize(
    ("sheet", "cell", "formula"),
    [
        (TARGETS, "F8", "=40-40"),
        (TARGETS, "F8", '=IF(1,"","x")'),
        ("Nhiệm vụ", "G8", '="Đã ban hành kế hoạch"'),
        ("Xác nhận", "B5", '="Cầm Thị Xuân"'),
        ("Nhiệm vụ", "D8", '="Đã hoàn thành"'),
    ],
)
def test_an_uncertain_result_is_asked_about(sheet: str, cell: str, formula: str) -> None:
    """A figure, a text, a name, a choice: typed directly or saved as .xlsx, it is accepted."""

    def _change(book: Workbook) -> None:
        book[sheet][cell], book[sheet][cell].number_format = formula, "#,##0"

    judged = judge_bytes(convert(edit(valid_form(), _change), "xls"))
    assert judged.verdict is Verdict.RETURNED
    assert ("formula-result-unclear", sheet, cell) in places(judged)


def _spoil_result(data: bytes, result: bytes) -> bytes:
    """The first formula whose result is a text, with other bytes as its result."""
    start = 0
    while True:
        start = data.index(b"\x06\x00", start + 1)
        if data[start + 10 : start + 18] == b"\x00\x00\x00\x00\x00\x00\xff\xff":
            return data[: start + 10] + result + data[start + 18 :]


@needs_libreoffice
@pytest.mark.parametrize("result", [b"\x07\0\0\0\0\0\xff\xff", b"\xff\0\0\0\0\0\xff\xff"])
def test_a_result_of_no_kind_is_no_result(result: bytes) -> None:
    """The cell is asked about; xlrd alone would refuse the whole book."""

    def _change(book: Workbook) -> None:
        book.create_sheet(ODD)["B2"] = '="chữ"'

    data = convert(edit(valid_form(), _change), "xls")
    assert marks(parse_book(_spoil_result(data, result)), ODD, "unworked").keys() == {(1, 1)}


@needs_libreoffice
def test_a_text_result_without_its_text_is_no_result() -> None:
    """The record that should follow it is gone; all other cells are read."""

    def _change(book: Workbook) -> None:
        book.create_sheet(ODD)["B2"] = '="chữ riêng"'

    data = convert(edit(valid_form(), _change), "xls")
    text = data.index("chữ riêng".encode("utf-16-le"), data.index(b"\x07\x02"))
    start = data.rindex(b"\x07\x02", 0, text)
    book = parse_book(data[:start] + b"\xff\x7f" + data[start + 2 :])
    assert marks(book, ODD, "unworked").keys() == {(1, 1)}
    assert (
        values(book).items() >= {key: one for key, one in values(parse_book(data)).items() if key[0] == TARGETS}.items()
    )


@needs_libreoffice
def test_a_number_whose_style_is_not_there_is_unreadable() -> None:
    """The cell is asked about, not the file."""

    def _change(book: Workbook) -> None:
        sheet = book.create_sheet(ODD)
        sheet["A1"], sheet["B1"] = 1234.5678, 5.25

    data = convert(edit(valid_form(), _change), "xls")
    number = data.index(struct.pack("<d", 1234.5678))
    book = parse_book(data[: number - 2] + struct.pack("<H", 9_999) + data[number:])
    assert marks(book, ODD, "unreadable") == {(0, 0): "1234.5678"}
    assert next(rows for name, _, rows, _ in book if name == ODD)[0][1] == 5.25


# --- .xls from strangers -------------------------------------------------------------------------------------------


@needs_libreoffice
def test_an_xls_with_a_password_is_known_by_name() -> None:
    """A record says so, before anything else could be read."""
    data = convert(valid_form(), "xls")
    write_access, file_pass = b"\x5c\x00\x70\x00", b"\x2f\x00\x70\x00"
    assert write_access in data
    with pytest.raises(EncryptedBookError):
        parse_xls(data.replace(write_access, file_pass, 1))


@needs_libreoffice
def test_a_spoilt_xls_is_a_book_or_a_failure_by_name() -> None:
    """Cut off or with bytes changed: a book or a failure of the reader, from its own process."""
    data, random, failures = convert(valid_form(), "xls"), Random(2), 0
    for number in range(12):
        spoilt = bytearray(data[: len(data) // 2] if number == 0 else data)
        for _ in range(200):
            spoilt[random.randrange(len(spoilt))] = random.randrange(256)
        try:
            parse_limited(bytes(spoilt))
        except SandboxError as error:
            assert error.reason != TOO_LONG
            failures += 1
    assert failures


@needs_libreoffice
def test_the_reader_of_xls_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """In the sandbox stdout is the answer; xlrd would write its remarks there."""
    data = bytearray(convert(valid_form(), "xls"))
    data[-300:] = bytes(300)
    try:
        parse_xls(bytes(data) + b"x" * 700)  # xlrd remarks on a file size that is no multiple of a sector
    except Exception as error:  # whatever it thinks of the file
        assert error
    assert capfd.readouterr() == ("", "")
