"""The agency's own workbook back: faulty cells coloured and commented, a list with links in front, nothing else.

    annotate_workbook(data, findings, heading)     in this process
    annotate_limited(data, findings, heading)      in the sandbox, for files of which we know nothing

A marked copy may be corrected and submitted again: its list, colours and comments are taken off before new ones are
put on (`styles` and `comments` recognise them), so marking a marked copy gives
what marking the original would have given.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.active import drop_active_content
from kybaocao.marking.comments import MARK, Comments, Passage
from kybaocao.marking.findings_sheet import (
    NAME,
    Heading,
    Remark,
    build_findings_sheet,
    clean,
    describe_frozen,
)
from kybaocao.marking.parts import WORKBOOK, Element, Parts, UnusualWorkbookError, main
from kybaocao.marking.sheets import (
    Grid,
    MergedCells,
    Place,
    Sheet,
    add_name,
    deselect_sheet,
    insert_first_sheet,
    list_sheets,
    locate,
    remove_sheet,
    split_address,
    take_names,
)
from kybaocao.marking.styles import ERROR, NAME_PREFIX, NOTE, WARNING, Styles, new_stylesheet
from kybaocao.vietnamese import nfc

if TYPE_CHECKING:
    from kybaocao.findings import WordedFinding

__all__ = ["Heading", "MarkedCopy", "annotate_limited", "annotate_workbook"]

MAX_MARKED = 500
MAX_IN_COMMENT = 5
_SEVERITIES = (ERROR, WARNING, NOTE)
_TITLES = {ERROR: "phải sửa", WARNING: "cần xem lại", NOTE: "để biết"}
_STYLES = "xl/styles.xml"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_IN_SANDBOX = (
    "from kybaocao.workbook.reader import answer; from kybaocao.marking.annotation import answer_packed;"
    " answer(answer_packed)"
)


class MarkedCopy(NamedTuple):
    """The workbook with its marks, and the (sheet, cell) of the findings whose cell bears one."""

    data: bytes
    cells: frozenset[tuple[str, str]]


def annotate_workbook(data: bytes, findings: Sequence[WordedFinding], heading: Heading) -> MarkedCopy | None:
    """The marked copy of an .xlsx that has passed the guard; None where marking is not possible.

    Not possible: another kind of file, a part to be changed larger than 8 MB, a workbook built in a way that we
    could break.  The same input gives the same bytes.
    """
    return _annotate(data, [_read_finding(one) for one in findings], heading)


def annotate_limited(data: bytes, findings: Sequence[WordedFinding], heading: Heading) -> MarkedCopy | None:
    """The same, worked out in a process that holds no secrets and ends when it takes too long or too much."""
    from kybaocao.workbook.reader_slots import READER_MEGABYTES
    from kybaocao.workbook.sandbox import SandboxError, run_limited

    remarks = [_read_finding(one) for one in findings]
    packed = json.dumps([base64.b64encode(data).decode(), remarks, heading]).encode()
    try:
        marked = run_limited(_IN_SANDBOX, packed, seconds=20, megabytes=READER_MEGABYTES)
    except SandboxError:
        return None
    if marked is None:
        return None
    copy, cells = marked
    return MarkedCopy(base64.b64decode(copy), frozenset((sheet, cell) for sheet, cell in cells))


def answer_packed(packed: bytes) -> tuple[str, list[tuple[str, str]]] | None:
    """What the sandbox is asked by `annotate_limited`, and its answer."""
    data, remarks, (title, lines) = json.loads(packed)
    marked = _annotate(base64.b64decode(data), [Remark(*one) for one in remarks], Heading(title, tuple(lines)))
    return (base64.b64encode(marked.data).decode(), sorted(marked.cells)) if marked is not None else None


def _read_finding(one: WordedFinding) -> Remark:
    return Remark(
        str(one.severity), one.sheet, one.cell, one.value, one.message, one.hint, one.reported_cause, one.title
    )


def _annotate(data: bytes, remarks: list[Remark], heading: Heading) -> MarkedCopy | None:
    if not data.startswith(b"PK"):
        return None
    try:
        parts = Parts(data)
        if not parts.has(WORKBOOK):
            return None
        remembered = take_names(parts, NAME_PREFIX)
        frozen = drop_active_content(parts)
        ranked = sorted(remarks, key=lambda remark: _SEVERITIES.index(remark.severity))
        cells = _mark(parts, ranked, heading, remembered, frozen)
        return MarkedCopy(parts.save(), cells)
    except (ValueError, LookupError, ArithmeticError, MemoryError, etree.LxmlError):
        # ValueError: PackageError, UnusualWorkbookError, and whatever is no number where one must be.
        return None


def _mark(
    parts: Parts,
    remarks: list[Remark],
    heading: Heading,
    remembered: dict[str, str],
    frozen: list[tuple[str, str]],
) -> frozenset[tuple[str, str]]:
    """Put marks on `parts`; the (sheet, cell) of the remarks that are seen there.

    `remarks` come worst first; `remembered` is what an earlier marking covered, `frozen` the (part, cell) whose
    formula is no more.
    """
    _remove_list(parts, remarks)
    sheets = list_sheets(parts)
    worksheets = {sheet.name: sheet for sheet in sheets if sheet.is_worksheet}
    styles = Styles(_open_styles(parts, worksheets.values()))
    restored = styles.find_marked(remembered)
    marked = _group_by_cell(parts, remarks, worksheets)
    for sheet in sheets:
        deselect_sheet(parts, sheet.part)
        if not sheet.is_worksheet:
            continue
        _restore_styles(parts, sheet.part, restored)
        comments = Comments(parts, sheet.part)
        comments.remove_ours()
        _mark_cells(parts, sheet, marked.get(sheet.name, {}), styles, comments)
        parts.close(sheet.part)
    seen = [group for cells in marked.values() for group in cells.values()]
    coloured = Counter(one.severity for group in seen for one in group if one.severity == group[0].severity)
    visible = {sheet.name: sheet.is_visible for sheet in worksheets.values()}
    names = {sheet.part.lower(): sheet.name for sheet in worksheets.values()}
    notice = describe_frozen([(names.get(part.lower(), ""), cell) for part, cell in frozen])
    heading = Heading(heading.title, (*heading.lines, *notice))
    page, header = build_findings_sheet(remarks, heading, styles, visible, coloured)
    insert_first_sheet(parts, NAME, page)
    for name, text in styles.originals.items():
        add_name(parts, name, f'"{text}"', hidden="1")
    add_name(parts, "_xlnm.Print_Titles", locate(NAME, f"${header}:${header}"), localSheetId="0")
    return frozenset((one.sheet, one.cell) for group in seen for one in group)


def _remove_list(parts: Parts, remarks: Iterable[Remark]) -> None:
    """An earlier list goes, whatever case or form of letters its name came back in."""
    for index, sheet in reversed(list(enumerate(list_sheets(parts)))):
        if nfc(sheet.name).casefold() == NAME.casefold():
            if any(remark.sheet == sheet.name for remark in remarks):
                raise UnusualWorkbookError("a sheet of the form bears the name of our list")
            remove_sheet(parts, index)


def _open_styles(parts: Parts, worksheets: Iterable[Sheet]) -> Element:
    styles = next((one.target for one in parts.relations(WORKBOOK) if one.kind == "styles"), "")
    if not styles:
        used = {cell.get("s", "0") for sheet in worksheets for cell in parts.look(sheet.part).iter(main("c"))}
        if parts.has(_STYLES) or used - {"0"}:
            raise UnusualWorkbookError("styles are used, and cannot be found")
        styles = _STYLES
        parts.add(styles, new_stylesheet(), _STYLES_TYPE)
        parts.relate(WORKBOOK, "styles", styles)
    return parts.edit(styles)


def _group_by_cell(
    parts: Parts, remarks: Iterable[Remark], worksheets: dict[str, Sheet]
) -> dict[str, dict[Place, list[Remark]]]:
    """sheet -> cell -> what is said about it, worst first; at most MAX_MARKED cells, the worst."""
    merged: dict[str, MergedCells] = {}
    grouped: dict[str, dict[Place, list[Remark]]] = {}
    count = 0
    for remark in remarks:
        place, sheet = split_address(remark.cell), worksheets.get(remark.sheet)
        if place is None or sheet is None:
            continue
        if sheet.name not in merged:
            merged[sheet.name] = MergedCells(parts.look(sheet.part))
            parts.close(sheet.part)
        cells = grouped.setdefault(sheet.name, {})
        place = merged[sheet.name].cover(place)
        if place not in cells:
            if count == MAX_MARKED:
                continue
            count += 1
        cells.setdefault(place, []).append(remark)
    return grouped


def _restore_styles(parts: Parts, part: str, restored: dict[str, str]) -> None:
    """Give cells, rows and columns that wear a style of ours their own again."""
    if not restored:
        return
    for element in parts.look(part).iter(main("c"), main("row"), main("col")):
        attribute = "style" if element.tag == main("col") else "s"
        if element.get(attribute) in restored:
            parts.edit(part)
            element.set(attribute, restored[element.get(attribute)])


def _mark_cells(
    parts: Parts, sheet: Sheet, marked: dict[Place, list[Remark]], styles: Styles, comments: Comments
) -> None:
    if not marked:
        return
    grid = Grid(parts.edit(sheet.part))
    for place, remarks in marked.items():
        if remarks[0].severity != NOTE:  # what is only to be known does not look like a fault
            cell = grid.cell(place)
            cell.set("s", str(styles.mark(int(cell.get("s", "0")), remarks[0].severity)))
    comments.write({place: _write_comment(remarks) for place, remarks in marked.items()}, grid)


def _write_comment(remarks: list[Remark]) -> list[Passage]:
    """Every message on a cell, and how to fix it."""
    passages = [Passage(f"{MARK}{_TITLES[remarks[0].severity]}\n", is_bold=True)]
    for number, remark in enumerate(remarks[:MAX_IN_COMMENT], start=1):
        count = f"{number}. " if len(remarks) > 1 else ""
        gap = "\n\n" if number > 1 else ""
        cause = f"\n{remark.cause}" if remark.cause else ""
        passages.append(Passage(clean(f"{gap}{count}{remark.message}{cause}\n\n")))
        passages += [Passage("Cách sửa: ", is_bold=True), Passage(clean(remark.hint))]
    if len(remarks) > MAX_IN_COMMENT:
        passages.append(Passage(f"\n\n… và {len(remarks) - MAX_IN_COMMENT} điểm khác, xem trang “{NAME}”."))
    return passages
