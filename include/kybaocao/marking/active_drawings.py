"""What of drawings, charts and old boxes may stand in a copy that we give out: pictures, figures, words."""

from __future__ import annotations

import re

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.cutting import remove, split_names
from kybaocao.marking.formulas import BROKEN, Vocabulary, is_harmless, read_formula
from kybaocao.marking.parts import Element, Parts, local_name

_GRAPHICS = {
    "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "http://schemas.microsoft.com/office/drawing/2014/chartex",
    "http://schemas.openxmlformats.org/drawingml/2006/picture",
}
_IN_BOXES = split_names(  # shapes and how they look; text; what Excel knows of a comment
    "shapelayout idmap shapetype shape stroke path formulas f lock fill shadow textbox imagedata rotation div font b i"
    " u br span p ClientData MoveWithCells SizeWithCells Anchor AutoFill Row Column Visible Locked LockText"
    " TextHAlign TextVAlign"
)
_LEADS_AWAY = re.compile(r"(?i)href|althref|src|on[a-z]{3,}")


def clean_drawing(parts: Parts, part: str, known: Vocabulary) -> None:
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
            name in ("compatExt", "cameraTool")  # a control, an object, a live view
            or (name == "graphicData" and element.get("uri") not in _GRAPHICS)
            or (name.startswith("hlink") and element.get("action"))
        ):
            gone.append(element)
    for element in gone:
        parts.edit(part)
        remove(element)


def clean_chart(parts: Parts, part: str, known: Vocabulary) -> None:
    """A series from elsewhere keeps the figures it last had."""
    clean_drawing(parts, part, known)
    root = parts.look(part)
    for formula in root.iter("{*}f", "{*}sqref"):
        if not is_harmless(read_formula(formula), known):
            parts.edit(part)
            formula[:] = []
            formula.text = BROKEN
    for element in list(root.iter("{*}pivotSource", "{*}externalData")):
        parts.edit(part)
        remove(element)


def clean_boxes(parts: Parts, part: str, _: Vocabulary) -> None:
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
            remove(element)


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
