"""From the bytes of an .ods to plain cells, without ever holding its document as a tree.

The document is walked once, element by element: what it repeats is counted and not built, notes, drawings,
tracked changes and what was last seen in other files are passed over.  A formula that gives "" has no value but
an empty paragraph; one that was never worked out has neither.

Source: OpenDocument 1.3 part 3: 9 (tables), 16.29 (data styles), 19.385 (office:value-type); calcext is what
LibreOffice adds.
"""

from __future__ import annotations

import datetime as dt
import re
from xml.parsers import expat

from kybaocao.workbook.number_formats import MONTH, VARYING, judge_format, judge_shown, say_duration
from kybaocao.workbook.package import PackageError, list_members, read_member
from kybaocao.workbook.plain_book import (
    DATE,
    ERROR,
    FORMULA,
    LOWERED,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_MEMBER_BYTES,
    MAX_ROWS,
    PERCENT,
    RAISED,
    STRUCK,
    UNWORKED,
    BookTooLargeError,
    DamagedBookError,
    EncryptedBookError,
    UnsafeXmlError,
    mark_covered,
    spell_look,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kybaocao.workbook.plain_book import Mark, PlainBook

MAX_CELL_TEXT = 32_767  # characters, as in Excel


def parse_ods(data: bytes) -> PlainBook:
    """Parse an OpenDocument spreadsheet.

    Raises EncryptedBookError, BookTooLargeError, DamagedBookError, UnsafeXmlError (a document type is declared),
    PackageError, and expat's error for what is no XML.
    """
    members = {member.name: member for member in list_members(data)}
    manifest = members.get("META-INF/manifest.xml")
    if manifest is not None and b"encryption-data" in read_member(data, manifest, MAX_MEMBER_BYTES):
        raise EncryptedBookError
    if "content.xml" not in members:
        raise PackageError("no content.xml")
    styles = _Styles()
    if "styles.xml" in members:
        _feed(read_member(data, members["styles.xml"], MAX_MEMBER_BYTES), styles)
    content = _Content(styles)
    _feed(read_member(data, members["content.xml"], MAX_MEMBER_BYTES), content)
    return content.sheets


_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
_NUMBER = "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0 "
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "


def _feed(xml: bytes, reader: _Styles | _Content) -> None:
    """Tell `reader` of every element, in order and with full names; the document is never held as a tree."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.say
    parser.Parse(xml, True)


def _refuse_doctype(*_: Any) -> None:
    raise UnsafeXmlError


class _Styles:
    """Which sheets are hidden, how cells show the numbers they hold, and which runs of text are no plain text."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()  # styles of hidden sheets
        self.looks: dict[str, str] = {}  # styles of runs -> RAISED, LOWERED or STRUCK
        self.has_formats = False
        self._sections: dict[str, list[str]] = {}  # data style -> its part of a format code, in pieces
        self._maps: dict[str, list[tuple[str, str]]] = {}  # data style -> (condition, the data style then)
        self._cells: dict[str, tuple[str, str]] = {}  # cell style -> (its data style, its parent)
        self._sheet = self._data = self._run = ""
        self._is_percent = False
        self._text: list[str] | None = None  # of the literal being read

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _STYLE + "style":
            family, own = attributes.get(_STYLE + "family"), attributes.get(_STYLE + "name", "")
            self._sheet, self._run = own if family == "table" else "", own if family == "text" else ""
            if self._sheet:
                self.hidden.discard(own)  # content.xml comes after styles.xml and may use a name again
            if family == "table-cell":
                parent = attributes.get(_STYLE + "parent-style-name", "")
                self._cells[own] = (attributes.get(_STYLE + "data-style-name", ""), parent)
        elif name == _STYLE + "table-properties":
            if self._sheet and attributes.get(_TABLE + "display") == "false":
                self.hidden.add(self._sheet)
        elif name == _STYLE + "text-properties":
            if self._run:
                self.looks[self._run] = _look_of(attributes)
        elif name == _STYLE + "map":
            condition = attributes.get(_STYLE + "condition", "").replace("value()", "").replace("!=", "<>")
            then = attributes.get(_STYLE + "apply-style-name", "")
            self._maps.setdefault(self._data, []).append((condition.replace(" ", ""), then))
        elif name.startswith(_NUMBER):
            self._start_data_style(name[len(_NUMBER) :], attributes)

    def _start_data_style(self, name: str, attributes: dict[str, str]) -> None:
        if name.endswith("-style"):
            self._data = attributes.get(_STYLE + "name", "")
            self._sections[self._data] = []
            self._maps.pop(self._data, None)
            self._is_percent, self.has_formats = name == "percentage-style", True
        elif name == "number":
            places = _count(attributes, _NUMBER + "decimal-places", 0, 20)
            thousands = len(attributes.get(_NUMBER + "display-factor", "1")) // 3
            digits = "#,##0" if thousands or attributes.get(_NUMBER + "grouping") == "true" else "0"
            sign = "%" if self._is_percent else "," * thousands
            self._say(digits + (f".{'0' * places}" if places else "") + sign)
        elif name in ("text", "embedded-text"):
            self._text = []
        else:
            self._say(_SPELLED.get(name, ""))

    def end(self, name: str) -> None:
        if self._text is not None and name in (_NUMBER + "text", _NUMBER + "embedded-text"):
            text, self._text = "".join(self._text).replace('"', ""), None
            is_sign = self._is_percent and text.strip() == "%"
            self._say(f'"{text}"' if text.strip() and not is_sign else "")

    def say(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text[:100])

    def _say(self, piece: str) -> None:
        self._sections.setdefault(self._data, []).append(piece)

    def find_format(self, style: str, value: float) -> tuple[str, str] | None:
        """What a cell of `style` shows instead of the number it holds: (kind, format code)."""
        for _ in range(8):  # a style may stand on another; a circle of them ends here
            data, parent = self._cells.get(style, ("", ""))
            if data:
                code = self._spell(data)
                kind = judge_format(code)
                kind = judge_shown(code, value) if kind == VARYING else kind
                return (kind, code) if kind else None
            style = parent
        return None

    def _spell(self, data: str) -> str:
        """The code of a data style, as an .xlsx would have it."""
        maps = self._maps.get(data, [])[:3]
        sections = ["".join(self._sections.get(then, ())) for _, then in maps]
        sections.append("".join(self._sections.get(data, ())))
        if tuple(condition for condition, _ in maps) not in _USUAL_CONDITIONS:
            sections[:-1] = [f"[{maps[place][0]}]{one}" for place, one in enumerate(sections[:-1])]
        return ";".join(sections) if self._sections.get(data) or maps else "General"


# Conditions that sections of a code have by themselves.
_USUAL_CONDITIONS = ((), (">=0",), (">0", "<0"), (">0", "<0", "=0"))
_SPELLED = {
    **{"day": "d", "month": "m", "year": "y", "day-of-week": "ddd", "hours": "h", "minutes": "m", "seconds": "s"},
    **{"am-pm": "AM/PM", "text-content": "@", "fraction": "0", "scientific-number": "0", "boolean": "General"},
}


def _look_of(attributes: dict[str, str]) -> str:
    """Of a run of text: raised, lowered, struck out; "" for none of it."""
    position = attributes.get(_STYLE + "text-position", "").split("%")[0].split(" ")[0]
    if position == "super" or (position.isdigit() and int(position) > 0):
        return RAISED
    if position == "sub" or (position.startswith("-") and position[1:].isdigit()):
        return LOWERED
    lines = (attributes.get(_STYLE + f"text-line-through-{what}", "none") for what in ("type", "style"))
    return STRUCK if any(line != "none" for line in lines) else ""


class _Content:
    """The sheets of content.xml, gathered while it is parsed."""

    def __init__(self, styles: _Styles) -> None:
        self.sheets: PlainBook = []
        self._names: set[str] = set()
        self._styles = styles
        self._path: list[str] = []
        self._ignored = 0  # depth of the element that is passed over with all it holds; 0 when none is
        self._cells_left = MAX_CELLS
        self._rows: list[list[Any]] | None = None  # of the sheet being read
        self._marks: list[Mark] = []
        self._covers: list[tuple[int, int, int, int]] = []
        self._column_styles: list[str] = []
        self._row = self._column = 0
        self._row_repeats = 1
        self._row_style = ""
        self._values: dict[int, Any] = {}
        self._row_marks: list[tuple[int, str, str]] = []
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._pieces: list[str] | None = None  # of the paragraph being read
        self._looks: list[str] = []  # of the spans being read, one in another
        self._text_left = MAX_CELL_TEXT
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            _TABLE + "table-column": self._start_column,
            _TABLE + "table-row": self._start_row,
            _TABLE + "table-cell": self._start_cell,
            _TABLE + "covered-table-cell": self._start_cell,
        }
        self._ends: dict[str, Callable[[], None]] = {
            _TABLE + "table": self._end_sheet,
            _TABLE + "table-row": self._end_row,
            _TABLE + "table-cell": self._end_cell,
            _TABLE + "covered-table-cell": self._end_cell,
            **dict.fromkeys(_PARAGRAPHS, self._end_paragraph),
        }

    # --- walking ---------------------------------------------------------------------------------------------------

    def start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._path[-1] if self._path else ""
        self._path.append(name)
        if self._ignored:
            return
        if self._pieces is not None:
            self._start_inline(name, attributes)
        elif parent in _CELLS:
            if name in _PARAGRAPHS:
                self._pieces = []
            else:
                self._ignore()  # notes, drawings, tables within a cell
        elif name == _TABLE + "table":
            if parent == _OFFICE + "spreadsheet":
                self._start_sheet(attributes)
            else:
                self._ignore()
        elif self._rows is None:
            self._styles.start(name, attributes)
        elif name == _TABLE + "shapes":
            self._ignore()
        elif name in _PARENTS and parent not in _PARENTS[name]:
            raise DamagedBookError(f"{name.rpartition(' ')[2]} out of place")
        elif name in self._starts:
            self._starts[name](attributes)

    def end(self, name: str) -> None:
        depth = len(self._path)
        self._path.pop()
        if self._ignored:
            if depth == self._ignored:
                self._ignored = 0
        elif name in self._ends:
            self._ends[name]()
        elif name == _TEXT + "span" and self._looks:
            self._looks.pop()
        elif self._rows is None:
            self._styles.end(name)

    def say(self, text: str) -> None:
        if self._ignored:
            return
        if self._pieces is not None:
            self._add(spell_look(_LINES.sub(" ", text), self._looks[-1] if self._looks else ""))
        elif self._rows is None:
            self._styles.say(text)

    def _ignore(self) -> None:
        self._ignored = len(self._path)

    def _start_inline(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TEXT + "s":
            self._add(" " * _count(attributes, _TEXT + "c", 1, MAX_CELL_TEXT + 1))
        elif name == _TEXT + "tab":
            self._add("\t")
        elif name == _TEXT + "line-break":
            self._add("\n")
        elif name not in _INLINE:
            self._ignore()
        elif name == _TEXT + "span":
            around = self._looks[-1] if self._looks else ""
            self._looks.append(self._styles.looks.get(attributes.get(_TEXT + "style-name", ""), "") or around)

    def _add(self, text: str) -> None:
        assert self._pieces is not None
        self._text_left -= len(text)
        if self._text_left < 0:
            raise BookTooLargeError
        self._pieces.append(text)

    def _spend(self, cells: int) -> None:
        self._cells_left -= cells
        if self._cells_left < 0:
            raise BookTooLargeError

    # --- sheets and rows -------------------------------------------------------------------------------------------

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        name = attributes.get(_TABLE + "name", "")
        if name.startswith("'"):
            self._ignore()  # 'file:///…'#Sheet1 is what was last seen in another file
            return
        if not name or name in self._names:
            raise DamagedBookError("a sheet without a name of its own")
        self._names.add(name)
        self._spend(1)
        self._rows, self._marks, self._covers, self._column_styles = [], [], [], []
        self._row = 0
        is_hidden = attributes.get(_TABLE + "style-name") in self._styles.hidden
        self.sheets.append([name, is_hidden, self._rows, self._marks])

    def _end_sheet(self) -> None:
        found = mark_covered(self._covers)
        self._spend(len(found))
        self._marks += found
        self._rows = None

    def _start_column(self, attributes: dict[str, str]) -> None:
        if self._styles.has_formats:
            repeats = _count(attributes, _TABLE + "number-columns-repeated", 1, MAX_COLUMNS - len(self._column_styles))
            self._column_styles += [attributes.get(_TABLE + "default-cell-style-name", "")] * repeats

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row_repeats = _count(attributes, _TABLE + "number-rows-repeated", 1)
        self._row_style = attributes.get(_TABLE + "default-cell-style-name", "")
        self._column = 0
        self._values, self._row_marks = {}, []

    def _end_row(self) -> None:
        """Add the row as often as it stands there; empty ones are only counted until a filled one follows."""
        first, self._row = self._row, self._row + self._row_repeats
        if not self._values and not self._row_marks:
            return
        if self._row > MAX_ROWS:
            raise BookTooLargeError
        assert self._rows is not None
        self._spend(self._row_repeats * (len(self._values) + len(self._row_marks)))
        width = max(self._values, default=-1) + 1
        self._rows += [[] for _ in range(first - len(self._rows))]
        for row in range(first, self._row):
            self._rows.append([self._values.get(column, "") for column in range(width)])
            self._marks += [[row, column, kind, text] for column, kind, text in self._row_marks]

    # --- cells -----------------------------------------------------------------------------------------------------

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._paragraphs = []
        self._text_left = MAX_CELL_TEXT

    def _end_paragraph(self) -> None:
        if self._pieces is not None:
            self._paragraphs.append("".join(self._pieces))
            self._pieces, self._looks = None, []

    def _end_cell(self) -> None:
        attributes = self._cell
        first = self._column
        self._column += _count(attributes, _TABLE + "number-columns-repeated", 1)
        high = _count(attributes, _TABLE + "number-rows-spanned", 1, MAX_ROWS)
        wide = _count(attributes, _TABLE + "number-columns-spanned", 1, MAX_COLUMNS)
        if high * wide > 1:
            self._covers.append((self._row, first, high, wide))
        value, marks = _read_value(attributes, self._paragraphs)
        if isinstance(value, float) and (shown := self._find_format(attributes, first, value)):
            marks.append((shown[0], shown[1]))
        elif marks and marks[-1][0] == DATE and self._find_format(attributes, first, 1)[:1] == (MONTH,):
            _, moment = marks.pop()
            value = f"{moment[5:7]}/{moment[:4]}"  # nobody sees its day
        if _is_empty(value) and not marks:
            return
        if self._column > MAX_COLUMNS:
            raise BookTooLargeError
        for column in range(first, self._column):
            if not _is_empty(value):
                self._values[column] = value
            self._row_marks += [(column, kind, text) for kind, text in marks]

    def _find_format(self, attributes: dict[str, str], column: int, value: float) -> tuple[str, ...]:
        """(kind, format code) of what is shown instead of `value`; () when that is shown."""
        found = None
        if self._styles.has_formats:
            of_column = self._column_styles[column] if column < len(self._column_styles) else ""
            style = attributes.get(_TABLE + "style-name") or self._row_style or of_column
            found = self._styles.find_format(style, value)
        if attributes.get(_OFFICE + "value-type") == "percentage" and (found is None or found[0] != PERCENT):
            return PERCENT, "0%"
        return found or ()


def _is_empty(value: Any) -> bool:
    return isinstance(value, str) and not value


_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_ROW_GROUPS = ("table", "table-row-group", "table-header-rows", "table-rows")
_PARENTS: dict[str, tuple[str, ...]] = {
    _TABLE + "table-row": tuple(_TABLE + name for name in _ROW_GROUPS),
    **dict.fromkeys(_CELLS, (_TABLE + "table-row",)),
}
_PARAGRAPHS = (_TEXT + "p", _TEXT + "h")
_INLINE = frozenset((_TEXT + "span", _TEXT + "a", _TEXT + "ruby", _TEXT + "ruby-base"))
_LINES = re.compile(r"[\r\n]+")

_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DURATION = re.compile(r"PT([0-9]{1,6})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]*)?S")
_KNOWN_ERRORS = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:[0-9]{3}")
_BOOLEANS = {"true": True, "false": False}
_SHOWN_BOOLEANS = {"TRUE": 1.0, "FALSE": 0.0}
# Where each type of value keeps its value; of any other type ("string", "void") the paragraphs are the value.
_VALUE_ATTRIBUTES = {
    "float": _OFFICE + "value",
    "percentage": _OFFICE + "value",
    "currency": _OFFICE + "value",
    "date": _OFFICE + "date-value",
    "time": _OFFICE + "time-value",
    "boolean": _OFFICE + "boolean-value",
}


def _read_value(attributes: dict[str, str], paragraphs: list[str]) -> tuple[Any, list[tuple[str, str]]]:
    """The value of a cell and its marks (kind, text).

    A typed value that is not written as its type demands is given as the text it is: strictly read later, and
    asked about.  Raises DamagedBookError when it is missing altogether.
    """
    kind = attributes.get(_OFFICE + "value-type", "")
    shown = "\n".join(paragraphs)
    marks: list[tuple[str, str]] = []
    if formula := attributes.get(_TABLE + "formula", ""):
        is_worked = bool(kind or paragraphs)
        marks.append((FORMULA if is_worked else UNWORKED, _spell_formula(formula)))
    if attributes.get(_CALC + "value-type") == "error" or _KNOWN_ERRORS.fullmatch(shown):
        return "", [*marks, (ERROR, shown or "#ERROR!")]
    if kind not in _VALUE_ATTRIBUTES:
        return attributes.get(_OFFICE + "string-value", shown), marks
    written = attributes.get(_VALUE_ATTRIBUTES[kind])
    if written is None:
        raise DamagedBookError(f"a {kind} without its value")
    if kind == "boolean":
        return _BOOLEANS.get(written, written), marks
    if kind == "date":
        return _read_moment(written, marks)
    if kind == "time":
        return _read_time(written), marks
    if not _FLOAT.fullmatch(written):
        return written, marks
    number = float(written)
    if _SHOWN_BOOLEANS.get(shown) == number:
        return bool(number), marks  # LibreOffice keeps an imported TRUE as a number that shows TRUE
    return number, marks


def _read_moment(written: str, marks: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    try:
        return "", [*marks, (DATE, dt.datetime.fromisoformat(written).replace(tzinfo=None).isoformat())]
    except ValueError:
        return written, marks


def _read_time(written: str) -> str:
    match = _DURATION.fullmatch(written)
    if match is None:
        return written
    hours, minutes, seconds = (int(part) for part in match.groups())
    if hours < 24 and minutes < 60 and seconds < 60:
        return str(dt.time(hours, minutes, seconds))
    return say_duration(hours * 3_600 + minutes * 60 + seconds)


_PREFIX = re.compile(r"^[a-z]{1,9}:(?==)")
_REFERENCE = re.compile(r"\[([^\[\]]*)\]")


def _spell_formula(formula: str) -> str:
    """ "of:=SUM([.A1:.B2])" -> "=SUM(A1:B2)" """
    text = _REFERENCE.sub(lambda match: re.sub(r"(^|:)\.", r"\1", match[1]), _PREFIX.sub("", formula))
    return text if text.startswith("=") else f"={text}"


def _count(attributes: dict[str, str], name: str, default: int, most: int = 10**9) -> int:
    """A number of times, never more than `most`. Raises DamagedBookError for what is no such number."""
    written = attributes.get(name)
    if written is None:
        return min(default, most)
    if not written.isascii() or not written.isdigit() or (default == 1 and not written.strip("0")):
        raise DamagedBookError(f"{name.rpartition(' ')[2]} is no number of times")
    return most if len(written) > 9 else min(int(written), most)
