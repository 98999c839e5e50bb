"""What differs between two versions of a report, and because of whose file."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence

import docx

from kybaocao.documents.model import Paragraph
from kybaocao.documents.report.change_words import ChangeReport, list_change_lines, render_changes
from kybaocao.documents.report.changes import Event, compare_versions
from kybaocao.documents.report.source import ReportSource
from kybaocao.figures.snapshot import Snapshot, TaskStatus, Verdict
from kybaocao.inbox.submission import Submission
from tests.figures.taking import PLAN, take
from tests.submissions import arrive, figures

from .sample import AS_OF

TASK = "III.1.a"


def send(agency: str, top: int, *, status: str = "Đang thực hiện", version: int = 1) -> Submission:
    """A form with one figure and one task, in a file named after its version."""
    answers = figures("T15", top, 100) | {("nhiem_vu", TASK, "trang_thai"): status}
    return dataclasses.replace(arrive(agency, answers, version=version), file_name=f"{agency}-{version}.xlsx")


def report(before: Snapshot, after: Snapshot) -> ChangeReport:
    source = ReportSource(PLAN, PLAN.cycles[after.cycle], after, PLAN.require_wording())
    return ChangeReport(source, compare_versions(before, after, {}, {}), 1, 2)


def list_lines(before: Sequence[Submission], after: Sequence[Submission]) -> list[str]:
    return list_change_lines(report(take(*before), take(*after)), "Thay-doi.docx")


def read_page(one: ChangeReport) -> str:
    document = docx.Document(io.BytesIO(render_changes(one, "Sở Tài chính", "", AS_OF)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_a_revised_file_is_named_with_what_it_changed() -> None:
    """The figure, the task, and the file of the agency that sent another version; nobody else."""
    other = send("STP", 10)
    before, after = take(send("STC", 50), other), take(send("STC", 60, status="Đã hoàn thành", version=2), other)
    changes = compare_versions(before, after, {}, {})
    assert [(one.id, one.agencies) for one in changes.figures] == [("T15", ("STC",))]
    assert {code: (file.event, file.file_name) for code, file in changes.files.items()} == {
        "STC": (Event.REVISED, "STC-2.xlsx")
    }
    assert [(one.agency, one.statuses[0].task, one.statuses[0].after) for one in changes.agencies] == [
        ("STC", TASK, TaskStatus.DONE)
    ]
    assert list_change_lines(report(before, after), "x") == [
        "Tỷ lệ cấp kết quả giải quyết thủ tục hành chính điện tử: từ 30,00% thành 35,00%, do Sở Tài chính.",
        "Sở Tài chính (thay bản đã nộp): III.1.a từ “Đang thực hiện” thành “Đã hoàn thành”.",
    ]
    assert "thay bản đã nộp: STC-2.xlsx" in read_page(report(before, after))


def test_a_late_file_is_a_first_one() -> None:
    """Its figures join the sums, its tasks are new."""
    lines = list_lines([send("STP", 10)], [send("STP", 10), send("STC", 100)])
    assert lines == [
        "Tỷ lệ cấp kết quả giải quyết thủ tục hành chính điện tử: từ 10,00% thành 55,00%, do Sở Tài chính.",
        "Sở Tài chính (nộp lần đầu): báo cáo 1 nhiệm vụ (1 đang thực hiện).",
    ]


def test_a_withdrawn_figure_is_no_longer_counted() -> None:
    """The file that is gone is named, and that its tasks are gone, too."""
    before, after = take(send("STP", 10), send("STC", 100)), take(send("STP", 10))
    assert compare_versions(before, after, {}, {}).files["STC"].event is Event.WITHDRAWN
    assert list_change_lines(report(before, after), "x")[1] == (
        "Sở Tài chính (không còn được tính): không còn báo cáo 1 nhiệm vụ."
    )
    assert "không còn được tính: STC-1.xlsx" in read_page(report(before, after))


def test_a_changed_verdict_comes_first_and_is_said() -> None:
    """Before figures that moved and are judged as they were."""
    before = take(arrive("STC", figures("T15", 1, 10) | figures("T16", 79, 100)))
    after = take(arrive("STC", figures("T15", 2, 10) | figures("T16", 80, 100), version=2))
    lines = list_change_lines(report(before, after), "x")
    assert lines[0] == (
        "Tỷ lệ khai thác, sử dụng lại thông tin, dữ liệu số hóa: từ 79,00% thành 80,00% "
        "(đánh giá: từ chưa đạt thành đạt), do Sở Tài chính."
    )
    assert lines[1].startswith("Tỷ lệ cấp kết quả")


def test_more_than_ten_changes_are_ten_lines() -> None:
    """The last one counts the others and names the page that has them."""
    agencies = PLAN.members(("TAT_CA",))[:12]
    lines = list_lines([], [send(agency, 10) for agency in agencies])
    assert len(lines) == 10
    assert lines[-1] == "và 4 thay đổi khác, xem tệp Thay-doi.docx kèm theo."
    assert "và 9 cơ quan khác" in lines[0]


def test_ten_changes_are_all_said() -> None:
    """One figure and nine agencies: nothing is left out."""
    lines = list_lines([], [send(agency, 10) for agency in PLAN.members(("TAT_CA",))[:9]])
    assert len(lines) == 10
    assert not any("thay đổi khác" in line for line in lines)


def test_the_same_values_in_another_file_change_nothing() -> None:
    """A file that is sent once more, a returned file and a later moment say nothing new."""
    before = take(send("STC", 50))
    again = take(send("STC", 50, version=2), arrive("STP", {}, verdict="returned"))
    changes = compare_versions(before, again, {}, {})
    assert changes.count == 0
    assert list_change_lines(report(before, again), "x") == []
    assert "Số liệu của phiên bản 2 không thay đổi so với phiên bản 1." in read_page(report(before, again))


def test_the_coordinators_words_are_a_change() -> None:
    """The places are named, not what was written."""
    same = take(send("STC", 50))
    said = (Paragraph("Tập trung chỉ đạo."),)
    changes = compare_versions(same, same, {}, {"III.4.VPUB": said, "V.2": said})
    one = dataclasses.replace(report(same, same), changes=changes)
    assert list_change_lines(one, "x") == [
        "Nội dung Sở Tài chính viết, sửa hoặc bỏ: mục III.4 “Văn phòng UBND tỉnh – nhiệm vụ chưa báo cáo”; "
        "mục V.2 “Phương hướng, nhiệm vụ trọng tâm năm 2027”."
    ]


def test_another_rule_is_a_change_without_a_file() -> None:
    """The target was moved: no agency is named as the cause."""
    before = take(send("STC", 50))
    figures_of = tuple(
        dataclasses.replace(one, verdict=Verdict.MET) if one.id == "T15" else one for one in before.indicators
    )
    after = dataclasses.replace(before, indicators=figures_of)
    assert list_change_lines(report(before, after), "x")[0].endswith("(đánh giá: từ chưa đạt thành đạt).")
    assert "Thay đổi cấu hình hoặc cách tính" in read_page(report(before, after))
