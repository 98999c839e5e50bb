"""Defects of rows, columns, sheets and of the form's identity."""

from __future__ import annotations

from openpyxl import Workbook

from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import IDENTITY, ISSUES, PAPERS, SIGN, TARGETS, TASKS, workbook_defect

ACCEPTED, RETURNED, UNREADABLE = Verdict.ACCEPTED, Verdict.RETURNED, Verdict.UNREADABLE


@workbook_defect(RETURNED, ("row-missing", TARGETS, ""))
def row_missing(book: Workbook) -> None:
    book[TARGETS].delete_rows(8)


@workbook_defect(RETURNED, ("row-duplicated", TARGETS, "A12"))
def row_duplicated(book: Workbook) -> None:
    for column in "ABCDEFGHI":
        book[TARGETS][f"{column}12"] = book[TARGETS][f"{column}8"].value


@workbook_defect(RETURNED, *[("row-mislabelled", TARGETS, f"A{row}") for row in range(7, 11)])
def codes_sorted_alone(book: Workbook) -> None:
    """The codes of four rows are in reverse order; none keeps its own."""
    codes = [book[TARGETS][f"A{row}"].value for row in range(7, 11)]
    for row, code in zip(range(7, 11), reversed(codes), strict=True):
        book[TARGETS][f"A{row}"] = code


@workbook_defect(RETURNED, ("row-mislabelled", TARGETS, "A7"), ("row-mislabelled", TARGETS, "A8"))
def two_texts_swapped(book: Workbook) -> None:
    sheet = book[TARGETS]
    sheet["B7"], sheet["B8"] = sheet["B8"].value, sheet["B7"].value


@workbook_defect(RETURNED, ("row-code-changed", TARGETS, "A8"))
def code_deleted(book: Workbook) -> None:
    """The row is there: the cell to be filled is named."""
    book[TARGETS]["A8"] = None


@workbook_defect(RETURNED, *[("row-code-changed", TARGETS, f"A{row}") for row in range(7, 11)])
def codes_overwritten_by_numbers(book: Workbook) -> None:
    """One finding a row, and none about unknown or missing rows."""
    for number, row in enumerate(range(7, 11), start=1):
        book[TARGETS][f"A{row}"] = number


@workbook_defect(RETURNED, ("cell-merged", TARGETS, "A7"))
def two_codes_merged(book: Workbook) -> None:
    """The second code is covered by the merged range; its row is there."""
    book[TARGETS].merge_cells("A7:A8")


@workbook_defect(RETURNED, ("cell-merged", TARGETS, "E7"))
def statuses_merged(book: Workbook) -> None:
    """One merged range is one finding, however many cells it covers."""
    book[TARGETS].merge_cells("E7:E10")


@workbook_defect(RETURNED, ("column-missing", TARGETS, "F6"))
def heading_changed(book: Workbook) -> None:
    book[TARGETS]["F6"] = "Tử số quý này"


@workbook_defect(RETURNED, ("cycle-name-differs", TARGETS, "A2"))
def last_year_in_the_title(book: Workbook) -> None:
    """Not a cycle of this plan, but not of this year either."""
    book[TARGETS]["A2"] = "Ủy ban nhân dân xã Mường Lầm – 6 tháng đầu năm 2025"


@workbook_defect(ACCEPTED, ("row-unknown", TARGETS, "A12"))
def row_unknown(book: Workbook) -> None:
    """A line that the agency added is not counted, and there is a finding."""
    book[TARGETS]["A12"], book[TARGETS]["F12"] = "Tổng cộng", 900


@workbook_defect(RETURNED, ("column-missing", TARGETS, "A6"))
def column_missing(book: Workbook) -> None:
    book[TARGETS].delete_cols(8)


@workbook_defect(RETURNED, ("column-duplicated", TARGETS, "J6"))
def column_duplicated(book: Workbook) -> None:
    """Two columns with one heading: only the agency knows which counts."""
    for row in range(6, 12):
        book[TARGETS].cell(row, 10).value = book[TARGETS].cell(row, 8).value


@workbook_defect(RETURNED, ("column-missing", TARGETS, "A6"))
def code_column_missing(book: Workbook) -> None:
    book[TARGETS]["A6"] = "STT"


@workbook_defect(RETURNED, ("table-missing", "", ""))
def table_missing(book: Workbook) -> None:
    del book[TASKS]


@workbook_defect(RETURNED, ("table-missing", "", ""))
def header_row_missing(book: Workbook) -> None:
    book[TARGETS].delete_rows(6)


@workbook_defect(RETURNED, *[("table-duplicated", "Nháp", cell) for cell in ("A6", "A14")])
def sheet_copied_and_both_renamed(book: Workbook) -> None:
    """Only the agency knows which of the two counts."""
    book.copy_worksheet(book[TARGETS]).title = "Nháp"
    book[TARGETS].title = "Chính thức"


@workbook_defect(ACCEPTED, ("signature-below-table", ISSUES, "F24"))
def signed_below_an_open_table(book: Workbook) -> None:
    """As on paper: date, titles, names; none of them a difficulty."""
    book[ISSUES]["F24"] = "Mường Lầm, ngày 05 tháng 5 năm 2026"
    book[ISSUES]["C25"], book[ISSUES]["F25"] = "NGƯỜI LẬP BIỂU", "KT. CHỦ TỊCH"
    book[ISSUES]["C26"], book[ISSUES]["F26"] = "TM. ỦY BAN NHÂN DÂN XÃ", "(Ký, ghi rõ họ tên)"
    book[ISSUES]["C29"], book[ISSUES]["F29"] = "Nguyễn Văn A", "Lò Thị B"


@workbook_defect(RETURNED, ("row-incomplete", ISSUES, "B10"), ("row-incomplete", ISSUES, "H10"))
def a_difficulty_that_begins_like_a_signature(book: Workbook) -> None:
    book[ISSUES]["D6"] = "Có"
    book[ISSUES]["C10"] = "Giám đốc trung tâm chưa được bổ nhiệm"


@workbook_defect(RETURNED, ("row-missing", ISSUES, ""))
def question_missing(book: Workbook) -> None:
    """The question above the table was deleted with its answer."""
    book[ISSUES].unmerge_cells("A6:C6")
    for column in "ABCD":
        book[ISSUES][f"{column}6"] = None


@workbook_defect(RETURNED, ("row-missing", "", ""))
def field_label_missing(book: Workbook) -> None:
    book[SIGN].delete_rows(7)


# --- identity --------------------------------------------------------------------------------------------------


@workbook_defect(UNREADABLE, ("identity-missing", "", ""))
def identity_missing(book: Workbook) -> None:
    """The cells were copied into a new workbook."""
    del book[IDENTITY]


@workbook_defect(UNREADABLE, ("identity-missing", "", ""))
def identity_incomplete(book: Workbook) -> None:
    book[IDENTITY]["B3"] = None


@workbook_defect(UNREADABLE, ("identity-other-plan", "", ""))
def identity_of_another_plan(book: Workbook) -> None:
    book[IDENTITY]["B1"] = "nq19-2025"


@workbook_defect(UNREADABLE, ("identity-other-cycle", "", ""))
def identity_of_another_cycle(book: Workbook) -> None:
    """The form of the last cycle, filled in again."""
    book[IDENTITY]["B2"] = "nq02-2026-ky1"


@workbook_defect(UNREADABLE, ("identity-other-agency", "", ""))
def identity_of_another_agency(book: Workbook) -> None:
    book[IDENTITY]["B3"] = "X-04240"  # xã Mường Lèo, two letters from xã Mường Lầm


@workbook_defect(UNREADABLE, ("identity-other-edition", "", ""))
def identity_of_another_edition(book: Workbook) -> None:
    book[IDENTITY]["B4"] = "2025.2"


@workbook_defect(ACCEPTED, ("identity-altered", "", ""))
def identity_altered(book: Workbook) -> None:
    """The checksum is not that of the form we issued; the form is read all the same."""
    book[IDENTITY]["B5"] = "0000000000000000"


@workbook_defect(UNREADABLE, ("identity-other-agency", "", ""))
def identity_missing_beside_another_name(book: Workbook) -> None:
    """Whose form it was can still be read."""
    del book[IDENTITY]
    book[TARGETS]["A2"] = "UBND xã Mường Lèo – năm 2026"


def _below(book: Workbook, first: int) -> None:
    """The table of targets once more, with other figures, from row `first` on."""
    sheet = book[TARGETS]
    for row in range(6, 11):
        for column in range(1, 13):
            value = sheet.cell(row, column).value
            sheet.cell(first + row - 6, column).value = value + 7 if isinstance(value, int) else value


@workbook_defect(
    RETURNED,
    *[("row-duplicated", TARGETS, f"A{row}") for row in range(17, 21)],
    *[("row-unknown", TARGETS, f"A{row}") for row in (14, 15)],
)
def last_year_below_and_a_heading_respelled(book: Workbook) -> None:
    """The upper table is read, although only the lower one has all headings; the rows stand twice, those of stocks between them."""
    _below(book, 16)
    book[TARGETS]["F6"] = "Tử số kì này"


@workbook_defect(RETURNED, ("table-missing", "", ""))
def headings_gone_and_a_draft_beside(book: Workbook) -> None:
    """An unknown sheet is not read while the form's own sheet is there."""
    book.copy_worksheet(book[TARGETS]).title = "Kỳ 1"
    for column in range(1, 13):
        book[TARGETS].cell(6, column).value = None


@workbook_defect(RETURNED, ("row-missing", "", ""))
def label_of_the_signer_changed_and_a_copy_beside(book: Workbook) -> None:
    book.copy_worksheet(book[SIGN]).title = "Xác nhận (2)"
    book[SIGN]["A6"] = "Số điện thoại"


@workbook_defect(RETURNED, ("table-duplicated", "Nháp", ""))
def two_sheets_of_signers_and_neither_the_form_s(book: Workbook) -> None:
    book.copy_worksheet(book[SIGN]).title = "Nháp"
    book[SIGN].title = "Chính thức"


@workbook_defect(RETURNED, ("column-duplicated", TARGETS, "J6"))
def column_written_anew_beside_the_hidden_one(book: Workbook) -> None:
    """Both headings are read as "Tử số kỳ này": only the agency knows which counts."""
    book[TARGETS].column_dimensions["F"].hidden = True
    book[TARGETS]["J6"] = "Tử số kì này"


@workbook_defect(RETURNED, ("table-filled-elsewhere", "Văn bản (2)", "A8"))
def documents_written_in_a_copy(book: Workbook) -> None:
    """The form's own table says that there are none."""
    book.copy_worksheet(book[PAPERS]).title = "Văn bản (2)"
    book[PAPERS]["D6"] = "Không phát sinh"
    for column in "BCD":
        book[PAPERS][f"{column}9"] = None


@workbook_defect(RETURNED, ("column-missing", TARGETS, "A6"), ("table-filled-elsewhere", "Chỉ tiêu (2)", "A6"))
def targets_written_in_a_copy_and_the_heading_of_codes_changed(book: Workbook) -> None:
    """Two findings; judging this file once ended with a KeyError."""
    book.copy_worksheet(book[TARGETS]).title = "Chỉ tiêu (2)"
    for row in book[TARGETS]["E7:L10"]:
        for cell in row:
            cell.value = None
    book[TARGETS]["A6"] = "Ký hiệu"


@workbook_defect(RETURNED, ("table-hidden", "Chỉ tiêu (2)", "A6"))
def sheet_copied_and_the_form_s_own_hidden(book: Workbook) -> None:
    """The official sees 50, and 40 would be read."""
    book.copy_worksheet(book[TARGETS]).title = "Chỉ tiêu (2)"
    book["Chỉ tiêu (2)"]["F8"] = 50
    book[TARGETS].sheet_state = "hidden"


@workbook_defect(ACCEPTED, ("table-copy-ignored", "Nháp", "A6"))
def draft_beside_the_form_s_own_sheet(book: Workbook) -> None:
    """The form's own table is read, and there is a note about the copy."""
    draft = book.copy_worksheet(book[TARGETS])
    draft.title, draft["F8"] = "Nháp", 39
    book.move_sheet(draft, -7)


@workbook_defect(RETURNED, ("table-filled-elsewhere", "Chỉ tiêu (2)", "A6"))
def filled_in_a_copy_of_the_sheet(book: Workbook) -> None:
    book.copy_worksheet(book[TARGETS]).title = "Chỉ tiêu (2)"
    for row in book[TARGETS]["E7:L10"]:
        for cell in row:
            cell.value = None


@workbook_defect(RETURNED, ("cycle-name-differs", TARGETS, "A2"))
def sheet_of_the_last_cycle(book: Workbook) -> None:
    book[TARGETS]["A2"] = "Ủy ban nhân dân xã Mường Lầm – 6 tháng đầu năm 2026"


@workbook_defect(RETURNED, ("agency-name-differs", TARGETS, "A2"))
def name_of_another_agency(book: Workbook) -> None:
    """One letter more is another commune: only the agency knows whose figures they are."""
    book[TARGETS]["A2"] = "Uỷ ban nhân dân xã Mường Lạn - NĂM 2026"


@workbook_defect(ACCEPTED, ("agency-name-outdated", TASKS, "A2"))
def name_of_before_the_merger(book: Workbook) -> None:
    """Xã Đứa Mòn became part of xã Mường Lầm on 01/07/2025."""
    book[TASKS]["A2"] = "Xã Đứa Mòn – năm 2026"


@workbook_defect(ACCEPTED, ("agency-name-unknown", TARGETS, "A2"))
def name_of_nobody(book: Workbook) -> None:
    """Nothing is matched because it looks similar; the hidden identity says whose form it is."""
    for sheet in (TARGETS, TASKS):
        book[sheet]["A2"] = "UBND xã Mường Lam – năm 2026"


@workbook_defect(UNREADABLE, ("sheet-too-large", TARGETS, "A150000"))
def cell_far_below(book: Workbook) -> None:
    """One stray sign a hundred thousand rows down: the agency could not find it by itself."""
    book[TARGETS]["A150000"] = "."


@workbook_defect(UNREADABLE, ("sheet-too-large", TARGETS, "WQJ1000000"))
def cell_far_away(book: Workbook) -> None:
    """A reader that lays cells out densely would need gigabytes."""
    book[TARGETS].cell(1_000_000, 16_000, "x")
