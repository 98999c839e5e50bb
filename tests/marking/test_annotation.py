"""An agency gets its own workbook back: faulty cells coloured and commented, a list in front, nothing else changed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import canonicalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from PIL import Image as Picture

from kybaocao.findings import Severity, WordedFinding
from kybaocao.marking.annotation import MAX_MARKED, Heading, annotate_limited, annotate_workbook
from kybaocao.marking.findings_sheet import NAME
from kybaocao.marking.styles import UNKNOWN, Styles, new_stylesheet
from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import SIGN, TARGETS, TASKS, edit, judge_bytes, valid_form
from tests.marking.package_rules import find_faults
from tests.workbook.odd_packages import (
    CHARTED,
    QUOTED,
    unzip_parts,
    workbook_of_few_words,
    workbook_with_everything,
    zip_parts,
)

HEADING = Heading("KẾT QUẢ KIỂM TRA BÁO CÁO", ("Ủy ban nhân dân xã Mường Lầm", "Xin sửa ngay trên các ô tô màu."))
WRONG = {(TARGETS, "F8"): -3, (TARGETS, "G8"): "khoảng 40", (TARGETS, "F10"): "5.000", (TASKS, "E9"): "=cmd|' /C'!A0"}
PALE = "00FFF9DB"


def spoil(book: Workbook) -> None:
    for (sheet, cell), value in WRONG.items():
        book[sheet][cell].value, book[sheet][cell].data_type = value, "n" if isinstance(value, int) else "s"


def fix(book: Workbook) -> None:
    valid = load_workbook(io.BytesIO(valid_form()))
    for sheet, cell in WRONG:
        book[sheet][cell].value = valid[sheet][cell].value


def say(sheet: str, cell: str = "", severity: str = "error", value: str = "", message: str = "Sai.") -> WordedFinding:
    return WordedFinding("x", Severity(severity), sheet, cell, value, "", message, "Vui lòng sửa lại.")


def mark(data: bytes, *findings: WordedFinding) -> bytes:
    marked = annotate_workbook(data, findings, HEADING)
    assert marked is not None
    return marked.data


def open_book(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def look(book: Workbook, sheet: str) -> dict[str, tuple[Any, ...]]:
    """Everything that is seen or meant by the cells of a sheet."""
    shapes: dict[int, str] = {}

    def shape(cell: Any) -> str:
        parts = (cell.number_format, cell.font, cell.fill, cell.border, cell.alignment, cell.protection)
        return shapes.setdefault(cell.style_id, repr(parts))

    return {cell.coordinate: (cell.value, shape(cell)) for row in book[sheet].iter_rows() for cell in row}


def colour(cell: Any) -> str:
    """ "red", "amber" or the fill itself"""
    found = re.fullmatch(r"FF(?:(FBD[0-7]C[89A-F])|(FDE[0-7]A[0-7]))", cell.fill.fgColor.rgb or "")
    return cell.fill.fgColor.rgb if found is None else "red" if found[1] else "amber"


def links(page: Any) -> dict[int, str]:
    """Row of the list -> the place it leads to."""
    return {cell.row: cell.hyperlink.location for cell in page["B"] if cell.hyperlink}


@pytest.fixture(scope="module")
def wrong() -> bytes:
    return edit(valid_form(), spoil)


@pytest.fixture(scope="module")
def findings(wrong: bytes) -> tuple[WordedFinding, ...]:
    found = judge_bytes(wrong).worded
    assert {(one.sheet, one.cell) for one in found} >= set(WRONG)
    return found


@pytest.fixture(scope="module")
def marked(wrong: bytes, findings: tuple[WordedFinding, ...]) -> bytes:
    return mark(wrong, *findings)


# --- what is put on --------------------------------------------------------------------------------------------------


def test_faulty_cells_are_coloured_and_commented(marked: bytes, findings: tuple[WordedFinding, ...]) -> None:
    """Each keeps its borders, number format and openness; the comment says what is wrong and how to fix it."""
    before, after = open_book(valid_form()), open_book(marked)
    for finding in findings:
        cell, original = after[finding.sheet][finding.cell], before[finding.sheet][finding.cell]
        assert colour(cell) == "red" and colour(original) == PALE
        assert repr((cell.border, cell.font, cell.alignment)) == repr(
            (original.border, original.font, original.alignment)
        )
        assert (cell.number_format, cell.protection.locked) == (original.number_format, original.protection.locked)
        assert cell.comment.author == "Kỳ Báo Cáo" and finding.message in cell.comment.text
        assert f"\n\nCách sửa: {finding.hint}" in cell.comment.text and finding.cause in cell.comment.text


def test_every_other_cell_and_part_is_as_it_was(wrong: bytes, marked: bytes) -> None:
    """Parts that need no change are the same bytes; in the others the cells are the same."""
    parts, before, after = unzip_parts(marked), open_book(wrong), open_book(marked)
    changed = {name for name, content in unzip_parts(wrong).items() if parts[name] != content}
    assert changed == {
        "[Content_Types].xml",
        "xl/styles.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/worksheets/sheet2.xml",
        "xl/worksheets/sheet3.xml",
    }
    assert after.sheetnames == [NAME, *before.sheetnames]
    for sheet in before.sheetnames:
        old, new = look(before, sheet), look(after, sheet)
        different = {(sheet, cell) for cell in old if old[cell] != new[cell]}
        assert old.keys() == new.keys() and different == {place for place in WRONG if place[0] == sheet}
        assert all(old[cell][0] == new[cell][0] for cell in old)
        assert repr(before[sheet].protection) == repr(after[sheet].protection)
        assert len(before[sheet].data_validations.dataValidation) == len(after[sheet].data_validations.dataValidation)
        assert before[sheet].print_title_rows == after[sheet].print_title_rows


def test_the_package_is_one_excel_opens(marked: bytes) -> None:
    """Order of elements, counts, ids, relations and content types."""
    assert find_faults(marked) == []


def test_our_reader_ignores_the_list(wrong: bytes, marked: bytes) -> None:
    """A copy sent back unchanged is judged as the file it came from."""
    assert judge_bytes(marked) == judge_bytes(wrong)


def test_the_list_comes_first_and_leads_to_the_cells(marked: bytes, findings: tuple[WordedFinding, ...]) -> None:
    """One row per finding, worst first, what was written as text."""
    book = open_book(marked)
    page = book.worksheets[0]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=6)]
    assert rows[0] == [f"Phải sửa: {len(findings)} điểm – các ô tô màu đỏ nhạt", None, None, None, None]
    causes = [row[0] for row in rows[1:] if row[1] is None]
    assert causes == ["Không phải số: 2 chỗ"]
    rows = [row for row in rows[1:] if row[1] is not None]
    assert [[row[2], row[4]] for row in rows] == [[f.value, f.hint] for f in findings]
    assert all(row[3].startswith(f.message) and f.cause in row[3] for row, f in zip(rows, findings, strict=True))
    assert list(links(page).values()) == [f"'{f.sheet}'!{f.cell}" for f in findings]
    assert (page.freeze_panes, page.print_title_rows, page.page_setup.orientation) == ("A6", "$5:$5", "landscape")
    assert book.active is page and page["A1"].font.name == "Times New Roman"


def test_worst_colour_wins_and_one_comment_says_everything(wrong: bytes) -> None:
    """Notes are not coloured; findings on the whole sheet or file stand only in the list."""
    book = open_book(
        mark(
            wrong,
            say(TARGETS, "F9", "note", message="Để ý."),
            say(TARGETS, "F8", "warning", message="Lạ."),
            say(TARGETS, "F8", message="Sai hẳn."),
            say(TARGETS, "G9", "warning"),
            say(TARGETS),
            say("Không có", "A1"),
            say(""),
        )
    )
    sheet = book[TARGETS]
    assert [colour(sheet[cell]) for cell in ("F8", "G9", "F9")] == ["red", "amber", PALE]
    assert sheet["F8"].comment.text == (
        "Kỳ Báo Cáo – phải sửa\n1. Sai hẳn.\n\nCách sửa: Vui lòng sửa lại.\n\n2. Lạ.\n\nCách sửa: Vui lòng sửa lại."
    )
    assert sheet["F9"].comment.text.startswith("Kỳ Báo Cáo – để biết\nĐể ý.")
    places = [row[1].value for row in book.worksheets[0].iter_rows(min_row=6) if row[1].value]
    assert places == ["Ô F8, trang Chỉ tiêu", "Trang Chỉ tiêu", "Ô A1, trang Không có", "Cả tệp"] + [
        f"Ô {cell}, trang Chỉ tiêu" for cell in ("F8", "G9", "F9")
    ]


def test_a_section_speaks_of_colours_only_where_cells_bear_them(wrong: bytes) -> None:
    """Of findings on a whole sheet, on one that is gone, or in a cell of a worse colour none does."""

    def list_sections(*found: WordedFinding) -> list[str]:
        page = open_book(mark(wrong, *found))[NAME]
        return [str(cell.value) for cell in page["A"] if " điểm" in str(cell.value)]

    gone, whole, amber = say("Không có", "A1"), say(TARGETS), say(TARGETS, "F8", "warning")
    assert list_sections(gone, whole) == ["Phải sửa: 2 điểm"]
    assert list_sections(gone, say(TARGETS, "F8"), amber) == [
        "Phải sửa: 2 điểm – trong đó 1 điểm ở các ô tô màu đỏ nhạt",
        "Cần xem lại: 1 điểm",
    ]
    assert list_sections(amber) == ["Cần xem lại: 1 điểm – các ô tô màu vàng cam"]


def test_which_findings_are_seen_on_a_cell(wrong: bytes) -> None:
    """What the slip says of the copy depends on it."""
    found = [say(TARGETS, "F8"), say(TARGETS, "G8", "note"), say(TARGETS), say("Không có", "A1"), say("")]
    copy = annotate_workbook(wrong, found, HEADING)
    assert copy is not None and copy.cells == {(TARGETS, "F8"), (TARGETS, "G8")}


def test_what_the_agency_wrote_stays_text(wrong: bytes) -> None:
    """No formula, no control character, no code for a character gets into our sheet."""
    data = mark(wrong, say(TARGETS, "F8", value='=HYPERLINK("http://a")\x07_x0041_', message="<b>&\x00\ud800"))
    text = unzip_parts(data)["xl/worksheets/sheet9.xml"].decode()
    assert "<f" not in text and 't="str"' not in text
    row = next(open_book(data)[NAME].iter_rows(min_row=7, max_row=7))
    assert [(cell.value, cell.data_type) for cell in row[2:4]] == [
        ('=HYPERLINK("http://a")_x005F_x0041_', "s"),
        ("<b>&", "s"),
    ]
    assert find_faults(data) == []


def test_marks_end_at_a_limit_and_the_list_says_so(wrong: bytes) -> None:
    """Errors are marked before warnings, whatever came first."""
    places = [f"{letter}{row}" for row in range(20, 160) for letter in "CDEFGH"]
    found = [
        *(say(TARGETS, place, "warning") for place in places),
        say(TARGETS, "F8"),
        *(say(SIGN) for _ in range(200)),
    ]
    book = open_book(mark(wrong, *found))
    comments = [cell for row in book[TARGETS].iter_rows() for cell in row if cell.comment]
    assert len(comments) == MAX_MARKED and colour(book[TARGETS]["F8"]) == "red"
    assert [cell.value for cell in book[NAME]["A"]][-1].startswith("… và 41 điểm khác.")  # type: ignore[union-attr]


# --- what comes off again --------------------------------------------------------------------------------------------


def test_marking_a_marked_copy_is_marking_the_original(
    wrong: bytes, marked: bytes, findings: tuple[WordedFinding, ...]
) -> None:
    """Byte for byte, for our form and for a workbook with comments of others and no live formula any more."""
    assert mark(marked, *findings) == marked == mark(wrong, *findings)
    odd = [say(QUOTED, cell) for cell in ("B2", "B3", "C2", "F9")]
    once = mark(mark(workbook_with_everything()), *odd)
    assert mark(once, *odd) == once


def test_a_corrected_copy_is_accepted_and_loses_its_marks(marked: bytes) -> None:
    """Corrected in the copy and submitted again, as an official will: the same values, then the same looks."""
    fixed = edit(marked, fix)
    judgement, valid = judge_bytes(fixed), judge_bytes(valid_form())
    assert judgement.verdict is Verdict.ACCEPTED
    assert {key: one.value for key, one in judgement.answers.items()} == {
        key: one.value for key, one in valid.answers.items()
    }
    clean, original = open_book(mark(fixed)), open_book(valid_form())
    for sheet in original.sheetnames:
        assert look(clean, sheet) == look(original, sheet)
        assert not any(cell.comment for row in clean[sheet].iter_rows() for cell in row)
    assert clean.sheetnames == [NAME, *original.sheetnames] and not any("_kbc" in name for name in clean.defined_names)
    assert clean[NAME]["A6"].value == "Không có điểm nào cần sửa."


def test_styles_come_back_to_the_number_they_had(wrong: bytes, marked: bytes) -> None:
    """Without a program in between the sheets say the very same."""
    clean, before = unzip_parts(mark(marked)), unzip_parts(wrong)
    for name in (name for name in before if name.startswith("xl/worksheets/")):
        assert canonicalize(clean[name]) == canonicalize(before[name])


def test_a_copy_that_lost_its_hidden_names_gets_the_colour_of_its_named_style(marked: bytes) -> None:
    """Google Sheets drops names that stand for a text."""

    def forget(book: Workbook) -> None:
        for name in [name for name in book.defined_names if name.startswith("_kbc")]:
            del book.defined_names[name]

    assert colour(open_book(mark(edit(marked, forget)))[TARGETS]["F8"]) == PALE


def test_more_fills_than_there_are_numbers() -> None:
    """The last number means: whatever the named style has."""
    root = new_stylesheet()
    styles = Styles(root)
    plain = [
        styles.add_style("<b/>", f'<patternFill patternType="solid"><fgColor rgb="FF0000{n:02X}"/></patternFill>')
        for n in range(UNKNOWN + 5)
    ]
    covered = [styles.mark(style, "warning") for style in plain]
    restored = Styles(root).find_marked(styles.originals)
    assert [restored[str(style)] for style in covered[:UNKNOWN]] == [str(style) for style in plain[:UNKNOWN]]
    assert len({restored[str(style)] for style in covered[UNKNOWN:]}) == 1 and len(set(covered)) == UNKNOWN + 1


# --- other people's workbooks ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything() -> bytes:
    cells = ("B2", "B3", "C2", "A1", "F9", "B7")
    return mark(workbook_with_everything(), *(say(QUOTED, cell) for cell in cells), say(CHARTED, "C5", "note"))


def test_nothing_live_is_given_out(everything: bytes) -> None:
    """Macros, controls, objects, links and queries go with all that refers to them; fetched values stay."""
    assert find_faults(everything) == []
    book = open_book(everything)
    sheet = book[QUOTED]
    assert [sheet[cell].value for cell in ("C2", "C3", "D3", "D4", "C4")] == [8, "x", 1, 2, "=SUM(B2:B4)"]
    assert list(book.defined_names) == ["_kbc_nen_0", "_kbc_nen_1"]


def test_what_others_put_there_stays(everything: bytes) -> None:
    """Pictures, rules, threads and comments; ours stands below somebody else's, and by a quoted name."""
    before, after = unzip_parts(workbook_with_everything()), unzip_parts(everything)
    for name in ("xl/media/image1.png", "xl/drawings/drawing1.xml", "xl/threadedComments/threadedComment1.xml"):
        assert after[name] == before[name]
    book = open_book(everything)
    sheet = book[QUOTED]
    assert sheet["B2"].comment.text.startswith("Đã hỏi xã\n\nKỳ Báo Cáo – phải sửa\nSai.")
    assert sheet["B2"].comment.author == "Chị Xuân" and sheet["B3"].comment.text == "[Threaded comment]"
    assert sheet["A6"].comment.text.startswith("Kỳ Báo Cáo") and colour(sheet["A6"]) == "red"  # B7 is merged into it
    assert [colour(sheet[cell]) for cell in ("A1", "B2", "F9")] == ["red"] * 3 and not sheet["B2"].protection.locked
    assert not sheet["A1"].protection.locked and sheet.protection.sheet  # an absent cell looked like its column
    assert len(sheet.data_validations.dataValidation) == len(sheet.conditional_formatting) == 1
    assert links(book[NAME])[8] == "'Số liệu ''riêng'' xã'!B2"
    assert book[QUOTED].print_area == "'Số liệu ''riêng'' xã'!$A$1:$D$4"
    unmarked = open_book(mark(everything))[QUOTED]
    assert unmarked["B2"].comment.text == "Đã hỏi xã" and unmarked["A1"].comment is None
    assert repr(unmarked["B2"].fill) == repr(open_book(workbook_with_everything())[QUOTED]["B2"].fill)


def _add_drawn_sheets(book: Workbook) -> None:
    """A chart over the figures, a picture, merged cells and a rule; a sheet that is hidden, with a comment."""
    sheet, hidden = book.create_sheet("Biểu đồ"), book.create_sheet("Tính thử")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "=SUM('Biểu đồ'!A2:A4)"
    hidden["A1"].comment = Comment("Đã hỏi xã", "Chị Xuân")
    for row in range(2, 5):
        sheet.append([row])
    sheet.merge_cells("C1:D2")
    chart, picture = BarChart(), io.BytesIO()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=3))
    sheet.add_chart(chart, "F2")
    Picture.new("RGB", (9, 9), "red").save(picture, "PNG")
    sheet.add_image(Image(picture), "F20")
    sheet.conditional_formatting.add("A2:A4", FormulaRule(["A2>$A$3"], font=Font(bold=True)))
    book.defined_names["Vung"] = DefinedName("Vung", attr_text="'Biểu đồ'!$A$2:$A$4")


@pytest.mark.parametrize("content_type", ["", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"])
def test_charts_pictures_and_comments_come_back_byte_for_byte(wrong: bytes, content_type: str) -> None:
    """Also in a workbook with macros, which loses nothing else; hidden stays hidden, merged stays merged."""
    data = edit(wrong, _add_drawn_sheets)
    parts = unzip_parts(data)
    if content_type:
        plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(plain, content_type.encode())
    marked = mark(zip_parts(parts), say("Biểu đồ", "D2"), say(TARGETS, "F8"))
    after, book = unzip_parts(marked), open_book(marked)
    touched = {"[Content_Types].xml", "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}
    touched |= {f"xl/worksheets/{name}" for name in ("sheet2.xml", "sheet10.xml", "_rels/sheet10.xml.rels")}
    assert {name for name, content in parts.items() if after.get(name) != content} == touched
    assert (book["Tính thử"].sheet_state, book["Tính thử"]["A1"].value) == ("hidden", "=SUM('Biểu đồ'!A2:A4)")
    assert colour(book["Biểu đồ"]["C1"]) == "red" and "Vung" in book.defined_names
    assert [str(one) for one in book["Biểu đồ"].merged_cells.ranges] == ["C1:D2"]
    assert find_faults(marked) == []


def test_a_workbook_that_says_only_what_it_must() -> None:
    """No styles, no addresses, a prefix: cells find their places between those that count themselves."""
    data = mark(workbook_of_few_words(), *(say("Trang", cell) for cell in ("A1", "C1", "A2", "B3")))
    assert find_faults(data) == []
    sheet = open_book(data)["Trang"]
    assert [[cell.value for cell in row] for row in sheet["A1:B2"]] == [["một", 2], ["ba", None]]
    assert [colour(sheet[cell]) for cell in ("A1", "C1", "A2", "B3")] == ["red"] * 4


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/workbook.xml", "<workbook", '<!DOCTYPE a [<!ENTITY b "c">]><workbook'),
        (
            "xl/workbook.xml",
            "schemas.openxmlformats.org/spreadsheetml/2006/main",
            "purl.oclc.org/ooxml/spreadsheetml/main",
        ),
        ("xl/worksheets/sheet2.xml", 'r="B2" s="1"', 'r="B2" s="99999"'),
        ("xl/worksheets/sheet2.xml", 'row r="4"', 'row r="2"'),
        ("xl/worksheets/sheet2.xml", 'width="30"', 'width="1e999"'),
        ("xl/worksheets/sheet2.xml", "<sheetData>", "<sheetData>" + " " * 9 * 2**20),
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "/xl/worksheets/sheet2.xml"),
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "worksheets/khong.xml"),
        ("_rels/.rels", "xl/workbook.xml", "xl/styles.xml"),
        ("xl/worksheets/_rels/sheet2.xml.rels", 'Id="rId4" ', ""),
        ("xl/_rels/workbook.xml.rels", "relationships/styles", "relationships/style"),
        ("xl/_rels/workbook.xml.rels", "relationships/worksheet", "relationships/xlMacrosheet"),
        ("xl/workbook.xml", f'name="{QUOTED}"', f'name="{"a" * 256}"'),
        ("xl/_rels/workbook.xml.rels", "styles.xml", "sharedStrings.xml"),
        ("xl/sharedStrings.xml", "<sst", "<!DOCTYPE sst><sst"),
        ("xl/sharedStrings.xml", 'encoding="UTF-8"', 'encoding="UTF-7"'),
        ("xl/workbook.xml", "<sheets>", "<sheets/><sheets>"),
        ("xl/styles.xml", '<fills count="3">', '<fills/><fills count="3">'),
        ("xl/comments1.xml", 'authorId="0"', 'authorId="7"'),
        ("xl/drawings/vmlDrawing1.vml", "</xml>", "<hr></xml>"),
    ],
)
def test_what_could_be_broken_is_left_alone(part: str, old: str, new: str) -> None:
    """None, and the agency has the slip; never a workbook that Excel offers to repair."""
    parts = unzip_parts(workbook_with_everything())
    text = parts[part].decode()
    assert old in text
    found = [say(QUOTED, cell) for cell in ("B2", "A1")]
    assert annotate_workbook(zip_parts(parts | {part: text.replace(old, new, 1).encode()}), found, HEADING) is None


@pytest.mark.parametrize("data", [b"", b"PK", b"\xd0\xcf\x11\xe0", valid_form()[:9000], zip_parts({"a": b"b"})])
def test_other_files_are_not_marked(data: bytes) -> None:
    """Old Excel, OpenDocument, half a file: the reader may know them, marking does not."""
    assert annotate_workbook(data, [say(TARGETS, "F8")], HEADING) is None


def test_a_sheet_of_the_form_is_never_taken_for_our_list(wrong: bytes) -> None:
    """When findings lie on a sheet of that name, replacing it would lose them."""

    def rename(book: Workbook) -> None:
        book[TARGETS].title = NAME.upper()

    assert annotate_workbook(edit(wrong, rename), [say(NAME.upper(), "F8")], HEADING) is None


@settings(max_examples=150)
@given(st.data())
def test_no_bytes_make_it_fail(data: Any) -> None:
    """Whatever a part says: marked, or None."""
    parts = unzip_parts(workbook_with_everything())
    name = data.draw(st.sampled_from(sorted(name for name in parts if name.endswith((".xml", ".rels", ".vml")))))
    text = parts[name]
    start = data.draw(st.integers(0, len(text)))
    noise = st.sampled_from(
        [b"", b"-1", b"0", b"999999999", b"<a/>", b"</x>", b'""', b"rId1", b"tc=", b"xl/workbook.xml"]
    )
    end = min(len(text), start + data.draw(st.integers(0, 40)))
    spoiled = text[:start] + data.draw(noise | st.binary(max_size=4)) + text[end:]
    found = [say(QUOTED, "B2"), say(QUOTED, "E9"), say(CHARTED, "A1", "warning")]
    marked = annotate_workbook(zip_parts(parts | {name: spoiled}), found, HEADING)
    assert marked is None or unzip_parts(marked.data)


# --- how it is worked out ----------------------------------------------------------------------------------------------


def test_the_sandbox_gives_the_same_bytes(wrong: bytes, marked: bytes, findings: tuple[WordedFinding, ...]) -> None:
    """And None where there is nothing to give."""
    copy = annotate_limited(wrong, findings, HEADING)
    assert copy == annotate_workbook(wrong, findings, HEADING) and copy is not None and copy.data == marked
    assert annotate_limited(wrong[:9000], findings, HEADING) is None


def test_large_sheets_are_marked_within_the_memory_of_one(wrong: bytes) -> None:
    """Each is let go before the next is opened; all together they would not fit."""
    parts = unzip_parts(edit(wrong, lambda book: [book.create_sheet(f"Thêm {n}") for n in (1, 2, 3)]))
    cells = "<row>" + "<c><v>1</v></c>" * 100 + "</row>"
    for name in (f"xl/worksheets/sheet{number}.xml" for number in (8, 9, 10)):
        parts[name] = parts[name].replace(b"</sheetData>", f"{cells * 4_000}</sheetData>".encode())
    copy = annotate_limited(zip_parts(parts), [say(f"Thêm {n}", "B3") for n in (1, 2, 3)], HEADING)
    assert copy is not None and len(copy.cells) == 3


# --- through LibreOffice -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resave(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, bytes]]:
    """Workbooks by name -> the same opened and saved by LibreOffice."""
    folder = tmp_path_factory.mktemp("soffice")

    def _resave(**books: bytes) -> dict[str, bytes]:
        sources = []
        for name, data in books.items():
            sources.append(folder / f"{name}.xlsx")
            sources[-1].write_bytes(data)
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx"]
        subprocess.run(
            [*command, "--outdir", str(folder / "out"), *map(str, sources)],
            check=True,
            capture_output=True,
            timeout=180,
        )
        return {name: Path(folder / "out" / f"{name}.xlsx").read_bytes() for name in books}

    return _resave


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_copies_survive_libreoffice(
    resave: Callable[..., dict[str, bytes]],
    wrong: bytes,
    marked: bytes,
    everything: bytes,
    findings: tuple[WordedFinding, ...],
) -> None:
    """It opens every copy; a form it saved can be marked; a copy it saved and renumbered loses its marks."""
    few = mark(workbook_of_few_words(), say("Trang", "B3"))
    saved = resave(wrong=wrong, marked=marked, everything=everything, few=few)
    assert open_book(saved["few"])["Trang"]["B1"].value == 2
    assert open_book(saved["everything"])[QUOTED]["B2"].comment.text.startswith("Đã hỏi xã")
    assert open_book(saved["marked"])[TARGETS]["F8"].comment.text.startswith("Kỳ Báo Cáo – phải sửa")
    assert links(open_book(saved["marked"])[NAME])[7] == "'Chỉ tiêu'!F8"

    again = open_book(mark(saved["wrong"], *findings))
    assert {colour(again[one.sheet][one.cell]) for one in findings} == {"red"}
    fixed = edit(saved["marked"], fix)
    assert judge_bytes(fixed).verdict is Verdict.ACCEPTED
    clean = open_book(mark(fixed))
    assert {colour(clean[one.sheet][one.cell])[2:] for one in findings} == {PALE[2:]}
    assert not any(cell.comment for sheet in clean for row in sheet.iter_rows() for cell in row)
    for name in ("wrong", "marked"):
        assert find_faults(mark(saved[name], *findings)) == []
