"""The report as a Word document: Nghị định 30/2020/NĐ-CP, Phụ lục I."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import io
import os
import re
import zipfile
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from kybaocao.documents.layout import measure_bold
from kybaocao.documents.letterhead import spell_capacity, spell_number
from kybaocao.documents.report.content import ReportContent, SignOff, write_content
from kybaocao.documents.report.document import render_document
from kybaocao.plan.report_document import Audience

from .sample import AS_OF, small_cycle, small_plan, small_snapshot

GOLDEN = Path(__file__).parent / "golden"
SIGNED = SignOff("7", dt.date(2026, 12, 5), "Nguyễn Văn Mẫu", "Phó Chủ tịch")


@functools.cache
def content(audience: Audience = Audience.MINISTRY) -> ReportContent:
    return write_content(small_plan(), small_cycle(), small_snapshot(), audience=audience)


@functools.cache
def render(sign_off: SignOff | None = None, audience: Audience = Audience.MINISTRY) -> bytes:
    return render_document(content(audience), AS_OF, sign_off)


def open_document(sign_off: SignOff | None = None, audience: Audience = Audience.MINISTRY) -> Document:
    return docx.Document(io.BytesIO(render(sign_off, audience)))


def read_lines(document: Document) -> list[str]:
    """Every line a reader sees, in order; cells of a row joined by " | "."""
    lines: list[str] = []
    for item in document.iter_inner_content():
        if isinstance(item, Paragraph):
            lines.append("[biểu đồ]" if item._p.findall(".//" + qn("w:drawing")) else item.text)
        elif isinstance(item, Table):
            rows = item._tbl.tr_lst
            lines.extend(" | ".join(_Cell(cell, item).text for cell in found.tc_lst) for found in rows)
    return [line.rstrip() for line in lines]


def body(document: Document, text: str) -> Paragraph:
    return next(paragraph for paragraph in document.paragraphs if paragraph.text.startswith(text))


def first_cells(document: Document) -> list[list[str]]:
    return [[cell.text for cell in found.cells] for found in document.tables[0].rows]


# --- the text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sign_off", "audience"),
    [
        ("trinh_ubnd_tinh", None, Audience.PROVINCE),
        ("du_thao", None, Audience.MINISTRY),
        ("da_ky", SIGNED, Audience.MINISTRY),
    ],
)
def test_the_text_is_the_golden_text(name: str, sign_off: SignOff | None, audience: Audience) -> None:
    """Every word of the small report. After a wanted change: UPDATE_GOLDEN=1 pytest tests/documents."""
    path = GOLDEN / f"{name}.txt"
    text = "\n".join(read_lines(open_document(sign_off, audience))) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8")
    assert expected.strip()
    assert text == expected


def test_signing_changes_only_the_fields_of_signing() -> None:
    """Number, date, signer, capacity and the draft mark; not a word of what was approved."""
    draft, signed = ("\n".join(read_lines(open_document(sign_off))).splitlines() for sign_off in (None, SIGNED))
    changes = [line for line in difflib.ndiff(draft, signed) if line[0] in "+-" and line[1:].strip()]
    assert sorted({re.sub(r"\s+", " ", line) for line in changes}) == [
        "+ (Kèm theo Báo cáo số 07/BC-UBND ngày 05 tháng 12 năm 2026 của Ủy ban nhân dân tỉnh Sơn La)",
        "+ KT. CHỦ TỊCH",
        "+ Nguyễn Văn Mẫu",
        "+ PHÓ CHỦ TỊCH",
        "+ Số: 07/BC-UBND | Sơn La, ngày 05 tháng 12 năm 2026",
        "- (Kèm theo Báo cáo số /BC-UBND ngày tháng năm 2026 của Ủy ban nhân dân tỉnh Sơn La)",
        "- CHỦ TỊCH",
        "- DỰ THẢO | Sơn La, ngày tháng năm 2026",
        "- Số: /BC-UBND",
    ]


def test_same_content_and_moment_give_the_same_bytes() -> None:
    """A checksum of the file means something; nothing in it comes from the clock."""
    assert render_document(content(), AS_OF) == render_document(content(), AS_OF)


def test_another_moment_changes_the_properties_alone() -> None:
    """as_of stands in the file's properties and nowhere in its text."""
    later = render_document(content(), AS_OF + dt.timedelta(days=1))
    with zipfile.ZipFile(io.BytesIO(render())) as a, zipfile.ZipFile(io.BytesIO(later)) as b:
        assert a.namelist() == b.namelist()
        assert [name for name in a.namelist() if a.read(name) != b.read(name)] == ["docProps/core.xml"]


# --- the page --------------------------------------------------------------------------------------------


def test_the_page_is_a4_with_the_margins_of_the_decree() -> None:
    """Phần I: A4; top, bottom 20-25 mm, left 30-35, right 15-20."""
    section = open_document().sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert 20 <= round(section.top_margin.mm) <= 25
    assert 20 <= round(section.bottom_margin.mm) <= 25
    assert 30 <= round(section.left_margin.mm) <= 35
    assert 15 <= round(section.right_margin.mm) <= 20


def test_annexes_are_landscape_and_numbered_from_one_each() -> None:
    """Phần I: each annex has its own page numbers."""
    sections = open_document().sections[1:]
    assert len(sections) == 4
    for section in sections:
        assert section.orientation is WD_ORIENT.LANDSCAPE
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"


def test_the_page_number_is_centred_on_top_and_not_on_the_first_page() -> None:
    """Phần I: in the top margin, size 13-14, not shown on page 1."""
    section = open_document().sections[0]
    assert section.different_first_page_header_footer
    number = section.header.paragraphs[0]
    assert number.alignment is WD_ALIGN_PARAGRAPH.CENTER
    assert "PAGE" in number._p.xml
    assert {run.font.size.pt for run in number.runs if run.font.size} == {13}
    assert "PAGE" not in section.first_page_header._element.xml
    assert section.header_distance < section.top_margin


def test_every_font_of_the_document_is_times_new_roman() -> None:
    """For every script, East Asian too, and no theme font that would win over it."""
    with zipfile.ZipFile(io.BytesIO(render())) as archive:
        xml = archive.read("word/document.xml").decode()
        styles = open_document().styles.element
    named = set(re.findall(r'w:(?:ascii|hAnsi|eastAsia|cs)="([^"]+)"', xml))
    assert named <= {"Times New Roman"}
    used = set(re.findall(r'<w:pStyle w:val="([^"]+)"', xml)) | {"Normal"}
    assert len(used) > 5
    for style in styles.style_lst:
        fonts = style.find(".//" + qn("w:rFonts"))
        if style.styleId in used and fonts is not None:
            assert {value for name, value in fonts.attrib.items()} == {"Times New Roman"}, style.styleId
    defaults = styles.find(qn("w:docDefaults")).find(".//" + qn("w:rFonts"))
    assert set(defaults.attrib.values()) == {"Times New Roman"}


def test_the_body_is_justified_fourteen_points_with_a_first_line_indent() -> None:
    """Ô 6: 13-14 points, first line 1 or 1,27 cm, at least 6 points between paragraphs."""
    style = body(open_document(), "Trong kỳ báo cáo").style
    assert style is not None
    shape = style.paragraph_format
    assert style.font.size.pt == 14
    assert shape.alignment is WD_ALIGN_PARAGRAPH.JUSTIFY
    assert round(shape.first_line_indent.mm, 1) == 12.7
    assert shape.space_before.pt >= 6


# --- the components --------------------------------------------------------------------------------------


def test_the_components_stand_in_the_order_of_the_decree() -> None:
    """Letterhead, type, subject, addressee, grounds, parts I-V, recipients and signature, annexes I-V."""
    text = "\n".join(read_lines(open_document()))
    order = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Sơn La, ngày",
        "\nBÁO CÁO\n",
        "Kết quả thực hiện Nghị quyết",
        "Kính gửi: Bộ Tài chính",
        "Căn cứ Nghị quyết",
        *(f"\n{roman}. " for roman in ("I", "II", "III", "IV", "V")),
        "./.",
        "Nơi nhận:",
        *(f"\nPhụ lục {roman}\n" for roman in ("I", "II", "III", "IV")),
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_a_draft_leaves_number_date_and_signer_blank() -> None:
    """Art. 13 and 15: the document system numbers and dates, a person signs."""
    (_, _), (left, right) = first_cells(open_document())
    assert left.splitlines() == ["Số:        /BC-UBND", "DỰ THẢO"]
    assert right == "Sơn La, ngày      tháng      năm 2026"
    closing = open_document().tables[-5].rows[0].cells[1].text.split("\n")
    assert [line for line in closing if line] == ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]


def test_a_signed_report_is_numbered_dated_and_named() -> None:
    """ "07" below ten; "05 tháng 12"; a deputy signs for the head."""
    (_, _), (left, right) = first_cells(open_document(SIGNED))
    assert (left, right) == ("Số: 07/BC-UBND", "Sơn La, ngày 05 tháng 12 năm 2026")
    closing = open_document(SIGNED).tables[-5].rows[0].cells[1].text.split("\n")
    assert [line for line in closing if line] == [
        "TM. ỦY BAN NHÂN DÂN",
        "KT. CHỦ TỊCH",
        "PHÓ CHỦ TỊCH",
        "Nguyễn Văn Mẫu",
    ]


@pytest.mark.parametrize(
    ("given", "printed"),
    [("7", "Số: 07/BC-UBND"), ("125", "Số: 125/BC-UBND"), ("125/BC-UBND", "Số: 125/BC-UBND")],
)
def test_a_number_is_printed_as_the_decree_writes_it(given: str, printed: str) -> None:
    """Ô 3: a leading zero below 10; a number given whole is not given its symbol twice."""
    sign_off = SignOff(given, dt.date(2026, 12, 5), "A", "Chủ tịch")
    assert spell_number(content().letterhead, sign_off) == printed


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("Chủ tịch", ["CHỦ TỊCH"]),
        ("Chủ tịch UBND tỉnh", ["CHỦ TỊCH"]),
        ("", ["CHỦ TỊCH"]),
        ("Phó Chủ tịch", ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]),
        ("Phó Chủ tịch Thường trực UBND tỉnh", ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]),
        ("KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH", ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]),
    ],
)
def test_a_title_is_printed_as_the_decree_wants_it_however_it_is_given(given: str, printed: list[str]) -> None:
    """Ô 7a: a deputy signs "KT."; the head does not; the agency's name is not repeated in the title."""
    sign_off = SignOff("1", dt.date(2026, 12, 5), "A", given)
    assert spell_capacity(content().signature, sign_off) == ["TM. ỦY BAN NHÂN DÂN", *printed]


def test_recipients_are_listed_as_the_decree_lists_them() -> None:
    """Ô 9b: label 12 bold italic; lines 11, "-", ";", the last with "."."""
    cell = open_document().tables[-5].rows[0].cells[0]
    label, *lines = cell.paragraphs
    assert (label.text, label.runs[0].font.size.pt, label.runs[0].bold, label.runs[0].italic) == (
        "Nơi nhận:",
        12,
        True,
        True,
    )
    assert lines[0].text == "- Như trên;"
    assert lines[-1].text == "- Lưu: VT, THKT."
    assert {line.runs[0].font.size.pt for line in lines} == {11}


def test_the_rule_under_the_motto_is_as_long_as_the_motto() -> None:
    """Ô 1; drawn, never underlined."""
    document = open_document()
    cell = document.tables[0].rows[0].cells[1]
    rule = cell.paragraphs[-1].paragraph_format
    length = 100 - rule.left_indent.mm - rule.right_indent.mm
    assert length == pytest.approx(measure_bold("Độc lập - Tự do - Hạnh phúc", 14), abs=0.5)
    assert length == pytest.approx(60.5, abs=1.5)  # measured in Liberation Serif Bold, same widths
    assert "<w:u " not in document.element.xml


def test_sample_data_say_so_on_every_page() -> None:
    """In the header of the first page and of all the others; annexes are linked to them."""
    document = open_document()
    for header in (document.sections[0].header, document.sections[0].first_page_header):
        assert "DỮ LIỆU MẪU – KHÔNG SỬ DỤNG" in [paragraph.text for paragraph in header.paragraphs]
    assert all(section.header.is_linked_to_previous for section in document.sections[1:])


def test_annex_headings_repeat_and_rows_are_not_split() -> None:
    """A reader of page 4 knows what the columns are."""
    tables = open_document().tables[-4:]
    assert len(tables) == 4
    for table in tables:
        assert table._tbl.tr_lst[0].trPr.find(qn("w:tblHeader")) is not None
        assert all(found.trPr.find(qn("w:cantSplit")) is not None for found in table._tbl.tr_lst)


def test_no_table_is_wider_than_its_page() -> None:
    """Portrait text 165 mm, landscape annexes 252 mm."""
    document = open_document()
    annexes = [table._tbl for table in document.tables[-4:]]
    for table in document.tables:
        width = sum(int(column.get(qn("w:w"))) for column in table._tbl.tblGrid.findall(qn("w:gridCol"))) / 1440 * 25.4
        assert width <= (252.5 if table._tbl in annexes else 165.5)


def test_headings_are_never_left_alone_at_the_foot_of_a_page() -> None:
    """Parts, clauses and points are kept with what follows."""
    document = open_document()
    for text in ("I. CÔNG TÁC", "1. Các chỉ tiêu chưa đạt", "a) Nguyên nhân khách quan"):
        style = body(document, text).style
        assert style is not None
        assert style.paragraph_format.keep_with_next


def test_pictures_are_described_for_those_who_cannot_see_them() -> None:
    """Two charts, each with its figures as text."""
    pictures = open_document().element.body.findall(".//" + qn("wp:docPr"))
    assert len(pictures) == 2
    assert "Tỷ lệ cấp kết quả điện tử (mục tiêu: 100%): Kết quả" in pictures[0].get("descr")


def test_the_file_says_what_it_is() -> None:
    """Title, author, language and moment; no name of a program or a machine."""
    properties = open_document().core_properties
    assert properties.title.startswith("BÁO CÁO Kết quả thực hiện Nghị quyết số 02/NQ-CP")
    assert properties.author == properties.last_modified_by == "Ủy ban nhân dân tỉnh Sơn La"
    assert properties.language == "vi-VN"
    assert properties.created == properties.modified == dt.datetime(2026, 12, 14, 3, 0, tzinfo=dt.UTC)
