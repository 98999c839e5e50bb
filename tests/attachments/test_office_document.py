"""What a Word document may hold, and what it may not, in whatever part, spelling or cut it comes."""

from __future__ import annotations

import pytest

from kybaocao.attachments import dangers
from kybaocao.attachments.office_document import MAX_DEPTH, find_danger_in_excel, find_danger_in_word
from tests.attachments.attachment_files import W, body, chart_with_numbers, docx, field, related, types
from tests.checks.catalogue import valid_form
from tests.workbook.odd_packages import OFFICE, workbook_with_everything, zip_parts

MAIN, RELATIONS = "word/document.xml", "word/_rels/document.xml.rels"
TEMPLATE = "word/_rels/settings.xml.rels"
BOX = "<mc:AlternateContent xmlns:mc='m'><mc:{0}>{1}</mc:{0}></mc:AlternateContent>"


def _said(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def _deleted(text: str) -> str:
    return f"<w:del><w:r><w:delInstrText>{text}</w:delInstrText></w:r></w:del>"


CLICKED = body('<w:p><w:hyperlink r:id="rId1"/></w:p>')

HONEST = {
    "one paragraph": docx(),
    "a main part with a number": docx({"word/document2.xml": body()}, main="word/document2.xml"),
    "a link to the web": docx({MAIN: CLICKED, RELATIONS: related("hyperlink", "https://sonla.gov.vn/a?b=c")}),
    "a link to an address": docx({MAIN: CLICKED, RELATIONS: related("hyperlink", "mailto:a@sonla.gov.vn")}),
    "a link to a neighbour": docx({MAIN: CLICKED, RELATIONS: related("hyperlink", "Ph%E1%BB%A5%20l%E1%BB%A5c.docx")}),
    "a template on its own disk": docx({TEMPLATE: related("attachedTemplate", "file:///C:\\Users\\Admin\\Mau.dotx")}),
    "a template beside it": docx({TEMPLATE: related("attachedTemplate", "Mau%20bao%20cao.dotx")}),
    "a picture": docx(
        {RELATIONS: related("image", "media/image1.png", "Internal"), "word/media/image1.png": b"\x89PNG"}
    ),
    "a font that begins like XML": docx({"word/fonts/font1.odttf": b"<\x01\x02"}),
    "a chart with its numbers": docx(chart_with_numbers()),
    "page numbers, contents, links": docx(
        {
            MAIN: body(
                field(" PA", "GE  \\* MERGEFORMAT ") + field('TOC \\o "1-3"') + field(' HYPERLINK "http://a.b/dde" ')
            )
        }
    ),
    "a sum and a condition": docx(
        {MAIN: body(field("=", field(" PAGE "), "+1") + field(" IF ", field(" PAGE "), "=1"))}
    ),
    "a field inside a deletion": docx(
        {MAIN: body("<w:del><w:r><w:fldChar w:fldCharType='begin'/></w:r></w:del>" + _deleted(" PA") + _deleted("GE "))}
    ),
    "a place for a picture formula": docx({MAIN: body(field(" QUOTE ", "<w:r><w:pict/></w:r>"))}),
    "a paragraph about DDE": docx({MAIN: body("<w:p><w:r><w:t>DDEAUTO, LINK</w:t></w:r></w:p>")}),
    "an address in somebody's data": docx({"customXml/item1.xml": "<a src='http://a.example/'/>"}),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_reports_are_made_of_is_harmless(name: str) -> None:
    assert find_danger_in_word(HONEST[name]) == ""


FETCHING = {
    "a template": docx({TEMPLATE: related("attachedTemplate", "http://a.example/t.dotm")}),
    "a template, relations in capitals": docx(
        {"WORD/_RELS/SETTINGS.XML.RELS": related("attachedTemplate", "http://a.example/t.dotm")}
    ),
    "a template, relations behind backslashes": docx(
        {"word\\_rels\\settings.xml.rels": related("attachedTemplate", "http://a.example/t.dotm")}
    ),
    "a template on a server": docx({TEMPLATE: related("attachedTemplate", "file:///\\\\server\\share\\t.dotm")}),
    "a template on a server, shortly": docx({TEMPLATE: related("attachedTemplate", "\\\\server\\share\\t.dotm")}),
    "a template on a server, as an address": docx({TEMPLATE: related("attachedTemplate", "file://server/t.dotm")}),
    "a template with a tab in its address": docx(
        {TEMPLATE: related("attachedTemplate", "ht&#9;tp://a.example/t.dotm")}
    ),
    "a template said to be inside": docx(
        {TEMPLATE: related("attachedTemplate", "http://a.example/t.dotm", "Internal")}
    ),
    "an object": docx({RELATIONS: related("image", "&#104;ttp://a.example/&gt;y.png")}),
    "a frame": docx({"word/_rels/header1.xml.rels": related("frame", "mhtml:https://a.example/y")}),
    "relations in a folder of their own": docx({"x/y/_rels/z.xml.rels": related("image", "http://a.example/y.png")}),
    "a link of a kind nobody knows": docx({RELATIONS: related("http://x/hyperlink", "http://a.example/")}),
    "a link used by a picture": docx(
        {MAIN: body("<a:blip xmlns:a='a' r:link='rId1'/>"), RELATIONS: related("hyperlink", "http://a.example/y.png")}
    ),
    "a picture by its source": docx({MAIN: body("<v:imagedata xmlns:v='v' src='http://a.example/y.png'/>")}),
}


@pytest.mark.parametrize("name", FETCHING)
def test_what_a_document_takes_from_elsewhere_is_found(name: str) -> None:
    """In whatever part the relation stands, and however its address is spelled."""
    assert find_danger_in_word(FETCHING[name]) == dangers.FETCHING


DDE = 'DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"'

FIELDS = {
    "DDE": (field(f" {DDE} "), dangers.DDE),
    "DDE in small letters": (field(" dde excel "), dangers.DDE),
    "DDE cut in two": (field(" DD", f"E{DDE[3:]}"), dangers.DDE),
    "DDE cut into letters": (field(*"DDEAUTO", " c:"), dangers.DDE),
    "DDE by characters nobody sees": (field("DD\u200bEAUTO c:"), dangers.DDE),
    "DDE by codes of letters": ("<w:fldSimple w:instr='D&#68;EAUTO c:'/>", dangers.DDE),
    "DDE as plain text of a field": (field("<w:r><w:t>DDEAUTO c:</w:t></w:r>"), dangers.DDE),
    "DDE before a tab": (field("DDEAUTO", "<w:r><w:tab/></w:r>", "c:"), dangers.DDE),
    "DDE of no field": (_said("DD") + _said("EAUTO c:"), dangers.DDE),
    "DDE never ended": ("<w:r><w:fldChar w:fldCharType='begin'/></w:r>" + _said("DDEAUTO c:"), dangers.DDE),
    "DDE inside another field": (field(" IF 1=1 ", field(f" {DDE} ")), dangers.DDE),
    "a word that is worked out": (field(field(" QUOTE 68 68 69 "), " c:"), dangers.PIECED_FIELDS),
    "half a word that is worked out": (field("DD", field(" REF a "), " c:"), dangers.PIECED_FIELDS),
    "text by numbers": (field(" QUOTE 68 68 69 65 85 84 79 "), dangers.PIECED_FIELDS),
    "a word with a deletion in it": (field("DD", _deleted("x "), "EAUTO c:"), dangers.PIECED_FIELDS),
    "a word with an alternative in it": (
        field("DD", BOX.format("Fallback", _said("x ")), "EAUTO c:"),
        dangers.PIECED_FIELDS,
    ),
    "a picture from elsewhere": (field(' INCLUDEPICTURE "http://a.example/y.png" \\d'), dangers.FETCHING_FIELDS),
    "text from elsewhere": (field(' INCLUDETEXT "\\\\\\\\server\\\\a.docx"'), dangers.FETCHING_FIELDS),
    "a link": (field(' LINK Excel.Sheet.12 "\\\\\\\\server\\\\a.xlsx"'), dangers.FETCHING_FIELDS),
}


@pytest.mark.parametrize("part", [MAIN, "word/header1.xml", "word/comments.xml", "Word/Footnotes2.XML", "a/b.bin"])
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_fetches_or_starts_something_is_found(name: str, part: str) -> None:
    """However its instruction is cut, in whatever part."""
    inner, danger = FIELDS[name]
    assert find_danger_in_word(docx({part: body(inner)})) == danger


def test_the_main_part_is_the_one_the_relations_name() -> None:
    """A decoy under the name that Word gives hides nothing."""
    real = {"w/real.xml": body(field(DDE))}
    assert find_danger_in_word(docx(real, main="w/real.xml")) == dangers.DDE


@pytest.mark.parametrize(
    ("parts", "danger"),
    [
        ({"_rels/.rels": related("officeDocument", "xl/workbook.xml", "Internal"), "xl/workbook.xml": "<workbook/>"}, dangers.OTHER_MAIN_PART),
        ({"_rels/.rels": related("officeDocument", "word/none.xml", "Internal")}, dangers.DAMAGED),
        ({"_rels/.rels": related("styles", "word/document.xml", "Internal")}, dangers.DAMAGED),
        ({MAIN: "<w:document"}, dangers.DAMAGED),
        ({MAIN: b"<?xml version='1.0' encoding='nobody-knows'?><document/>"}, dangers.DAMAGED),
    ],
)  # fmt: skip
def test_a_document_without_its_main_part_is_none(parts: dict[str, str | bytes], danger: str) -> None:
    """A workbook in disguise, a part that is not there, half a part."""
    assert find_danger_in_word(docx(parts)) == danger


DOCTYPE = "<!DOCTYPE d [<!ENTITY e 'x'>]><d/>"


@pytest.mark.parametrize("name", [MAIN, "w/x.xml", "customXml/item1.xml", "word/media/a.svg", "a", TEMPLATE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_wherever_it_stands(name: str, encoding: str) -> None:
    """Before an entity could mean anything."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    assert find_danger_in_word(docx({name: (head + DOCTYPE).encode(encoding)})) == dangers.DOCTYPE


MACRO_MAIN = types(("word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml"))
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"

MACROS = {
    "a project": docx({"word/vbaProject.bin": b"x"}),
    "a project in capitals": docx({"WORD/VBAPROJECT.BIN": b"x"}),
    "a project by another name": docx(
        {"word/x.bin": b"x", RELATIONS: related(f"{MICROSOFT}/vbaProject", "x.bin", "Internal")}
    ),
    "a type": docx({"[Content_Types].xml": MACRO_MAIN}),
    "a type in wide letters": docx(
        {"[Content_Types].xml": ('<?xml version="1.0" encoding="UTF-16"?>' + MACRO_MAIN).encode("utf-16")}
    ),
    "a type by codes of letters": docx({"[Content_Types].xml": MACRO_MAIN.replace("macroE", "macro&#69;")}),
}


@pytest.mark.parametrize("name", MACROS)
def test_macros_are_found_by_part_type_or_relation(name: str) -> None:
    """Any of the three is enough for Word."""
    assert find_danger_in_word(MACROS[name]) == dangers.MACROS


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

OBJECTS = {
    "an old object": docx({RELATIONS: related("oleObject", "embeddings/a.bin", "Internal"), "word/embeddings/a.bin": OLE}),
    "an object said to be a picture": docx({RELATIONS: related("image", "media/a.png", "Internal"), "word/media/a.png": OLE}),
    "an object by its type": docx({"[Content_Types].xml": types(("word/a.bin", "application/vnd.openxmlformats-officedocument.oleObject")), "word/a.bin": b"x"}),
    "an object in the text": docx({MAIN: body("<o:OLEObject xmlns:o='o' Type='Embed'/>")}),
    "a program": docx({"word/embeddings/a.exe": b"MZ"}),
    "a document inside": docx({RELATIONS: related("package", "embeddings/a.docx", "Internal"), "word/embeddings/a.docx": docx()}),
    "an archive nobody speaks of": docx({"word/media/a.png": zip_parts({"a": b""})}),
    "numbers of a chart that is none": docx(chart_with_numbers(source=MAIN)),
    "a document to be imported": docx({RELATIONS: related("aFChunk", "/word/e.html", "Internal"), "word/e.html": b"<p>"}),
    "a document imported in the text": docx({MAIN: body("<w:altChunk r:id='rId1'/>")}),
    "a control": docx({RELATIONS: related("control", "activeX/activeX1.xml", "Internal")}),
    "an extension": docx({"_rels/x.rels": related(f"{MICROSOFT}/webextensiontaskpanes", "w.xml", "Internal")}),
    "rich text": docx({"word/media/a.bin": b"{\\rtf1"}),
}  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
def test_what_is_embedded_is_refused(name: str) -> None:
    """Whatever it is called: only the numbers of a chart may be a document inside the document."""
    assert find_danger_in_word(OBJECTS[name]) == dangers.OBJECTS


def test_the_numbers_of_a_chart_are_looked_into() -> None:
    parts = chart_with_numbers()
    book = "word/embeddings/Microsoft_Excel_Sheet.xlsx"
    parts[book] = workbook_with_everything()
    assert find_danger_in_word(docx(parts)) == dangers.MACROS


@pytest.mark.parametrize(
    "xml",
    [
        body("<w:a>" * MAX_DEPTH + "</w:a>" * MAX_DEPTH),
        "<d>" + "<a>" * 100_000,  # never closed
        f"<d xmlns:w='{W}'>" + "<w:a/>" * 2_000_001 + "</d>",
    ],
)
def test_elements_without_end_are_refused(xml: str) -> None:
    """Nested or side by side."""
    assert find_danger_in_word(docx({MAIN: xml})) == dangers.TOO_MUCH


@pytest.mark.parametrize(
    ("data", "danger"),
    [
        (valid_form(), ""),
        (docx(), dangers.OTHER_MAIN_PART),
        (workbook_with_everything(), dangers.MACROS),
    ],
)
def test_a_workbook_is_looked_into_like_a_document(data: bytes, danger: str) -> None:
    """Evidence may be an Excel file."""
    assert find_danger_in_excel(data) == danger


@pytest.mark.parametrize(
    ("part", "danger"),
    [
        ("<externalLink><ddeLink ddeService='cmd'/></externalLink>", dangers.DDE),
        (f"<externalLink xmlns:r='{OFFICE}'><externalBook r:id='rId1'/></externalLink>", ""),
    ],
)
def test_a_workbook_may_name_another_but_no_program(part: str, danger: str) -> None:
    """Figures taken from a neighbour's file keep their last value until somebody asks for more."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": types(),
        "_rels/.rels": related("officeDocument", "xl/workbook.xml", "Internal"),
        "xl/workbook.xml": "<workbook/>",
        "xl/externalLinks/externalLink1.xml": part,
        "xl/externalLinks/_rels/externalLink1.xml.rels": related("externalLinkPath", "file:///C:/khac.xlsx"),
    }
    assert find_danger_in_excel(zip_parts(parts)) == danger
