"""Changes that people make to a form and that leave all values as they are."""

from __future__ import annotations

import datetime as dt
import itertools
import unicodedata
from collections.abc import Callable, Iterator
from copy import copy

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.cell.rich_text import CellRichText, InlineFont, TextBlock
from openpyxl.chart import BarChart, Reference
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.vietnamese import format_number
from tests.checks.catalogue import (
    IDENTITY,
    ISSUES,
    PAPERS,
    SIGN,
    TARGETS,
    TASKS,
)

VARIATIONS: dict[str, Callable[[Workbook], object]] = {}


def _variation(change: Callable[[Workbook], object]) -> Callable[[Workbook], object]:
    VARIATIONS[change.__name__] = change
    return change


def _filled(book: Workbook) -> Iterator[Cell]:
    for sheet in book:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if isinstance(cell, Cell) and cell.value is not None)


def _headings(sheet: Worksheet) -> int:
    """The row of the first table's headings."""
    return next(cell.row for cell in sheet["A"] if cell.value in ("Mã", "STT"))


@_variation
def agency_named_in_another_way(book: Workbook) -> None:
    """The name at the top retyped: any of its dated names is the agency's own."""
    book[TARGETS]["A2"] = "UBND xã Mường Lầm – năm 2026"
    book[TASKS]["A2"] = "X. MƯỜNG LẦM"
    book[ISSUES]["A2"] = unicodedata.normalize("NFD", "Uỷ ban nhân dân xã Mường Lầm - năm 2026")


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
    for name, first, last in ((TARGETS, 7, 10), (TASKS, 7, 30)):
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
                cell.hyperlink = None  # openpyxl gives a blank cell with a link the link's text


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
def blanks_typed_far_away(book: Workbook) -> None:
    """Nobody sees them, nobody scrolls that far."""
    book[TARGETS]["A150000"], book[TASKS]["ZZ7"], book[ISSUES]["B6000"] = " ", "\u00a0 ", "\n"


@_variation
def blanks_typed_into_empty_rows(book: Workbook) -> None:
    for row in range(12, 20):
        book[ISSUES].cell(row, 3).value = "  "
        book[ISSUES].cell(row, 4).value = "\u00a0"


@_variation
def codes_typed_again(book: Workbook) -> None:
    """With a Cyrillic letter, a space, a dot, a zero-width sign: they look the same."""
    for row, code in zip(range(7, 11), ("\u042215", "T 16.", "T17\u200b", "t18"), strict=True):
        book[TARGETS][f"A{row}"] = code


@_variation
def choices_that_look_alike(book: Workbook) -> None:
    """A look-alike letter, a zero-width sign, the tone on the other vowel, a dot: it looks like the choice."""
    typed = ("Có số liệu.", "C\u00f3 s\u1ed1 liệu\u200b", "CÓ SỐ LIỆU", "\u0421ó  số liệu", "Có số liệu ;")
    for row, text in zip((7, 8, 9, 10, 15), typed, strict=True):
        book[TARGETS][f"E{row}"] = text
    for row in range(7, 31):
        if book[TASKS][f"D{row}"].value == "Đã hoàn thành":
            book[TASKS][f"D{row}"] = "\u00d0ã hòan thành."
    book[ISSUES]["D6"], book[PAPERS]["D6"] = "không phát sinh.", "C\u00f3\u200b"


@_variation
def texts_of_rows_changed(book: Workbook) -> None:
    """A row is known by its code, as long as its text is not that of another."""
    book[TARGETS]["B7"], book[TARGETS]["B8"], book[TARGETS]["B9"] = "Tỷ lệ (rút gọn)", None, "  "


@_variation
def headings_in_the_other_spelling(book: Workbook) -> None:
    book[TARGETS]["F6"], book[TARGETS]["H6"] = "Tử số kì này", "Tử số luỹ kế"


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


@_variation
def sheets_copied(book: Workbook) -> None:
    """Excel puts a copy before its original; the sheet that still has the form's name is the form."""
    for name in (TARGETS, SIGN):
        copied = book.copy_worksheet(book[name])
        copied.title = f"{name} (2)"
        book.move_sheet(copied, -7)
    book[f"{SIGN} (2)"]["B5"] = "bản nháp"


@_variation
def sheet_copied_and_the_original_hidden(book: Workbook) -> None:
    """The hidden and the visible sheet hold the same."""
    book.copy_worksheet(book[TARGETS]).title = f"{TARGETS} (2)"
    book[TARGETS].sheet_state = "hidden"


@_variation
def headings_in_two_rows(book: Workbook) -> None:
    """ "Kỳ này" above "Tử số kỳ này" and "Mẫu số kỳ này"."""
    sheet = book[TARGETS]
    sheet.insert_rows(7)
    for column in "FGHI":
        sheet[f"{column}7"], sheet[f"{column}6"] = sheet[f"{column}6"].value, None
    sheet["F6"], sheet["H6"] = "Kỳ này", "Lũy kế"
    sheet.merge_cells("F6:G6")


@_variation
def columns_numbered_below_the_headings(book: Workbook) -> None:
    for name, row in ((TARGETS, 7), (PAPERS, 9)):
        book[name].insert_rows(row)
        for column in range(1, 6):
            book[name].cell(row, column).value = f"({column})"


@_variation
def headings_repeated_for_the_second_page(book: Workbook) -> None:
    sheet = book[PAPERS]
    for column in range(1, 6):
        sheet.cell(12, column).value = sheet.cell(8, column).value


@_variation
def chart_sheet_added(book: Workbook) -> None:
    chart = BarChart()
    chart.add_data(Reference(book[TARGETS], min_col=6, min_row=6, max_row=11), titles_from_data=True)
    book.create_chartsheet("Biểu đồ", 1).add_chart(chart)


# --- letters and spaces ------------------------------------------------------------------------------------------------


@_variation
def letters_decomposed(book: Workbook) -> None:
    """Decomposed letters (NFD), as a Mac writes them."""
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


_INVISIBLE = "\xad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u2060\u2066\u2067\u2068\u2069\ufeff"


@_variation
def signs_that_nobody_sees_everywhere(book: Workbook) -> None:
    """In headings, codes, choices, texts, names, numbers, dates, the hidden identity and the names of sheets."""
    signs = itertools.cycle(_INVISIBLE)
    for sheet in book.worksheets:
        sheet.title = f"{sheet.title[:3]}{next(signs)}{sheet.title[3:]}"
    for cell in _filled(book):
        value = cell.value
        if isinstance(value, int):
            value = str(value)
        elif isinstance(value, dt.datetime):
            value, cell.number_format = f"{value:%d/%m/%Y}", "@"
        if isinstance(value, str) and not value.startswith("="):
            middle = len(value) // 2
            cell.value = f"{next(signs)}{value[:middle]}{next(signs)}{value[middle:]}{next(signs)}"


@_variation
def headings_broken_into_lines(book: Workbook) -> None:
    for cell in book[TARGETS][6]:
        cell.value = str(cell.value).replace(" ", "\n", 1)


@_variation
def words_made_bold(book: Workbook) -> None:
    bold = InlineFont(b=True)
    for cell in (*book[TARGETS][6], *book[TARGETS]["E"][6:11]):
        first, _, rest = str(cell.value).partition(" ")
        cell.value = CellRichText(TextBlock(bold, first), f" {rest}" if rest else "")


@_variation
def choices_typed_by_hand(book: Workbook) -> None:
    for cell in (*book[TARGETS]["E"][6:11], *book[TASKS]["D"][6:30]):
        cell.value = f"{str(cell.value).lower()} "
    book[ISSUES]["D6"], book[PAPERS]["D6"] = "không phát sinh", "CÓ"


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
