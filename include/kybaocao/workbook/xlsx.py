"""From the bytes of an .xlsx to plain cells. Runs in the sandbox, like `parsing`.

One reader for values and for what the sheet shows beside them, so that no two readers can see different things.
What is spelled as usual is split quickly (`usual_xml`); all else goes through expat, and what Excel itself would
refuse (a cell given twice, an address outside its row, a style that is not there) is refused.  Parts are found
by their relations, as Excel finds them, never by their usual names.

Source: ECMA-376 part 1, 18.2 (workbook), 18.3 (worksheet), 18.4 (shared strings), 18.8 (styles); part 2 (package).
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

from kybaocao.addresses import find_column, name_column
from kybaocao.workbook import usual_xml
from kybaocao.workbook.number_formats import BUILT_IN, MONTH, TIME, VARYING, judge_format, judge_shown, read_serial
from kybaocao.workbook.package import normalize_path, read_member
from kybaocao.workbook.package_xml import (
    ROOT_RELATIONS,
    limit_depth,
    list_elements,
    make_parser,
    resolve_target,
)
from kybaocao.workbook.plain_book import (
    DATE,
    ERROR,
    FORMULA,
    MAX_COLUMNS,
    MAX_MEMBER_BYTES,
    MAX_ROWS,
    STRUCK,
    UNWORKED,
    BookTooLargeError,
    DamagedBookError,
    clean_signs,
    mark_covered,
    spell_look,
)

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from kybaocao.workbook.package import Member
    from kybaocao.workbook.plain_book import Mark, PlainBook

_MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # ISO strict
)
_PIECE_BYTES = 2**17  # text of one element up to this comes in one piece


def parse_xlsx(data: bytes, members: Iterable[Member]) -> PlainBook:
    """Parse an .xlsx or .xlsm; macros and external references are never looked at.

    Raises PackageError, DamagedBookError, BookTooLargeError, UnsafeXmlError, and expat's error for what is no XML.
    """
    return _Package(data, members).read_sheets()


class _Package:
    """The parts of one workbook."""

    def __init__(self, data: bytes, members: Iterable[Member]) -> None:
        self.data = data
        self.members = {normalize_path(member.name): member for member in members}

    def read_sheets(self) -> PlainBook:
        workbook = next((part for what, part in self._list_targets("").values() if what == "officeDocument"), "")
        targets = self._list_targets(workbook)
        named = {what: part for what, part in targets.values()}
        styles = _read_styles(self._read(named["styles"])) if "styles" in named else {"0": ("", "")}
        strings = _read_strings(self._read(named["sharedStrings"])) if "sharedStrings" in named else {}
        listed: list[dict[str, str]] = []
        is_1904 = is_stale = False
        for name, attributes in list_elements(self._read(workbook)):
            if name == "sheet":
                listed.append({key.rpartition(" ")[2]: value for key, value in attributes.items()})
            elif name == "workbookPr":
                is_1904 = attributes.get("date1904") in ("1", "true")
            elif name == "calcPr":  # what wrote it says itself that nothing is worked out
                is_stale = attributes.get("fullCalcOnLoad") in ("1", "true")
        if len({sheet.get("name", "").casefold() for sheet in listed}) != len(listed):
            raise DamagedBookError("two sheets of one name")
        sheets: PlainBook = []
        for sheet in listed:
            what, part = targets.get(sheet.get("id", ""), ("", ""))
            rows: list[list[Any]] = []
            marks: list[Mark] = []
            if what == "worksheet":
                rows, marks = _read_sheet(self._read(part), strings, styles, is_1904=is_1904, is_stale=is_stale)
            elif not what:
                raise DamagedBookError("a sheet without its part")
            sheets.append([sheet.get("name", ""), sheet.get("state", "visible") != "visible", rows, marks])
        return sheets

    def _list_targets(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation -> (what it is, the part), of what a part, or the package itself (""), is made of."""
        folder, _, name = part.rpartition("/")
        relations = f"{folder}/_rels/{name}.rels" if part else ROOT_RELATIONS
        return {
            attributes.get("Id", ""): (
                attributes.get("Type", "").rpartition("/")[2],
                resolve_target(folder, attributes.get("Target", "")),
            )
            for name, attributes in list_elements(self._read(relations))
            if name == "Relationship" and attributes.get("TargetMode") != "External"
        }

    def _read(self, name: str) -> bytes:
        member = self.members.get(normalize_path(name))
        if member is None:
            raise DamagedBookError(f"{name}: missing")
        return read_member(self.data, member, MAX_MEMBER_BYTES)


# --- XML ---------------------------------------------------------------------------------------------------------


_PLAIN_ROOT = re.compile(
    rb'\s*(?:<\?xml[^>]*\?>\s*)?<\w+ xmlns="(?:%s)"[^<>&]*>' % b"|".join(name.encode() for name in _MAIN)
)


def _walk(xml: bytes, start: Callable[[str, dict[str, str]], None], text: Callable[[str], object]) -> None:
    """Parse a large part: `start` hears the names of the main namespace bare, all others with something before.

    Namespaces are worked out only where the root does not make ours the default one: it costs a third more.
    """
    is_plain = (
        (root := _PLAIN_ROOT.match(xml)) is not None
        and sum(root[0].count(name.encode()) for name in _MAIN) == 1  # ours has no second name
        and xml.find(b"xmlns", root.end()) < 0  # and nothing is taken out of it
    )
    parser = make_parser(None if is_plain else " ")
    if is_plain:
        parser.StartElementHandler = start
    else:

        def strip(name: str, attributes: dict[str, str]) -> None:
            namespace, _, local = name.rpartition(" ")
            start(local if namespace in _MAIN else name, attributes)

        parser.StartElementHandler = strip
    parser.buffer_text, parser.buffer_size = True, _PIECE_BYTES
    parser.CharacterDataHandler = text
    limit_depth(parser, xml)
    parser.Parse(xml, True)


# --- strings and styles ------------------------------------------------------------------------------------------

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def _unescape(text: str) -> str:
    """_x000A_ is how a workbook spells what XML cannot hold (22.4.2.4)."""
    return clean_signs(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)) if "_x" in text else text


def _read_strings(xml: bytes) -> dict[str | None, str]:
    """Number -> shared string; of a rich text all runs, of a phonetic guide nothing."""
    found = usual_xml.split_strings(xml)
    if found is None:
        found = _collect_strings(xml)
    if "_x" in " ".join(found):
        found = list(map(_unescape, found))
    return dict(zip(map(str, range(len(found))), found, strict=True))


def _collect_strings(xml: bytes) -> list[str]:
    found: list[str] = []
    pending: list[str] = []
    is_text = is_guide = False  # the element that was opened last
    look = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_text, is_guide, look
        if pending:
            if is_text:
                found[-1] = _lengthen(found[-1], pending, look)
            pending.clear()
        if name == "si":
            found.append("")
            is_guide, look = False, ""
        elif name == "rPh":
            is_guide = True
        else:
            look = _look_of(name, attributes, look)
        is_text = name == "t" and not is_guide and bool(found)

    _walk(xml, start, pending.append)
    start("", {})
    return found


def _look_of(name: str, attributes: dict[str, str], look: str) -> str:
    """How a run of rich text looks after one more element of it."""
    if name == "r":
        return ""
    if name == "vertAlign":
        return attributes.get("val", "")
    return STRUCK if name == "strike" and attributes.get("val", "1") not in ("0", "false") else look


def _lengthen(text: str, pieces: list[str], look: str = "") -> str:
    """The text with its next pieces. Raises DamagedBookError beyond what a cell holds."""
    text += spell_look("".join(pieces), look)
    if len(text) > usual_xml.MAX_TEXT:
        raise DamagedBookError("a text longer than a cell")
    return text


def _read_styles(xml: bytes) -> dict[str, tuple[str, str]]:
    """Cell style number -> (kind of mark or "", its format code)."""
    codes, numbers = usual_xml.split_styles(xml) or _collect_styles(xml)
    codes = BUILT_IN | codes
    judged = {number: judge_format(codes.get(number, "")) for number in set(numbers)}
    return {str(style): (judged[number], codes.get(number, "")) for style, number in enumerate(numbers)}


def _collect_styles(xml: bytes) -> tuple[dict[int, str], list[int]]:
    codes: dict[int, str] = {}
    numbers: list[int] = []
    is_inside = is_past = False
    for name, attributes in list_elements(xml):
        if name == "numFmt" and not is_past:
            codes[int(attributes.get("numFmtId", -1))] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            is_inside = name == "cellXfs"
            is_past = is_past or is_inside
        elif name == "xf" and is_inside:
            numbers.append(int(attributes.get("numFmtId", 0)))
    return codes, numbers


# --- the cells of a sheet ----------------------------------------------------------------------------------------

_ADDRESS = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_RANGE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6}):([A-Z]{1,3})([1-9][0-9]{0,6})")
_ERROR_TEXT = re.compile("#[A-Z0-9_/!?]{1,20}")
# What may stand between the texts of one cell (18.4.6, 18.4.7).
_OF_RICH_TEXT = {"r", "rPr", "rPh", "phoneticPr", "rFont", "charset", "family", "b", "i", "strike", "outline", "shadow"}
_OF_RICH_TEXT |= {"condense", "extend", "color", "sz", "u", "vertAlign", "scheme"}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_VALUE, _FORMULA_TEXT, _NOTHING = 1, 2, 0


def _read_sheet(
    xml: bytes,
    strings: Mapping[str | None, str],
    styles: Mapping[str, tuple[str, str]],
    *,
    is_1904: bool,
    is_stale: bool = False,
) -> tuple[list[list[Any]], list[Mark]]:
    """(rows, marks) of a worksheet; where it `is_stale`, no result of a formula counts."""
    usual = usual_xml.split_cells(xml)
    sheet = _Sheet(strings, styles, is_1904=is_1904, is_stale=is_stale)
    if usual is None or not sheet.take(*usual):
        sheet = _Sheet(strings, styles, is_1904=is_1904, is_stale=is_stale)
        sheet.collect(xml)
    return sheet.rows, sheet.marks + mark_covered(sheet.merges)


class _Sheet:
    """One worksheet being read."""

    def __init__(
        self,
        strings: Mapping[str | None, str],
        styles: Mapping[str, tuple[str, str]],
        *,
        is_1904: bool,
        is_stale: bool = False,
    ) -> None:
        self.strings, self.styles, self.is_1904, self.is_stale = strings, styles, is_1904, is_stale
        self.rows: list[list[Any]] = []
        self.marks: list[Mark] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self.places: set[tuple[int, int]] = set()  # only of cells that do not come in order, and of what has a mark

    def take(self, cells: usual_xml.Cells, merges: list[str]) -> bool:
        """All of it from cells split already; False as soon as one is unusual."""
        found, letters, attributes, formulas, values = cells
        shapes = set(attributes)
        kinds = {text: known for text in shapes if (known := usual_xml.read_attributes(text))}
        if len(kinds) < len(shapes):
            return False
        readers = {text: self._choose_reader(*kind) for text, kind in kinds.items()}
        said = ["" if value is None else readers[text](value) for text, value in zip(attributes, values, strict=True)]
        if formulas.count(None) < len(formulas):
            said = [value if formula is None else None for value, formula in zip(said, formulas, strict=True)]
        rows = self.rows
        for number, first, end in found:
            names, row = letters[first:end], said[first:end]
            gap = number - 1 - len(rows)
            if gap < 0 or number > MAX_ROWS:
                return False
            columns: Sequence[int] = _IN_ORDER
            if names != _NAMES[: end - first]:  # not side by side from A on, as nearly always
                columns = _find_columns(names)
                if not columns:
                    return False
                row = _spread(row, columns)
            length = 0
            if None in row:
                for place, column in zip(range(first, end), columns, strict=False):
                    if row[column] is None:
                        kind, style = kinds[attributes[place]]
                        value = self._say(number - 1, column, kind, style, values[place], formulas[place])
                        length = length if value is None else column + 1
                        row[column] = "" if value is None else value
            while len(row) > length and row[-1] == "":
                row.pop()
            if gap:
                rows.extend([] for _ in range(gap))
            rows.append(row)
        while rows and not rows[-1]:
            rows.pop()
        for merge in merges:
            self._merge(merge)
        return True

    def _choose_reader(self, kind: str, style: str) -> Callable[[str], Any]:
        """What reads the values of plain cells of one kind; None for a value, or of any, is for `_say`."""
        if kind == "s":
            return self.strings.get
        if kind == "inlineStr":
            return str
        if kind == "n" and self.styles.get(style, ("?", ""))[0] == "":
            return _read_plain_number
        return _read_nothing

    def collect(self, xml: bytes) -> None:
        """All of it, element by element."""
        pending: list[str] = []
        cell: dict[str, str] = {}
        value: str | None = None
        formula: str | None = None
        into = _NOTHING
        row, digits, column = -1, "", -1
        look, is_guide = "", False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal cell, value, formula, into, row, digits, column, look, is_guide
            if pending:
                if into == _VALUE:
                    value = _lengthen(value or "", pending, look)
                elif into == _FORMULA_TEXT:
                    formula = "".join(pending)
                pending.clear()
            if name == "v" or name == "is":
                if value is not None:
                    raise DamagedBookError("two values in one cell")
                value, into = "", _VALUE if name == "v" else _NOTHING
                look, is_guide = "", False
            elif name == "t":
                into = _NOTHING if is_guide else _VALUE
            elif name == "f":
                formula, into = "", _FORMULA_TEXT
            elif name in _OF_RICH_TEXT and value is not None:
                into, look, is_guide = _NOTHING, _look_of(name, attributes, look), is_guide or name == "rPh"
            else:
                if value is not None or formula is not None:
                    said = self._say(row, column, cell.get("t", "n"), cell.get("s", "0"), value, formula)
                    if said is not None:
                        self._place(row, column, said)
                    value = formula = None
                into = _NOTHING
                if name == "c":
                    cell = attributes
                    reference = attributes.get("r")
                    if reference is None:
                        column += 1
                    else:
                        letters = reference.removesuffix(digits)
                        found = _COLUMNS.get(letters)
                        column = _find_column(letters) if found is None else found
                elif name == "row":
                    digits = attributes.get("r") or str(row + 2)
                    row, column = _find_row(digits), -1
                elif name == "mergeCell":
                    self._merge(attributes.get("ref", ""))

        _walk(xml, start, pending.append)
        start("", {})

    def _say(self, row: int, column: int, kind: str, style: str, value: str | None, formula: str | None) -> Any:
        """What the row holds for a cell, whose marks are kept; None for a cell of which there is nothing to tell."""
        said: Any = ""
        mark: Mark | None = None
        if kind == "s":
            said = self._share(value)
        elif kind == "n":
            if value and not value.isspace():
                said, mark = self._read_number(value, style, row, column)
        elif kind in ("inlineStr", "str"):
            said = _unescape(value or "")
        elif kind == "e":
            mark = [row, column, ERROR, value if value and _ERROR_TEXT.fullmatch(value) else "#ERROR!"]
        elif kind == "b":
            said = bool(value) and _read_flag(value)
        elif kind == "d":
            mark = [row, column, DATE, _read_moment(value or "")]
        else:
            raise DamagedBookError(f"a cell of unknown type {kind}")
        if formula is not None and kind != "e":
            # A formula may well say "": then its type is text, and a missing value is a worked-out nothing.
            is_worked = not self.is_stale and (bool(value and not value.isspace()) or kind == "str")
            if not is_worked:
                said, mark = "", None
            self.marks.append([row, column, FORMULA if is_worked else UNWORKED, f"={formula}"])
        elif said == "" and mark is None:
            return None
        if mark is not None:
            self.marks.append(mark)
        return said

    def _share(self, value: str | None) -> str:
        said = self.strings.get((value or "").strip())
        if said is None and value:
            raise DamagedBookError("a text that is not there")
        return said or ""

    def _read_number(self, text: str, style: str, row: int, column: int) -> tuple[Any, Mark | None]:
        shown = self.styles.get(style)
        if shown is None or not _NUMBER.fullmatch(text):
            raise DamagedBookError("a style that is not there, or a number that is none")
        value = float(text)
        kind, code = shown
        if kind == VARYING:
            kind = judge_shown(code, value)
        if not kind:
            return value, None
        if kind in (DATE, MONTH, TIME):
            said, marks = read_serial(value, kind, row, column, is_1904=self.is_1904)
            if said == value:  # the sheet shows ##### instead
                return "", [row, column, ERROR, "#####"]
            return said, marks[0] if marks else None
        return value, [row, column, kind, code]

    def _place(self, row: int, column: int, said: Any) -> None:
        if row >= MAX_ROWS or column >= MAX_COLUMNS:
            raise BookTooLargeError
        if row < 0:
            raise DamagedBookError("a cell outside of rows")
        rows = self.rows
        while len(rows) <= row:
            rows.append([])
        cells = rows[row]
        gap = column - len(cells)
        if gap < 0:
            if cells[column] != "" or (row, column) in self.places:
                raise DamagedBookError("a cell given twice")
            cells[column] = said
        else:
            if gap:
                cells.extend([""] * gap)
            cells.append(said)
        if said == "":
            self.places.add((row, column))

    def _merge(self, reference: str) -> None:
        found = _RANGE.fullmatch(reference)
        if found:
            left, top, right, bottom = find_column(found[1]), int(found[2]), find_column(found[3]), int(found[4])
            self.merges.append((top - 1, left, bottom - top + 1, right - left + 1))


def _read_nothing(_: str) -> None:
    """What is no plain value."""


def _read_plain_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _find_columns(letters: list[str]) -> list[int]:
    """The columns of a row's cells; none when they do not stand in order, or beyond the last that is read."""
    columns = [_COLUMNS.get(name, MAX_COLUMNS) for name in letters]
    is_ordered = all(left < right for left, right in pairwise([*columns, MAX_COLUMNS]))
    return columns if is_ordered else []


def _spread(said: list[Any], columns: Sequence[int]) -> list[Any]:
    """A row from its first column on."""
    row: list[Any] = [""] * (columns[-1] + 1)
    for column, value in zip(columns, said, strict=True):
        row[column] = value
    return row


def _read_flag(value: str | None) -> bool:
    if value not in ("0", "1", "true", "false"):
        raise DamagedBookError("a truth value that is none")
    return value in ("1", "true")


def _read_moment(text: str) -> str:
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
    except ValueError:
        raise DamagedBookError("a date that is none") from None


def _find_row(digits: str) -> int:
    """Zero-based."""
    if not (digits.isascii() and digits.isdigit()) or digits.startswith("0"):
        raise DamagedBookError("a row without a number")
    return int(digits) - 1


def _find_column(letters: str) -> int:
    """The column of a reference without its row's digits. Raises DamagedBookError when that is not what it is."""
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha() and letters.isupper()):
        raise DamagedBookError("a cell whose address is not in its row")
    return find_column(letters)


_NAMES = [name_column(number) for number in range(MAX_COLUMNS)]
_IN_ORDER = range(MAX_COLUMNS)
_COLUMNS = {name: number for number, name in enumerate(_NAMES)}
