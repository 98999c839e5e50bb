"""The sheets of a workbook and the cells of a sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.addresses import find_column, name_cell
from kybaocao.marking.order import find_section
from kybaocao.marking.parts import (
    OFFICE,
    RELATION_ID,
    WORKBOOK,
    Element,
    Parts,
    UnusualWorkbookError,
    main,
)

WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
_MAX_NAME = 255  # Excel stops at 31, LibreOffice does not
_MAX_COLUMN_GROUPS, _MAX_MERGED = 1_000, 20_000

Place = tuple[int, int]  # row and column from 1


class Sheet(NamedTuple):
    name: str
    part: str
    is_worksheet: bool  # and not a chart on a sheet of its own
    is_visible: bool


def split_address(cell: str) -> Place | None:
    """ "AB12" -> (12, 28); None for what is no single cell."""
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})", cell)
    if found is None:
        return None
    column = find_column(found[1]) + 1
    return (int(found[2]), column) if column <= MAX_COLUMN and int(found[2]) <= MAX_ROW else None


def join_address(place: Place) -> str:
    """(12, 28) -> "AB12" """
    row, column = place
    return name_cell(row - 1, column - 1)


def locate(sheet: str, cell: str) -> str:
    """A place inside the workbook as formulas and links write it: 'Chỉ tiêu'!G7"""
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{cell}"


# --- sheets --------------------------------------------------------------------------------------------------------


def list_sheets(parts: Parts) -> list[Sheet]:
    """The sheets in their order. Raises UnusualWorkbookError when one has no part."""
    workbook = parts.look(WORKBOOK)
    if workbook.tag != main("workbook"):
        raise UnusualWorkbookError("not a workbook of the transitional kind")  # "strict" has namespaces of its own
    relations = {relation.id: relation for relation in parts.relations(WORKBOOK)}
    sheets = []
    for one in find_section(workbook, "sheets").iterfind(main("sheet")):
        relation = relations.get(one.get(RELATION_ID))
        if relation is None or not parts.has(relation.target):
            raise UnusualWorkbookError(f"{one.get('name')}: no such part")
        is_visible = one.get("state", "visible") == "visible"
        sheets.append(Sheet(one.get("name", ""), relation.target, relation.kind == "worksheet", is_visible))
    if any(len(sheet.name) > _MAX_NAME for sheet in sheets):
        raise UnusualWorkbookError("an endless name")
    if not sheets or len({sheet.part.lower() for sheet in sheets}) != len(sheets):
        raise UnusualWorkbookError("no sheets, or two from one part")
    return sheets


def remove_sheet(parts: Parts, index: int) -> None:
    """Take a sheet out, with what only it uses and the names that belong to it."""
    workbook = parts.edit(WORKBOOK)
    one = workbook.findall(f"{main('sheets')}/{main('sheet')}")[index]
    relation_id = one.get(RELATION_ID)
    one.getparent().remove(one)
    parts.unrelate(WORKBOOK, {relation_id})
    for name in list(workbook.iter(main("definedName"))):
        if name.get("localSheetId") == str(index):
            remove_name(parts, name)
    _shift_local_names(workbook, index, -1)


def insert_first_sheet(parts: Parts, name: str, root: Element) -> None:
    """Put a sheet in front of all others, and have the workbook open on it."""
    part = parts.name_new("xl/worksheets/sheet{}.xml")
    parts.add(part, root, WORKSHEET)
    workbook = parts.edit(WORKBOOK)
    sheets = workbook.find(main("sheets"))
    _shift_local_names(workbook, 0, 1)
    one = etree.Element(main("sheet"), nsmap={"r": OFFICE})
    one.set("name", name)
    one.set("sheetId", str(1 + max((int(other.get("sheetId", 0)) for other in sheets), default=0)))
    one.set(RELATION_ID, parts.relate(WORKBOOK, "worksheet", part))
    sheets.insert(0, one)
    views = find_section(workbook, "bookViews")
    if not len(views):
        etree.SubElement(views, main("workbookView"))
    for view in views:
        for attribute in ("activeTab", "firstSheet"):
            view.attrib.pop(attribute, None)


def deselect_sheet(parts: Parts, part: str) -> None:
    """A sheet left selected beside the first would take every entry made there as its own."""
    views = parts.look(part).iterfind(f"{main('sheetViews')}/{main('sheetView')}[@tabSelected]")
    for view in list(views):
        if view.get("tabSelected") in ("1", "true"):
            parts.edit(part)
            del view.attrib["tabSelected"]


def add_name(parts: Parts, name: str, text: str, **attributes: str) -> None:
    """A defined name."""
    one = etree.SubElement(find_section(parts.edit(WORKBOOK), "definedNames"), main("definedName"))
    one.set("name", name)
    for key, value in attributes.items():
        one.set(key, value)
    one.text = text


def take_names(parts: Parts, prefix: str) -> dict[str, str]:
    """The names that begin so, taken out of the workbook: name -> the text it stands for."""
    taken = {}
    for one in list(parts.look(WORKBOOK).iter(main("definedName"))):
        if (one.get("name") or "").startswith(prefix):
            taken[one.get("name")] = (one.text or "").removeprefix('"').removesuffix('"')
            remove_name(parts, one)
    return taken


def remove_name(parts: Parts, name: Element) -> None:
    """Take a defined name out, and the list when it was the last."""
    names = name.getparent()
    parts.edit(WORKBOOK)
    names.remove(name)
    if not len(names):
        names.getparent().remove(names)


def _shift_local_names(workbook: Element, first: int, by: int) -> None:
    for name in workbook.iter(main("definedName")):
        index = name.get("localSheetId")
        if index is not None and int(index) >= first:
            name.set("localSheetId", str(int(index) + by))


# --- cells ---------------------------------------------------------------------------------------------------------


class MergedCells:
    """Which cells of a worksheet are seen as one; holds nothing of the sheet itself."""

    def __init__(self, root: Element) -> None:
        self._merged = list(_read_merged(root))
        if len(self._merged) > _MAX_MERGED:
            raise UnusualWorkbookError("an endless list of merged cells")

    def cover(self, place: Place) -> Place:
        """The cell that is seen at a place: the first of the merged ones, or itself."""
        for start, end in self._merged:
            if start[0] <= place[0] <= end[0] and start[1] <= place[1] <= end[1]:
                return start
        return place


class Grid:
    """The cells of one worksheet. Raises UnusualWorkbookError when rows or cells are out of order."""

    def __init__(self, root: Element) -> None:
        if root.tag != main("worksheet"):
            raise UnusualWorkbookError("not a worksheet")
        self._root = root
        self._data = find_section(root, "sheetData")
        self._rows = dict(_number(self._data, "row", _read_row))
        self._is_numbered = False
        self._columns: list[Element] = root.findall(f"{main('cols')}/{main('col')}")
        if len(self._columns) > _MAX_COLUMN_GROUPS:
            raise UnusualWorkbookError("an endless list of columns")

    def cell(self, place: Place) -> Element:
        """The cell at a place, made in its order when there is none; it then looks as the place looked."""
        row_number, column = place
        row = self._rows.get(row_number)
        if row is None:
            self._number_rows()
            row = _insert(self._data, "row", row_number, self._rows)
            row.set("r", str(row_number))
        cells = dict(_number(row, "c", _read_column))
        if column in cells:
            return cells[column]
        style = row.get("s", "0") if row.get("customFormat") in ("1", "true") else self._column_style(column)
        for number, one in cells.items():  # cells that said nothing of their place now must
            one.set("r", join_address((row_number, number)))
        cell = _insert(row, "c", column, cells)
        cell.set("r", join_address(place))
        if style != "0":
            cell.set("s", style)
        row.attrib.pop("spans", None)  # a hint at the columns used; optional, and now wrong
        return cell

    def _number_rows(self) -> None:
        """Rows that count themselves would count a new one too."""
        if not self._is_numbered:
            for number, one in self._rows.items():
                one.set("r", str(number))
            self._is_numbered = True

    def width_px(self, column: int) -> int:
        """How wide a column is on the screen; 0 when hidden."""
        found = next((one for one in self._columns if _covers(one, column)), None)
        if found is not None and found.get("hidden") in ("1", "true"):
            return 0
        width = found.get("width") if found is not None else self._default("defaultColWidth")
        return max(0, round(float(width or 9.14) * 7))

    def height_px(self, row: int) -> int:
        """How high a row is on the screen; 0 when hidden."""
        found = self._rows.get(row)
        if found is not None and found.get("hidden") in ("1", "true"):
            return 0
        height = (found.get("ht") if found is not None else None) or self._default("defaultRowHeight")
        return max(0, round(float(height or 15) * 4 / 3))

    def _column_style(self, column: int) -> str:
        return next((str(one.get("style", "0")) for one in self._columns if _covers(one, column)), "0")

    def _default(self, attribute: str) -> str | None:
        shape = self._root.find(main("sheetFormatPr"))
        found: str | None = shape.get(attribute) if shape is not None else None
        return found


def _read_merged(root: Element) -> Iterator[tuple[Place, Place]]:
    for merged in root.iterfind(f"{main('mergeCells')}/{main('mergeCell')}"):
        first, _, last = (merged.get("ref") or "").partition(":")
        start, end = split_address(first), split_address(last)
        if start and end:
            yield start, end


def _covers(column: Element, number: int) -> bool:
    return int(column.get("min", "0")) <= number <= int(column.get("max", "0"))


def _read_row(text: str) -> int | None:
    return int(text) if re.fullmatch("[1-9][0-9]{0,6}", text) else None


def _read_column(text: str) -> int | None:
    place = split_address(text)
    return place[1] if place else None


def _number(parent: Element, tag: str, read: Callable[[str], int | None]) -> Iterator[tuple[int, Element]]:
    """(number, element) of rows or cells; one that does not say where it stands comes after the one before."""
    last = 0
    for one in parent.iterfind(main(tag)):
        text = one.get("r")
        number = last + 1 if text is None else read(text)
        if number is None or number <= last:
            raise UnusualWorkbookError(f"{tag} {text} is out of order")
        yield number, one
        last = number


def _insert(parent: Element, tag: str, number: int, known: dict[int, Element]) -> Element:
    """A new row or cell in its place between those `known` by their numbers."""
    element = etree.Element(main(tag))
    later = min((other for other in known if other > number), default=None)
    if later is None:
        parent.append(element)
    else:
        known[later].addprevious(element)
    known[number] = element
    return element
