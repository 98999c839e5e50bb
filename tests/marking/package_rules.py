"""What Excel insists on in a package, said again apart from the code that writes it (ECMA-376 parts 1 and 2)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from kybaocao.addresses import find_column
from tests.workbook.odd_packages import MAIN, OFFICE, unzip_parts

_ORDER = {
    "workbook": """fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups
        externalReferences definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes
        webPublishing fileRecoveryPr webPublishObjects extLst""",
    "styleSheet": "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst",
    "worksheet": """sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection
        protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr
        conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks
        colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF picture
        oleObjects controls webPublishItems tableParts extLst""",
    "comments": "authors commentList extLst",
    "sheetView": "pane selection pivotSelection extLst",
    "xf": "alignment protection extLst",
    "rPr": "b i strike condense extend outline shadow u vertAlign sz color rFont family charset scheme",
    "border": "left right top bottom diagonal vertical horizontal",
    "c": "f v is extLst",
}
_INDICES = {"fontId": "fonts", "fillId": "fills", "borderId": "borders", "xfId": "cellStyleXfs"}
_LIVE = re.compile(r"(?i)vba|activex|oleobject|externallink|connections|querytable|customxml|customui|macro")
_VML = "{urn:schemas-microsoft-com:vml}"
_EXCEL = "{urn:schemas-microsoft-com:office:excel}"


def find_faults(data: bytes) -> list[str]:
    """Everything in a package that is not as it must be; [] for a sound one."""
    parts = unzip_parts(data)
    roots = {name: etree.fromstring(text) for name, text in parts.items() if re.search(r"\.(xml|rels|vml)$", name)}
    return [
        *_faults_of_content_types(parts, roots),
        *_faults_of_relations(parts, roots),
        *(f"{name}: {fault}" for name, root in roots.items() for fault in _faults_of_order(root)),
        *_faults_of_workbook(roots),
        *_faults_of_styles(roots["xl/styles.xml"]),
        *(f"{name}: {fault}" for name in roots for fault in _faults_of_sheet(name, roots)),
        *(f"live: {name}" for name in parts if _LIVE.search(name)),
        *(f"live: {name}" for name in roots if _LIVE.search(" ".join(_types_in(name, roots)))),
    ]


def _local(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _all(root: Any, name: str) -> list[Any]:
    return list(root.iter(f"{{{MAIN}}}{name}"))


def _types_in(name: str, roots: dict[str, Any]) -> list[str]:
    wanted = ("Type", "ContentType")
    return [one.get(key, "") for one in roots[name] for key in wanted] if name.endswith((".rels", "s].xml")) else []


def _faults_of_content_types(parts: dict[str, bytes], roots: dict[str, Any]) -> Iterator[str]:
    types = roots["[Content_Types].xml"]
    overrides = [one.get("PartName") for one in types if one.get("PartName")]
    extensions = [one.get("Extension") for one in types if one.get("Extension")]
    if len(set(overrides)) != len(overrides) or len(set(extensions)) != len(extensions):
        yield "content types said twice"
    yield from (f"content type of nothing: {name}" for name in overrides if name[1:] not in parts)
    for name in parts:
        if name != "[Content_Types].xml" and f"/{name}" not in overrides and name.rpartition(".")[2] not in extensions:
            yield f"no content type: {name}"


def _faults_of_relations(parts: dict[str, bytes], roots: dict[str, Any]) -> Iterator[str]:
    for name, root in roots.items():
        source = re.sub(r"_rels/([^/]*)\.rels$", r"\1", name)
        relations = roots.get(posixpath.join(posixpath.dirname(name), "_rels", posixpath.basename(name) + ".rels"))
        known = {one.get("Id") for one in relations} if relations is not None else set()
        for element in root.iter():
            for key, value in element.attrib.items():
                if key.startswith(f"{{{OFFICE}}}") and value not in known:
                    yield f"{name}: {value} leads nowhere"
        if source == name:
            continue
        ids = [one.get("Id") for one in root]
        if len(set(ids)) != len(ids) or (source and source not in parts):
            yield f"{name}: an id twice, or relations of nothing"
        for one in root:
            target = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), one.get("Target")))[1:]
            if one.get("TargetMode") != "External" and target not in parts:
                yield f"{name}: {target} does not exist"


def _faults_of_order(root: Any) -> Iterator[str]:
    for element in root.iter():
        wanted = _ORDER.get(_local(element), "").split() if etree.QName(root).namespace == MAIN else []
        places = [wanted.index(_local(child)) for child in element if _local(child) in wanted]
        if places != sorted(places):
            yield f"children of {_local(element)} out of order"
        if wanted and element.get("count") is not None and int(element.get("count")) != len(element):
            yield f"count of {_local(element)}"


def _faults_of_workbook(roots: dict[str, Any]) -> Iterator[str]:
    workbook = roots["xl/workbook.xml"]
    sheets = _all(workbook, "sheet")
    for key in ("name", "sheetId", f"{{{OFFICE}}}id"):
        values = [one.get(key).casefold() for one in sheets]
        if len(set(values)) != len(values):
            yield f"sheets share a {key}"
    if any(len(one.get("name")) > 31 for one in sheets):
        yield "name of a sheet too long"
    names = [(one.get("name").casefold(), one.get("localSheetId")) for one in _all(workbook, "definedName")]
    if len(set(names)) != len(names) or any(int(local or 0) >= len(sheets) for _, local in names):
        yield "defined names"
    views = _all(workbook, "workbookView")
    if any(one.get(key, "0") != "0" for one in views for key in ("activeTab", "firstSheet")):
        yield "opens on another sheet"
    selected = [
        name for name in roots for one in _all(roots[name], "sheetView") if one.get("tabSelected", "0") in ("1", "true")
    ]
    if len(selected) != 1:
        yield f"sheets selected: {selected}"


def _faults_of_styles(root: Any) -> Iterator[str]:
    sections = {_local(one): one for one in root}
    for xf in _all(root, "xf"):
        for key, section in _INDICES.items():
            if int(xf.get(key, 0)) >= len(sections[section]):
                yield f"{key} {xf.get(key)} does not exist"
    for name in ("numFmts", *_INDICES.values(), "cellXfs", "dxfs"):
        if name in sections and sections[name].get("count", str(len(sections[name]))) != str(len(sections[name])):
            yield f"count of {name}"


def _position(cell: str) -> tuple[int, int]:
    letters, digits = re.fullmatch(r"([A-Z]+)([0-9]+)", cell).groups()  # type: ignore[union-attr]
    return int(digits), find_column(letters) + 1


def _faults_of_sheet(name: str, roots: dict[str, Any]) -> Iterator[str]:
    root = roots[name]
    if _local(root) != "worksheet":
        return
    rows = [int(row.get("r")) for row in _all(root, "row") if row.get("r")]
    cells = [_position(cell.get("r")) for cell in _all(root, "c") if cell.get("r")]
    if rows != sorted(set(rows)) or cells != sorted(set(cells)):
        yield "rows or cells out of order"
    styles = len(_all(roots["xl/styles.xml"], "cellXfs")[0])
    yield from (f"style of {one.get('r')}" for one in _all(root, "c") if int(one.get("s", 0)) >= styles)
    relations = roots.get(name.replace("worksheets/", "worksheets/_rels/") + ".rels")
    targets = {one.get("Id"): one for one in relations} if relations is not None else {}
    texts = [one.get("Target") for one in targets.values() if one.get("Type").endswith("/comments")]
    if texts:  # a second old drawing may hold the pictures of headers and footers
        boxes = targets[_all(root, "legacyDrawing")[0].get(f"{{{OFFICE}}}id")].get("Target")
        paths = [posixpath.normpath(posixpath.join("/xl/worksheets", target))[1:] for target in (*texts, boxes)]
        yield from _faults_of_comments(*(roots[path] for path in paths))


def _faults_of_comments(comments: Any, boxes: Any) -> Iterator[str]:
    places = [_position(one.get("ref")) for one in _all(comments, "comment")]
    shapes = list(boxes.iter(f"{_VML}shape"))
    boxed = [(int(one.findtext(f".//{_EXCEL}Row")) + 1, int(one.findtext(f".//{_EXCEL}Column")) + 1) for one in shapes]
    if sorted(places) != sorted(boxed) or len(set(places)) != len(places):
        yield f"comments {sorted(places)} in boxes {sorted(boxed)}"
    if len({one.get("id") for one in shapes}) != len(shapes):
        yield "two boxes of one id"
    authors = len(_all(comments, "author"))
    if any(int(one.get("authorId")) >= authors for one in _all(comments, "comment")):
        yield "comment without author"
