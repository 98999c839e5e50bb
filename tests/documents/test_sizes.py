"""The report of a season in which almost nobody reported, or thousands did, is a document that can be read and signed."""

from __future__ import annotations

import dataclasses
import functools
import io

import docx
import openpyxl
import pytest

from kybaocao.documents.model import Chart, Paragraph, ReportContent, Table
from kybaocao.documents.report.annex import render_annex
from kybaocao.documents.report.content import write_content
from kybaocao.documents.report.document import render_document
from kybaocao.documents.report.long_annexes import MOST_PRINTED
from kybaocao.figures.snapshot import Difficulty, Snapshot, Standing, Timeliness
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience
from kybaocao.season.register import size_plan

from .demo_season import demo_snapshot
from .sample import AS_OF, full_plan, full_snapshot

CYCLE = "nq02-2026-ky2"
LONGEST_PARAGRAPH = 2_500  # signs: less than a page
LONGEST_CELL = 2_500


def keep(plan: Plan, reporting: set[str], seed: int = 2) -> Snapshot:
    """The snapshot of a season in which only these agencies have reported."""
    whole = full_snapshot(plan, plan.require_cycle(CYCLE), seed)

    def missing(codes: tuple[str, ...], already: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*already, *(code for code in codes if code not in reporting))))

    tasks = tuple(
        dataclasses.replace(
            task,
            entries=tuple(entry for entry in task.entries if entry.agency in reporting),
            missing=missing(tuple(entry.agency for entry in task.entries), task.missing),
        )
        for task in whole.tasks
    )
    timeliness = tuple(
        one if one.agency in reporting else Timeliness(one.agency, Standing.MISSING, None, False, 0, 0, 0)
        for one in whole.timeliness
    )
    return dataclasses.replace(
        whole,
        indicators=tuple(one for one in whole.indicators if set(one.reported) <= reporting),
        tasks=tasks,
        difficulties=tuple(one for one in whole.difficulties if set(one.agencies) <= reporting),
        documents=tuple(one for one in whole.documents if one.agency in reporting),
        timeliness=timeliness,
    )


@functools.cache
def write(name: str, audience: Audience) -> ReportContent:
    plan = full_plan()
    departments = {agency.code for agency in plan.expected if not agency.code.startswith("X-")}
    if name == "3.800":
        plan = size_plan(plan, 3_800)
        snapshot = full_snapshot(plan, plan.require_cycle(CYCLE))
    else:
        reporting = {"75 silent": departments, "one": {"STC"}, "none": set()}[name]
        snapshot = keep(plan, reporting)
    return write_content(plan, plan.require_cycle(CYCLE), snapshot, audience=audience)


def list_paragraphs(content: ReportContent) -> list[str]:
    assert content.summary is not None
    return [b.text for s in (content.summary, *content.sections) for b in s.blocks if isinstance(b, Paragraph)]


SIZES = ["75 silent", "one", "none", "3.800"]


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("name", SIZES)
def test_every_part_is_there_and_no_paragraph_is_a_page(name: str, audience: Audience) -> None:
    """Lists of hundreds of names stand in the annexes, in rows that fit on a page."""
    content = write(name, audience)
    assert [section.heading.split(".")[0] for section in content.sections] == ["I", "II", "III", "IV", "V"]
    assert max(map(len, list_paragraphs(content))) <= LONGEST_PARAGRAPH
    for section in content.sections:
        assert section.blocks
        assert not any(isinstance(b, Table) and len(b.rows) > 30 for b in section.blocks)
        assert not any(isinstance(b, Chart) and len(b.categories) > 26 for b in section.blocks)
    cells = [cell.text for annex in content.annexes for row in annex.table.rows for cell in row.cells]
    assert max(map(len, cells)) <= LONGEST_CELL


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("name", ["75 silent", "one", "none"])
def test_it_opens_as_a_word_document(name: str, audience: Audience) -> None:
    """With its closing table, however little came in."""
    document = docx.Document(io.BytesIO(render_document(write(name, audience), AS_OF)))
    assert any("Nơi nhận:" in table.rows[0].cells[0].text for table in document.tables)


def test_nobody_reported_is_said_and_not_counted_as_naught_per_cent() -> None:
    """ "0/90 cơ quan, đạt 0,00%, trong đó 0 đúng hạn" is no sentence."""
    for audience in Audience:
        lines = list_paragraphs(write("none", audience))
        assert lines[0] == ("Đến thời điểm tổng hợp, chưa có cơ quan nào trong 90 cơ quan nộp báo cáo được tiếp nhận.")
        assert "26 chỉ tiêu: chưa có số liệu để đánh giá." in lines
        assert "2.190 lượt nhiệm vụ: chưa có cơ quan nào báo cáo." in lines
        assert not any("0,00%" in line or "00/" in line for line in lines)


def test_what_the_first_table_names_is_not_named_once_more() -> None:
    """26 names follow the dashboard in no document: part II says what is missing, and where the names are."""
    name = "Tỷ lệ xử lý phản ánh, kiến nghị đúng hạn"
    for audience in Audience:
        content = write("none", audience)
        (said,) = [block.text for block in content.sections[1].blocks if isinstance(block, Paragraph)]
        assert said.endswith("chưa có số liệu để đánh giá 26 chỉ tiêu của Kế hoạch; danh mục tại Bảng 1.")
        for size in ("75 silent", "one"):
            unknown = [line for line in list_paragraphs(write(size, audience)) if line.startswith("Chưa có số liệu")]
            assert all(name not in line or line.count(";") < 6 for line in unknown)
    (unknown,) = [line for line in list_paragraphs(write("one", Audience.PROVINCE)) if line.startswith("Chưa có số")]
    assert unknown.startswith("Chưa có số liệu: 19 chỉ tiêu, danh mục tại Bảng 1")


def test_nobody_has_raised_a_difficulty_yet() -> None:
    """ "Không có" would claim to know."""
    lines = list_paragraphs(write("none", Audience.PROVINCE))
    assert any("chưa có cơ quan nào phản ánh khó khăn" in line for line in lines)
    assert not any("không có cơ quan nào" in line for line in lines)


def test_silent_communes_are_counted_in_the_text_and_named_in_the_annex() -> None:
    """75 names in one sentence would be half a page."""
    content = write("75 silent", Audience.PROVINCE)
    said = "Chưa nộp báo cáo: 75 cơ quan (UBND các phường: 8; UBND các xã: 67). Chi tiết tại Phụ lục V."
    assert said in list_paragraphs(content)
    rows = [row for row in content.annexes[4].table.rows if len(row.cells) > 1]
    assert sum(row.cells[2].text == "Chưa nộp, quá hạn" for row in rows) == 75


def test_thousands_are_all_in_the_annex() -> None:
    """The text stays as long as that of ninety."""
    many, few = write("3.800", Audience.PROVINCE), write("75 silent", Audience.PROVINCE)
    sheet = next(sheet for sheet in many.sheets if sheet.name == many.annexes[4].sheet)
    assert len([row for row in sheet.table.rows if len(row.cells) > 1]) == 3_800
    assert sum(map(len, list_paragraphs(many))) < 2 * sum(map(len, list_paragraphs(few)))


def test_nobody_prints_hundreds_of_pages() -> None:
    """An annex of thousands of rows stands whole in the workbook, once; the document says how many rows, and where."""
    content = write("3.800", Audience.PROVINCE)
    annex = content.annexes[4]
    (pointer,) = annex.table.rows
    assert [cell.text for cell in pointer.cells] == [
        "3.800",
        "Trang “Tình hình nộp” của tệp phụ lục (Excel) gửi kèm Báo cáo",
    ]
    printed = sum(len(cell.text) for one in content.annexes for row in one.table.rows for cell in row.cells)
    assert printed < 6 * MOST_PRINTED
    book = openpyxl.load_workbook(io.BytesIO(render_annex(content, AS_OF)), read_only=True)
    assert book.sheetnames.count("Tình hình nộp") == 1
    assert sum(1 for _ in book["Tình hình nộp"].rows) > 3_800
    assert book.sheetnames[-2:] == ["Tình hình nộp", "Nhiệm vụ từng cơ quan"]


def test_the_annexes_of_ninety_agencies_are_printed_whole() -> None:
    plan = full_plan()
    content = write_content(plan, plan.require_cycle(CYCLE), demo_snapshot(), audience=Audience.PROVINCE)
    assert "elsewhere" not in {annex.table.id for annex in content.annexes}


def test_a_difficulty_that_thousands_raise_is_one() -> None:
    """It takes several rows of names and keeps its number: the report counts it once."""
    plan = size_plan(full_plan(), 3_800)
    everyone = tuple(agency.code for agency in plan.expected)
    snapshot = keep(full_plan(), set())
    raised = dataclasses.replace(
        snapshot, difficulties=(Difficulty(1, everyone, "Thiếu cán bộ", "Chủ quan", *[""] * 4),)
    )
    content = write_content(plan, plan.require_cycle(CYCLE), raised, audience=Audience.PROVINCE)
    sheets = {sheet.name: sheet.table for sheet in content.sheets}
    table = sheets.get(content.annexes[2].sheet, content.annexes[2].table)
    assert len(table.rows) > 90
    assert {row.cells[0].text for row in table.rows} == {"1"}


def test_a_season_without_agencies_says_so() -> None:
    """A plan whose agencies are all exempt."""
    plan = full_plan()
    snapshot = dataclasses.replace(keep(plan, set()), timeliness=())
    content = write_content(plan, plan.require_cycle(CYCLE), snapshot, audience=Audience.PROVINCE)
    assert list_paragraphs(content)[0] == "Kỳ báo cáo này không có cơ quan nào phải báo cáo."
