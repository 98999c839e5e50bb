"""What an official reads of many findings: each cause once, its cells together."""

from __future__ import annotations

from kybaocao.findings import Finding, WordedFinding, word
from kybaocao.mail.submission_reply import list_causes, list_notes, summarize_causes


def _unanswered(count: int) -> list[WordedFinding]:
    return [word(Finding("answer-missing", "Chỉ tiêu", f"E{row}")) for row in range(7, 7 + count)]


def test_cells_of_one_cause_stand_under_its_name() -> None:
    worded = [word(Finding("number-unreadable", "Nhiệm vụ", "E7")), *_unanswered(2)]
    assert [(name, [row[0] for row in rows]) for name, rows in list_causes(worded, 5)] == [
        ("Không phải số", ["Ô E7, trang Nhiệm vụ"]),
        ("Chưa trả lời (2 chỗ)", ["Ô E7, trang Chỉ tiêu", "Ô E8, trang Chỉ tiêu"]),
    ]


def test_the_cells_beyond_the_limit_are_counted_and_named() -> None:
    ((_, rows),) = list_causes(_unanswered(7), 5)
    assert (len(rows), rows[-1]) == (6, ("… và 2 chỗ khác: trang Chỉ tiêu: ô E12, E13", "Như trên.", "Như trên."))


def test_a_receipt_stays_short_whatever_there_is_to_note() -> None:
    notes = list_notes(_unanswered(5_000))
    assert (len(notes), notes[-1].startswith("… và 4.995 chỗ khác")) == (6, True)


def test_the_sheet_that_is_signed_names_every_cause_and_where_it_is() -> None:
    worded = [*_unanswered(2), word(Finding("answer-missing", "Nhiệm vụ", "F9")), word(Finding("file-damaged"))]
    assert summarize_causes(worded) == [
        ("Chưa trả lời (3 chỗ)", "Trang Chỉ tiêu: ô E7, E8; trang Nhiệm vụ: ô F9"),
        ("Tệp bị hỏng", "Cả tệp"),
    ]
