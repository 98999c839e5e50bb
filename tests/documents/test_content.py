"""What the report says."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterator

import pytest

from kybaocao.documents.model import Chart, Paragraph, Table, read_outline
from kybaocao.documents.report.content import ReportContent, read_content, write_content, write_contents
from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.snapshot import Difficulty, IssuedDocument, Snapshot, Standing, TaskStatus, Verdict
from kybaocao.plan.report_document import Audience

from .demo_season import demo_snapshot
from .sample import NONE, figures, full_plan, full_snapshot, hash_one, number, small_cycle, small_plan, small_snapshot


def write(snapshot: Snapshot | None = None) -> ReportContent:
    return write_content(small_plan(), small_cycle(), snapshot or small_snapshot(), audience=Audience.PROVINCE)


def write_season() -> ReportContent:
    plan = full_plan()
    return write_content(plan, plan.require_cycle("nq02-2026-ky2"), demo_snapshot(), audience=Audience.PROVINCE)


def texts(content: ReportContent, part: int | None = None) -> list[str]:
    sections = content.sections if part is None else (content.sections[part - 1],)
    return [block.text for section in sections for block in section.blocks if isinstance(block, Paragraph)]


def find(content: ReportContent, start: str) -> str:
    found = [text for text in texts(content) if text.startswith(start)]
    assert len(found) == 1, (start, found)
    return found[0]


def tables(content: ReportContent) -> Iterator[Table]:
    assert content.summary is not None
    yield from (block for block in content.summary.blocks if isinstance(block, Table))
    yield from (block for section in content.sections for block in section.blocks if isinstance(block, Table))
    yield from (annex.table for annex in content.annexes)


def charts(content: ReportContent) -> dict[str, Chart]:
    return {b.id: b for section in content.sections for b in section.blocks if isinstance(b, Chart)}


def row(table: Table, first: str) -> list[str]:
    return next([cell.text for cell in found.cells] for found in table.rows if found.cells[0].text == first)


def change(code: str, **fields: object) -> Snapshot:
    """The small snapshot with one indicator changed."""
    snapshot = small_snapshot()
    changed = tuple(
        dataclasses.replace(result, **fields) if result.id == code else result  # type: ignore[arg-type]
        for result in snapshot.indicators
    )
    return dataclasses.replace(snapshot, indicators=changed)


# --- approval --------------------------------------------------------------------------------------------


def test_the_checksum_does_not_depend_on_the_moment() -> None:
    """The same figures read a day later are the same report: nobody approves it twice."""
    later = dataclasses.replace(small_snapshot(), as_of=dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    assert hash_one(write(later)) == hash_one(write())


def test_the_checksum_changes_with_a_figure() -> None:
    """What was approved is what is published, to the last digit."""
    changed = change("T18", cumulative=figures(914, 1000, "91.4"))
    assert hash_one(write(changed)) != hash_one(write())


def test_stored_content_is_read_back_whole() -> None:
    """The text kept in the store gives the same content, not one written anew from a changed plan."""
    content = write()
    assert read_content(to_json(content)) == content


def test_the_outline_of_a_content_says_the_same_without_its_text() -> None:
    content = write_season()
    outline = read_outline(to_json(content))
    assert (outline.waiting, outline.slots, outline.title) == (content.waiting, content.slots, content.title)
    assert (outline.letterhead, outline.signature) == (content.letterhead, content.signature)
    assert content.waiting and len(to_json(outline)) < len(to_json(content)) / 3


def test_content_that_is_not_content_is_refused() -> None:
    """A damaged record never becomes a report."""
    with pytest.raises(ValueError, match="plan"):
        read_content('{"cycle": "mau-ky2"}')


# --- I ---------------------------------------------------------------------------------------------------


def test_a_document_two_agencies_list_is_counted_once() -> None:
    """Sở Tài chính and Sở Công Thương both list the province's plan."""
    assert find(write(), "Trong kỳ báo cáo").startswith(
        "Trong kỳ báo cáo, các cơ quan, địa phương đã ban hành 3 văn bản"
    )


def test_two_communes_may_issue_the_same_number_on_the_same_day() -> None:
    """Every commune numbers its own documents."""
    same = tuple(IssuedDocument(code, "15/KH-UBND", dt.date(2026, 3, 2), "", "Kế hoạch", "") for code in ("X-2", "X-3"))
    content = write(dataclasses.replace(small_snapshot(), documents=same))
    assert "đã ban hành 2 văn bản" in find(content, "Trong kỳ báo cáo")


def test_documents_of_communes_stand_in_the_annex_only() -> None:
    """The text names those of provincial bodies; ninety plans of communes would bury them."""
    content = write()
    assert not any("xã Yên Châu" in text for text in texts(content, 1))
    assert row(content.annexes[3].table, "3")[1:3] == ["UBND xã Yên Châu", "+15/KH-UBND"]


def test_no_document_leaves_a_slot_for_the_coordinator() -> None:
    """Nothing came in: the software says so and invents nothing."""
    content = write(dataclasses.replace(small_snapshot(), documents=()))
    part = texts(content, 1)
    assert part[part.index("2. Kết quả tổ chức thực hiện (Mục IV của Kế hoạch)") - 1] == content.placeholder


# --- II --------------------------------------------------------------------------------------------------


def test_a_percentage_stands_after_its_two_numbers() -> None:
    """ "913/1.000, đạt 91,30%": the habit of provincial reports."""
    assert find(write(), "Mức độ hài lòng (T18)") == (
        "Mức độ hài lòng (T18): 913/1.000, đạt 91,30% (mục tiêu: tối thiểu 90%); 6/7 cơ quan có số liệu, 1 chưa báo cáo."
    )


def test_figures_of_every_agency_are_said_to_be_complete() -> None:
    snapshot = small_snapshot()
    indicators = (
        dataclasses.replace(one, missing=(), reported=tuple(origin.agency for origin in one.origins))
        if one.id == "T18"
        else one
        for one in snapshot.indicators
    )
    said = find(write(dataclasses.replace(snapshot, indicators=tuple(indicators))), "Mức độ hài lòng (T18)")
    assert said.endswith("(mục tiêu: tối thiểu 90%); đủ số liệu của 6 cơ quan.")


@pytest.mark.parametrize("audience", list(Audience))
def test_the_ten_of_pci_are_counted_in_words(audience: Audience) -> None:
    """How many went up and down, before each of them is listed."""
    plan = full_plan()
    content = write_content(plan, plan.cycles["nq02-2026-ky2"], demo_snapshot(), audience=audience)
    said = next(text for text in texts(content, 2) if text.startswith("Thứ hạng các chỉ số thành phần"))
    assert "; 10 thành phần: 5 tăng hạng, 2 giữ hạng, 3 giảm hạng; trong đó: gia nhập thị trường 9/34 (tăng 2" in said
    assert (said.count("(tăng"), said.count("(giữ"), said.count("(giảm")) == (5, 2, 3)


def test_a_rank_stands_with_the_number_ranked() -> None:
    """A rank means nothing without the number ranked."""
    assert "xếp thứ 21/34" in find(write(), "Thứ hạng chỉ số PII (T05)")
    assert "tăng 2 bậc so với kỳ xếp hạng trước (23/34)" in find(write(), "Thứ hạng chỉ số PII (T05)")


def test_ranks_among_different_numbers_are_not_subtracted() -> None:
    """63 provinces before the mergers, 34 after: both ranks are given, no difference."""
    sentence = find(write(), "Thứ hạng PAR INDEX (D2)")
    assert "kỳ xếp hạng trước 13/63" in sentence
    assert "bậc so với" not in sentence


def test_a_share_just_below_its_target_is_not_rounded_up_to_it() -> None:
    """49.999/50.000 is not 100,00%; it would contradict its own "chưa đạt"."""
    content = write()
    assert "đạt 99,998% (mục tiêu: 100%)" in find(content, "Tỷ lệ cấp kết quả điện tử (T15)")


def test_not_published_is_never_shown_as_not_met() -> None:
    """A ranking that is not published yet is no failure of the province."""
    content = write()
    summary = next(tables(content))
    assert row(summary, "T06")[3] == row(summary, "T06")[6] == "Chưa công bố"
    failed = texts(content, 2)[texts(content, 2).index("1. Các chỉ tiêu chưa đạt mục tiêu") :]
    failed = failed[: failed.index("2. Các chỉ tiêu đạt mục tiêu")]
    assert failed
    assert not any("T06" in text for text in failed)
    assert find(content, "Chưa công bố (1)") == "Chưa công bố (1): Thứ hạng chính quyền số (T06)."


def test_a_missing_figure_is_named_and_never_zero() -> None:
    """T09 was not reported: its cells hold no number at all."""
    summary, annex = next(tables(write())), write().annexes[0].table
    assert row(summary, "T09")[3:5] == ["Chưa có số liệu", "–"]
    assert row(annex, "T09")[7:10] == ["–", "–", "Chưa có số liệu"]
    for table, places in ((summary, slice(3, 5)), (annex, slice(7, 10))):
        cells = next(found.cells for found in table.rows if found.cells[0].text == "T09")
        assert all(cell.number is None for cell in cells[places])


def test_an_indicator_the_snapshot_does_not_know_has_no_figure() -> None:
    """Added to the plan after the snapshot was taken: still in the table, as unknown."""
    snapshot = small_snapshot()
    without = dataclasses.replace(snapshot, indicators=snapshot.indicators[:-1])
    assert row(next(tables(write(without))), "D5")[3] == "Chưa có số liệu"


def test_nothing_arose_is_not_a_missing_figure() -> None:
    """ "Không phát sinh" is an answer."""
    content = write(change("T18", cumulative=NONE, verdict=Verdict.NOTHING))
    assert find(content, "Không phát sinh (1)") == "Không phát sinh (1): Mức độ hài lòng (T18)."


def test_zero_breaches_are_a_figure() -> None:
    """0 of 412 is what was asked for, and printed as such."""
    content = write()
    sentence = find(content, "Số lần thanh tra")
    assert (
        "(T14): không có doanh nghiệp nào trong 412 doanh nghiệp bị thanh tra quá 01 lần trong năm (mục tiêu"
        in sentence
    )


def test_breaches_are_never_shown_in_the_unit_of_their_limit() -> None:
    """T14 is measured in inspections a year: "0,00%" in that row would be read as one, "0/412" is not."""
    content = write()
    assert row(next(tables(content)), "T14")[3] == "0/412"
    assert row(content.annexes[0].table, "T14")[9] == "0/412"


def test_a_fall_is_written_as_a_fall() -> None:
    """A growth of −4% reads "giảm 4,00%", not "tăng -4,00%"."""
    assert "120 doanh nghiệp, giảm 4,00% so với cùng kỳ năm 2025 (125 doanh nghiệp;" in find(
        write(), "Mức tăng số doanh nghiệp rút lui"
    )


def test_parts_are_given_each_with_its_numbers() -> None:
    """T01 is judged part by part; in place of a figure of the whole stands how many parts are met."""
    content = write()
    assert find(content, "Tỷ lệ số hóa quy hoạch (T01)").endswith(
        "trong đó: quy hoạch tỉnh 2/2 (100,00%), quy hoạch sử dụng đất 60/75 (80,00%)."
    )
    assert row(next(tables(content)), "T01")[3] == "1/2 thành phần đạt"
    assert row(content.annexes[0].table, "T01")[9] == "1/2 thành phần đạt"


def test_a_sentence_of_the_plan_replaces_that_of_the_measure() -> None:
    """ "(mục tiêu: triệt để cắt giảm chi phí); tăng 0,23" left open whether more is better."""
    plan = full_plan()
    content = write_content(plan, plan.require_cycle("nq02-2026-ky2"), demo_snapshot(), audience=Audience.PROVINCE)
    assert "(D7): điểm số 6,35, tăng 0,23 (điểm cao là tốt; mục tiêu:" in find(content, "Chi phí không chính thức")
    assert "phản ánh, kiến nghị đến hạn, đã xử lý đúng hạn 3.013, đạt 93,78%" in find(
        content, "Tỷ lệ xử lý phản ánh, kiến nghị đúng hạn (T17): có 3.213"
    )
    assert "(T04): 262 doanh nghiệp, tăng 8,71% so với cùng kỳ năm 2025 (241 doanh nghiệp;" in find(
        content, "Mức tăng số doanh nghiệp rút lui"
    )


def test_units_stand_beside_every_figure_of_a_sentence() -> None:
    """ "giảm 3,5" of what, "ước cả năm 4.450" of what."""
    assert find(write(), "Thời gian thanh tra").endswith("giảm 3,5 giờ so với kỳ trước (40 giờ).")
    assert "ước cả năm 4.450 doanh nghiệp" in find(write(), "Tổng số doanh nghiệp")


def test_what_is_missed_is_said_first_by_how_much_it_is_missed() -> None:
    """20 points, then 590 of 5.000, then two thousandths of a point; what is met comes after."""
    lines = texts(write(), 2)
    start = lines.index("1. Các chỉ tiêu chưa đạt mục tiêu")
    assert [line.split("(")[1][:3] for line in lines[start + 1 : start + 4]] == ["T01", "T02", "T15"]
    assert lines[start + 4] == "2. Các chỉ tiêu đạt mục tiêu"


def test_what_got_worse_is_named_in_part_two_with_both_figures() -> None:
    """T18 is met and fell all the same."""
    content = write(change("T18", previous=figures(950, 1000, 95)))
    assert find(content, "Có 1 chỉ tiêu giảm sút") == (
        "Có 1 chỉ tiêu giảm sút so với kỳ báo cáo trước: Mức độ hài lòng (T18) từ 95,00% còn 91,30%."
    )


def test_the_previous_report_is_named() -> None:
    """Figures are read against those of the cycle before."""
    assert "kỳ báo cáo trước 95,20%" in find(write(), "Tỷ lệ cấp kết quả điện tử (T15)")


def test_the_chart_of_targets_holds_what_every_agency_reports() -> None:
    """T15 and T18; T01 is reported by one body, and ranks are no shares."""
    assert [category[:3] for category in charts(write())["targets"].categories] == ["T15", "T18"]


# --- III -------------------------------------------------------------------------------------------------


def details(content: ReportContent, task: str) -> list[list[str]]:
    """Agency, status, result, reason and evidence of every row of one task in the last annex."""
    rows = content.annexes[5].table.rows
    return [[cell.text for cell in found.cells[2:]] for found in rows if found.cells[0].text == task]


def test_a_lead_agency_is_quoted_under_its_name_in_the_annex() -> None:
    """Its own words, on one line, with its evidence; nothing added."""
    assert details(write(), "III.2.1.a") == [
        [
            "Sở Tài chính",
            "Đã hoàn thành ngày 05/11/2026",
            "Đã giải quyết 31/75 kiến nghị của doanh nghiệp",
            "Văn bản, minh chứng: Báo cáo số 12/BC-STC.",
        ]
    ]


def test_an_agency_without_an_answer_leaves_a_slot_for_the_coordinator() -> None:
    """Silence is named, with the tasks it concerns."""
    assert find(write(), "Sở Công Thương chưa báo cáo 1") == (
        "Sở Công Thương chưa báo cáo 1 nhiệm vụ: “Xử lý phản ánh về chi phí không chính thức”. [Sở Tài chính bổ sung]"
    )


def test_a_section_nobody_reported_on_is_left_open() -> None:
    """Section 3 of the small plan has no entry."""
    content = write()
    lines = texts(content, 3)
    assert lines[lines.index("3. Hỗ trợ doanh nghiệp") + 1] == (
        f"Đến thời điểm tổng hợp, chưa có cơ quan nào báo cáo. {content.placeholder}"
    )


def test_late_agencies_of_a_common_task_are_named_with_the_reason_they_share() -> None:
    """Those with the same reason are named together, in Vietnamese order: Đ before Y."""
    assert details(write(), "III.1.a") == [
        ["UBND xã Đoàn Kết, UBND xã Yên Châu", "Chậm tiến độ", "", "thiếu cán bộ chuyên trách."]
    ]


def test_names_and_reasons_of_single_agencies_are_not_in_the_text() -> None:
    """What is behind is named by its task; who is behind stands in the annex of the province's document."""
    lines = texts(write(), 3)
    assert lines[lines.index("1. Thể chế nền tảng") + 1] == (
        "Hoàn thành 3/7 lượt, đạt 42,86%; chậm tiến độ 2. "
        "Chậm hoặc chưa triển khai: “Quán triệt các nghị quyết” (2/7 lượt). "
        "Nguyên nhân được nêu nhiều nhất: thiếu cán bộ chuyên trách (2 lượt)."
    )


def test_the_table_of_groups_counts_a_task_of_many_once_for_each_agency() -> None:
    """Seven bodies hold III.1.a: seven pieces of work, one of them not reported. Every row adds up."""
    table = next(block for block in write().sections[2].blocks if isinstance(block, Table))
    assert row(table, "1. Thể chế nền tảng") == [
        "1. Thể chế nền tảng", "1", "7", "3", "1", "2", "0", "0", "1", "42,86%",
    ]  # fmt: skip
    assert [found.cells[0].text for found in table.rows][-1] == "Tổng số"
    for found in table.rows:
        _, shares, *counts = (cell.number or 0 for cell in found.cells[1:-1])
        assert shares == sum(counts)
    tasks, *_ = (cell.number for cell in table.rows[-1].cells[1:])
    assert tasks == sum(found.cells[1].number or 0 for found in table.rows[:-1]) == len(small_plan().tasks)


def test_the_assessment_of_the_whole_is_left_to_people() -> None:
    """The software counts; what it means is not for it to write."""
    content = write()
    lines = texts(content, 3)
    assert lines[-2:] == ["4. Đánh giá chung", content.placeholder]


def test_a_task_is_wholly_done_only_when_every_agency_says_so() -> None:
    """III.2.1.a is; III.2.2.b, for which nothing arose, is not counted as done."""
    assert "1/5 nhiệm vụ đã hoàn thành ở mọi cơ quan được giao (20,00%)." in texts(write(), 3)[0]


def test_the_task_annex_has_every_task_of_the_plan() -> None:
    """91 rows for the real plan, each with all its agencies accounted for."""
    plan = full_plan()
    cycle = plan.require_cycle("nq02-2026-ky2")
    content = write_content(plan, cycle, full_snapshot(plan, cycle), audience=Audience.PROVINCE)
    rows = [found for found in content.annexes[1].table.rows if len(found.cells) > 1]
    assert [found.cells[0].text for found in rows] == [task.id for task in plan.tasks]
    assert len(rows) == 91
    for found in rows:
        held, *counts = (cell.number for cell in found.cells[3:])
        assert held == sum(count for count in counts if count is not None)


# --- IV, V -----------------------------------------------------------------------------------------------


def test_a_difficulty_raised_in_both_halves_of_the_year_stands_once() -> None:
    """With all who raised it, and how many when; what some have solved stays open for those who raised it before."""
    words = ("Thiếu mặt bằng", "Khách quan", "Quỹ đất ít", "Rà soát quỹ đất", "UBND tỉnh")
    now = Difficulty(2, ("STC", "SCT"), *words, "Mới phát sinh")
    before = Difficulty(2, ("CAT", "X-1", "X-2"), *words, "Mới phát sinh", "mau-ky2")
    both = write(dataclasses.replace(small_snapshot(), difficulties=(now, before)))
    assert [text for text in texts(both, 4) if "Thiếu mặt bằng" in text] == [
        "Thiếu mặt bằng (5 cơ quan, địa phương: 2 nêu trong kỳ này, 3 nêu trong kỳ năm 2026). Nguyên nhân: quỹ đất ít."
    ]
    assert len(both.annexes[2].table.rows) == 1
    solved = dataclasses.replace(now, standing="Đã giải quyết")
    apart = write(dataclasses.replace(small_snapshot(), difficulties=(solved, before)))
    assert len(apart.annexes[2].table.rows) == 2


def test_difficulties_stand_under_their_cause_with_who_raised_them() -> None:
    """Objective causes before subjective ones."""
    lines = texts(write(), 4)
    assert lines[1:5] == [
        "1. Cải cách thủ tục hành chính",
        "a) Nguyên nhân khách quan:",
        "Phần mềm một cửa chạy chậm (Sở Tài chính, UBND các xã Đoàn Kết, Yên Châu). Nguyên nhân: hạ tầng mạng yếu.",
        "b) Nguyên nhân chủ quan:",
    ]


def test_a_group_with_one_kind_of_cause_has_no_letter() -> None:
    """An a) without a b) looks like something left out."""
    snapshot = small_snapshot()
    objective = tuple(one for one in snapshot.difficulties if one.cause_kind.lower() == "khách quan")
    lines = texts(write(dataclasses.replace(snapshot, difficulties=objective)), 4)
    assert "Nguyên nhân khách quan:" in lines
    assert not any(line.startswith("a)") for line in lines)


def test_where_nobody_was_late_nobody_is_counted_as_late() -> None:
    """ "0 cơ quan nộp quá hạn, 0 chưa được tiếp nhận" is no finding."""
    snapshot = small_snapshot()
    prompt = tuple(
        dataclasses.replace(one, standing=Standing.ACCEPTED, is_late=False)
        for one in snapshot.timeliness
        if one.standing is not Standing.EXEMPT
    )
    content = write(dataclasses.replace(snapshot, timeliness=prompt))
    assert any(text.endswith("đạt 100,00%; tất cả đều nộp đúng hạn.") for text in texts(content, 1))
    assert charts(content)["submission"].title == f"Biểu đồ 1. {len(prompt)}/{len(prompt)} cơ quan nộp đúng hạn"


def test_what_has_been_solved_is_asked_of_nobody() -> None:
    """ "Bố trí kinh phí" is solved: in the annex, not among the proposals."""
    content = write()
    assert not any("Bố trí kinh phí" in text for text in texts(content, 5))
    assert any(found.cells[5].text == "Bố trí kinh phí" for found in content.annexes[2].table.rows)


def test_proposals_stand_under_their_addressee_as_the_report_names_it() -> None:
    """The choice in the form, "Bộ ngành Trung ương", is printed in full."""
    lines = texts(write(), 5)
    assert lines[lines.index("Đối với các bộ, ngành Trung ương:") + 1].startswith("Nâng cấp đường truyền (")


def test_the_article_an_agency_names_stands_beside_what_is_asked() -> None:
    """The ministry looks for the article; agencies often name it with the difficulty and not with the proposal."""
    difficulty = Difficulty(
        2, ("STC",), "Khoản 2 Điều 15 Luật Đầu tư, Điều 8 Nghị định số 31/2021/NĐ-CP chồng chéo", "Khách quan", "",
        "Sửa đổi cho thống nhất", "Bộ ngành Trung ương", "Mới phát sinh",
    )  # fmt: skip
    content = write(dataclasses.replace(small_snapshot(), difficulties=(difficulty,)))
    asked = find(content, "Sửa đổi cho thống nhất")
    assert "(quy định liên quan: " in asked
    assert "Điều 15 Luật Đầu tư" in asked
    assert "Điều 8 Nghị định số 31/2021/NĐ-CP" in asked
    assert asked.endswith("Sở Tài chính).")


def test_the_work_of_the_next_year_is_asked_for_at_the_end_of_the_year() -> None:
    """In June the work ahead is that of the same year."""
    plan = full_plan()
    last, first = (plan.require_cycle(f"nq02-2026-ky{number}") for number in (2, 1))
    assert "2. Phương hướng, nhiệm vụ trọng tâm năm 2027" in texts(write_content(plan, last, demo_snapshot()), 5)
    assert "2. Nhiệm vụ trọng tâm thời gian tới" in texts(write_content(plan, first, demo_snapshot()), 5)


def test_an_addressee_nobody_foresaw_is_still_printed() -> None:
    """A proposal is never lost for its addressee."""
    difficulty = Difficulty(2, ("STC",), "Vướng", "", "", "Xin ý kiến", "Kiểm toán", "")
    content = write(dataclasses.replace(small_snapshot(), difficulties=(difficulty,)))
    assert "Đối với Kiểm toán:" in texts(content, 5)


def test_missing_agencies_are_named() -> None:
    """The coordinator signs a list, not a number; a returned form is not an accepted one."""
    lines = texts(write(), 1)
    assert "Có 5/7 cơ quan đã nộp báo cáo được tiếp nhận, đạt 71,43%" in lines[-2]
    assert "Đã trả lại: 1 cơ quan (UBND xã Đoàn Kết)." in lines[-1]
    assert "Chưa nộp báo cáo: 1 cơ quan (UBND xã Co Mạ)." in lines[-1]


def test_who_reported_stands_in_part_one_of_the_document_of_the_province_alone() -> None:
    """It is no proposal (part V), and the ministry does not read who was late."""
    lines = texts(write(), 1)
    assert lines.index("3. Tình hình nộp báo cáo") > lines.index("2. Kết quả tổ chức thực hiện (Mục IV của Kế hoạch)")
    assert not any("nộp báo cáo" in text for text in texts(write(), 5))
    ministry = write_content(small_plan(), small_cycle(), small_snapshot(), audience=Audience.MINISTRY)
    assert not any("Tình hình nộp" in text for text in texts(ministry))


def test_exempt_agencies_are_not_counted_as_missing() -> None:
    """An exempted body is neither late nor missing."""
    snapshot = small_snapshot()
    timeliness = tuple(
        dataclasses.replace(entry, standing=Standing.EXEMPT) if entry.agency == "X-4" else entry
        for entry in snapshot.timeliness
    )
    content = write(dataclasses.replace(snapshot, timeliness=timeliness))
    assert "Có 5/6 cơ quan" in texts(content, 1)[-2]
    assert "Chưa nộp báo cáo" not in texts(content, 1)[-1]


def test_the_text_ends_as_official_texts_end() -> None:
    """Nghị định 30/2020: "./." after the last word, and nowhere before."""
    lines = texts(write())
    assert lines[-1].endswith("./.")
    assert not any("./." in text for text in lines[:-1])


def test_annex_of_submissions_collates_as_vietnamese_does() -> None:
    """Departments, then wards, then communes; Co Mạ, Đoàn Kết, Yên Châu."""
    names = [found.cells[1].text for found in write().annexes[4].table.rows if len(found.cells) > 1]
    assert names == [
        "Công an tỉnh",
        "Sở Công Thương",
        "Sở Tài chính",
        "UBND phường Tô Hiệu",
        "UBND xã Co Mạ",
        "UBND xã Đoàn Kết",
        "UBND xã Yên Châu",
    ]


def test_moments_are_printed_in_the_time_of_the_plan() -> None:
    """Stored in UTC, read in Sơn La: 09:30 UTC is 16:30 there."""
    assert row(write().annexes[4].table, "2")[3] == "16:30 ngày 09/12/2026"


def test_control_characters_of_an_agency_do_not_reach_the_report() -> None:
    """A cell may hold anything; office files refuse some of it."""
    difficulty = Difficulty(2, ("STC",), "Vướng\x0b mắc\u200b\r\nlớn", "Khách quan", "", "", "", "")
    content = write(dataclasses.replace(small_snapshot(), difficulties=(difficulty,)))
    assert any(text.startswith("Vướng mắc lớn") for text in texts(content, 4))


def test_an_agency_that_left_the_register_stays_readable() -> None:
    """Its code stands for it; the report does not fail."""
    difficulty = Difficulty(2, ("CU",), "Vướng", "Khách quan", "", "", "", "")
    content = write(dataclasses.replace(small_snapshot(), difficulties=(difficulty,)))
    assert "Vướng (CU)." in texts(content, 4)


def test_an_empty_snapshot_makes_a_report_that_says_so() -> None:
    """The day the cycle opens: no chart, no figure, no failure; every part is there."""
    snapshot = dataclasses.replace(
        small_snapshot(), indicators=(), tasks=(), difficulties=(), documents=(), timeliness=()
    )
    content = write(snapshot)
    assert [section.heading.split(".")[0] for section in content.sections] == ["I", "II", "III", "IV", "V"]
    assert not charts(content)
    assert len(content.waiting) >= 5


def test_no_figure_is_multiplied_by_the_number_of_statuses() -> None:
    """Counts of the task chart add up to the pieces of work."""
    chart = charts(write())["tasks"]
    assert sum(value for series in chart.series for value in series.values) == number(12)
    assert {series.name for series in chart.series} >= {status.value for status in TaskStatus}


# --- two documents ---------------------------------------------------------------------------------------


def test_the_ministry_reads_nothing_that_concerns_the_province_alone() -> None:
    """Mục IV.3 of the plan: the coordinator reports to UBND tỉnh, which reports to the ministry."""
    snapshot = small_snapshot()
    open_still = tuple(dataclasses.replace(one, standing="mới phát sinh") for one in snapshot.difficulties)
    snapshot = dataclasses.replace(snapshot, difficulties=open_still)
    contents = write_contents(small_plan(), small_cycle(), snapshot)
    for_province, for_ministry = contents[Audience.PROVINCE], contents[Audience.MINISTRY]
    assert [annex.table.id for annex in for_province.annexes if annex.table.id == "submission"] == ["submission"]
    assert [annex.table.id for annex in for_ministry.annexes if annex.table.id == "submission"] == []
    assert [text for text in texts(for_ministry, 5) if text.startswith("3.")] == []
    assert any("UBND tỉnh:" in text for text in texts(for_province, 5))
    assert not any("UBND tỉnh:" in text for text in texts(for_ministry, 5))


def test_each_document_has_its_own_letterhead_and_signature() -> None:
    contents = write_contents(small_plan(), small_cycle(), small_snapshot())
    heads = {audience: (one.letterhead.symbol, one.letterhead.addressees) for audience, one in contents.items()}
    assert heads == {
        Audience.PROVINCE: ("/BC-STC", ("Ủy ban nhân dân tỉnh Sơn La",)),
        Audience.MINISTRY: ("/BC-UBND", ("Bộ Tài chính",)),
    }
    assert [one.signature.position for one in contents.values()] == ["GIÁM ĐỐC", "CHỦ TỊCH"]


def test_a_plan_without_a_document_to_the_province_has_one_that_holds_everything() -> None:
    plan = small_plan()
    alone = dataclasses.replace(plan, wording=plan.require_wording().model_copy(update={"province": None}))
    contents = write_contents(alone, small_cycle(), small_snapshot())
    assert list(contents) == [Audience.MINISTRY]
    assert [annex.table.id for annex in contents[Audience.MINISTRY].annexes][-2:] == ["submission", "details"]


def test_the_checksum_of_one_document_is_that_of_its_stored_text() -> None:
    """So it was before there were two: a version that waits for its approval when the system is renewed keeps it."""
    content = write()
    assert hash_one(content) == hashlib.sha256(to_json(content).encode()).hexdigest()


def test_a_part_that_is_a_ranking_says_among_how_many() -> None:
    """As the whole does: "9" alone says little."""
    content = write_season()
    assert row(content.annexes[0].table, "D1.1")[7:10] == ["9/34", "11/34", "9/34"]


def test_what_is_published_of_a_target_is_said_before_all_of_it_is() -> None:
    """PGI is out, PCI is not."""
    content = write_season()
    assert "(PGI) (D8), đã công bố điểm PGI 21,4 (tăng 0,5)." in find(content, "Chưa công bố (3)")
