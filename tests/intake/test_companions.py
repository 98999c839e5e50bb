"""Companion files: taken for what they are, kept when harmless, refused in words when not."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable

import pytest

from kybaocao.findings import word
from kybaocao.form.companion import Companion
from kybaocao.intake.companions import choose_companion, inspect_companion
from tests.intake.catalogue import IDENTITY, edit, valid_form
from tests.intake.odd_packages import unzip_parts, zip_parts

PDF = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40 + b"\xff\xd9"
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")


def docx(parts: dict[str, str] | None = None) -> bytes:
    """A Word file with the parts that matter here; `parts` replaces or adds some."""
    types = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in (types | (parts or {})).items():
            package.writestr(name, text)
    return out.getvalue()


def related(what: str, target: str, mode: str = "External") -> str:
    """A part of relations with one in it."""
    return f'<r:Relationships xmlns:r="r"><r:Relationship Type="http://x/{what}" Target="{target}" TargetMode="{mode}"/></r:Relationships>'


def pdf_with_packed_objects(objects: bytes, packing: bytes = b"/FlateDecode") -> bytes:
    """As PDF writers since 2003 store most of their objects."""
    stream = b"2 0 obj <</Type/ObjStm/N 1/First 4/Filter%b>> stream\r\n%b\r\nendstream endobj\n"
    return PDF.replace(b"trailer", stream % (packing, zlib.compress(b"1 0 " + objects)) + b"trailer")


def _companion(name: str, *kinds: str, **more: object) -> Companion:
    return Companion.model_validate({"ma": name, "ten": f"Tệp {name}", "loai": list(kinds)} | more)


SIGNED = _companion("ban_ky", "pdf", "docx", ten_tep_co=["bản ký"])
EVIDENCE = _companion("minh_chung", "anh", "pdf", "docx", ten_tep_co=["minh chứng", "phụ lục"])
BOTH = (SIGNED, EVIDENCE)
SMALL = _companion("ban_ky", "pdf", dung_luong_mb=1)


@pytest.mark.parametrize(
    ("data", "name", "taken_as"),
    [
        (PDF, "Bao cao.pdf", "ban_ky"),  # listed first
        (PDF, "BC_125 (Bản ký).pdf", "ban_ky"),
        (PDF, "PHU LUC 1.pdf", "minh_chung"),  # by its name, typed without marks
        (PDF, "a.xlsx", "ban_ky"),  # content, never the extension
        (PNG, "Bản ký.png", "minh_chung"),  # a kind the signed report may not be
        (JPEG, "a.jpg", "minh_chung"),
        (docx(), "Bao cao.docx", "ban_ky"),
        (OLD_WORD, "Minh chung.doc", "minh_chung"),  # refused, and told what would be taken
        (b"{\\rtf1 }", "a.rtf", "ban_ky"),
    ],
)
def test_a_document_is_taken_as_the_companion_it_is(data: bytes, name: str, taken_as: str) -> None:
    """By a word in its name, otherwise as the first of the list that takes its kind."""
    chosen = choose_companion(data, name, BOTH)
    assert chosen is not None and chosen.id == taken_as


@pytest.mark.parametrize("data", [valid_form(), b"Rar!\x1a\x07", b"MZ", b"<html>", b"", valid_form()[:600]])
def test_what_may_be_meant_as_the_form_is_answered_as_a_form(data: bytes) -> None:
    """Workbooks whole or broken, archives, programs, pages: the agency hears what the form must be."""
    assert choose_companion(data, "Bản ký.pdf", BOTH) is None


WITH_EXCEL = (SIGNED, _companion("minh_chung", "anh", "xlsx", ten_tep_co=["minh chứng"]))


def _list_of_names() -> bytes:
    return edit(valid_form(), lambda book: book.__delitem__(IDENTITY))


@pytest.mark.parametrize(
    ("data", "name", "taken_as"),
    [
        (_list_of_names(), "Minh chung danh sach.xlsx", "minh_chung"),
        (_list_of_names(), "Danh sach.xlsx", None),  # nothing says that it is not meant as the form
        (valid_form(), "Minh chung.xlsx", None),  # the form, whatever it is called
        (valid_form()[:5_000], "Minh chung.xlsx", None),
    ],
)
def test_a_workbook_is_evidence_when_its_name_says_so_and_it_is_not_the_form(
    data: bytes, name: str, taken_as: str | None
) -> None:
    chosen = choose_companion(data, name, WITH_EXCEL)
    assert (chosen.id if chosen else None) == taken_as


def test_a_workbook_is_looked_into_like_a_document() -> None:
    """Kept, or refused for what it would fetch or start."""
    data, companion = _list_of_names(), WITH_EXCEL[1]
    link = {"xl/externalLinks/externalLink1.xml": b"<externalLink><ddeLink ddeService='cmd'/></externalLink>"}
    assert inspect_companion(data, companion) is None
    finding = inspect_companion(zip_parts(unzip_parts(data) | link), companion)
    assert finding is not None and finding.code == "companion-unsafe"


def test_without_companions_everything_is_meant_as_the_form() -> None:
    """A plan that takes none keeps answering a scan as it always did."""
    assert choose_companion(PDF, "a.pdf", ()) is None


@pytest.mark.parametrize(("data", "companion"), [(PDF, SIGNED), (docx(), SIGNED), (PNG, EVIDENCE), (JPEG, EVIDENCE)])
def test_a_harmless_companion_is_kept(data: bytes, companion: Companion) -> None:
    """PDF, Word, pictures."""
    assert inspect_companion(data, companion) is None


@pytest.mark.parametrize(
    ("what", "target"),
    [
        ("attachedTemplate", "file:///C:\\Users\\Admin\\Templates\\MauBaoCao.dotx"),
        ("attachedTemplate", "Mau%20bao%20cao.dotx"),
        ("hyperlink", "https://sotaichinh.sonla.gov.vn"),
        ("image", "media/image1.png"),
    ],
)
def test_what_a_document_finds_on_its_own_disk_or_by_a_click_is_harmless(what: str, target: str) -> None:
    """A template of the office is the rule, not the exception."""
    assert inspect_companion(docx({"word/_rels/settings.xml.rels": related(what, target)}), SIGNED) is None


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("word/_rels/document.xml.rels", related("oleObject", "http://x/y.html!")),
        ("word/_rels/document.xml.rels", related("image", "&#104;ttp://x/>y.png")),
        ("word/_rels/settings.xml.rels", related("attachedTemplate", "file:///\\\\server\\share\\t.dotm")),
        ("word/_rels/settings.xml.rels", related("attachedTemplate", "file://server/share/t.dotm")),
        ("word/_rels/header1.xml.rels", related("frame", "mhtml:https://x/y")),
        (
            "word/document.xml",
            "<w:p xmlns:w='w'><w:instrText>DD</w:instrText><w:instrText>EAUTO c:</w:instrText></w:p>",
        ),
        ("word/header1.xml", "<w:p xmlns:w='w'><w:fldSimple w:instr=' dde excel'/></w:p>"),
        ("word/document.xml", "<!DOCTYPE d [<!ENTITY e 'DDEAUTO'>]><d/>"),
    ],
)
def test_a_document_that_fetches_or_starts_something_is_refused(name: str, part: str) -> None:
    """Whatever part says so, however it is spelled."""
    finding = inspect_companion(docx({name: part}), SIGNED)
    assert finding is not None and finding.code == "companion-unsafe"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pdf_with_packed_objects(b"<</Type/Pages/Kids[5 0 R]>>"), None),
        (pdf_with_packed_objects(b"<</OpenAction<</S/J#61vaScript/JS(x)>>>>"), "companion-unsafe"),
        (pdf_with_packed_objects(b"<<>>", b"[/ASCII85Decode/LZWDecode]"), "companion-unsafe"),
        (pdf_with_packed_objects(b"<<>>" + b" " * 40 * 2**20), "companion-unsafe"),  # a bomb
    ],
)
def test_what_a_pdf_packs_away_is_unpacked_and_looked_at(data: bytes, code: str | None) -> None:
    finding = inspect_companion(data, SIGNED)
    assert (finding.code if finding else None) == code


def test_a_large_scan_is_not_refused_by_chance() -> None:
    """Pictures are noise: short names of PDF commands turn up in them."""
    noise = b"stream\n" + b"\x01/JS \x02/AA<\x03#4a#53" * 1_000 + b"\nendstream\n"
    assert inspect_companion(PDF.replace(b"trailer", noise + b"trailer"), SIGNED) is None


# code -> bytes that earn it and nothing else, and as what they are handed in
REFUSED: dict[str, tuple[Callable[[], bytes], Companion]] = {
    "companion-too-large": (lambda: PDF + b"\0" * 2**20, SMALL),
    "companion-kind-refused": (lambda: PNG, SIGNED),
    "companion-encrypted": (lambda: PDF.replace(b"<</Root", b"<</Encrypt 5 0 R/Root"), SIGNED),
    "companion-with-macros": (lambda: docx({"word/vbaProject.bin": "x"}), SIGNED),
    "companion-unsafe": (lambda: PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/J#61vaScript>>"), SIGNED),
    "companion-damaged": (lambda: PDF.replace(b"%%EOF", b""), SIGNED),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_companion_that_would_harm_or_baffle_is_refused(code: str) -> None:
    """One reason at a time, in whole sentences."""
    make, companion = REFUSED[code]
    finding = inspect_companion(make(), companion)
    assert finding is not None and finding.code == code
    worded = word(finding)
    assert worded.sends_back and "{" not in worded.message + worded.hint and "“”" not in worded.message


@pytest.mark.parametrize(
    ("data", "companion", "code"),
    [
        (docx({"[Content_Types].xml": '<Types ContentType="macroEnabled.main"/>'}), SIGNED, "companion-with-macros"),
        (
            docx({"word/_rels/settings.xml.rels": related("attachedTemplate", "http://x/y.dotm")}),
            SIGNED,
            "companion-unsafe",
        ),
        (docx({"word/media/a": "0" * 2**22}), SIGNED, "companion-unsafe"),  # a bomb
        (PDF.replace(b"/Catalog", b"/Catalog/A<</S/Launch/F(cmd.exe)>>"), SIGNED, "companion-unsafe"),
        (OLD_WORD, EVIDENCE, "companion-kind-refused"),
        (PNG[:30], EVIDENCE, "companion-damaged"),
        (JPEG[:30], EVIDENCE, "companion-damaged"),
    ],
)
def test_the_guard_looks_at_each_kind(data: bytes, companion: Companion, code: str | None) -> None:
    """Macros by content type, templates fetched from a network, bombs, commands, halves of files."""
    finding = inspect_companion(data, companion)
    assert (finding.code if finding else None) == code
