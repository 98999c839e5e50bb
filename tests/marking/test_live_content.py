"""Nothing in a copy that we give out acts by itself; what does no harm is in it as it was."""

from __future__ import annotations

import io
import posixpath
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError

from kybaocao.findings import Severity, WordedFinding
from kybaocao.marking.annotation import Heading, annotate_workbook
from kybaocao.marking.findings_sheet import NAME
from kybaocao.marking.formulas import Vocabulary, is_harmless, is_reference
from tests.checks.catalogue import TARGETS
from tests.marking.live_workbooks import (
    GUIDE_PART,
    LIVE_FORMULAS,
    LIVE_PARTS,
    PLACES,
    PROGRAM,
    add_drawing,
    add_part,
    faulty_parts,
    insert,
    relate,
    with_formula,
    with_part,
)
from tests.marking.package_rules import find_faults
from tests.workbook.odd_packages import MAIN, OFFICE, unzip_parts, zip_parts

KNOWN = Vocabulary.of(["Chỉ tiêu", "Trang1", "xã 'A'", "cmd|x", "http://a"], ["Bang"], ["Vung"])
FOUND = (WordedFinding("x", Severity("error"), TARGETS, "F8", "", "", "Sai.", "Vui lòng sửa lại."),)


def mark(data: bytes) -> dict[str, bytes]:
    """The parts of the marked copy."""
    copy = annotate_workbook(data, FOUND, Heading("KẾT QUẢ"))
    assert copy is not None
    return unzip_parts(copy.data)


def marks(parts: dict[str, bytes]) -> dict[str, bytes]:
    return mark(zip_parts(parts))


def text(parts: dict[str, bytes], name: str) -> str:
    return parts[name].decode()


# --- formulas ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("formula", LIVE_FORMULAS)
def test_a_formula_that_reaches_outside_is_in_no_part(place: str, formula: str) -> None:
    """However it is spelled, wherever it stands; the copy is sound without it."""
    copy = mark(with_formula(place, formula))
    whole = b"".join(content for name, content in copy.items() if name.endswith((".xml", ".vml", ".rels")))
    assert LIVE_FORMULAS[formula].encode() not in whole
    assert find_faults(zip_parts(copy)) == []


@pytest.mark.parametrize("place", sorted(PLACES.keys() - {"beside a formula"}))
def test_a_formula_about_the_workbook_itself_stays(place: str) -> None:
    """Byte for byte, in every place there is for one."""
    formula = "'Chỉ tiêu'!$F$8:$F$9"
    before = unzip_parts(with_formula(place, formula))
    copy = marks(before)
    kept = [name for name, content in copy.items() if formula.encode() in content]
    assert kept == [name for name, content in before.items() if formula.encode() in content] != []
    assert all(copy[name] == before[name] for name in kept if name != "xl/workbook.xml")


def test_a_formula_that_goes_leaves_its_value_and_the_list_says_so() -> None:
    """Cells that share one go together; whoever corrects the figures behind it must know that it no longer follows."""
    copy = load_workbook(io.BytesIO(zip_parts(mark(with_formula("shared cells", "[1]Nguồn!A1")))))
    assert [copy["Hướng dẫn"][cell].value for cell in ("A900", "B900")] == [1, 2]
    assert copy[NAME]["A2"].value == (
        "Để bảo đảm an toàn, 2 công thức lấy dữ liệu từ ngoài tệp hoặc dùng hàm ít gặp được thay bằng giá trị đã tính"
        " (ô A900, trang Hướng dẫn; ô B900, trang Hướng dẫn). Nếu sửa số liệu liên quan, đề nghị Quý cơ quan tính lại"
        " các ô này."
    )


@pytest.mark.parametrize(
    "formula",
    [
        'IF(AND(ISNUMBER(H7),ISNUMBER(I7)),IF(I7>0,ROUND(H7/I7*100,2),""),"")',
        "'Chỉ tiêu'!$A$1:B2",
        "Trang1!A:A",
        "'xã ''A'''!A1",
        "SUM($1:$5)",
        "-1.5E-3%+.5",
        "{1,2;3,4}",
        "vung*2",
        "_xlfn._xlws.SORT(A1:A9)",
        "_xlfn.IFS(A1<>2,TRUE)",
        'SUM( A1 ,\n"a""b" )',
        "A1:INDEX(B:B,3)",
        "Trang1!#REF!",
        "SUM(Bang[a b])-Bang[[#This Row],[x]]",
        "NOT(ISERROR(SEARCH(#N/A,A1)))",
        '"Có,Không phát sinh"',
        "",
    ],
)
def test_words_that_do_no_harm(formula: str) -> None:
    assert is_harmless(formula, KNOWN)


@pytest.mark.parametrize(
    "formula",
    [
        "Khac!A1",
        "'cmd|x'!A1",
        "'http://a'!A1",
        "Trang1!SUM(A1)",
        "Trang1!",
        "Trang1! A1",
        "Trang1!Trang1!A1",
        "A1!B1",
        "ten",
        "ABC",
        "WEBSERVICE (1)",
        "ſUM(A1)",
        "_xlfn._xlfn.SUM(1)",
        "A1#",
        "@A1",
        "Khac[a]",
        "Bang[a]b!A1",
        "Bang[a",
        "[a]",
        '"a',
        "'a",
        "A1\\B",
        "A1;B1|C1",
    ],
)
def test_words_that_are_not_known(formula: str) -> None:
    """Also what is no formula at all, and what only another program would read as one."""
    assert not is_harmless(formula, KNOWN)


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("'Chỉ tiêu'!$A:$B,'Chỉ tiêu'!$1:$6", True),
        ("Trang1!$A$1:$C$9", True),
        ("Vung", False),
        ("A1+1", False),
        ("SUM(A1)", False),
        ("Khac!$A$1", False),
        ("#REF!", False),
        ("", False),
        (None, False),
    ],
)
def test_a_name_stands_for_places(formula: str | None, wanted: bool) -> None:
    """Of print areas, titles and filters nothing else is needed."""
    assert is_reference(formula, KNOWN) is wanted


# "~" for a space and "¶" for the end of a line.
_PIECES = """
A1 $B$2 Trang1! 'Chỉ~tiêu'! '[1]a'! [1] SUM( WEBSERVICE( Ｗ( ) ( , ; : + ~ ¶ " ' | ! #REF! 1 1E .5 { } vung x \\ & % < >
_xlfn.
"""


@given(st.lists(st.sampled_from(_PIECES.split()), min_size=1, max_size=12).map("".join))
def test_another_tokenizer_finds_no_unknown_word_either(formula: str) -> None:
    """openpyxl's, where it can read the formula: functions of ours only, operands of this workbook only."""
    formula = formula.replace("~", " ").replace("¶", "\n")
    if not is_harmless(formula, KNOWN):
        return
    try:
        tokens = Tokenizer(f"={formula}").items
    except (TokenizerError, IndexError, AssertionError):  # a bracket without its other half starts nothing
        return
    called = [one.value for one in tokens if one.type == Token.FUNC and one.subtype == Token.OPEN]
    places = [one.value for one in tokens if one.type == Token.OPERAND and one.subtype == Token.RANGE]
    assert {name.removeprefix("_xlfn.") for name in called} <= {"SUM("}
    sheets = [sheet for place in places for sheet in re.findall(r"('[^']*'|[^!:]*)!", place.removesuffix("#REF!"))]
    assert set(sheets) <= {"Trang1", "'Chỉ tiêu'"} and not any(set(place) & set("[]|\\") for place in places)


# --- parts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thing", LIVE_PARTS)
def test_parts_a_spreadsheet_does_without_are_left_behind(thing: str) -> None:
    """With their relation, their content type and what referred to them."""
    copy = mark(with_part(thing))
    assert copy.keys() - mark(zip_parts(faulty_parts())).keys() == set()
    assert not any(PROGRAM in content for content in copy.values())
    assert not any("rId77" in text(copy, name) for name in copy)
    assert find_faults(zip_parts(copy)) == []


def test_names_with_backslashes_are_names_like_others() -> None:
    """Of what is kept they become ordinary; what is not is not kept by being spelled so."""
    parts = faulty_parts()
    add_part(parts, "xl/embeddings/oleObject1.bin", PROGRAM, "application/octet-stream")
    relate(parts, GUIDE_PART, "rId77", "oleObject", "..\\embeddings\\oleObject1.bin")
    add_drawing(parts, "<xdr:sp><xdr:spPr/></xdr:sp>")
    copy = marks(
        {name.replace("/", "\\") if "/sheet1" in name or "oleO" in name else name: parts[name] for name in parts}
    )
    assert "xl/drawings/drawing1.xml" in copy and GUIDE_PART in copy
    assert not any("\\" in name or "oleObject" in name for name in copy)
    assert not any(b"\\" in content for name, content in copy.items() if name.endswith(".rels"))


def test_relations_inside_relations_are_not_handed_on() -> None:
    """Some readers look for them at any depth."""
    parts = faulty_parts()
    inner = f'<Relationship Id="rId78" Type="{OFFICE}/oleObject" Target="http://evil.test/a" TargetMode="External"/>'
    relations = "xl/_rels/workbook.xml.rels"
    insert(parts, relations, "</Relationships>", f"<Relationships>{inner}</Relationships>")
    assert "evil.test" not in text(marks(parts), relations)


def test_a_part_is_what_its_relation_says() -> None:
    """Whatever type the package gave it: Excel goes by that too."""
    parts = faulty_parts()
    types = text(parts, "[Content_Types].xml")
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    parts["[Content_Types].xml"] = types.replace(sheet, "application/vnd.ms-excel.macrosheet+xml").encode()
    assert "macro" not in text(marks(parts), "[Content_Types].xml")


def test_links_wait_for_a_click_and_lead_to_pages_or_mail() -> None:
    """A link to a file or a share would open it."""
    parts = faulty_parts()
    targets = [
        "https://sonla.gov.vn/",
        "mailto:a@sonla.gov.vn",
        "file:///C:/a.exe",
        "\\\\evil.test\\a",
        "a.xlsx",
        "ms-x:a",
    ]
    links = ""
    for number, target in enumerate(targets, start=60):
        relate(parts, GUIDE_PART, f"rId{number}", "hyperlink", target, is_external=True)
        links += f'<hyperlink xmlns:r="{OFFICE}" ref="A{number}" r:id="rId{number}"/>'
    links = f"<hyperlinks>{links}<hyperlink ref='A50' location=\"'Chỉ tiêu'!F8\"/></hyperlinks>"
    insert(parts, GUIDE_PART, "<pageMargins", links)
    copy = marks(parts)
    assert re.findall(r'<hyperlink [^>]*?ref="(\w+)"', text(copy, GUIDE_PART)) == ["A60", "A61", "A50"]
    assert re.findall(r'Target="([^"]+)"', text(copy, "xl/worksheets/_rels/sheet1.xml.rels")) == targets[:2]
    assert find_faults(zip_parts(copy)) == []


@pytest.mark.parametrize(
    "inside",
    [
        '<xdr:pic><xdr:blipFill><a:blip r:link="rId1"/></xdr:blipFill></xdr:pic>',
        '<xdr:sp macro="[0]!evil.test"><xdr:spPr/></xdr:sp>',
        '<xdr:sp><a:hlinkClick r:id="" action="ppaction://program?evil.test"/></xdr:sp>',
        '<xdr:pic><a:ext><a14:cameraTool xmlns:a14="urn:a" cellRange="[1]evil.test!A1"/></a:ext></xdr:pic>',
        '<xdr:graphicFrame><a:graphic><a:graphicData uri="urn:x"><x xmlns="urn:x">evil.test</x></a:graphicData></a:graphic>'
        "</xdr:graphicFrame>",
        '<xdr:contentPart r:id="rId1"><xdr:a>evil.test</xdr:a></xdr:contentPart>',
    ],
)
def test_drawings_start_and_fetch_nothing(inside: str) -> None:
    parts = faulty_parts()
    add_drawing(parts, inside)
    relate(parts, "xl/drawings/drawing1.xml", "rId1", "image", "http://evil.test/a.png", is_external=True)
    copy = marks(parts)
    assert not any(b"evil.test" in content for content in copy.values())
    assert find_faults(zip_parts(copy)) == []


def test_of_old_drawings_only_the_boxes_of_comments_stay() -> None:
    """Buttons with a macro, written as Excel writes them, pictures from elsewhere, scripts."""
    parts = faulty_parts()
    vml = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel"'
    shapes = (
        '<v:shape id="n" href="http://evil.test/"><v:fill src="http://evil.test/a.png"/><v:textbox><script>evil.test'
        '</script></v:textbox><x:ClientData ObjectType="Note"><x:Row>3</x:Row><x:Column>2</x:Column>'
        "<x:FmlaMacro>evil.test</x:FmlaMacro></x:ClientData></v:shape>"
        '<v:shape id="b"><v:textbox><div>Hai<br>dòng</div></v:textbox><x:ClientData ObjectType="Button"><x:FmlaMacro>evil.test</x:FmlaMacro></x:ClientData></v:shape>'
        '<v:shape id="p"><v:imagedata src="http://evil.test/a.png"/></v:shape><v:rect href="http://evil.test/"/>'
    )
    types = "application/vnd.openxmlformats-officedocument."
    add_part(parts, "xl/drawings/vmlDrawing1.vml", f"<xml {vml}>{shapes}</xml>", f"{types}vmlDrawing")
    comments = f'<comments xmlns="{MAIN}"><authors><author>A</author></authors><commentList><comment ref="C4"'
    comments += ' authorId="0"><text><t>Hỏi xã</t></text></comment></commentList></comments>'
    add_part(parts, "xl/comments1.xml", comments, f"{types}spreadsheetml.comments+xml")
    relate(parts, GUIDE_PART, "rId80", "vmlDrawing", "../drawings/vmlDrawing1.vml")
    relate(parts, GUIDE_PART, "rId81", "comments", "../comments1.xml")
    insert(parts, GUIDE_PART, "</worksheet>", f'<legacyDrawing xmlns:r="{OFFICE}" r:id="rId80"/>')
    copy = marks(parts)
    assert not any(b"evil.test" in content for content in copy.values())
    assert re.findall(r'<v:\w+ id="(\w)', text(copy, "xl/drawings/vmlDrawing1.vml")) == ["n"]
    assert load_workbook(io.BytesIO(zip_parts(copy)))["Hướng dẫn"]["C4"].comment.text == "Hỏi xã"


def test_a_chart_over_another_file_keeps_its_last_figures() -> None:
    copy = mark(with_formula("a chart", "[1]Nguồn!$A$1"))
    assert "<c:f>#REF!</c:f><c:numCache>" in text(copy, "xl/charts/chart1.xml")


def test_a_print_setup_outlives_its_printer() -> None:
    """The paper is the agency's choice, the settings of its printer are a program's."""
    parts = faulty_parts()
    add_part(parts, "xl/printerSettings/printerSettings1.bin", PROGRAM, "application/octet-stream")
    relate(parts, GUIDE_PART, "rId77", "printerSettings", "../printerSettings/printerSettings1.bin")
    insert(parts, GUIDE_PART, ' paperSize="9"', f' xmlns:r="{OFFICE}" r:id="rId77"')
    copy = marks(parts)
    assert 'paperSize="9"' in text(copy, GUIDE_PART) and "printer" not in "".join(copy)


def test_values_fetched_for_a_cell_become_plain() -> None:
    """What kind of value it was is said in a part that goes; the mark of it goes too."""
    parts = faulty_parts()
    add_part(parts, "xl/metadata.xml", f'<metadata xmlns="{MAIN}"><metadataTypes><metadataType name="XLRICHVALUE"/>'
             "</metadataTypes></metadata>", "application/xml")  # fmt: skip
    relate(parts, "xl/workbook.xml", "rId77", "sheetMetadata", "metadata.xml")
    insert(parts, GUIDE_PART, "</sheetData>", '<row r="900"><c r="A900" vm="1" cm="1"><v>7</v></c></row>')
    copy = marks(parts)
    assert '<c r="A900"><v>7</v></c>' in text(copy, GUIDE_PART) and "xl/metadata.xml" not in copy


def test_every_part_of_a_copy_is_reached_from_the_package() -> None:
    """Nothing lies in it that nobody asks for."""
    copy = mark(with_part("macros"))
    reached = {"[Content_Types].xml"}
    for name in [name for name in copy if name.endswith(".rels")]:
        folder = posixpath.dirname(posixpath.dirname(name))
        targets = re.findall(r'Target="([^"]+)"', text(copy, name))
        reached |= {name, *(posixpath.normpath(posixpath.join("/", folder, target))[1:] for target in targets)}
    assert reached == set(copy)
