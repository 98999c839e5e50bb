"""What of a workbook may stand in a copy that we give out; all else, known or not, is left behind.

Kept are the parts a spreadsheet needs, reached from the package by relations of known kinds, each held to be what
its relation says it is.  In them are kept the elements that are no more than figures, words and looks, and formulas
of known words (`formulas`).  So macros, controls, embedded programs, links to other files, queries, pivot tables and
whatever is invented after them go without being looked for.  What referred to them goes too: a dangling reference
makes Excel offer to repair the file.  A formula that goes leaves the value it last had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.formulas import BROKEN, Vocabulary, is_harmless, is_reference, read_formula
from kybaocao.marking.parts import (
    OFFICE,
    WORKBOOK,
    Element,
    Parts,
    Relation,
    UnusualWorkbookError,
    local_name,
    main,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DRAWING = "application/vnd.openxmlformats-officedocument.drawing"
_PLAIN = f"{_SPREADSHEET}.sheet.main+xml"
_WORKBOOKS = {
    _PLAIN,
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    f"{_SPREADSHEET}.template.main+xml",
    "application/vnd.ms-excel.template.macroEnabled.main+xml",
}

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
_TYPES = {
    "officeDocument": _PLAIN,
    "core-properties": "application/vnd.openxmlformats-package.core-properties+xml",
    "extended-properties": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    "custom-properties": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    "worksheet": f"{_SPREADSHEET}.worksheet+xml",
    "chartsheet": f"{_SPREADSHEET}.chartsheet+xml",
    "styles": f"{_SPREADSHEET}.styles+xml",
    "sharedStrings": f"{_SPREADSHEET}.sharedStrings+xml",
    "theme": "application/vnd.openxmlformats-officedocument.theme+xml",
    "themeOverride": "application/vnd.openxmlformats-officedocument.themeOverride+xml",
    "sheetMetadata": f"{_SPREADSHEET}.sheetMetadata+xml",
    "table": f"{_SPREADSHEET}.table+xml",
    "comments": f"{_SPREADSHEET}.comments+xml",
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

_IN_WORKBOOK = _words(
    "fileVersion fileSharing workbookPr workbookProtection bookViews sheets definedNames calcPr customWorkbookViews"
)
_IN_SHEET = _words(
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios"
    " autoFilter sortState customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks"
    " printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks ignoredErrors drawing legacyDrawing"
    " legacyDrawingHF picture tableParts extLst"
)
_RUNS_BY_ITSELF = re.compile(r"(?i)(_xlnm\.)?auto_")
_IN_EXTENSION = {"conditionalFormattings", "dataValidations", "sparklineGroups", "id"}
_RULES = {"cfRule", "dataValidation", "sparklineGroup"}
_GRAPHICS = {
    "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "http://schemas.microsoft.com/office/drawing/2014/chartex",
    "http://schemas.openxmlformats.org/drawingml/2006/picture",
}
_ANCHORS = {"twoCellAnchor", "oneCellAnchor", "absoluteAnchor", "relSizeAnchor", "absSizeAnchor"}
# What means nothing once it is empty.
_CONTAINERS = _words(
    "Choice Fallback ext extLst conditionalFormatting conditionalFormattings dataValidations sparklineGroups"
    " hyperlinks tableParts definedNames"
)
_IN_BOXES = _words(  # shapes and how they look; text; what Excel knows of a comment
    "shapelayout idmap shapetype shape stroke path formulas f lock fill shadow textbox imagedata rotation div font b i"
    " u br span p ClientData MoveWithCells SizeWithCells Anchor AutoFill Row Column Visible Locked LockText"
    " TextHAlign TextVAlign"
)
_LEADS_AWAY = re.compile(r"(?i)href|althref|src|on[a-z]{3,}")
_OWN_MEANING = {"pageSetup", "blip"}  # does without its relation
_find_referring = etree.XPath("//*[@*[namespace-uri() = $office]]")
_find_of_metadata = etree.XPath("//*[@cm or @vm]")
_ENCODING = re.compile(rb"[^>]*?\sencoding\s*=\s*[\"']([^\"']*)")


def drop_active_content(parts: Parts) -> list[tuple[str, str]]:
    """Leave behind everything that may act by itself; (part, cell) of every formula that left its value behind.

    Raises UnusualWorkbookError where that cannot be done cleanly.
    """
    opened = [relation.target.lower() for relation in parts.relations("") if relation.kind == "officeDocument"]
    if opened != [WORKBOOK] or parts.content_type(WORKBOOK) not in _WORKBOOKS:
        raise UnusualWorkbookError("Excel would open something else than our reader")
    had_metadata = _has_metadata(parts)
    kinds = _follow_relations(parts)
    parts.sweep()
    parts.declare({part: _TYPES.get(kind, kind) for part, kind in kinds.items()})
    _keep_children(parts, WORKBOOK, "workbook", _IN_WORKBOOK)
    tables = [parts.look(part).get("displayName", "") for part, kind in kinds.items() if kind == "table"]
    known = _clean_names(parts, tables)
    frozen = []
    for part, kind in kinds.items():
        if kind == "worksheet":
            frozen += [(part, cell) for cell in _clean_sheet(parts, part, known)]
            if had_metadata and not _has_metadata(parts):
                _forget_metadata(parts, part)
        elif clean := _CLEANERS.get(kind):
            clean(parts, part, known)
        parts.close(part)
    return frozen


# --- parts and relations -------------------------------------------------------------------------------------------


def _follow_relations(parts: Parts) -> dict[str, str]:
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
    return relation.kind


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
            _remove(element)


def _remove(element: Element) -> None:
    """Take an element out, with what means nothing without it."""
    around = [element, *element.iterancestors()]
    if any(local_name(one) in ("graphicData", "contentPart", "compatExt") for one in around):
        # A frame without what was in it; beside it may stand a substitute for programs that do not know the thing.
        frame = next((place for place, one in enumerate(around) if local_name(one) in _ANCHORS), 0)
        element = next((one for one in around[frame:] if local_name(one) == "AlternateContent"), around[frame])
    parent = element.getparent()
    if parent is None:  # it went with something else
        return
    parent.remove(element)
    left = [one for one in parent if local_name(one)]
    if not left and local_name(parent) in _CONTAINERS:
        _remove(parent.getparent() if local_name(parent) in ("Choice", "Fallback") else parent)
    elif parent.get("count") is not None:
        parent.set("count", str(len(left)))


# --- the workbook --------------------------------------------------------------------------------------------------


def _keep_children(parts: Parts, part: str, root: str, names: Iterable[str]) -> None:
    """Only children of these names stay. Raises UnusualWorkbookError when the part has another root."""
    if parts.look(part).tag != main(root):
        raise UnusualWorkbookError(f"{part}: not a {root}")
    kept = set(map(main, names))
    for child in [one for one in parts.look(part) if local_name(one) and one.tag not in kept]:
        parts.edit(part).remove(child)


def _clean_names(parts: Parts, tables: Iterable[str]) -> Vocabulary:
    """Names for places in the workbook stay, no other; what formulas may speak of."""
    workbook = parts.look(WORKBOOK)
    known = Vocabulary.of(one.get("name", "") for one in workbook.iter(main("sheet")))
    names = []
    for name in list(workbook.iter("{*}definedName")):
        said = name.get("name", "")
        is_macro = any(name.get(flag, "0") not in ("0", "false") for flag in ("xlm", "function", "vbProcedure"))
        if is_macro or _RUNS_BY_ITSELF.match(said) or not is_reference(read_formula(name), known):
            parts.edit(WORKBOOK)
            _remove(name)
        else:
            names.append(said)
    return Vocabulary.of(known.sheets, tables, names)


# --- sheets --------------------------------------------------------------------------------------------------------


def _clean_sheet(parts: Parts, part: str, known: Vocabulary) -> list[str]:
    """The cells whose formula left its value behind."""
    _keep_children(parts, part, "worksheet", _IN_SHEET)
    root = parts.look(part)
    gone = [one for one in root.iter("{*}ext") if not {local_name(child) for child in one} <= _IN_EXTENSION]
    cells, rules = _sort_formulas(root)
    gone += [_find_rule(one) for one in rules if not is_harmless(read_formula(one), known)]
    gone += [_find_rule(one) for one in root.iter("{*}cfvo") if not is_harmless(one.get("val", ""), known)]
    frozen = []
    for formula in _choose_frozen(cells, known):
        parts.edit(part)
        cell = formula.getparent()
        frozen.append(cell.get("r", ""))
        cell.attrib.pop("cm", None)  # what kind of array its formula was
        cell.remove(formula)
    for element in gone:
        parts.edit(part)
        _remove(element)
    return frozen


def _has_metadata(parts: Parts) -> bool:
    return any(one.kind == "sheetMetadata" for one in parts.relations(WORKBOOK))


def _forget_metadata(parts: Parts, part: str) -> None:
    for cell in _find_of_metadata(parts.look(part)):
        parts.edit(part)
        for attribute in ("cm", "vm"):
            cell.attrib.pop(attribute, None)


def _sort_formulas(root: Element) -> tuple[list[Element], list[Element]]:
    """Formulas of cells, and those of rules."""
    cells, rules = [], []
    for one in root.iter("{*}f", "{*}formula", "{*}formula1", "{*}formula2"):
        if local_name(one) == "f" and local_name(one.getparent()) == "c":
            if one.tag != main("f") or one.getparent().tag != main("c"):
                raise UnusualWorkbookError("a formula of another kind")
            cells.append(one)
        elif [local_name(child) for child in one] != ["f"] or _has_more_text(one):  # else the one in it counts
            rules.append(one)
    return cells, rules


def _has_more_text(around: Element) -> bool:
    return "".join(around.itertext()).strip() != (around[0].text or "").strip()


def _find_rule(formula: Element) -> Element:
    rule = next((one for one in formula.iterancestors() if local_name(one) in _RULES), None)
    if rule is None:
        raise UnusualWorkbookError("a formula that stands nowhere")
    return rule


def _choose_frozen(formulas: list[Element], known: Vocabulary) -> list[Element]:
    """The formulas of cells that go; those that share one say nothing themselves and go with it."""
    frozen, sharing = [], []
    shared: dict[str | None, bool] = {}
    for one in formulas:
        text = read_formula(one)
        if one.get("t") == "shared" and text == "":
            sharing.append(one)
            continue
        is_kept = one.get("t") != "dataTable" and is_harmless(text, known)
        if one.get("t") == "shared":
            shared[one.get("si")] = is_kept and shared.get(one.get("si"), True)
        if not is_kept:
            frozen.append(one)
    return frozen + [one for one in sharing if not shared.get(one.get("si"))]


def _clean_chart_sheet(parts: Parts, part: str, _: Vocabulary) -> None:
    _keep_children(parts, part, "chartsheet", _IN_SHEET - {"extLst"})


def _clean_table(parts: Parts, part: str, known: Vocabulary) -> None:
    """A table filled by a query or an XML map becomes a plain one; columns forget what they are worked out by."""
    root = parts.look(part)
    formulas = root.iter("{*}calculatedColumnFormula", "{*}totalsRowFormula")
    gone = [one for one in formulas if not is_harmless(read_formula(one), known)]
    gone += root.iter("{*}xmlColumnPr")
    if not gone and root.get("tableType", "worksheet") == "worksheet":
        return
    for element in (parts.edit(part), *root.iter("{*}tableColumn")):
        for attribute in ("tableType", "connectionId", "queryTableFieldId"):
            element.attrib.pop(attribute, None)
    for element in gone:
        if local_name(element) == "totalsRowFormula":
            element.getparent().attrib.pop("totalsRowFunction", None)
        _remove(element)


# --- drawings ------------------------------------------------------------------------------------------------------


def _clean_drawing(parts: Parts, part: str, known: Vocabulary) -> None:
    """Shapes start nothing and show no cell of another file; only pictures and charts are framed."""
    gone = []
    for element in parts.look(part).iter(etree.Element):
        name = local_name(element)
        if element.get("macro"):
            parts.edit(part)
            element.set("macro", "")
        if element.get("textlink") and not is_harmless(element.get("textlink"), known):
            parts.edit(part)
            element.set("textlink", "")
        if (
            name in ("compatExt", "cameraTool")  # stands for a control, an object, a live view
            or (name == "graphicData" and element.get("uri") not in _GRAPHICS)
            or (name.startswith("hlink") and element.get("action"))
        ):
            gone.append(element)
    for element in gone:
        parts.edit(part)
        _remove(element)


def _clean_chart(parts: Parts, part: str, known: Vocabulary) -> None:
    """A series from elsewhere keeps the figures it last had."""
    _clean_drawing(parts, part, known)
    root = parts.look(part)
    for formula in root.iter("{*}f", "{*}sqref"):
        if not is_harmless(read_formula(formula), known):
            parts.edit(part)
            formula[:] = []
            formula.text = BROKEN
    for element in list(root.iter("{*}pivotSource", "{*}externalData")):
        parts.edit(part)
        _remove(element)


def _clean_boxes(parts: Parts, part: str, _: Vocabulary) -> None:
    """Of old drawings: the boxes of comments, and pictures in headers and footers."""
    known = {one.id for one in parts.relations(part)}
    for shape in [one for one in parts.look(part) if local_name(one) and not _is_needed(one, known)]:
        parts.edit(part).remove(shape)
    for element in list(parts.look(part).iter(etree.Element)):
        for name in [name for name in element.attrib if _LEADS_AWAY.fullmatch(name.rpartition("}")[2])]:
            parts.edit(part)
            del element.attrib[name]
        if element.getparent() is not None and local_name(element) not in _IN_BOXES:
            parts.edit(part)
            _remove(element)


def _is_needed(shape: Element, known: set[str]) -> bool:
    if local_name(shape) in ("shapelayout", "shapetype"):
        return True
    if local_name(shape) != "shape":
        return False
    uses = [one.get("ObjectType") for one in shape.iter("{*}ClientData")]
    pictures = [
        value for one in shape.iter("{*}imagedata") for name, value in one.attrib.items() if name.endswith("relid")
    ]
    return uses == ["Note"] or (not uses and bool(pictures) and set(pictures) <= known)


_CLEANERS: dict[str, Callable[[Parts, str, Vocabulary], None]] = {
    "chartsheet": _clean_chart_sheet,
    "table": _clean_table,
    "drawing": _clean_drawing,
    "chartUserShapes": _clean_drawing,
    "chart": _clean_chart,
    "chartEx": _clean_chart,
    "vmlDrawing": _clean_boxes,
}
