""" "TÓM TẮT" and the dashboard of the targets on the first pages."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader

from kybaocao.documents.model import Paragraph, ReportContent, Style, Table
from kybaocao.documents.pdf import convert_to_pdf, find_converter
from kybaocao.documents.report.content import read_content, write_content
from kybaocao.documents.report.document import render_document
from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.headline import count_headline
from kybaocao.figures.snapshot import Outlook, Snapshot, Verdict
from kybaocao.plan.report_document import Audience
from kybaocao.plan.report_wording import ReportWording
from kybaocao.plan.targets import SHORT_NAME
from kybaocao.yaml_source import read_yaml

from .demo_season import demo_snapshot
from .sample import AS_OF, CONFIG, figures, full_plan, number, small_cycle, small_plan, small_snapshot

MOST_LINES = 12
CYCLE = full_plan().require_cycle("nq02-2026-ky2")


def write(snapshot: Snapshot | None = None, audience: Audience = Audience.PROVINCE) -> ReportContent:
    return write_content(small_plan(), small_cycle(), snapshot or small_snapshot(), audience=audience)


def read_lines(content: ReportContent) -> list[str]:
    assert content.summary is not None
    paragraphs = [block for block in content.summary.blocks if isinstance(block, Paragraph)]
    return [paragraph.text for paragraph in paragraphs if paragraph.style is not Style.CAPTION]


def read_dashboard(content: ReportContent) -> list[list[str]]:
    assert content.summary is not None
    table = next(block for block in content.summary.blocks if isinstance(block, Table))
    return [[cell.text for cell in row.cells] for row in table.rows]


def change(code: str, **fields: object) -> Snapshot:
    snapshot = small_snapshot()
    changed = tuple(
        dataclasses.replace(one, **fields) if one.id == code else one  # type: ignore[arg-type]
        for one in snapshot.indicators
    )
    return dataclasses.replace(snapshot, indicators=changed)


def test_the_first_paragraph_tells_ubnd_tinh_who_reported() -> None:
    """Total, per cent, on time, late."""
    assert read_lines(write())[0] == (
        "Có 5/7 cơ quan đã nộp báo cáo được tiếp nhận, đạt 71,43%; trong đó 4 cơ quan nộp đúng hạn, 1 cơ quan nộp quá "
        "hạn. Trong 11 mục tiêu: 6 đạt, 3 chưa đạt, 1 chưa công bố, 1 chưa có số liệu."
    )


def test_the_ministry_reads_how_many_reported_and_not_who_was_late() -> None:
    """That is the province's own matter."""
    first, *_ = read_lines(write(audience=Audience.MINISTRY))
    assert first == str(dataclasses.replace(count_headline(small_snapshot()), late=0))
    assert "5/7 cơ quan đã báo cáo" in first
    assert not any("quá hạn" in line for line in read_lines(write(audience=Audience.MINISTRY)))


def test_the_counts_are_those_of_the_parts_below() -> None:
    """Eleven targets and twelve pieces of work."""
    lines = read_lines(write())
    assert lines[0].endswith(f" {count_headline(small_snapshot()).targets}.")
    assert "12 lượt nhiệm vụ: 4 hoàn thành (33,33%), 3 chậm tiến độ." in lines


def test_the_worst_are_named_by_their_gap() -> None:
    """One of two populations 20 points short, then 590 of 5.000 enterprises, then 0,002 points."""
    assert read_lines(write())[-1] == (
        "3 chỉ tiêu xa mục tiêu nhất: Tỷ lệ số hóa quy hoạch, 20,00 điểm %; "
        "Tổng số doanh nghiệp, 590 doanh nghiệp; Tỷ lệ cấp kết quả điện tử, 0,002 điểm %."
    )


@pytest.mark.parametrize(
    ("audience", "said"),
    [
        (Audience.PROVINCE, "Tổ chức thực hiện: kế hoạch triển khai của cơ quan 3/7 cơ quan, 1 quá hạn."),
        (Audience.MINISTRY, "Tổ chức thực hiện: kế hoạch triển khai của cơ quan 3/7 cơ quan."),
    ],
)
def test_section_iv_of_the_plan_has_its_line(audience: Audience, said: str) -> None:
    """The duty whose deadline is over; who is overdue is the province's own matter."""
    assert said in read_lines(write(audience=audience))


def test_without_a_deadline_the_duty_that_fewest_carry_out_is_named() -> None:
    snapshot = small_snapshot()
    undated = dataclasses.replace(snapshot, obligations=snapshot.obligations[:1])
    assert "Tổ chức thực hiện: thông tin, tuyên truyền về Kế hoạch 3/7 cơ quan, 1 chậm hoặc chưa triển khai." in (
        read_lines(write(undated))
    )


def test_a_form_that_asks_no_duty_has_no_line_about_it() -> None:
    """While nobody has answered one that does, that is said."""
    snapshot = small_snapshot()
    assert not any("Tổ chức" in line for line in read_lines(write(dataclasses.replace(snapshot, obligations=()))))
    silent = tuple(dataclasses.replace(one, entries=()) for one in snapshot.obligations)
    said = "Tổ chức thực hiện: chưa có cơ quan nào báo cáo."
    assert said in read_lines(write(dataclasses.replace(snapshot, obligations=silent)))


def test_fewer_of_the_worst_are_named_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kybaocao.documents.report.summary.MOST_LINES", 6)
    assert read_lines(write())[-1] == "1 chỉ tiêu xa mục tiêu nhất: Tỷ lệ số hóa quy hoạch, 20,00 điểm %."


def test_what_got_worse_is_said_before_what_is_well() -> None:
    """T18 fell from 95,00% to 91,30% although its target is met."""
    lines = read_lines(write(change("T18", previous=figures(950, 1000, 95))))
    assert lines[1] == "Giảm sút so với kỳ trước: Mức độ hài lòng (T18) từ 95,00% còn 91,30%."


def test_ranks_among_different_numbers_are_not_called_worse() -> None:
    """14th of 34 after 13th of 63."""
    lines = read_lines(write(change("D2", cumulative=figures(14, 13, 14), verdict=Verdict.NOT_MET)))
    assert not any(line.startswith("Giảm sút") for line in lines)
    same = change("D2", cumulative=figures(14, 13, 14), verdict=Verdict.NOT_MET, previous_ranked_units=number(34))
    assert any(line.startswith("Giảm sút") and "D2" in line for line in read_lines(write(same)))


@pytest.mark.parametrize("audience", list(Audience))
def test_no_name_is_cut(audience: Audience) -> None:
    """A name too long for a line has a short one in the plan (`ten_ngan`)."""
    plan = full_plan()
    assert max(len(indicator.brief_name) for indicator in plan.indicators) <= SHORT_NAME
    cycle = plan.require_cycle("nq02-2026-ky2")
    lines = read_lines(write_content(plan, cycle, demo_snapshot(), audience=audience))
    assert not any("…" in line for line in lines)
    assert any("Khai thác, sử dụng lại dữ liệu số hóa" in line for line in lines)


def test_a_target_without_a_short_name_is_named_in_full() -> None:
    """Long or not."""
    plan = small_plan()
    long = "Tỷ lệ số hóa quy hoạch tỉnh, quy hoạch sử dụng đất và danh mục dự án thu hút đầu tư"
    renamed = tuple(one.model_copy(update={"name": long if one.id == "T01" else one.name}) for one in plan.indicators)
    content = write_content(dataclasses.replace(plan, indicators=renamed), small_cycle(), small_snapshot())
    assert f"{long}, 20,00 điểm %" in read_lines(content)[-1]


def test_the_dashboard_has_every_target_the_worst_first() -> None:
    """Missed by the widest, missed, met, not known."""
    rows = read_dashboard(write())
    assert [row[0] for row in rows[:3]] == ["T01", "T02", "T15"]
    assert sorted(row[0] for row in rows) == sorted(indicator.id for indicator in small_plan().indicators)
    assert [row[-1] for row in rows] == ["Chưa đạt"] * 3 + ["Đạt"] * 6 + ["Chưa công bố", "Chưa có số liệu"]
    assert rows[1] == ["T02", "Tổng số doanh nghiệp", "≥ 5.000", "4.410", "590 doanh nghiệp", "4.250", "Chưa đạt"]


def test_a_target_has_one_number_in_the_document_of_the_ministry() -> None:
    """The first table is sorted by gap, the annex by the plan: a reader finds a row by its number in both."""
    content = write(audience=Audience.MINISTRY)
    annex = {row.cells[1].text: row.cells[0].text for row in content.annexes[0].table.rows}
    rows = read_dashboard(content)
    assert [row[0] for row in rows[:3]] == ["1", "2", "8"]
    assert all(annex[row[1]] == row[0] for row in rows)
    captions = [b.text for b in content.summary.blocks if isinstance(b, Paragraph) and b.style is Style.CAPTION]  # type: ignore[union-attr]
    assert captions == ["Bảng 1. Kết quả các chỉ tiêu, xa mục tiêu nhất trước (STT theo Phụ lục I)"]


def test_a_target_that_is_on_pace_is_not_called_far_from_its_goal() -> None:
    """In June half of the year's enterprises are there: 47% of the target, and as it should be."""
    content = write(change("T02", outlook=Outlook.ON_PACE, cumulative=figures(2400, None, 2400)))
    assert "Tổng số doanh nghiệp" not in read_lines(content)[-1]
    rows = read_dashboard(content)
    assert [row[0] for row in rows[:3]] == ["T01", "T15", "T02"]
    assert rows[2][-1] == "Đạt tiến độ"


def test_what_is_hoped_for_stands_under_a_heading_of_its_own() -> None:
    """Not among those that are missed."""
    content = write(change("T02", outlook=Outlook.WILL_MEET))
    part = next(section for section in content.sections if "MỤC TIÊU" in section.heading)
    texts = [block.text for block in part.blocks if isinstance(block, Paragraph)]
    heading = texts.index("2. Các chỉ tiêu dự kiến đạt trong năm hoặc đạt tiến độ")
    assert texts[heading + 1].startswith("Tổng số doanh nghiệp (T02)")
    assert texts[heading + 2].startswith("3. ")


def test_a_ranking_stands_beside_the_ranking_before() -> None:
    """Whatever the report of June had: "Chưa công bố" is nothing to compare with."""
    june = {"previous": figures(None, None, None), "previous_verdict": Verdict.NOT_PUBLISHED}
    rows = {row[0]: row for row in read_dashboard(write(change("D2", **june)))}
    assert rows["D2"][3:6] == ["12/34", "–", "13/63"]


def test_a_score_is_to_rise_and_not_what_it_measures() -> None:
    """ "Chi phí không chính thức … tăng" would say the contrary of the plan."""
    goals = {row[1]: row[2] for row in read_dashboard(write_content(full_plan(), CYCLE, demo_snapshot()))}
    assert goals["Chi phí không chính thức và chi phí thời gian của doanh nghiệp"] == "tăng điểm"


def test_content_stored_by_an_earlier_edition_is_read() -> None:
    """It has no summary."""
    stored = to_json(dataclasses.replace(write(), summary=None)).replace('"summary":null,', "")
    assert read_content(stored).summary is None


def test_a_configuration_without_the_new_words_still_loads() -> None:
    """The words have defaults; the table of an earlier edition is allowed and not used."""
    words = dict(read_yaml(CONFIG / "bao_cao.yaml").data)
    words.pop("tom_tat")
    tables = dict(words["bang"])
    tables.pop("tong_hop")
    tables["tom_tat"] = {"tieu_de": "Tổng hợp", "cot": ["Mã"] * 10}
    charts = {key: text for key, text in words["bieu_do"].items() if not key.endswith(("ket_luan", "_nhat"))}
    read = ReportWording.model_validate(words | {"bang": tables, "bieu_do": charts})
    assert (read.summary.heading, len(read.tables.dashboard.columns)) == ("TÓM TẮT", 7)


@pytest.mark.skipif(find_converter() is None, reason="LibreOffice is not on this machine")
@pytest.mark.parametrize("audience", list(Audience))
def test_summary_and_dashboard_stand_on_the_first_two_pages(audience: Audience, tmp_path: Path) -> None:
    """Ninety agencies and 26 targets: twelve lines at most, and the whole table before page 3."""
    plan = full_plan()
    cycle = plan.require_cycle("nq02-2026-ky2")
    document = tmp_path / "a.docx"
    content = write_content(plan, cycle, demo_snapshot(), audience=audience)
    document.write_bytes(render_document(dataclasses.replace(content, annexes=()), AS_OF))
    pdf = convert_to_pdf(document)
    assert pdf is not None
    text = subprocess.run(["pdftotext", "-l", "1", "-layout", str(pdf), "-"], capture_output=True, text=True).stdout
    summary = text.partition("TÓM TẮT")[2].partition("Bảng 1.")[0]
    lines = [line for line in summary.splitlines() if line.strip()]
    assert 3 <= len(lines) <= MOST_LINES
    first_two = "".join(page.extract_text() for page in PdfReader(pdf).pages[:2])
    dashboard = first_two.partition("Bảng 1.")[2].partition("I. CÔNG TÁC")[0]
    verdicts = re.findall(r"Chưa\s+đạt|Đạt|Chưa\s+công\s+bố|Chưa\s+có\s+số\s+liệu", dashboard)
    assert len(verdicts) >= len(plan.indicators)
