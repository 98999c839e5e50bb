"""What a PDF may hold: pages, pictures, signatures, links to the web; and what it may not, however it is written."""

from __future__ import annotations

import io
import zlib

import pikepdf
import pytest

from kybaocao.attachments import dangers
from kybaocao.attachments.pdf_document import find_danger
from tests.attachments.attachment_files import JAVASCRIPT, PDF, packed_pdf, pdf, signed_pdf

WEB_LINK = b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/F 4/A<</S/URI/URI(%b)>>>>"
ON_OPENING = b"/OpenAction 4 0 R"


def _packed(packed: bytes = JAVASCRIPT, **how: object) -> bytes:
    return packed_pdf({4: packed}, ON_OPENING, **how)  # type: ignore[arg-type]


HONEST = {
    "one page": PDF,
    "a signature after the scan": signed_pdf(),
    "objects packed": packed_pdf({4: b"<</Type/Metadata>>", 5: b"[1 2 3]"}),
    "opened at a page": pdf(b"/OpenAction[3 0 R/XYZ null null 1]"),
    "opened at a page by an action": pdf(b"/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next<</S/Named/N/NextPage>>>>"),
    "links to the web": pdf(more={4: WEB_LINK % b"https://sonla.gov.vn/a?b=c", 5: WEB_LINK % b"mailto:a@sonla.gov.vn"}),
    "links without a scheme": pdf(more={4: WEB_LINK % b"www.sonla.gov.vn:8080/a", 5: WEB_LINK % b"#page=2"}),
    "a neighbour": pdf(more={4: b"<</S/GoToR/F(Phu luc 1.pdf)/D[0/Fit]>>"}),
    "structure with names of its own": pdf(
        more={4: b"<</Type/StructElem/S/Figure/P 5 0 R>>", 5: b"<</S/Transparency>>"}
    ),
    "a font called F": pdf(
        more={4: b"<</Font<</F 5 0 R/EF 5 0 R>>>>", 5: b"<</Type/Font/Subtype/Type1/BaseFont/Arial>>"}
    ),
    "a picture that looks like commands": pdf(
        more={4: b"<</Length 26>>stream\n/S/JavaScript/JS(x) /Launch\nendstream"}
    ),
    "its table of objects broken": PDF.replace(b"1 0 obj", b"\n\n\n1 0 obj"),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_reports_are_made_of_is_harmless(name: str) -> None:
    assert find_danger(HONEST[name]) == ""


HARMFUL = {
    "javascript on opening": (pdf(ON_OPENING, {4: JAVASCRIPT}), dangers.COMMANDS),
    "javascript spelled in hexadecimal": (pdf(more={4: JAVASCRIPT.replace(b"Java", b"J#61va")}), dangers.COMMANDS),
    "javascript by name": (pdf(b"/Names<</JavaScript<</Names[(a)4 0 R]>>>>"), dangers.COMMANDS),
    "javascript nobody refers to": (pdf(more={4: JAVASCRIPT}), dangers.COMMANDS),
    "javascript deep inside": (pdf(more={4: b"<</A[" + b"[" * 20 + JAVASCRIPT + b"]" * 20 + b"]>>"}), dangers.COMMANDS),
    "a program": (pdf(ON_OPENING, {4: b"<</S/Launch/F(cmd.exe)>>"}), dangers.COMMANDS),
    "a form that is sent": (pdf(more={4: b"<</S/SubmitForm/F(a)>>"}), dangers.SENDING),
    "data taken in": (pdf(more={4: b"<</S/ImportData/F(a.fdf)>>"}), dangers.SENDING),
    "an address on opening": (pdf(b"/OpenAction<</S/URI/URI(http://a.example/)>>"), dangers.OPENING),
    "an address after a page": (
        pdf(b"/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next[<</S/URI/URI(http://a.b/)>>]>>"),
        dangers.OPENING,
    ),
    "an address on turning a page": (pdf(more={4: b"<</AA<</O<</S/URI/URI(http://a.b/)>>>>>>"}), dangers.OPENING),
    "another file on opening": (pdf(b"/OpenAction<</S/GoToR/F(a.pdf)>>"), dangers.OPENING),
    "a file inside on opening": (pdf(b"/OpenAction<</S/GoToE/T<</R/C>>>>"), dangers.OPENING),
    "a file on a server": (pdf(more={4: b"<</S/GoToR/F(\\\\\\\\server\\\\a.pdf)>>"}), dangers.LINKS),
    "a file on a server, described": (
        pdf(more={4: b"<</S/GoToR/F<</Type/Filespec/UF(//server/a.pdf)>>>>"}),
        dangers.LINKS,
    ),
    "a file at an address": (pdf(more={4: b"<</S/GoToR/F<</FS/URL/F(http://a.example/a.pdf)>>>>"}), dangers.LINKS),
    "a link to a server": (pdf(more={4: WEB_LINK % b"\\\\\\\\server\\\\a"}), dangers.LINKS),
    "a link to a file": (pdf(more={4: WEB_LINK % b"file:///c:/a.exe"}), dangers.LINKS),
    "a link in wide letters": (pdf(more={4: WEB_LINK % "\ufefffile://server/a".encode("utf-16-be")}), dangers.LINKS),
    "a link with a tab in it": (pdf(more={4: WEB_LINK % b"fi\\tle://server/a"}), dangers.LINKS),
    "links that start at a server": (pdf(b"/URI<</Base(file://server/)>>"), dangers.LINKS),
    "a file attached": (pdf(b"/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>"), dangers.ATTACHMENTS),
    "a file attached to a page": (pdf(more={4: b"<</Type/Annot/Subtype/FileAttachment>>"}), dangers.ATTACHMENTS),
    "a file without its type": (
        pdf(more={4: b"<</F(a)/EF<</F 5 0 R>>>>", 5: b"<</Length 2>>stream\nMZ\nendstream"}),
        dangers.ATTACHMENTS,
    ),
    "content in another file": (pdf(more={4: b"<</Length 0/F(a.bin)>>stream\n\nendstream"}), dangers.FETCHING),
    "a dynamic form": (pdf(b"/AcroForm<</XFA 4 0 R>>"), dangers.DYNAMIC_FORM),
    "a film": (pdf(more={4: b"<</Type/Annot/Subtype/RichMedia>>"}), dangers.MEDIA),
    "no page": (b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n", dangers.DAMAGED),
    "encryption that says nothing": (pdf(trailer=b"/Encrypt%x\n9 0 R"), dangers.ENCRYPTED),
    "encryption of an unknown kind": (pdf(trailer=b"/Encrypt<</Filter/Own/V 1>>/ID[<00><00>]"), dangers.ENCRYPTED),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_acts_or_leads_astray_is_named(name: str) -> None:
    data, danger = HARMFUL[name]
    assert find_danger(data) == danger


PACKED = {
    "as always": _packed(),
    "a dictionary of more than a kilobyte": _packed(more=b"/Pad(" + b"A" * 1_200 + b")"),
    "another object's beginning in it": _packed(more=b"/Pad( obj)"),
    "a comment before its type": _packed(kind=b"/Type%x\n/ObjStm"),
    "no type": _packed(kind=b""),
    "a comment before it begins": _packed(more=b"%" + b"A" * 1_200 + b"\n"),
    "an old line end before it begins": _packed(begin=b"stream\r"),
    "not packed at all": _packed(packing=b"", pack=bytes),
}


@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_away_is_found(name: str) -> None:
    """However the stream is declared that other objects are packed into."""
    assert find_danger(PACKED[name]) == dangers.COMMANDS


def _spoil(data: bytes) -> bytes:
    return zlib.compress(data)[:-20] + b"x" * 20


UNREADABLE = {
    "packed in an unknown way": _packed(packing=b"/Filter/Own"),
    "packed as a picture": _packed(packing=b"/Filter/DCTDecode"),
    "packed in another way than it says": _packed(packing=b"/Filter/LZWDecode"),
    "packed thirty times": _packed(packing=b"/Filter[" + b"/FlateDecode" * 30 + b"]"),
    "spoiled": _packed(pack=_spoil),
    "said to hold nothing": _packed(count=0),
    "nested without end": _packed(b"<</A" + b"[" * 200 + JAVASCRIPT + b"]" * 200 + b">>"),
    "of gigabytes": _packed(b"<<>>" + b" " * 2**26),
    "without a table of objects": _packed(is_table_whole=False),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_packed_objects_nobody_can_read_are_not_taken_for_none(name: str) -> None:
    """Another reader may make something of them."""
    assert find_danger(UNREADABLE[name]) == dangers.UNREADABLE


@pytest.mark.parametrize("user", ["", "bí mật"])
def test_a_password_is_told(user: str) -> None:
    """For opening, or only for changing and printing."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="chủ", user=user))
    assert find_danger(out.getvalue()) == dangers.ENCRYPTED
