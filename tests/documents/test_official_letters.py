"""Draft công văn: words from configuration, set to Nghị định 30/2020/NĐ-CP, nothing filled in that a human must."""

from __future__ import annotations

import datetime as dt
import functools
import io
import os
import re
import shutil
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.shared import Mm, Pt

from kybaocao.documents.official_letter.content import Late, OfficialLetter, write_official_letter
from kybaocao.documents.official_letter.document import render_official_letter
from kybaocao.plan.load import load_plan
from tests.conftest import CONFIG, CYCLE
from tests.documents.test_document import read_lines

GOLDEN = Path(__file__).parent / "golden"
PLAN = load_plan(CONFIG)
MOMENTS = {"don_doc_so_tai_chinh": "2026-12-11T08:00", "don_doc_ubnd_tinh": "2026-12-14T08:00"}
LATE = (
    Late("Sở Tư pháp", "đã nộp, bị trả lại 1 lần, chưa nộp bản sửa", 6),
    Late("Ủy ban nhân dân xã Mường Lầm", "chưa nộp", 6),
)


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PLAN.timezone)


def write(name: str, at: str = "", late: tuple[Late, ...] = LATE) -> OfficialLetter:
    moment, cycle = local(at or MOMENTS[name]), PLAN.cycles[CYCLE]
    words = PLAN.official_letters[name]
    return write_official_letter(PLAN, cycle, words, late, accepted=90 - len(late), expected=90, as_of=moment)


@functools.cache
def render(name: str) -> bytes:
    return render_official_letter(write(name), local(MOMENTS[name]))


def open_draft(name: str) -> Document:
    return docx.Document(io.BytesIO(render(name)))


def text_of(official_letter: OfficialLetter) -> str:
    return "\n".join(paragraph.text for paragraph in official_letter.body)


@pytest.mark.parametrize("name", MOMENTS)
def test_a_draft_reads_as_agreed(name: str) -> None:
    """Every word of both drafts; UPDATE_GOLDEN=1 writes them anew."""
    path = GOLDEN / f"{name}.txt"
    text = "\n".join(read_lines(open_draft(name))) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MOMENTS)
def test_same_content_and_moment_give_the_same_bytes(name: str) -> None:
    """The same pass again writes the same file."""
    assert render_official_letter(write(name), local(MOMENTS[name])) == render(name)


@pytest.mark.parametrize("name", MOMENTS)
def test_what_a_human_must_give_is_blank(name: str) -> None:
    """No number, no day, no signer; the draft and the sample data say what they are."""
    document = open_draft(name)
    head = [cell.text for row in document.tables[0].rows for cell in row.cells]
    closing = document.tables[1].rows[0].cells[1].text
    assert re.search(r"Số: {6,}/", head[2]) and "ngày      tháng      năm 2026" in head[3]
    assert "DỰ THẢO" in head[2] and closing.rstrip().endswith(("GIÁM ĐỐC", "CHỦ TỊCH"))
    assert "DỮ LIỆU MẪU" in document.sections[0].first_page_header.paragraphs[0].text


@pytest.mark.parametrize("name", MOMENTS)
def test_the_subject_stands_under_the_number(name: str) -> None:
    """ "V/v …", 12 points upright, 6 points under the number (Phụ lục I, ô 5b)."""
    cell = open_draft(name).tables[0].rows[1].cells[0]
    number, about = cell.paragraphs[:2]
    assert number.text.startswith("Số:") and about.text.startswith("V/v ")
    run = about.runs[0]
    assert (about.paragraph_format.space_before, run.font.size, run.font.bold) == (Pt(6), Pt(12), False)


@pytest.mark.parametrize("name", MOMENTS)
def test_the_list_has_an_upright_page_of_its_own(name: str) -> None:
    """A4 with the decree's margins; the letter on the first page, the agencies on the second."""
    first, second = open_draft(name).sections
    for section in (first, second):
        assert section.orientation == WD_ORIENT.PORTRAIT
        margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
        assert [round(margin / Mm(1)) for margin in margins] == [20, 20, 30, 15]


def test_few_agencies_are_addressed_by_name_and_many_as_a_group() -> None:
    """Two stand under "Kính gửi:"; six are in the list alone."""
    name = "don_doc_so_tai_chinh"
    assert write(name).letterhead.addressees == ("Sở Tư pháp", "UBND xã Mường Lầm")
    assert len(write(name, late=LATE * 3).letterhead.addressees) == 1


def test_a_time_that_has_passed_is_not_set() -> None:
    """Until the report is compiled there is an hour to keep; after it "at once"."""
    name = "don_doc_so_tai_chinh"
    assert "trước 10 giờ 00 ngày 14/12/2026" in text_of(write(name))
    assert "ngay sau khi nhận được Công văn này" in text_of(write(name, "2026-12-15T08:00"))


@pytest.mark.parametrize("name", MOMENTS)
def test_with_nothing_received_nobody_is_counted_or_thanked(name: str) -> None:
    """ "đã tiếp nhận 00/90 cơ quan … trân trọng cảm ơn" was written when nobody had reported."""
    text = text_of(write(name, late=LATE * 45))
    assert "Sở Tài chính chưa nhận được báo cáo của cơ quan" in text
    assert re.findall(r"00/90|cảm ơn", text) == []


@pytest.mark.parametrize("name", MOMENTS)
def test_the_letter_names_the_resolution_with_number_and_date_and_the_year_once(name: str) -> None:
    """As an official cites it; "báo cáo năm 2026 … năm 2026" says the year twice."""
    letter = write(name)
    assert "Nghị quyết số 02/NQ-CP ngày 08/01/2026 của Chính phủ (khoản 1, khoản 3 Mục IV)" in text_of(letter)
    for said in (letter.about, letter.late.title):
        assert "kết quả thực hiện Nghị quyết số 02/NQ-CP năm 2026" in said
        assert said.count("năm 2026") == 1


def test_blame_is_kept_in_measure() -> None:
    """No threat and no harsh word in either draft."""
    for name in MOMENTS:
        text = text_of(write(name))
        assert re.findall(r"kỷ luật|vi phạm|xử lý nghiêm|kiểm điểm|cố tình", text, re.IGNORECASE) == []
        assert text.endswith("./.")


def test_a_plan_without_official_letters_has_none(tmp_path: Path) -> None:
    """The file is optional; a reminder step that names a công văn then says so and the ladder stands."""
    folder = Path(shutil.copytree(CONFIG, tmp_path / "nq02-2026"))
    (folder / "cong_van.yaml").unlink()
    plan = load_plan(folder)
    assert (plan.official_letters, plan.ladder is None) == ({}, False)
    assert [problem.field for problem in plan.problems] == ["bac.7.cong_van", "bac.8.cong_van"]
