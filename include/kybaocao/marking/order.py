"""The order in which the standard (ECMA-376 part 1, 18.2–18.8) wants children; Excel repairs what is out of it."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.parts import Element, UnusualWorkbookError, local_name, main

_CHILDREN = {
    "workbook": "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups"
    " externalReferences definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes"
    " webPublishing fileRecoveryPr webPublishObjects extLst",
    "styleSheet": "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst",
    # AlternateContent stands where programs wrap controls for compatibility.
    "worksheet": "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection"
    " protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr"
    " conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks"
    " colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF"
    " drawingHF picture oleObjects controls AlternateContent webPublishItems tableParts extLst",
}


def insert_in_order(parent: Element, child: Element) -> None:
    """Put a child before the first one that must come later; what the standard does not know stays where it is."""
    order = _CHILDREN[local_name(parent)].split()
    later = set(order[order.index(local_name(child)) + 1 :])
    place = next((number for number, one in enumerate(parent) if local_name(one) in later), len(parent))
    parent.insert(place, child)


def find_section(parent: Element, name: str) -> Element:
    """The child of that name, made in its place when missing. Raises UnusualWorkbookError when there are two."""
    found = parent.findall(main(name))
    if len(found) > 1:
        raise UnusualWorkbookError(f"{name} twice")
    if not found:
        found = [etree.Element(main(name))]
        insert_in_order(parent, found[0])
    return found[0]
