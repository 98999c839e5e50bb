"""What changed between two versions, in short lines, from real workbooks."""

from __future__ import annotations

import datetime as dt

from kybaocao.answers.differences import list_differences
from kybaocao.answers.packing import pack_answers
from kybaocao.checks.judgement import judge
from kybaocao.demo.figures import Answers
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import COMMUNE, answers_of, form_bytes, layout_of, the_plan


def _differ(changes: Answers, before: Answers | None = None) -> list[str]:
    """The list for a form with other answers; None takes an answer away."""
    old = answers_of(COMMUNE) | (before or {})
    new = {key: value for key, value in (old | changes).items() if value is not None}
    layout = layout_of(COMMUNE)
    packed = [
        pack_answers(judge(form_bytes(COMMUNE, answers), layout, the_plan(), parse=parse_book).answers)
        for answers in (old, new)
    ]
    return list_differences(layout, *packed)


def _paper(row: str, number: str, about: str, day: dt.date = dt.date(2026, 2, 9)) -> Answers:
    return {
        ("van_ban", row, column): value
        for column, value in {"so_ky_hieu": number, "ngay": day, "trich_yeu": about}.items()
    }


TWO = _paper("1", "125/KH-UBND", "Kế hoạch hành động") | _paper("2", "9/CT-UBND", "Chỉ thị")


def test_the_same_answers_differ_in_nothing() -> None:
    """Another file with the same content."""
    assert _differ({}) == []


def test_a_figure_is_listed_with_row_column_old_and_new() -> None:
    """In Vietnamese notation, in the order of the form."""
    changes = {("ty_le", "T15", "mau_so_luy_ke"): 1_500, ("ty_le", "T15", "tu_so_luy_ke"): 1_234}
    assert _differ(changes) == ["T15 Tử số lũy kế: 90 → 1.234", "T15 Mẫu số lũy kế: 100 → 1.500"]


def test_a_figure_spelled_otherwise_is_the_same_figure() -> None:
    """75 typed into the cell, then as the text "75,0"."""
    key = ("nhiem_vu", "III.1.a", "ty_le")
    assert _differ({key: "75,0"}, {key: 75}) == _differ({key: 75}, {key: "75,0"}) == []


def test_what_was_added_or_taken_away_is_shown_as_blank() -> None:
    """A date, a choice and a text of one row; the figures of another."""
    changes: Answers = {
        ("nhiem_vu", "III.1.a", "ty_le"): None,
        ("nhiem_vu", "III.1.a", "ket_qua"): "Đã ban hành kế hoạch",
        ("xac_nhan", "ngay_ky", "gia_tri"): dt.date(2026, 12, 8),
    }
    reported = _differ(changes, {("xac_nhan", "ngay_ky", "gia_tri"): dt.date(2026, 12, 7)})
    assert reported == [
        "III.1.a % hoàn thành: 75 → trống",
        "III.1.a Kết quả chính: trống → Đã ban hành kế hoạch",
        "Ngày ký: 07/12/2026 → 08/12/2026",
    ]


def test_rows_of_an_open_table_are_known_by_what_they_say() -> None:
    """Moved rows are no change; one put in or left out is one line; a changed cell names its row."""
    swapped = _paper("2", "125/KH-UBND", "Kế hoạch hành động") | _paper("1", "9/CT-UBND", "Chỉ thị")
    assert _differ(swapped, TWO) == []
    title = "Văn bản đã ban hành trong kỳ"
    assert _differ(_paper("3", "7/BC-UBND", "Báo cáo"), TWO) == [f"{title}: thêm dòng “7/BC-UBND”"]
    gone: Answers = {("van_ban", "1", column): None for column in ("so_ky_hieu", "ngay", "trich_yeu")}
    assert _differ(gone, TWO) == [f"{title}: bỏ dòng “125/KH-UBND”"]
    changed = _paper("2", "9/CT-UBND", "Chỉ thị về cải cách thủ tục hành chính")
    assert _differ(changed, TWO) == [
        f"{title}, dòng “9/CT-UBND”, Trích yếu: Chỉ thị → Chỉ thị về cải cách thủ tục hành chính"
    ]


def test_an_answer_to_a_question_is_listed_with_its_table() -> None:
    """From "Có" to "Không phát sinh", with the rows that went."""
    gone: Answers = {("van_ban", "1", column): None for column in ("so_ky_hieu", "ngay", "trich_yeu")}
    reported = _differ(gone | {("van_ban", "", "khai_bao"): "Không phát sinh"})
    assert reported == [
        "Văn bản đã ban hành trong kỳ: Có → Không phát sinh",
        "Văn bản đã ban hành trong kỳ: bỏ dòng “125/KH-UBND”",
    ]


def test_two_equal_rows_are_counted() -> None:
    """One of two identical rows left out is a change."""
    twice = _paper("1", "125/KH-UBND", "Kế hoạch") | _paper("2", "125/KH-UBND", "Kế hoạch")
    gone: Answers = {("van_ban", "2", column): None for column in ("so_ky_hieu", "ngay", "trich_yeu")}
    assert _differ(gone, twice) == ["Văn bản đã ban hành trong kỳ: bỏ dòng “125/KH-UBND”"]
