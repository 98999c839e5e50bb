"""What of a sheet and of its tables may stand in a copy that we give out: figures, words, looks, harmless formulas."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.cutting import keep_children, remove, split_names
from kybaocao.marking.formulas import Vocabulary, is_harmless, read_formula
from kybaocao.marking.parts import WORKBOOK, Element, Parts, UnusualWorkbookError, local_name, main

_IN_SHEET = split_names(
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios"
    " autoFilter sortState customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks"
    " printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks ignoredErrors drawing legacyDrawing"
    " legacyDrawingHF picture tableParts extLst"
)
_IN_EXTENSION = {"conditionalFormattings", "dataValidations", "sparklineGroups", "id"}
_RULES = {"cfRule", "dataValidation", "sparklineGroup"}
_find_of_metadata = etree.XPath("//*[@cm or @vm]")


def clean_sheet(parts: Parts, part: str, known: Vocabulary) -> list[str]:
    """The cells whose formula left its value behind."""
    keep_children(parts, part, "worksheet", _IN_SHEET)
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
        remove(element)
    return frozen


def has_metadata(parts: Parts) -> bool:
    return any(one.kind == "sheetMetadata" for one in parts.relations(WORKBOOK))


def forget_metadata(parts: Parts, part: str) -> None:
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
        elif [local_name(child) for child in one] != ["f"] or _has_more_text(one):  # else the formula in it is judged
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


def clean_chart_sheet(parts: Parts, part: str, _: Vocabulary) -> None:
    keep_children(parts, part, "chartsheet", _IN_SHEET - {"extLst"})


def clean_table(parts: Parts, part: str, known: Vocabulary) -> None:
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
        remove(element)
