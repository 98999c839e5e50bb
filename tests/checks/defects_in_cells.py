"""Defects inside one cell or between cells. Rows: T15 is 7, T16 is 8; T13, a stock, is 15; task III.1.a is 7."""

from __future__ import annotations

import datetime as dt

from openpyxl import Workbook
from openpyxl.cell.cell import Cell

from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import DUTIES, ISSUES, PAPERS, SIGN, SNV, STC, TARGETS, TASKS, workbook_defect

ACCEPTED, RETURNED = Verdict.ACCEPTED, Verdict.RETURNED

# --- numbers -------------------------------------------------------------------------------------------------


def _number(code: str):  # type: ignore[no-untyped-def]
    """A defect of the number in F8, T16's numerator of this period."""
    return workbook_defect(RETURNED, (code, TARGETS, "F8"))


@_number("number-unreadable")
def number_unreadable(book: Workbook) -> None:
    book[TARGETS]["F8"] = "khoảng 40"


@_number("number-with-unit")
def number_with_a_unit(book: Workbook) -> None:
    book[TARGETS]["F8"] = "40 hồ sơ"


@_number("number-not-whole")
def number_with_a_unit_and_a_decimal(book: Workbook) -> None:
    """The number without its unit would be refused, too, so that is the finding."""
    book[TARGETS]["F8"] = "4,5 hồ sơ"


@_number("number-negative")
def number_with_a_unit_and_a_minus(book: Workbook) -> None:
    book[TARGETS]["F8"] = "-4 hồ sơ"


@_number("number-is-sign")
def number_is_a_dash(book: Workbook) -> None:
    book[TARGETS]["F8"] = "-"


@_number("number-is-pair")
def number_is_a_fraction(book: Workbook) -> None:
    book[TARGETS]["F8"] = "31/75"


@_number("number-unreadable")
def number_is_two_numbers(book: Workbook) -> None:
    """Numerator and denominator in one cell are not one large number."""
    book[TARGETS]["F8"] = "40 50"


@_number("number-unreadable")
def number_is_two_lines(book: Workbook) -> None:
    """Two numbers on two lines (Alt+Enter) were once read as 40 050."""
    book[TARGETS]["F8"] = "40\n050"


@_number("number-unreadable")
def number_is_two_numbers_apart(book: Workbook) -> None:
    book[TARGETS]["F8"] = "40   050"


@_number("percent-in-count")
def count_whose_format_writes_a_percent_sign(book: Workbook) -> None:
    book[TARGETS]["F8"] = 40
    book[TARGETS]["F8"].number_format = '0"%"'


@_number("number-unreadable")
def count_whose_format_writes_thousand(book: Workbook) -> None:
    book[TARGETS]["F8"] = 40
    book[TARGETS]["F8"].number_format = '0 "nghìn"'


@_number("number-shown-scaled")
def count_whose_format_adds_zeros(book: Workbook) -> None:
    book[TARGETS]["F8"] = 40
    book[TARGETS]["F8"].number_format = '0".000"'


@workbook_defect(RETURNED, ("date-unreadable", TASKS, "F7"))
def date_of_which_only_the_month_is_shown(book: Workbook) -> None:
    """The sheet shows a month, the cell holds a day that nobody typed."""
    book[TASKS]["F7"] = dt.date(2026, 11, 1)
    book[TASKS]["F7"].number_format = "mm/yyyy"


@workbook_defect(RETURNED, ("cell-merged", TARGETS, "F8"))
def number_hidden_under_a_merge(book: Workbook) -> None:
    """The sheet shows one number across both cells; the other is still there."""
    book[TARGETS].merge_cells("F8:G8")
    book[TARGETS]._cells[(8, 7)] = Cell(book[TARGETS], 8, 7, 50)


@_number("number-became-date")
def number_became_a_date(book: Workbook) -> None:
    """Excel turns "4/5" into the fourth of May."""
    book[TARGETS]["F8"] = dt.date(2026, 5, 4)


@_number("cell-error")
def number_is_an_excel_error(book: Workbook) -> None:
    book[TARGETS]["F8"] = "#DIV/0!"


@_number("formula-unworked")
def number_is_a_formula_nobody_computed(book: Workbook) -> None:
    """A program wrote the formula without its result."""
    book[TARGETS]["F8"] = "=F7+1"


@_number("number-unreadable")
def number_is_true(book: Workbook) -> None:
    book[TARGETS]["F8"] = True


@_number("percent-in-count")
def count_typed_as_percent(book: Workbook) -> None:
    """Excel keeps 40% as 0.4 and 100% as 1; a count of 1 would be read without a finding."""
    book[TARGETS]["F8"] = 1
    book[TARGETS]["F8"].number_format = "0%"


@_number("number-is-word")
def number_is_a_word(book: Workbook) -> None:
    book[TARGETS]["F8"] = "KPS"


@workbook_defect(RETURNED, ("number-may-be-blank", TASKS, "E7"))
def progress_is_a_word(book: Workbook) -> None:
    """A task has no "Tình trạng số liệu" to choose; its progress may stay blank."""
    book[TASKS]["E7"] = "KPS"


@workbook_defect(RETURNED, ("number-unreadable", TASKS, "E7"))
def progress_is_a_fraction(book: Workbook) -> None:
    """The table has no two columns for the two numbers."""
    book[TASKS]["E7"] = "1/2"


@workbook_defect(RETURNED, ("number-is-word", TARGETS, "F22"), agency=STC)
def nothing_where_the_list_has_no_nothing(book: Workbook) -> None:
    """T02's status is "Có số liệu" or "Chưa có số liệu"."""
    book[TARGETS]["F22"] = "KPS"


@workbook_defect(ACCEPTED, *(("mark-beside-status", TARGETS, f"{column}8") for column in "FGHI"))
def dashes_beside_nothing(book: Workbook) -> None:
    """The status says it already; the dashes are superfluous."""
    for column, value in zip("EFGHI", ("Không phát sinh", "-", "-", "KPS", "x"), strict=True):
        book[TARGETS][f"{column}8"] = value


@workbook_defect(RETURNED, *(("figure-contradicts-status", TARGETS, f"{column}8") for column in "FGHI"))
def another_status_in_the_figures(book: Workbook) -> None:
    book[TARGETS]["E8"] = "Không phát sinh"
    for column in "FGHI":
        book[TARGETS][f"{column}8"] = "chưa có số liệu"


@_number("number-shown-scaled")
def number_shown_in_thousands(book: Workbook) -> None:
    """The sheet shows 0, the cell holds 40."""
    book[TARGETS]["F8"] = 40
    book[TARGETS]["F8"].number_format = "#,##0,"


@_number("number-not-whole")
def number_shown_in_thousands_with_a_decimal(book: Workbook) -> None:
    """The sheet shows 4, the cell holds 4000.5, which would be refused, too."""
    book[TARGETS]["F8"] = 4000.5
    book[TARGETS]["F8"].number_format = "#,##0,"


@workbook_defect(RETURNED, ("cell-merged", TARGETS, "E8"))
def number_under_a_merge(book: Workbook) -> None:
    """Two counts became one cell."""
    book[TARGETS].merge_cells("E8:F8")


@workbook_defect(ACCEPTED, ("number-read-as", TASKS, "E7"))
def percent_with_an_english_point(book: Workbook) -> None:
    """Of 62,5 and 625 only one is a percentage: it is taken, and the agency is asked to look."""
    book[TASKS]["E7"] = "62.5"


@workbook_defect(RETURNED, ("number-too-small", TASKS, "E7"))
def percent_that_is_left_over_by_a_formula(book: Workbook) -> None:
    book[TASKS]["E7"] = 5.551115123125783e-17
    book[TASKS]["E7"].number_format = "0%"


@workbook_defect(RETURNED, ("percent-as-fraction", TASKS, "E7"))
def percent_as_fraction(book: Workbook) -> None:
    book[TASKS]["E7"] = 0.75


@workbook_defect(RETURNED, ("percent-as-fraction", TASKS, "E7"))
def percent_that_is_one(book: Workbook) -> None:
    """1% or the whole: as a part of one it would be 100%."""
    book[TASKS]["E7"] = 1


@workbook_defect(RETURNED, ("percent-as-fraction", TASKS, "E7"))
def percent_that_is_one_as_text(book: Workbook) -> None:
    book[TASKS]["E7"] = "1,0"


@workbook_defect(ACCEPTED, ("number-read-as", TASKS, "E7"))
def percent_a_remainder_above_the_whole(book: Workbook) -> None:
    book[TASKS]["E7"] = 100.0000001


@workbook_defect(ACCEPTED, ("number-read-as", TARGETS, "F8"))
def number_with_a_sign_that_reverses_it(book: Workbook) -> None:
    """Some programs show 04: it is read as it was typed, and the agency sees how."""
    book[TARGETS]["F8"] = "\u202e40"


@workbook_defect(RETURNED, ("date-near-midnight", TASKS, "F7"))
def date_a_few_seconds_before_midnight(book: Workbook) -> None:
    """As JavaScript libraries write it in our time zone: the day before is shown."""
    book[TASKS]["F7"] = dt.datetime.fromisoformat("2026-11-27T23:59:30")
    book[TASKS]["F7"].number_format = "dd/mm/yyyy"


@workbook_defect(RETURNED, ("date-near-midnight", TASKS, "F7"))
def date_whose_midnight_is_that_of_greenwich(book: Workbook) -> None:
    book[TASKS]["F7"] = dt.datetime.fromisoformat("2026-11-27T17:00")


@workbook_defect(RETURNED, ("date-near-midnight", TASKS, "F7"))
def date_in_the_form_of_a_program(book: Workbook) -> None:
    book[TASKS]["F7"] = "2026-11-27T17:00:00"


@workbook_defect(RETURNED, ("date-near-midnight", TASKS, "F7"))
def date_before_midnight_as_text(book: Workbook) -> None:
    book[TASKS]["F7"] = "27/11/2026 23:59:59"


@workbook_defect(RETURNED, ("number-with-unit", TASKS, "E7"))
def percent_below_one_with_a_unit(book: Workbook) -> None:
    """0,5 would be ambiguous in its turn, so 0,5% is proposed."""
    book[TASKS]["E7"] = "0,5 điểm"


@workbook_defect(RETURNED, ("number-shown-scaled", TASKS, "E7"))
def percent_below_one_shown_in_thousands(book: Workbook) -> None:
    book[TASKS]["E7"] = 0.4
    book[TASKS]["E7"].number_format = "#,##0,"


@workbook_defect(RETURNED, ("date-swapped", TASKS, "F7"))
def date_swapped(book: Workbook) -> None:
    book[TASKS]["F7"] = "11/28/2026"


@workbook_defect(RETURNED, ("text-in-legacy-font", TASKS, "G7"))
def text_in_a_legacy_font(book: Workbook) -> None:
    book[TASKS]["G7"] = "§· ban hµnh kÕ ho¹ch thùc hiÖn nhiÖm vô n¨m 2026"


@workbook_defect(RETURNED, ("text-in-legacy-font", TASKS, "G7"))
def text_half_in_a_legacy_font(book: Workbook) -> None:
    """A sentence pasted behind one in Unicode."""
    book[TASKS]["G7"] = "Đã tổ chức: §· ban hµnh kÕ ho¹ch thùc hiÖn nhiÖm vô n¨m 2026"


@_number("number-ambiguous")
def number_ambiguous(book: Workbook) -> None:
    """An English thousand or a Vietnamese five."""
    book[TARGETS]["F8"] = "5,000"


@_number("number-not-whole")
def number_with_an_english_point(book: Workbook) -> None:
    """40,5 would be refused, too: a count has no decimals."""
    book[TARGETS]["F8"] = "40.5"


@workbook_defect(RETURNED, ("percent-out-of-range", TASKS, "E7"))
def percent_out_of_range_with_an_english_point(book: Workbook) -> None:
    book[TASKS]["E7"] = "175.5"


@workbook_defect(RETURNED, ("number-ambiguous", TARGETS, "F50"), agency=STC)
def decimal_with_an_english_point(book: Workbook) -> None:
    book[TARGETS]["F50"] = "6.35"


@_number("number-not-whole")
def number_not_whole(book: Workbook) -> None:
    """A percentage where a count is asked."""
    book[TARGETS]["F8"] = 98.7


@_number("number-negative")
def number_negative(book: Workbook) -> None:
    book[TARGETS]["F8"] = -4


@workbook_defect(RETURNED, ("number-too-large", TARGETS, "I8"))
def number_too_large(book: Workbook) -> None:
    book[TARGETS]["I8"] = 5 * 10**12


@workbook_defect(RETURNED, ("percent-out-of-range", TASKS, "E7"))
def percent_out_of_range(book: Workbook) -> None:
    book[TASKS]["E7"] = 175


@workbook_defect(RETURNED, ("number-too-small", TARGETS, "G50"), agency=STC)
def decimal_that_is_left_over_by_a_formula(book: Workbook) -> None:
    """0,1 + 0,2 − 0,3: the sheet shows 0, the cell holds something else."""
    book[TARGETS]["F50"], book[TARGETS]["G50"] = 0.5, 5.551115123125783e-17


@workbook_defect(RETURNED, ("number-ambiguous", TARGETS, "F50"), agency=STC)
def decimal_with_three_places(book: Workbook) -> None:
    """A score of 6.350 or six thousand?"""
    book[TARGETS]["F50"] = "6.350"


# --- dates, texts, choices -------------------------------------------------------------------------------------


@workbook_defect(RETURNED, ("date-may-be-blank", TASKS, "F7"))
def date_is_a_dash(book: Workbook) -> None:
    """The task is not done, so there is no day to write."""
    book[TASKS]["F7"] = "-"


@workbook_defect(RETURNED, ("date-unreadable", PAPERS, "C9"))
def date_that_is_needed_is_a_dash(book: Workbook) -> None:
    """A document needs its day, so leaving it blank is not suggested."""
    book[PAPERS]["C9"] = "-"


@workbook_defect(RETURNED, ("cell-error", TASKS, "F7"))
def date_is_an_excel_error(book: Workbook) -> None:
    book[TASKS]["F7"] = "#VALUE!"


@workbook_defect(RETURNED, ("number-not-whole", TARGETS, "F22"), agency=STC)
def count_typed_with_a_dot_where_that_means_decimals(book: Workbook) -> None:
    """4.412 typed into an American Excel."""
    book[TARGETS]["F22"] = 4.412


@workbook_defect(RETURNED, ("numerator-exceeds-denominator", TARGETS, "F8"))
def count_with_a_digit_too_many(book: Workbook) -> None:
    """Greater than the denominator 50 and than the cumulative 90: one finding, at the cell that is wrong."""
    book[TARGETS]["F8"] = 400


@workbook_defect(RETURNED, ("number-is-pair", TARGETS, "F8"))
def both_parts_in_the_first_cell(book: Workbook) -> None:
    """The second cell is filled in by the same fix."""
    book[TARGETS]["F8"], book[TARGETS]["G8"] = "40/50", None


@workbook_defect(RETURNED, *(("number-is-word", TARGETS, f"{column}8") for column in "FGHI"))
def words_for_figures_without_a_status(book: Workbook) -> None:
    """The fix of the figures is to choose the status, so the status gets no finding of its own."""
    for column, value in zip("EFGHI", (None, "KPS", "KPS", "KPS", "KPS"), strict=True):
        book[TARGETS][f"{column}8"] = value


@workbook_defect(RETURNED, ("late-task-without-reason", TASKS, "I8"))
def reason_is_a_dash(book: Workbook) -> None:
    book[TASKS]["D8"], book[TASKS]["I8"] = "Chậm tiến độ", "-"


@workbook_defect(RETURNED, ("overdue-task-without-reason", TASKS, "I11"), agency=STC)
def task_of_the_second_quarter_is_not_done(book: Workbook) -> None:
    """Its deadline, 30/6, was over at the cut-off: "đang thực hiện" is not enough."""
    book[TASKS]["D11"], book[TASKS]["E11"], book[TASKS]["F11"] = "Đang thực hiện", 90, None


@workbook_defect(RETURNED, ("done-task-without-date", TASKS, "F11"), agency=STC)
def task_of_the_second_quarter_is_done_on_no_day(book: Workbook) -> None:
    book[TASKS]["D11"], book[TASKS]["F11"] = "Đã hoàn thành", None


@workbook_defect(RETURNED, ("overdue-task-without-reason", DUTIES, "G8"))
def own_plan_is_not_done(book: Workbook) -> None:
    book[DUTIES]["D8"], book[DUTIES]["E8"] = "Đang thực hiện", None


@workbook_defect(RETURNED, ("done-task-without-date", DUTIES, "E8"))
def own_plan_is_done_on_no_day(book: Workbook) -> None:
    book[DUTIES]["E8"] = None


@workbook_defect(RETURNED, ("date-implausible", DUTIES, "E8"))
def own_plan_is_years_old(book: Workbook) -> None:
    book[DUTIES]["E8"] = dt.date(2023, 2, 12)


@workbook_defect(RETURNED, ("done-task-without-result", DUTIES, "F8"))
def own_plan_without_its_number(book: Workbook) -> None:
    book[DUTIES]["F8"] = None


@workbook_defect(RETURNED, ("late-task-without-reason", DUTIES, "G9"))
def duty_not_begun_for_no_reason(book: Workbook) -> None:
    book[DUTIES]["D9"], book[DUTIES]["F9"] = "Chưa triển khai", None


@workbook_defect(RETURNED, ("choice-unknown", DUTIES, "D9"))
def duty_that_did_not_arise(book: Workbook) -> None:
    """Everybody has to carry it out."""
    book[DUTIES]["D9"] = "Không phát sinh"


@workbook_defect(RETURNED, ("field-missing", SIGN, "B8"))
def signer_is_a_letter(book: Workbook) -> None:
    book[SIGN]["B8"] = "x"


@workbook_defect(RETURNED, ("date-unreadable", TASKS, "F7"))
def date_unreadable(book: Workbook) -> None:
    book[TASKS]["F7"] = "30/02/2026"


@workbook_defect(RETURNED, ("date-unreadable", PAPERS, "C9"))
def date_without_a_century(book: Workbook) -> None:
    book[PAPERS]["C9"] = "9/2/26"


@workbook_defect(RETURNED, ("date-unreadable", TASKS, "F7"))
def date_as_serial_number(book: Workbook) -> None:
    """46182 may be 09/06/2026 or a case number; the day is proposed."""
    book[TASKS]["F7"] = 46182
    book[TASKS]["F7"].number_format = "General"


@workbook_defect(RETURNED, ("date-implausible", SIGN, "B9"))
def signed_before_the_form_was_given_out(book: Workbook) -> None:
    """08/12 read with the month first by a US Excel."""
    book[SIGN]["B9"] = dt.date(2026, 8, 12)


@workbook_defect(RETURNED, ("date-implausible", SIGN, "B9"))
def signed_years_ago(book: Workbook) -> None:
    book[SIGN]["B9"] = dt.date(2021, 12, 8)


@workbook_defect(RETURNED, ("date-implausible", TASKS, "F9"))
def done_after_the_cycle_has_closed(book: Workbook) -> None:
    book[TASKS]["F9"] = dt.date(2027, 3, 5)


@workbook_defect(RETURNED, ("date-implausible", PAPERS, "C9"))
def issued_years_ago(book: Workbook) -> None:
    book[PAPERS]["C9"] = dt.date(2016, 2, 9)


@workbook_defect(RETURNED, ("date-implausible", TASKS, "F7"))
def date_implausible(book: Workbook) -> None:
    book[TASKS]["F7"] = dt.date(1926, 11, 28)


@workbook_defect(RETURNED, ("text-became-date", PAPERS, "B9"))
def paper_number_became_a_date(book: Workbook) -> None:
    """Typed 05/2026, held as the first of May."""
    book[PAPERS]["B9"] = dt.date(2026, 5, 1)


@workbook_defect(RETURNED, ("text-became-date", SIGN, "B10"))
def report_number_became_a_date(book: Workbook) -> None:
    book[SIGN]["B10"] = dt.date(2026, 12, 5)


@_number("number-shown-scaled")
def number_with_digits_of_its_format(book: Workbook) -> None:
    """The sheet shows 40000, the cell holds 40."""
    book[TARGETS]["F8"].number_format = '0"000"'


@_number("number-shown-scaled")
def number_nobody_sees(book: Workbook) -> None:
    book[TARGETS]["F8"].number_format = ";;;"


@workbook_defect(RETURNED, ("field-missing", SIGN, "B5"))
def only_a_hint_beside_the_name(book: Workbook) -> None:
    """The words printed where people sign are no name."""
    book[SIGN]["B5"], book[SIGN]["C5"] = None, "(Ký, ghi rõ họ tên)"


@workbook_defect(RETURNED, ("text-too-long", TASKS, "G7"))
def text_too_long(book: Workbook) -> None:
    book[TASKS]["G7"] = "a" * 4001


@workbook_defect(RETURNED, ("choice-unknown", TASKS, "D7"))
def choice_unknown(book: Workbook) -> None:
    book[TASKS]["D7"] = "Đang làm"


@workbook_defect(RETURNED, ("choice-unknown", ISSUES, "D6"))
def declaration_unknown(book: Workbook) -> None:
    book[ISSUES]["D6"] = "Chưa rõ"


# --- completeness ------------------------------------------------------------------------------------------------


@workbook_defect(RETURNED, ("answer-missing", TARGETS, "E8"))
def answer_missing(book: Workbook) -> None:
    """An indicator without any answer."""
    for column in "EFGHI":
        book[TARGETS][f"{column}8"] = None


@workbook_defect(RETURNED, ("answer-missing", TASKS, "D7"))
def task_status_missing(book: Workbook) -> None:
    book[TASKS]["D7"] = None


@workbook_defect(ACCEPTED, ("status-inferred", TARGETS, "E8"))
def status_inferred(book: Workbook) -> None:
    """Figures without a status mean "Có số liệu": accepted, with a note."""
    book[TARGETS]["E8"] = None


@workbook_defect(RETURNED, ("figure-missing", TARGETS, "G8"))
def figure_missing(book: Workbook) -> None:
    book[TARGETS]["G8"] = None


@workbook_defect(RETURNED, *(("figure-contradicts-status", TARGETS, f"{column}8") for column in "FGHI"))
def figure_contradicts_status(book: Workbook) -> None:
    book[TARGETS]["E8"] = "Không phát sinh"


@workbook_defect(RETURNED, ("figure-contradicts-status", TARGETS, "F8"))
def zero_beside_nothing(book: Workbook) -> None:
    """Zero and "không phát sinh" are two answers; the agency has to say which."""
    for column, value in dict(zip("EFGHI", ("Không phát sinh", 0, None, None, None), strict=True)).items():
        book[TARGETS][f"{column}8"] = value


@workbook_defect(RETURNED, ("declaration-missing", ISSUES, "D6"))
def declaration_missing(book: Workbook) -> None:
    book[ISSUES]["D6"] = None


@workbook_defect(RETURNED, ("declaration-contradicts-rows", ISSUES, "D6"))
def declaration_contradicts_rows(book: Workbook) -> None:
    book[ISSUES]["D6"] = "Có"


@workbook_defect(RETURNED, ("declaration-contradicts-rows", PAPERS, "D6"))
def nothing_declared_beside_rows(book: Workbook) -> None:
    book[PAPERS]["D6"] = "Không phát sinh"


@workbook_defect(RETURNED, ("row-incomplete", ISSUES, "B9"), ("row-incomplete", ISSUES, "H9"))
def row_incomplete(book: Workbook) -> None:
    book[ISSUES]["D6"] = "Có"
    book[ISSUES]["C9"] = "Đường truyền chưa ổn định"


@workbook_defect(RETURNED, ("field-missing", SIGN, "B7"))
def field_missing(book: Workbook) -> None:
    book[SIGN]["B7"] = None


@workbook_defect(RETURNED, ("late-task-without-reason", TASKS, "I7"))
def late_task_without_reason(book: Workbook) -> None:
    book[TASKS]["D7"] = "Chậm tiến độ"


@workbook_defect(RETURNED, ("late-task-without-reason", TASKS, "I7"))
def task_not_started_without_reason(book: Workbook) -> None:
    book[TASKS]["D7"], book[TASKS]["E7"] = "Chưa triển khai", 0


@workbook_defect(RETURNED, ("done-task-without-result", TASKS, "G7"))
def done_task_without_result(book: Workbook) -> None:
    book[TASKS]["D7"], book[TASKS]["E7"] = "Đã hoàn thành", 100


# --- relations between figures ---------------------------------------------------------------------------------------


@workbook_defect(RETURNED, ("numerator-exceeds-denominator", TARGETS, "H8"))
def numerator_exceeds_denominator(book: Workbook) -> None:
    book[TARGETS]["H8"] = 101


@workbook_defect(RETURNED, ("numerator-exceeds-denominator", TARGETS, "F8"))
def numerator_exceeds_denominator_in_the_period(book: Workbook) -> None:
    book[TARGETS]["F8"] = 51


@workbook_defect(RETURNED, ("cumulative-below-period", TARGETS, "F8"))
def cumulative_below_period(book: Workbook) -> None:
    book[TARGETS]["H8"] = 39


@workbook_defect(RETURNED, ("total-differs-from-sum", TARGETS, "F31"), agency=STC)
def total_differs_from_sum(book: Workbook) -> None:
    """T07 is the sum of T07.1 and T07.2."""
    book[TARGETS]["F31"] = 400


@workbook_defect(RETURNED, ("share-unusual", TARGETS, "H8"))
def share_unusual(book: Workbook) -> None:
    """Five in a hundred, without an explanation."""
    book[TARGETS]["F8"], book[TARGETS]["H8"] = 2, 5


@workbook_defect(RETURNED, ("numerator-exceeds-denominator", TARGETS, "F15"))
def numerator_of_a_stock_exceeds_denominator(book: Workbook) -> None:
    book[TARGETS]["F15"] = book[TARGETS]["G15"].value + 1


@workbook_defect(RETURNED, ("share-unusual", TARGETS, "F15"))
def share_of_a_stock_unusual(book: Workbook) -> None:
    book[TARGETS]["F15"] = 1


@workbook_defect(RETURNED, ("figure-missing", TARGETS, "G15"))
def figure_of_a_stock_missing(book: Workbook) -> None:
    book[TARGETS]["G15"] = None


@workbook_defect(RETURNED, *(("figure-contradicts-status", TARGETS, cell) for cell in ("F15", "G15")))
def stock_given_and_said_to_be_unknown(book: Workbook) -> None:
    book[TARGETS]["E15"] = "Chưa có số liệu"


@workbook_defect(ACCEPTED, ("base-is-zero", TARGETS, "G15"))
def stock_of_nothing(book: Workbook) -> None:
    book[TARGETS]["F15"], book[TARGETS]["G15"] = 0, 0


# --- unlikely, and to be explained -------------------------------------------------------------------------------


@workbook_defect(RETURNED, ("progress-contradicts-status", TASKS, "E9"))
def done_by_one_percent(book: Workbook) -> None:
    book[TASKS]["E9"] = "1%"


@workbook_defect(RETURNED, ("progress-contradicts-status", TASKS, "E7"))
def not_begun_and_finished(book: Workbook) -> None:
    book[TASKS]["D7"], book[TASKS]["E7"], book[TASKS]["I7"] = "Chưa triển khai", 100, "Chờ hướng dẫn của cấp trên"


@workbook_defect(ACCEPTED, ("base-is-zero", TARGETS, "I8"))
def nothing_of_nothing(book: Workbook) -> None:
    for column in "FGHI":
        book[TARGETS][f"{column}8"] = 0


@workbook_defect(RETURNED, ("jump-within-row", TARGETS, "F28"), agency=STC)
def this_year_a_thousand_times_the_last(book: Workbook) -> None:
    book[TARGETS]["F28"] = 262_000


@workbook_defect(RETURNED, ("jump-within-row", TARGETS, "F50"), agency=STC)
def a_decimal_comma_lost(book: Workbook) -> None:
    book[TARGETS]["F50"] = 6_350


# --- every rule of every table -----------------------------------------------------------------------------------


@workbook_defect(RETURNED, ("cumulative-below-period", TARGETS, "G8"))
def cumulative_base_below_the_period_s(book: Workbook) -> None:
    book[TARGETS]["G8"] = 101


@workbook_defect(RETURNED, ("jump-within-row", TARGETS, "F22"), agency=STC)
def a_count_a_thousand_times_the_year_s_estimate(book: Workbook) -> None:
    """Compared with another figure of the row, so it works in the first cycle, too."""
    book[TARGETS]["F22"] = 4_410_000


@workbook_defect(RETURNED, ("figure-missing", TARGETS, "F22"), agency=STC)
def count_missing(book: Workbook) -> None:
    book[TARGETS]["F22"] = None


@workbook_defect(RETURNED, ("figure-contradicts-status", TARGETS, "F22"), agency=STC)
def count_given_and_said_to_be_unknown(book: Workbook) -> None:
    book[TARGETS]["E22"] = "Chưa có số liệu"


@workbook_defect(RETURNED, ("figure-missing", TARGETS, "G28"), agency=STC)
def last_year_missing(book: Workbook) -> None:
    book[TARGETS]["G28"] = None


@workbook_defect(
    RETURNED,
    *(("figure-contradicts-status", TARGETS, cell) for cell in ("F28", "G28")),
    agency=STC,
)
def growth_given_and_said_to_be_unknown(book: Workbook) -> None:
    book[TARGETS]["E28"] = "Chưa có số liệu"


@workbook_defect(RETURNED, ("total-differs-from-sum", TARGETS, "G31"), agency=STC)
def total_of_last_year_differs_from_its_parts(book: Workbook) -> None:
    book[TARGETS]["G31"] = 346


@workbook_defect(RETURNED, ("figure-missing", TARGETS, "G50"), agency=STC)
def score_before_missing(book: Workbook) -> None:
    book[TARGETS]["G50"] = None


@workbook_defect(RETURNED, ("figure-contradicts-status", TARGETS, "F50"), agency=STC)
def score_given_and_said_to_be_unpublished(book: Workbook) -> None:
    book[TARGETS]["E50"] = "Chưa công bố"


@workbook_defect(RETURNED, ("numerator-exceeds-denominator", TARGETS, "F20"), agency=SNV)
def rank_beyond_the_number_of_provinces(book: Workbook) -> None:
    book[TARGETS]["F20"] = 35


@workbook_defect(RETURNED, ("numerator-exceeds-denominator", TARGETS, "H20"), agency=SNV)
def rank_before_beyond_the_number_of_provinces(book: Workbook) -> None:
    """12 of 63 is no longer possible among 34: both numbers are of the same list."""
    book[TARGETS]["H20"] = 40


@workbook_defect(RETURNED, ("date-implausible", TARGETS, "J20"), agency=SNV)
def rank_published_before_the_year_it_is_of(book: Workbook) -> None:
    book[TARGETS]["J20"] = dt.date(2024, 4, 20)


@workbook_defect(RETURNED, ("figure-missing", TARGETS, "G20"), agency=SNV)
def rank_without_the_number_of_provinces(book: Workbook) -> None:
    book[TARGETS]["G20"] = None


@workbook_defect(RETURNED, ("figure-contradicts-status", TARGETS, "F20"), agency=SNV)
def rank_given_and_said_to_be_unpublished(book: Workbook) -> None:
    book[TARGETS]["E20"] = "Chưa công bố"


@workbook_defect(RETURNED, ("progress-contradicts-status", TASKS, "E7"))
def nothing_to_do_and_three_quarters_done(book: Workbook) -> None:
    book[TASKS]["D7"] = "Không phát sinh"


@workbook_defect(RETURNED, ("text-became-date", TASKS, "H9"))
def evidence_that_excel_made_a_date_of(book: Workbook) -> None:
    """ "5/12" was the number of a plan."""
    book[TASKS]["H9"] = dt.date(2026, 12, 5)


@workbook_defect(RETURNED, ("row-incomplete", PAPERS, "D9"))
def document_without_its_subject(book: Workbook) -> None:
    book[PAPERS]["D9"] = None
