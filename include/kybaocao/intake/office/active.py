"""What in a workbook acts by itself, and how it is taken out: macros, controls, embedded programs, links, queries.

A copy that we give out holds none of it.  Each part goes with its relation, its content type and whatever
referred to it: a dangling reference makes Excel offer to repair the file.  A formula that would fetch something
keeps the value it last had.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kybaocao.intake.office.parts import OFFICE, WORKBOOK, Element, Parts, UnusualWorkbookError, local_name, main

_PLAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_WORKBOOKS = {
    _PLAIN,
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "application/vnd.ms-excel.template.macroEnabled.main+xml",
}
_MACROS = "application/vnd.ms-office.vbaProject"

# Known by three signs, any of which is enough: the last word of the relation's type, the name, the content type.
_LIVE_RELATIONS = {
    "vbaproject",
    "control",
    "oleobject",
    "package",
    "externallink",
    "connections",
    "querytable",
    "customxml",
    "xmlmaps",
    "tablesinglecells",
    "volatiledependencies",
    "attachedtoolbars",
    "extensibility",  # buttons of its own in the ribbon
    "webextensiontaskpanes",
}
_LIVE_NAMES = re.compile(
    r"(?i)(custom(xml|ui)|xl/(activex|embeddings|externallinks|querytables|macrosheets|webextensions))/.*"
    r"|.*vba(project|data)[^/]*|xl/(connections|xmlmaps|volatiledependencies|attachedtoolbars)\.[^/]*"
)
_LIVE_TYPES = re.compile(r"(?i).*(vbaproject|activex|oleobject|externallink|connections|querytable|webextension).*")
# A sheet of macros and a data model are woven into the rest: such a workbook is never our form.
_WOVEN_IN = {"xlmacrosheet", "xlintlmacrosheet", "dialogsheet", "powerpivotdata"}
_HARMLESS_OUTSIDE = {"hyperlink"}  # waits for a click

_CONTAINERS = {"oleObjects", "controls", "externalReferences", "Choice", "Fallback", "AlternateContent"}
# Looked for in the formula as it stands, literals included: a text that looks like a call costs a formula, a
# call hidden behind quotes would cost more.
_FETCHES = re.compile(
    r"(?i)\b(WEBSERVICE|IMAGE|RTD|DDE|CALL|REGISTER|REGISTER\.ID|EXEC|SQL\.REQUEST)\s*\("
    r"|\[\d+\][^\[\]!]*!"  # [1]Sheet1!A1, '[1]Sheet 1'!A1; not Table1[2024]
    r"|[\w.]\|(\s*'|[^|!\"]*!)"  # cmd|'/C calc'!A0
)
_FORMULAS = {"f", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula"}
BROKEN = "#REF!"


def drop_active_content(parts: Parts) -> None:
    """Take out everything that acts by itself. Raises UnusualWorkbookError where that cannot be done cleanly."""
    opened = [relation.target.lower() for relation in parts.relations("") if relation.kind == "officeDocument"]
    if opened != [WORKBOOK] or parts.content_type(WORKBOOK) not in _WORKBOOKS:
        raise UnusualWorkbookError("Excel would open something else than our reader")
    live = {name.lower() for name in parts.names() if _is_live_part(parts, name)}
    dropped: dict[str, set[str]] = {}
    for source, relation in parts.all_relations():
        if relation.kind.lower() in _WOVEN_IN:
            raise UnusualWorkbookError(relation.kind)
        if relation.kind.lower() in _LIVE_RELATIONS or relation.target.lower() in live:
            dropped.setdefault(source, set()).add(relation.id)
    for source, relation_ids in dropped.items():
        # A live part goes as a whole, and may have gone with the one before.
        if not source or (parts.has(source) and source.lower() not in live):
            _cut_references(parts, source, relation_ids)
            parts.unrelate(source, relation_ids)
    for name in live:
        parts.drop(name)
    for source, relation in parts.all_relations():
        if relation.is_external and relation.kind not in _HARMLESS_OUTSIDE:
            raise UnusualWorkbookError(f"{source} reaches outside: {relation.kind}")
    _detach_tables(parts)
    _refuse_live_formulas(parts)
    _clean_names(parts)
    if parts.content_type(WORKBOOK) != _PLAIN:
        parts.set_content_type(WORKBOOK, _PLAIN)
    parts.forget_default(_MACROS)


def _is_live_part(parts: Parts, name: str) -> bool:
    return bool(_LIVE_NAMES.fullmatch(name) or _LIVE_TYPES.fullmatch(parts.content_type(name)))


def _cut_references(parts: Parts, source: str, relation_ids: set[str]) -> None:
    """Remove the elements that refer to relations which are about to go, and containers left empty by that."""
    if not source or not source.lower().endswith((".xml", ".vml")):
        return
    for element in list(parts.look(source).iter()):
        if any(name.startswith(f"{{{OFFICE}}}") and value in relation_ids for name, value in element.attrib.items()):
            parts.edit(source)
            _remove(element)


def _remove(element: Element) -> None:
    parent = element.getparent()
    if parent is None:
        raise UnusualWorkbookError("a whole part depends on active content")
    parent.remove(element)
    if not len(parent) and local_name(parent) in _CONTAINERS:
        _remove(parent)


def _detach_tables(parts: Parts) -> None:
    """Tables filled by a query or an XML map become plain ones; a pivot over a connection cannot."""
    for name in parts.names():
        content_type = parts.content_type(name)
        if content_type.endswith("pivotCacheDefinition+xml"):
            if any(one.get("type") != "worksheet" for one in parts.look(name).iter(main("cacheSource"))):
                raise UnusualWorkbookError("pivot table over a connection")
        elif content_type.endswith("spreadsheetml.table+xml") and parts.look(name).get("tableType", "worksheet") != (
            "worksheet"
        ):
            table = parts.edit(name)
            for attribute in ("tableType", "connectionId"):
                table.attrib.pop(attribute, None)
            for column in table.iter(main("tableColumn")):
                column.attrib.pop("queryTableFieldId", None)
                for binding in column.findall(main("xmlColumnPr")):
                    column.remove(binding)


def _refuse_live_formulas(parts: Parts) -> None:
    """Charts and columns of tables that lead outside hold no last value to keep."""
    for name in parts.names():
        if parts.content_type(name).endswith(("chart+xml", "table+xml")):
            for element in parts.look(name).iter():
                if local_name(element) in _FORMULAS and is_live(element.text or ""):
                    raise UnusualWorkbookError(f"{name}: a formula reaches outside")


def _clean_names(parts: Parts) -> None:
    """Names that start macros go; names that lead to another file lead nowhere."""
    for name in list(parts.look(WORKBOOK).iter(main("definedName"))):
        is_macro = any(name.get(flag) in ("1", "true") for flag in ("xlm", "function", "vbProcedure"))
        if is_macro or (name.get("name") or "").lower().startswith("_xlnm.auto_"):
            parts.edit(WORKBOOK)
            _remove(name)
        elif is_live(name.text or ""):
            parts.edit(WORKBOOK)
            name.text = BROKEN
    names = parts.look(WORKBOOK).find(main("definedNames"))
    if names is not None and not len(names):
        _remove(names)


def is_live(formula: str) -> bool:
    """Whether a formula reaches outside its workbook when Excel works it out."""
    return _FETCHES.search(formula) is not None


def freeze_formulas(parts: Parts, sheets: Iterable[str]) -> None:
    """Formulas that would fetch something leave their last value behind."""
    is_frozen = False
    for part in sheets:
        for element in list(parts.look(part).iter()):
            if local_name(element) in _FORMULAS and is_live(element.text or ""):
                if element.tag != main("f") or element.getparent().tag != main("c"):
                    raise UnusualWorkbookError(f"{part}: a rule reaches outside")
                _freeze(parts.edit(part), element)
                is_frozen = True
    if is_frozen:  # the order of calculation names cells that have no formula any more; Excel makes it anew
        chain = [relation.id for relation in parts.relations(WORKBOOK) if relation.kind == "calcChain"]
        parts.unrelate(WORKBOOK, set(chain))


def _freeze(root: Element, formula: Element) -> None:
    """The formula goes; cells that share it hold no text of their own and go with it."""
    shared = formula.get("si") if formula.get("t") == "shared" else None
    formula.getparent().attrib.pop("cm", None)  # what kind of array its formula was
    formula.getparent().remove(formula)
    if shared is not None:
        for other in list(root.iter(main("f"))):
            if other.get("t") == "shared" and other.get("si") == shared:
                other.getparent().remove(other)
