"""Signed reports and evidence, written object by object and part by part: honest ones, and bent ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping

from tests.workbook.odd_packages import OFFICE, zip_parts

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40 + b"\xff\xd9"
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")

# --- PDF -----------------------------------------------------------------------------------------------------------

Objects = Mapping[int, bytes]
PAGES: Objects = {
    1: b"<</Type/Catalog/Pages 2 0 R>>",
    2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
}
JAVASCRIPT = b"<</Type/Action/S/JavaScript/JS(app.alert\\(1\\))>>"


def pdf(catalog: bytes = b"", more: Objects | None = None, trailer: bytes = b"") -> bytes:
    """A one-page PDF with a plain table of objects; `catalog` and `trailer` are entries added there."""
    objects = {**PAGES, 1: PAGES[1][:-2] + catalog + b">>"} | dict(more or {})
    out, places = _write_objects(b"%PDF-1.7\n", objects)
    size = max(objects) + 1
    rows = [
        b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
        for number in range(1, size)
    ]
    table = b"xref\n0 %d\n0000000000 65535 f \n" % size + b"".join(rows)
    end = b"trailer <</Root 1 0 R/Size %d%b>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(out))
    return out + table + end


def packed_pdf(
    objects: Objects,
    catalog: bytes = b"",
    *,
    kind: bytes = b"/Type/ObjStm",
    packing: bytes = b"/Filter/FlateDecode",
    more: bytes = b"",
    begin: bytes = b"stream\n",
    pack: Callable[[bytes], bytes] = zlib.compress,
    count: int | None = None,
    is_table_whole: bool = True,
) -> bytes:
    """The same with `objects` (from 4 on) packed into stream 10, as writers since 2003 store most of their objects."""
    plain = {**PAGES, 1: PAGES[1][:-2] + catalog + b">>"}
    out, places = _write_objects(b"%PDF-1.5\n", plain)
    head = body = b""
    for number, text in objects.items():
        head += b"%d %d " % (number, len(body))
        body += text + b" "
    packed = pack(head + body)
    amount = len(objects) if count is None else count
    places[10] = len(out)
    out += b"10 0 obj\n<<%b/N %d/First %d/Length %d%b%b>>" % (kind, amount, len(head), len(packed), packing, more)
    out += begin + packed + b"\nendstream\nendobj\n"
    places[11] = len(out)
    rows = [struct.pack(">BIH", 0, 0, 65_535)]
    for number in range(1, 12):
        if number in places:
            rows.append(struct.pack(">BIH", 1, places[number], 0))
        elif number in objects:
            rows.append(struct.pack(">BIH", 2, 10, list(objects).index(number)))
        else:
            rows.append(struct.pack(">BIH", 0, 0, 0))
    table = zlib.compress(b"".join(rows))
    dictionary = b"<</Type/XRef/Size 12/W[1 4 2]/Root 1 0 R/Length %d/Filter/FlateDecode>>" % len(table)
    out += b"11 0 obj\n" + dictionary + b"stream\n" + table + b"\nendstream\nendobj\n"
    if is_table_whole:
        return out + b"startxref\n%d\n%%%%EOF\n" % places[11]
    return out + b"trailer <</Root 1 0 R/Size 12>>\nstartxref\n3\n%%EOF\n"


def signed_pdf() -> bytes:
    """A scan that was signed afterwards: a second revision with a field, a signature and what it certifies."""
    scan = pdf(more={4: b"<</Length 4>>stream\n\0\1\2\3\nendstream"})
    signature = (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Name(Nguyen Van A)/M(D:20261201090000+07'00')"
        b"/Location(Son La)/ByteRange[0 10 20 30]/Contents<" + b"30" * 400 + b">/Reference[<</Type/SigRef"
        b"/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 2/V/1.2>>>>]>>"
    )
    field = b"<</FT/Sig/Type/Annot/Subtype/Widget/F 132/T(Signature1)/V 6 0 R/P 3 0 R/Rect[0 0 0 0]>>"
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>/Perms<</DocMDP 6 0 R>>>>"
    out, places = _write_objects(scan, {1: catalog, 5: field, 6: signature})
    rows = b"1 1\n%010d 00000 n \n5 2\n%010d 00000 n \n%010d 00000 n \n" % (places[1], places[5], places[6])
    before = scan.rindex(b"xref\n0 ")
    end = b"trailer <</Root 1 0 R/Size 7/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (before, len(out))
    return out + b"xref\n" + rows + end


def _write_objects(out: bytes, objects: Objects) -> tuple[bytes, dict[int, int]]:
    places = {}
    for number, text in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    return out, places


PDF = pdf()

# --- Word ----------------------------------------------------------------------------------------------------------

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def types(*overrides: tuple[str, str]) -> str:
    """The part of content types, with what a few parts are."""
    rows = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides)
    return f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>{rows}</Types>'


def related(what: str, target: str, mode: str = "External") -> str:
    """A part of relations with one in it; `what` is the last word of its type, or all of it."""
    kind = what if ":" in what else f"{OFFICE}/{what}"
    row = f'<Relationship Id="rId1" Type="{kind}" Target="{target}" TargetMode="{mode}"/>'
    return f'<Relationships xmlns="{_RELATIONS}">{row}</Relationships>'


def body(inner: str = "<w:p/>") -> str:
    """A main part of Word."""
    return f'<w:document xmlns:w="{W}" xmlns:r="{OFFICE}"><w:body>{inner}</w:body></w:document>'


def field(*pieces: str) -> str:
    """A field whose instruction is cut into pieces; a piece that is XML already stays as it is."""
    runs = "".join(one if one.startswith("<") else f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in pieces)
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{one}"/></w:r>' for one in ("begin", "separate", "end"))
    return f"{begin}{runs}{separate}<w:r><w:t>kết quả</w:t></w:r>{end}"


def docx(parts: Mapping[str, str | bytes] | None = None, main: str = "word/document.xml") -> bytes:
    """A Word file with the parts that matter here; `parts` replaces or adds some."""
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": types((main, _MAIN_TYPE)),
        "_rels/.rels": related("officeDocument", main, "Internal"),
        "word/document.xml": body(),
    }
    return zip_parts(whole | dict(parts or {}))


def chart_with_numbers(relation: str = "package", source: str = "word/charts/chart1.xml") -> dict[str, str | bytes]:
    """Parts of a chart as Word keeps it, with a workbook of its numbers inside."""
    sheet = {
        "[Content_Types].xml": types(),
        "_rels/.rels": related("officeDocument", "xl/workbook.xml", "Internal"),
        "xl/workbook.xml": "<workbook/>",
    }
    folder, _, name = source.rpartition("/")
    return {
        "word/charts/chart1.xml": "<c:chartSpace xmlns:c='http://schemas.openxmlformats.org/drawingml/2006/chart'/>",
        f"{folder}/_rels/{name}.rels": related(relation, "../embeddings/Microsoft_Excel_Sheet.xlsx", "Internal"),
        "word/embeddings/Microsoft_Excel_Sheet.xlsx": zip_parts(sheet),
    }
