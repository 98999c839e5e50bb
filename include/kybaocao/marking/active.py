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

from kybaocao.marking.active_drawings import clean_boxes, clean_chart, clean_drawing
from kybaocao.marking.active_parts import CONTENT_TYPES, PLAIN_WORKBOOK, SPREADSHEET, follow_relations
from kybaocao.marking.active_sheets import clean_chart_sheet, clean_sheet, clean_table, forget_metadata, has_metadata
from kybaocao.marking.cutting import keep_children, remove, split_names
from kybaocao.marking.formulas import Vocabulary, is_reference, read_formula
from kybaocao.marking.parts import WORKBOOK, Parts, UnusualWorkbookError, main

_WORKBOOKS = {
    PLAIN_WORKBOOK,
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    f"{SPREADSHEET}.template.main+xml",
    "application/vnd.ms-excel.template.macroEnabled.main+xml",
}

_IN_WORKBOOK = split_names(
    "fileVersion fileSharing workbookPr workbookProtection bookViews sheets definedNames calcPr customWorkbookViews"
)
_RUNS_BY_ITSELF = re.compile(r"(?i)(_xlnm\.)?auto_")
_CLEANERS: dict[str, Callable[[Parts, str, Vocabulary], None]] = {
    "chartsheet": clean_chart_sheet,
    "table": clean_table,
    "drawing": clean_drawing,
    "chartUserShapes": clean_drawing,
    "chart": clean_chart,
    "chartEx": clean_chart,
    "vmlDrawing": clean_boxes,
}


def drop_active_content(parts: Parts) -> list[tuple[str, str]]:
    """Leave behind everything that may act by itself; (part, cell) of every formula that left its value behind.

    Raises UnusualWorkbookError where that cannot be done cleanly.
    """
    opened = [relation.target.lower() for relation in parts.relations("") if relation.kind == "officeDocument"]
    if opened != [WORKBOOK] or parts.content_type(WORKBOOK) not in _WORKBOOKS:
        raise UnusualWorkbookError("Excel would open something else than our reader")
    had_metadata = has_metadata(parts)
    kinds = follow_relations(parts)
    parts.sweep()
    parts.declare({part: CONTENT_TYPES.get(kind, kind) for part, kind in kinds.items()})
    keep_children(parts, WORKBOOK, "workbook", _IN_WORKBOOK)
    tables = [parts.look(part).get("displayName", "") for part, kind in kinds.items() if kind == "table"]
    known = _clean_names(parts, tables)
    frozen = []
    for part, kind in kinds.items():
        if kind == "worksheet":
            frozen += [(part, cell) for cell in clean_sheet(parts, part, known)]
            if had_metadata and not has_metadata(parts):
                forget_metadata(parts, part)
        elif clean := _CLEANERS.get(kind):
            clean(parts, part, known)
        parts.close(part)
    return frozen


def _clean_names(parts: Parts, tables: Iterable[str]) -> Vocabulary:
    """Names for places in the workbook stay, no other; what formulas may speak of."""
    workbook = parts.look(WORKBOOK)
    known = Vocabulary.of(one.get("name", "") for one in workbook.iter(main("sheet")))
    places = []
    for name in list(workbook.iter("{*}definedName")):
        said = name.get("name", "")
        is_macro = any(name.get(flag, "0") not in ("0", "false") for flag in ("xlm", "function", "vbProcedure"))
        if is_macro or _RUNS_BY_ITSELF.match(said) or not is_reference(read_formula(name), known):
            parts.edit(WORKBOOK)
            remove(name)
        else:
            places.append(said)
    return Vocabulary.of(known.sheets, tables, places)
