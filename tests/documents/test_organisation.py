"""What the report says about section IV of the plan and about deadlines inside tasks."""

from __future__ import annotations

import dataclasses

import pytest

from kybaocao.documents.model import Paragraph
from kybaocao.documents.report.content import write_content
from kybaocao.figures.snapshot import Punctuality, Snapshot, TaskStatus
from kybaocao.plan.report_document import Audience
from tests.documents.sample import DUE, entry, small_cycle, small_obligations, small_plan, small_snapshot


def write(snapshot: Snapshot | None = None, audience: Audience = Audience.PROVINCE, part: int = 1) -> list[str]:
    content = write_content(small_plan(), small_cycle(), snapshot or small_snapshot(), audience=audience)
    return [block.text for block in content.sections[part - 1].blocks if isinstance(block, Paragraph)]


def read_details(snapshot: Snapshot, audience: Audience) -> str:
    """Everything in the annexes about tasks."""
    content = write_content(small_plan(), small_cycle(), snapshot, audience=audience)
    return "\n".join(cell.text for annex in content.annexes for row in annex.table.rows for cell in row.cells)


def find(lines: list[str], code: str) -> str:
    (found,) = [line for line in lines if f"({code})" in line]
    return found


def with_duties(*duties: object) -> Snapshot:
    return dataclasses.replace(small_snapshot(), obligations=duties)  # type: ignore[arg-type]


def test_each_duty_says_how_many_of_how_many() -> None:
    """In time, late, overdue, silent; the parts add up to the agencies that are bound."""
    assert find(write(), "IV.1.b") == (
        "Kế hoạch triển khai của cơ quan (IV.1.b), hạn đến hết ngày 14/02/2026: 3/7 cơ quan đã hoàn thành, đạt 42,86% "
        "(2 cơ quan đúng hạn, 1 cơ quan hoàn thành muộn); 1 cơ quan quá hạn, chưa hoàn thành; 2 cơ quan chưa báo cáo; "
        "1 cơ quan đã nộp theo biểu mẫu chưa có nội dung này."
    )


def test_a_duty_without_an_end_is_carried_out_or_not() -> None:
    assert find(write(), "IV.1.a").startswith(
        "Thông tin, tuyên truyền về Kế hoạch (IV.1.a): 3/7 cơ quan đã hoàn thành hoặc đang thực hiện thường xuyên, "
        "đạt 42,86%; 1 cơ quan chưa triển khai; "
    )


def test_the_duty_to_report_is_counted_by_what_was_received() -> None:
    lines = write()
    assert find(lines, "IV.1.d") == (
        "Báo cáo định kỳ gửi Sở Tài chính (IV.1.d): 5/7 cơ quan có báo cáo được tiếp nhận, đạt 71,43%; "
        "4 cơ quan nộp đúng hạn, 1 cơ quan nộp quá hạn."
    )
    assert find(lines, "IV.3.b") == "Báo cáo định kỳ của Sở Tài chính (IV.3.b): thực hiện bằng báo cáo này."


def test_names_and_reasons_stand_in_the_document_of_the_province_alone() -> None:
    internal, ministry = (write(audience=audience) for audience in (Audience.PROVINCE, Audience.MINISTRY))
    assert "Hoàn thành muộn: Sở Công Thương." in internal
    assert "Quá hạn, chưa hoàn thành: Công an tỉnh (chờ hướng dẫn)." in internal
    assert "Chậm tiến độ, chưa triển khai: UBND phường Tô Hiệu (thiếu cán bộ)." in internal
    duties = "\n".join(ministry[ministry.index("2. Kết quả tổ chức thực hiện (Mục IV của Kế hoạch)") :])
    assert [name for name in ("Công an", "Công Thương", "Tô Hiệu", "Báo cáo định kỳ") if name in duties] == []
    counts, silent = find(internal, "IV.1.b").replace(" (IV.1.b)", "").split("2 cơ quan chưa báo cáo; ")
    assert silent == "1 cơ quan đã nộp theo biểu mẫu chưa có nội dung này."
    assert f"{counts}3 cơ quan chưa báo cáo." in ministry  # which form an agency had is the province's own affair


def test_the_duty_of_one_agency_is_told_in_its_own_words() -> None:
    said = "Tuyên truyền trên báo, đài{}đang thực hiện. Đã phát 4 chuyên mục."
    assert said.format(" (IV.2): Sở Công Thương ") in write()
    assert said.format(": ") in write(audience=Audience.MINISTRY)


def test_nobody_having_done_it_is_said_in_words() -> None:
    plans = small_obligations()[1]
    nobody = dataclasses.replace(plans, entries=plans.entries[2:3])
    assert "chưa có cơ quan nào trong 4 cơ quan hoàn thành; 1 cơ quan quá hạn" in find(
        write(with_duties(nobody)), "IV.1.b"
    )


def test_a_cycle_in_which_nobody_answered_says_so_once() -> None:
    empty = with_duties(*(dataclasses.replace(duty, entries=()) for duty in small_obligations()))
    said = "Đến thời điểm tổng hợp, chưa có cơ quan nào báo cáo kết quả tổ chức thực hiện Kế hoạch."
    lines = write(empty)
    assert lines[lines.index("2. Kết quả tổ chức thực hiện (Mục IV của Kế hoạch)") + 1 :][:2] == [
        said,
        "3. Tình hình nộp báo cáo",
    ]


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (0, "tất cả đều nộp đúng hạn"),
        (1, "4 cơ quan nộp đúng hạn, 1 cơ quan nộp quá hạn"),
        (5, "tất cả đều nộp quá hạn"),
    ],
)
def test_the_duty_to_report_counts_nobody_as_none(late: int, said: str) -> None:
    """ "0 cơ quan nộp quá hạn" is no finding (IV.1.d); nor is it in the clause on who reported."""
    accepted = [one.agency for one in small_snapshot().accepted]
    timeliness = tuple(
        dataclasses.replace(one, is_late=one.agency in accepted[:late]) for one in small_snapshot().timeliness
    )
    lines = write(dataclasses.replace(small_snapshot(), timeliness=timeliness))
    assert find(lines, "IV.1.d").endswith(f"; {said}.")
    assert not any("0 cơ quan" in line for line in lines)


def test_a_form_that_asks_no_duty_leaves_the_part_as_it_was() -> None:
    """A plan without such a table, or a snapshot of before."""
    ministry = write(with_duties(), audience=Audience.MINISTRY)
    assert [line for line in ministry if line.startswith(("1. ", "2. ")) or "IV" in line] == [
        line for line in ministry if "Phụ lục IV" in line
    ]
    clauses = [line for line in write(with_duties()) if line.startswith(("1. ", "2. "))]
    assert clauses == ["1. Văn bản chỉ đạo, điều hành", "2. Tình hình nộp báo cáo"]


# --- tasks with a deadline of their own ------------------------------------------------------------------------------


def test_a_task_whose_deadline_is_over_is_named_as_late() -> None:
    """With its agency for the province; the line about the agency says it, too."""
    lines = write(part=3)
    start = lines.index("Nhiệm vụ được Kế hoạch ấn định hạn riêng, tính đến ngày 30/11/2026:")
    assert lines[start + 1 : start + 3] == [
        "Xử lý phản ánh về chi phí không chính thức (III.2.2.a), hạn đến hết ngày 30/6/2026: chưa có cơ quan nào trong "
        "2 cơ quan hoàn thành; 1 cơ quan quá hạn, chưa hoàn thành; 1 cơ quan chưa báo cáo.",
        "Quá hạn, chưa hoàn thành: Công an tỉnh (chờ kết luận).",
    ]
    assert "quá hạn (hạn đến hết ngày 30/6/2026)" in read_details(small_snapshot(), Audience.PROVINCE)


@pytest.mark.parametrize(
    ("audience", "code", "who"), [(Audience.PROVINCE, " (III.2.2.a)", "Công an tỉnh "), (Audience.MINISTRY, "", "")]
)
def test_a_task_of_one_agency_done_late_says_the_day(audience: Audience, code: str, who: str) -> None:
    done_on = DUE.replace(month=7, day=2)
    done = entry("CAT", TaskStatus.DONE, "Đã xử lý", done_on=done_on, punctuality=Punctuality.DONE_LATE)
    tasks = tuple(
        dataclasses.replace(task, entries=(done,), missing=()) if task.due_on else task
        for task in small_snapshot().tasks
    )
    changed = dataclasses.replace(small_snapshot(), tasks=tasks)
    lines = write(changed, audience, part=3)
    said = f"{code}, hạn đến hết ngày 30/6/2026: {who}đã hoàn thành ngày 02/7/2026; hoàn thành muộn."
    assert f"Xử lý phản ánh về chi phí không chính thức{said}" in lines
    is_said = "muộn so với hạn ngày 30/6/2026" in read_details(changed, audience)
    assert is_said is (audience is Audience.PROVINCE)


def test_a_deadline_after_the_cut_off_is_not_judged_yet() -> None:
    tasks = tuple(
        dataclasses.replace(task, due_on=DUE.replace(month=12)) if task.due_on else task
        for task in small_snapshot().tasks
    )
    lines = write(dataclasses.replace(small_snapshot(), tasks=tasks), part=3)
    assert not any("ấn định hạn riêng" in line for line in lines)
