"""From the bytes of a workbook to plain cells. Runs in the sandbox, in a process started for one file.

Values come from calamine.  What a sheet shows and bare values hide is read beside it from the XML: 0.4 that
shows 40%, 1 that shows 100%, #DIV/0!, a formula nobody worked out; read in silence, each would become a wrong
figure.  Nothing is imported that the fresh process would have to wait for (no dataclasses, no zipfile).

A `PlainBook` is JSON: a list of sheets `[name, is hidden, rows, marks]`.  Rows hold "" | str | int | float |
bool from A1 on; marks are `[row, column, kind, text]`, zero-based, of the kinds below, and of two marks on one
cell the later tells more.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from xml.parsers import expat

from kybaocao.intake.package import Member, PackageError, list_members, read_member

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    PlainBook = list[list[Any]]
    Mark = list[Any]

MAX_ROWS = 5_000
MAX_COLUMNS = 200
MAX_MEMBER_BYTES = 40 * 2**20
MAX_MERGED_CELLS = 2_000
MAX_PROLOG_BYTES = 16_384  # a document type stands before the root; no parser here would follow one anyway

# kinds of mark                 the row holds          text
PERCENT = "percent"  # the bare number        its number format
SCALED = "scaled"  # the bare number        its number format: shown in thousands or millions
FORMULA = "formula"  # the stored result      "=…"
UNWORKED = "unworked"  # ""                     "=…"
ERROR = "error"  # ""                     "#DIV/0!"
DATE = "date"  # ""                     ISO text
MERGED = "merged"  # ""                     the cell that covers it, "B7"


class BookTooLargeError(Exception):
    """A sheet has content beyond MAX_ROWS or MAX_COLUMNS; nothing is cut in silence."""


class UnsafeXmlError(Exception):
    """A member declares a document type: no spreadsheet does, every entity attack must."""


def parse_book(data: bytes) -> PlainBook:
    """Parse an .xlsx, .xls or .ods. Raises whatever a reader raises on hostile bytes."""
    if not data.startswith(b"PK"):
        from kybaocao.intake.legacy_book import parse_xls

        return parse_xls(data)
    members = {member.name: member for member in list_members(data)}
    if "xl/workbook.xml" not in members:
        from kybaocao.intake.legacy_book import parse_ods

        return parse_ods(data)
    return _parse_xlsx(data, members)


def _parse_xlsx(data: bytes, members: dict[str, Member]) -> PlainBook:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    styles = _read_styles(_read(data, members, "xl/styles.xml"))
    paths = _read_sheet_paths(data, members)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets: PlainBook = []
    for meta in book.sheets_metadata:
        rows: list[list[Any]] = []
        marks: list[Mark] = []
        if meta.typ == SheetTypeEnum.WorkSheet:
            sheet = book.get_sheet_by_name(meta.name)
            if sheet.total_height > MAX_ROWS or sheet.total_width > MAX_COLUMNS:
                raise BookTooLargeError
            rows = sheet.to_python(skip_empty_area=False)
            marks = _mark_cells(_read(data, members, paths.get(meta.name, "")), styles)
            marks += _move_dates(rows)
        sheets.append([meta.name, meta.visible != SheetVisibleEnum.Visible, rows, marks])
    return sheets


def _read(data: bytes, members: dict[str, Member], name: str) -> bytes:
    """A member's content; b"" when the package has none of that name."""
    member = members.get(name)
    if member is None:
        return b""
    content = read_member(data, member, MAX_MEMBER_BYTES)
    if b"<!DOCTYPE" in content[:MAX_PROLOG_BYTES]:
        raise UnsafeXmlError(name)
    return content


_SCALARS = frozenset((str, float, int, bool))


def _move_dates(rows: list[list[Any]]) -> Iterator[Mark]:
    """Dates leave the rows for the marks, so that rows hold only what JSON holds."""
    for number, row in enumerate(rows):
        if _SCALARS.issuperset(map(type, row)):
            continue
        for column, value in enumerate(row):
            if isinstance(value, dt.date):
                row[column] = ""
                moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time.min)
                yield [number, column, DATE, moment.isoformat()]
            elif isinstance(value, dt.time | dt.timedelta):
                row[column] = str(value)


# --- the parts of the package ---------------------------------------------------------------------------------


def _elements(xml: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """(local name, attributes) of every element of a small member."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(":")[2], attributes))
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if xml:
        parser.Parse(xml, True)
    return iter(found)


def _refuse_doctype(*_: Any) -> None:
    raise UnsafeXmlError


def _read_sheet_paths(data: bytes, members: dict[str, Member]) -> dict[str, str]:
    """Sheet name -> member that holds it."""
    targets = {}
    for name, attributes in _elements(_read(data, members, "xl/_rels/workbook.xml.rels")):
        if name == "Relationship" and "Target" in attributes:
            target = attributes["Target"]
            targets[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    paths: dict[str, str] = {}
    for name, attributes in _elements(_read(data, members, "xl/workbook.xml")):
        if name == "sheet" and "name" in attributes:
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if attributes["name"] in paths:
                raise PackageError("two sheets of one name")
            paths[attributes["name"]] = targets.get(relation, "")
    return paths


_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_SCALING = re.compile(r"[0#?],+(?![0#?.,])")
_UNUSUAL_FORMAT = re.compile(rb"""numFmtId=["'](?:9|10)["']|formatCode=(?:"[^"]*(?:%|[0#?],+[^0#?.,])|'[^']*(?:%|,))""")
_BUILT_IN = {9: "0%", 10: "0.00%"}


def _read_styles(xml: bytes) -> dict[bytes, tuple[str, str]]:
    """Cell style number -> (PERCENT or SCALED, its format code), for styles that show another number than is kept."""
    if not _UNUSUAL_FORMAT.search(xml):
        return {}  # as nearly always: our form has none of them
    codes = dict(_BUILT_IN)
    found: dict[bytes, tuple[str, str]] = {}
    number = -1
    is_inside = False
    for name, attributes in _elements(xml):
        if name == "numFmt":
            codes[int(attributes.get("numFmtId", -1))] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            is_inside = name == "cellXfs"
        elif name == "xf" and is_inside:
            number += 1
            code = codes.get(int(attributes.get("numFmtId", 0)), "")
            if kind := _judge_format(code):
                found[str(number).encode()] = (kind, code)
    return found


def _judge_format(code: str) -> str:
    bare = _QUOTED.sub("", code)
    if "%" in bare:
        return PERCENT
    return SCALED if _SCALING.search(bare.split(";")[0]) else ""


# --- the cells of a sheet ----------------------------------------------------------------------------------------

_FORMULA = re.compile(rb"<f[ />]")
_FORMULA_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"([^>]*)>\s*<f(?:[^>]*/>|[^>]*>([^<]*)</f>)\s*(?:<v>([^<]*)</v>|<v ?/>)?'
)
_ERROR_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]* t="e"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>')
_STYLED_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"([^>]*?) s="([0-9]+)"([^>]*)>')
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_TYPED = re.compile(rb' t="(?!n")')


def _mark_cells(xml: bytes, styles: dict[bytes, tuple[str, str]]) -> list[Mark]:
    """What the values of a sheet do not tell, by the quick way when its XML is written the usual way."""
    if not _is_usual(xml[:2048]):
        return _mark_cells_slowly(xml, styles)
    end = xml.rfind(b"</sheetData>")
    if end < 0:  # no cells
        return []
    marks: list[Mark] = _mark_merged(_MERGE.findall(xml, end))
    cells = xml[:end]  # what follows (validations, formats) has elements that look like those of cells
    has_formulas, has_errors = b"<f" in cells, b't="e"' in cells
    if not (has_formulas or has_errors or styles):
        return marks
    if b"<!" in cells or b"<c>" in cells or cells.count(b"<c ") != cells.count(b'<c r="'):
        return _mark_cells_slowly(xml, styles)
    if has_formulas:
        marks += _mark_formulas(cells)
    if has_errors:
        for letters, digits, value in _ERROR_CELL.findall(cells):
            marks.append([int(digits) - 1, _column(letters), ERROR, _unescape(value) or "#ERROR!"])
    if styles:
        for letters, digits, before, style, after in _STYLED_CELL.findall(cells):
            if style in styles and not _TYPED.search(before + after):
                marks.append([int(digits) - 1, _column(letters), *styles[style]])
    return marks


_ROOT = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?<worksheet\b[^>]*>")
_OTHER_ENCODING = re.compile(rb"""encoding=["'](?![uU][tT][fF]-?8["'])""")


def _is_usual(head: bytes) -> bool:
    """Elements without a prefix, in UTF-8, and no prefix that could stand for the same elements."""
    root = _ROOT.match(head)
    return root is not None and not _OTHER_ENCODING.search(root[0]) and root[0].count(b"spreadsheetml/2006/main") == 1


def _mark_formulas(xml: bytes) -> list[Mark]:
    marks: list[Mark] = []
    for found in _FORMULA.finditer(xml):
        if cell := _FORMULA_CELL.match(xml, xml.rfind(b"<c ", 0, found.start())):
            letters, digits, attributes, formula, value = cell.groups(b"")
            # A formula may well say "": then its type is text, and a missing value is a worked-out nothing.
            kind = FORMULA if value or b't="str"' in attributes else UNWORKED
            marks.append([int(digits) - 1, _column(letters), kind, "=" + _unescape(formula)])
    return marks


def _mark_cells_slowly(xml: bytes, styles: dict[bytes, tuple[str, str]]) -> list[Mark]:
    """The same for XML with prefixes, comments, unaddressed cells or another encoding."""
    marks: list[Mark] = []
    merges: list[tuple[bytes, bytes, bytes, bytes]] = []
    cell: dict[str, Any] = {}
    place = [-1, -1]
    text: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        text.clear()
        if name == "row":
            place[:] = [int(attributes.get("r", place[0] + 2)) - 1, -1]
        elif name == "c":
            split = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", attributes.get("r", ""))
            place[1] = _column(split[1].encode()) if split else place[1] + 1
            cell.clear()
            cell.update(t=attributes.get("t", "n"), s=attributes.get("s", "").encode())
        elif name == "f":
            cell["f"] = ""
        elif name == "mergeCell":
            found = _MERGE.match(f'<mergeCell ref="{attributes.get("ref", "")}"'.encode())
            if found:
                merges.append(found.groups())  # type: ignore[arg-type]

    def end(name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("f", "v"):
            cell[name] = "".join(text)
        elif name == "c":
            value = cell.get("v", "")
            if cell.get("t") == "e":
                marks.append([*place, ERROR, value or "#ERROR!"])
            elif "f" in cell:
                marks.append([*place, FORMULA if value or cell["t"] == "str" else UNWORKED, "=" + cell["f"]])
            if cell.get("t") == "n" and value and cell.get("s") in styles:
                marks.append([*place, *styles[cell["s"]]])

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if xml:
        parser.Parse(xml, True)
    return _mark_merged(merges) + marks


def _mark_merged(merges: list[tuple[bytes, bytes, bytes, bytes]]) -> list[Mark]:
    marks: list[Mark] = []
    for left, top, right, bottom in merges:
        columns = range(_column(left), min(_column(right) + 1, MAX_COLUMNS))
        rows = range(int(top) - 1, min(int(bottom), MAX_ROWS))
        if len(columns) * len(rows) <= MAX_MERGED_CELLS:
            cover = (left + top).decode()
            marks += [[row, column, MERGED, cover] for row in rows for column in columns][1:]
    return marks


def _column(letters: bytes) -> int:
    """b"AB" -> 27"""
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1


def _unescape(text: bytes) -> str:
    shown = text.decode("utf-8", "replace")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    return shown
