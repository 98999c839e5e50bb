"""A filled workbook is read strictly: what is wrong is named with sheet and cell, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from kybaocao.answers.packing import pack_answers
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.imported.layout import ResultsLayout, build_results_layout
from kybaocao.imported.reading import Results, read_results
from kybaocao.imported.workbook import render_results_workbook
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE, ROOT
from tests.imported.conftest import BEFORE, COMMUNE, ISSUES, PROVINCE, STC, STP, TARGETS, TASKS, WARD, Filling


def values(results: Results, agency: str) -> dict[tuple[str, str], str]:
    """(row, column) -> value, as it is kept."""
    return {(line[1], line[2]): line[7] for line in pack_answers(results.answers[agency])}


def seen(results: Results) -> list[tuple[str, str, str]]:
    return [(one.code, one.sheet, one.cell) for one in results.errors]


# --- what is read ----------------------------------------------------------------------------------------------------


def test_figures_are_kept_under_the_keys_of_the_form(filling: Filling, layout: ResultsLayout) -> None:
    """With a status that says that there are figures; numbers typed as text read as officials mean them."""
    filling.type("T15", "1.234", 1300, agency=COMMUNE, paper="15/BC-UBND ngày 04/6/2026")
    results = read_results(filling.save(), layout)
    assert (results.troubles, values(results, COMMUNE)) == (
        (),
        {
            ("T15", "tu_so_luy_ke"): "1234",
            ("T15", "mau_so_luy_ke"): "1300",
            ("T15", "tinh_trang"): "Có số liệu",
            ("T15", "nguon"): "15/BC-UBND ngày 04/6/2026",
        },
    )


def test_a_decimal_comma_is_read_where_decimals_are_asked(filling: Filling, layout: ResultsLayout) -> None:
    """A score is no count."""
    filling.type("D7", "6,35", agency=STC)
    assert values(read_results(filling.save(), layout), STC)[("D7", "ky_nay")] == "6.35"


def test_empty_means_unknown(filling: Filling, layout: ResultsLayout) -> None:
    """A row without figures is no row, an agency without rows is not in the file; zero is a figure."""
    filling.type("T15", 0, 5, agency=COMMUNE)
    results = read_results(filling.save(), layout)
    assert (list(results.answers), values(results, COMMUNE)[("T15", "tu_so_luy_ke")]) == ([COMMUNE], "0")
    assert not any(row == "T16" for row, _ in values(results, COMMUNE))


def test_nothing_happened_is_an_answer(filling: Filling, layout: ResultsLayout) -> None:
    """Stated by the status, without figures."""
    filling.type("T17", agency=COMMUNE, status="Không phát sinh")
    assert values(read_results(filling.save(), layout), COMMUNE) == {("T17", "tinh_trang"): "Không phát sinh"}


def test_texts_of_tasks_and_difficulties_are_read(filling: Filling, layout: ResultsLayout) -> None:
    """Those of difficulties are numbered for each agency, in the order in which they stand."""
    row = filling.row("III.1.a", STP, TASKS)
    filling.put(TASKS, row, "Kết quả chính", "Đã ban hành kế hoạch")
    for number, (agency, text) in enumerate(((STP, "Thiếu người"), (COMMUNE, "Sạt lở"), (STP, "Thiếu kinh phí")), 5):
        filling.put(ISSUES, number, "Mã cơ quan", agency)
        filling.put(ISSUES, number, "Khó khăn, vướng mắc", text)
    results = read_results(filling.save(), layout)
    assert values(results, STP) == {
        ("III.1.a", "ket_qua"): "Đã ban hành kế hoạch",
        ("1", "noi_dung"): "Thiếu người",
        ("2", "noi_dung"): "Thiếu kinh phí",
    }


def test_rows_and_columns_may_stand_elsewhere(filling: Filling, layout: ResultsLayout) -> None:
    """Found by headings and codes, as in a form."""
    filling.type("T15", 7, 8, agency=COMMUNE)
    filling.sheet(TARGETS).insert_cols(5)
    filling.sheet(TARGETS).insert_rows(2, 3)
    assert values(read_results(filling.save(), layout), COMMUNE)[("T15", "mau_so_luy_ke")] == "8"


def test_how_a_number_was_understood_is_only_a_warning(filling: Filling, layout: ResultsLayout) -> None:
    """An English thousand in a column of counts."""
    (cell, _) = filling.type("T15", "1,234,567", 2000000, agency=COMMUNE)
    results = read_results(filling.save(), layout)
    assert ([(one.code, one.cell) for one in results.troubles], results.errors) == ([("number-read-as", cell)], ())


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "figures", "wrong"),
    [
        ("number-negative", (-3, 10), 0),
        ("number-not-whole", ("1.234,5", 2000), 0),
        ("percent-in-count", ("98,7%", 100), 0),
        ("number-with-unit", ("12 hồ sơ", 20), 0),
        ("number-unreadable", ("gần hết", 20), 0),
        ("number-is-pair", ("31/75", None), 0),
        ("number-is-word", ("chưa có số liệu", None), 0),
        ("number-too-large", (5, 10**13), 1),
        ("formula-unworked", ("=1/0", 20), 0),
        ("numerator-exceeds-denominator", (11, 10), 0),
        ("figure-missing", (5, None), 1),
        ("figure-missing", (None, 5), 0),
    ],
)
def test_a_wrong_figure_is_named(
    filling: Filling, layout: ResultsLayout, code: str, figures: tuple[object, ...], wrong: int
) -> None:
    """One cell, one error."""
    cells = filling.type("T15", *figures, agency=COMMUNE)
    assert seen(read_results(filling.save(), layout)) == [(code, TARGETS, cells[wrong])]


def test_an_error_of_a_formula_is_named(filling: Filling, layout: ResultsLayout) -> None:
    """Excel keeps #DIV/0! as the value of the cell."""
    cell, _ = filling.type("T15", "#DIV/0!", 20, agency=COMMUNE)
    filling.sheet(TARGETS)[cell].data_type = "e"
    assert seen(read_results(filling.save(), layout)) == [("cell-error", TARGETS, cell)]


def test_a_total_is_the_sum_of_its_parts(filling: Filling, layout: ResultsLayout) -> None:
    """As in the form."""
    filling.type("T07.1", 100, 90, agency=STC)
    filling.type("T07.2", 10, 9, agency=STC)
    cell, _ = filling.type("T07", 111, 99, agency=STC)
    assert seen(read_results(filling.save(), layout)) == [("total-differs-from-sum", TARGETS, cell)]


def test_figures_beside_nothing_happened_are_refused(filling: Filling, layout: ResultsLayout) -> None:
    """One of the two is wrong."""
    cells = filling.type("T15", 5, 6, agency=COMMUNE, status="Không phát sinh")
    expected = [("figure-contradicts-status", TARGETS, cell) for cell in cells]
    assert seen(read_results(filling.save(), layout)) == expected


def test_a_second_figure_where_there_is_none_is_refused(filling: Filling, layout: ResultsLayout) -> None:
    """The grey cell beside an amount."""
    _, cell = filling.type("T02", 4420, 4000, agency=STC)
    assert seen(read_results(filling.save(), layout)) == [("figure-not-asked", TARGETS, cell)]


def test_a_wrong_figure_of_the_province_is_named(filling: Filling, layout: ResultsLayout) -> None:
    """The same rules hold for the sheet of provincial figures."""
    cell, _ = filling.type("T15", 11, 10)
    assert seen(read_results(filling.save(), layout)) == [("numerator-exceeds-denominator", PROVINCE, cell)]


@pytest.mark.parametrize(
    ("heading", "value", "code"),
    [
        ("Mã cơ quan", "X-99999", "agency-unknown"),
        ("Mã cơ quan", None, "agency-missing"),
        ("Mã", "T99", "row-unknown"),
        ("Mã", "T02", "row-unknown"),  # a target of the plan, not of this agency
        ("Nội dung", "Tỷ lệ xử lý phản ánh, kiến nghị đúng hạn", "row-mislabelled"),
        ("Số (1) là", "Tử số kỳ này", "row-mislabelled"),
        ("Cơ quan", "Sở Tư pháp", "agency-mislabelled"),
    ],
)
def test_a_row_that_was_not_asked_is_refused(
    filling: Filling, layout: ResultsLayout, heading: str, value: str | None, code: str
) -> None:
    """Whose figures they are, and of which target, is never guessed."""
    filling.type("T15", 5, 6, agency=COMMUNE)
    row = filling.row("T15", COMMUNE)
    cell = filling.put(TARGETS, row, heading, value)
    cell = (
        cell
        if heading.startswith("Mã")
        else filling.sheet(TARGETS).cell(row, 1 if heading == "Cơ quan" else 3).coordinate
    )
    assert seen(read_results(filling.save(), layout)) == [(code, TARGETS, cell)]


def test_a_row_that_is_there_twice_is_refused(filling: Filling, layout: ResultsLayout) -> None:
    """Which of them counts is for the official to say."""
    filling.type("T15", 5, 6, agency=COMMUNE)
    sheet, last = filling.sheet(TARGETS), filling.sheet(TARGETS).max_row + 1
    for column in range(1, 10):
        sheet.cell(last, column).value = sheet.cell(filling.row("T15", COMMUNE), column).value
    assert seen(read_results(filling.save(), layout)) == [("row-duplicated", TARGETS, f"C{last}")]


def test_everything_that_is_wrong_is_reported_at_once(filling: Filling, layout: ResultsLayout) -> None:
    """In the order of sheets and cells; each with a message and a fix in composed Vietnamese."""
    filling.type("T15", -1, 6, agency=COMMUNE)
    filling.type("T15", 9, 6, agency=WARD)
    filling.put(ISSUES, 5, "Khó khăn, vướng mắc", "Không ghi mã")
    results = read_results(filling.save(), layout)
    assert [(sheet, code) for code, sheet, _ in seen(results)] == [
        (TARGETS, "numerator-exceeds-denominator"),
        (TARGETS, "number-negative"),
        (ISSUES, "agency-missing"),
    ]
    assert all(one.message and one.hint and "{" not in one.message + one.hint for one in results.troubles)
    assert "nộp" not in "".join(one.hint for one in results.troubles)


def test_an_empty_workbook_is_refused(template: bytes, layout: ResultsLayout) -> None:
    """It would take away what was imported before."""
    assert seen(read_results(template, layout)) == [("nothing-filled", "", "")]


@pytest.mark.parametrize("name", [TARGETS, TASKS])
def test_a_sheet_without_its_headings_is_refused(filling: Filling, layout: ResultsLayout, name: str) -> None:
    """Nothing is read by position."""
    filling.type("T15", 5, 6, agency=COMMUNE)
    filling.sheet(name)["A4"] = "Cột A"
    assert seen(read_results(filling.save(), layout)) == [("sheet-missing", name, "")]


def test_a_file_that_no_reader_may_open_is_refused(layout: ResultsLayout) -> None:
    """By its bytes, before anything parses it."""
    assert seen(read_results(b"%PDF-1.7 ...", layout)) == [("file-not-a-workbook", "", "")]
    assert seen(read_results(b"PK\x03\x04 damaged xl/", layout)) == [("file-damaged", "", "")]


def _other_plan(_: Plan) -> bytes:
    plan = load_plan(ROOT / "tests" / "config" / "gan-dan-2027")
    return render_results_workbook(build_results_layout(plan, next(iter(plan.cycles))))


def _other_cycle(plan: Plan) -> bytes:
    return render_results_workbook(build_results_layout(plan, CYCLE))


def _form(plan: Plan) -> bytes:
    return render_form(build_layout(plan, BEFORE, COMMUNE))


@pytest.mark.parametrize(
    ("make", "code"),
    [(_other_plan, "identity-other-plan"), (_other_cycle, "identity-other-cycle"), (_form, "identity-form")],
)
def test_a_workbook_of_something_else_is_refused(
    small_plan: Plan, layout: ResultsLayout, make: Callable[[Plan], bytes], code: str
) -> None:
    """Another plan's, another cycle's, an agency's own form."""
    assert seen(read_results(make(small_plan), layout)) == [(code, "", "")]


def test_a_workbook_of_the_earlier_edition_is_read(small_plan: Plan, layout: ResultsLayout) -> None:
    """It asks for the same figures under other headings; here nothing was filled in yet."""
    earlier = build_results_layout(small_plan, BEFORE, "2026.2")
    assert earlier.edition != layout.edition
    assert seen(read_results(render_results_workbook(earlier), layout)) == [("nothing-filled", "", "")]


def test_a_workbook_without_identity_is_refused(filling: Filling, layout: ResultsLayout) -> None:
    """Figures pasted into a book of one's own: nobody knows of which cycle they are."""
    del filling.book["_kybaocao"]
    assert seen(read_results(filling.save(), layout)) == [("identity-missing", "", "")]


def test_an_older_edition_is_refused(filling: Filling, layout: ResultsLayout) -> None:
    """It may ask for other figures."""
    filling.sheet("_kybaocao")["B4"] = "2025.1"
    assert seen(read_results(filling.save(), layout)) == [("identity-other-edition", "", "")]


def test_every_agency_and_target_reads_back(layout: ResultsLayout, fill: Callable[[], Filling]) -> None:
    """Whatever the template asks for is taken: no row of it is refused by its own reader."""
    filling = fill()
    for row in layout.targets:
        filling.type(row.code, *[4] * len(row.columns), agency=row.owner)
    for part in ("T07.1", "T07.2"):
        filling.type(part, 2, 2, agency=STC)
    for row in layout.province:
        filling.type(row.code, *[4] * len(row.columns))
    results = read_results(filling.save(), layout)
    numbers = [
        a.value for answers in results.answers.values() for a in answers.values() if isinstance(a.value, Decimal)
    ]
    assert (seen(results), len(numbers)) == ([], sum(len(row.columns) for row in (*layout.targets, *layout.province)))
