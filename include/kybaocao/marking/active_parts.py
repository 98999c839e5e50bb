"""Which parts of a workbook may stand in a copy that we give out, and which relations lead to them.

A part is kept when a relation of a known kind leads to it from a kept part, and it is what its relation says it is.
"""

from __future__ import annotations

import re

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.cutting import remove
from kybaocao.marking.parts import OFFICE, Element, Parts, UnusualWorkbookError, local_name
from kybaocao.workbook.relations import Relation

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DRAWING = "application/vnd.openxmlformats-officedocument.drawing"
PLAIN_WORKBOOK = f"{SPREADSHEET}.sheet.main+xml"
# What a part was reached as -> as what others may be reached from it. "" is the package.
_KINDS = {
    "": "officeDocument core-properties extended-properties custom-properties",
    "officeDocument": "worksheet chartsheet styles sharedStrings theme sheetMetadata person",
    "worksheet": "hyperlink drawing vmlDrawing comments threadedComment table image",
    "chartsheet": "drawing vmlDrawing image",
    "drawing": "image chart chartEx hyperlink",
    "chart": "image chartUserShapes themeOverride chartStyle chartColorStyle",
    "chartEx": "image chartStyle chartColorStyle",
    "chartUserShapes": "image hyperlink",
    "vmlDrawing": "image",
    "theme": "image",
    "themeOverride": "image",
}
CONTENT_TYPES = {
    "officeDocument": PLAIN_WORKBOOK,
    "core-properties": "application/vnd.openxmlformats-package.core-properties+xml",
    "extended-properties": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    "custom-properties": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    "worksheet": f"{SPREADSHEET}.worksheet+xml",
    "chartsheet": f"{SPREADSHEET}.chartsheet+xml",
    "styles": f"{SPREADSHEET}.styles+xml",
    "sharedStrings": f"{SPREADSHEET}.sharedStrings+xml",
    "theme": "application/vnd.openxmlformats-officedocument.theme+xml",
    "themeOverride": "application/vnd.openxmlformats-officedocument.themeOverride+xml",
    "sheetMetadata": f"{SPREADSHEET}.sheetMetadata+xml",
    "table": f"{SPREADSHEET}.table+xml",
    "comments": f"{SPREADSHEET}.comments+xml",
    "person": "application/vnd.ms-excel.person+xml",
    "threadedComment": "application/vnd.ms-excel.threadedcomments+xml",
    "drawing": f"{_DRAWING}+xml",
    "vmlDrawing": "application/vnd.openxmlformats-officedocument.vmlDrawing",
    "chart": f"{_DRAWING}ml.chart+xml",
    "chartUserShapes": f"{_DRAWING}ml.chartshapes+xml",
    "chartEx": "application/vnd.ms-office.chartex+xml",
    "chartStyle": "application/vnd.ms-office.chartstyle+xml",
    "chartColorStyle": "application/vnd.ms-office.chartcolorstyle+xml",
}
# Pictures are known by how they begin: what is named like one and is another thing, some programs open as that.
_PICTURES = (
    (re.compile(rb"\x89PNG\r\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8"), "image/gif"),
    (re.compile(rb"BM"), "image/bmp"),
    (re.compile(rb"II\*\0|MM\0\*"), "image/tiff"),
    (re.compile(rb"\x01\0\0\0.{36} EMF", re.DOTALL), "image/x-emf"),
    (re.compile(rb"\xd7\xcd\xc6\x9a|\x01\0\x09\0\0\x03"), "image/x-wmf"),
)
_WAITS_FOR_A_CLICK = re.compile(r"(?i)(https?|mailto):")

_OWN_MEANING = {"pageSetup", "blip"}  # these mean something without their relation
_find_referring = etree.XPath("//*[@*[namespace-uri() = $office]]")
_ENCODING = re.compile(rb"[^>]*?\sencoding\s*=\s*[\"']([^\"']*)")


def follow_relations(parts: Parts) -> dict[str, str]:
    """Part -> as what it is reached, a picture as its content type; relations to anything else are cut."""
    kinds, waiting = {"": ""}, [""]
    while waiting:
        source = waiting.pop()
        kept: set[str] = set()
        gone: set[str] = set()
        for relation in parts.relations(source):
            kind = _judge_relation(parts, kinds[source], relation)
            (gone if kind is None else kept).add(relation.id)
            if kind:
                target = parts.spell(relation.target)
                if target not in kinds:
                    kinds[target] = kind
                    waiting.append(target)
                elif kinds[target] != kind:
                    raise UnusualWorkbookError(f"{target}: two things in one")
        if gone and source:
            _cut_references(parts, source, gone)
        parts.keep_relations(source, kept)
    del kinds[""]
    return kinds


def _judge_relation(parts: Parts, source_kind: str, relation: Relation) -> str | None:
    """As what its target is reached; "" for a link that waits for a click, None for what is left behind."""
    if relation.kind not in _KINDS.get(source_kind, "").split():
        return None
    if relation.kind == "hyperlink":
        is_plain = not relation.target and (not relation.address or _WAITS_FOR_A_CLICK.match(relation.address))
        return "" if is_plain else None
    if not parts.has(relation.target):
        return None
    content = parts.read(relation.target)
    if relation.kind == "image":
        return next((content_type for begins, content_type in _PICTURES if begins.match(content)), None)
    if not _is_plain_xml(content):
        raise UnusualWorkbookError(f"{relation.target}: XML of another kind")
    if relation.kind == "sheetMetadata" and not _is_about_arrays(parts.look(relation.target)):
        return None
    return str(relation.kind)


def _is_plain_xml(content: bytes) -> bool:
    """Whether a part says itself what it means, in the encoding in which it is looked at here."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    encoding = _ENCODING.match(content) if content.startswith(b"<?xml") else None
    is_utf8 = encoding is None or encoding[1].lower() in (b"utf-8", b"us-ascii")
    return is_utf8 and content.lstrip().startswith(b"<") and b"<!DOCTYPE" not in content and b"\0" not in content


def _is_about_arrays(metadata: Element) -> bool:
    """Which cells hold the values of one formula, and not what was fetched for a cell."""
    kinds = {one.get("name") for one in metadata.iter("{*}metadataType")}
    return kinds == {"XLDAPR"} and not any(True for _ in metadata.iter("{*}mdxMetadata", "{*}metadataStrings"))


def _cut_references(parts: Parts, source: str, relation_ids: set[str]) -> None:
    """Remove the elements that refer to relations which are about to go."""
    for element in _find_referring(parts.look(source), office=OFFICE):
        names = [name for name in element.attrib if name.startswith(f"{{{OFFICE}}}")]
        found = [name for name in names if element.get(name) in relation_ids]
        if not found:
            continue
        parts.edit(source)
        if local_name(element) == "sheet":
            raise UnusualWorkbookError("a sheet that is no sheet of cells")
        if local_name(element) in _OWN_MEANING:
            for name in found:
                del element.attrib[name]
        else:
            remove(element)
