"""From the bytes of an .ods to plain cells, without ever holding its document as a tree. Runs in the sandbox.

What the document repeats is counted and not built; notes, drawings, tracked changes and what was last seen in
other files are passed over.

Source: OpenDocument 1.3 part 3: 9 (tables).
"""

from __future__ import annotations

import re

from kybaocao.addresses import name_cell
from kybaocao.workbook.number_formats import MONTH
from kybaocao.workbook.ods_styles import Styles
from kybaocao.workbook.ods_values import read_value
from kybaocao.workbook.ods_xml import OFFICE, TABLE, TEXT, feed, read_count
from kybaocao.workbook.package import PackageError, list_members, normalize_path, read_member
from kybaocao.workbook.plain_book import (
    DATE,
    FORMULA,
    MAX_CELL_TEXT,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_MEMBER_BYTES,
    MAX_ROWS,
    PERCENT,
    BookTooLargeError,
    DamagedBookError,
    EncryptedBookError,
    clean_signs,
    mark_covered,
    spell_look,
)

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kybaocao.workbook.plain_book import Mark, PlainBook


def parse_ods(data: bytes) -> PlainBook:
    """Parse an OpenDocument spreadsheet.

    Raises EncryptedBookError, BookTooLargeError, DamagedBookError, UnsafeXmlError (a document type is declared),
    PackageError, and expat's error for what is no XML.
    """
    members = {normalize_path(member.name): member for member in list_members(data)}
    manifest = members.get("meta-inf/manifest.xml")
    if manifest is not None and b"encryption-data" in read_member(data, manifest, MAX_MEMBER_BYTES):
        raise EncryptedBookError
    if "content.xml" not in members:
        raise PackageError("no content.xml")
    styles = Styles()
    if "styles.xml" in members:
        feed(read_member(data, members["styles.xml"], MAX_MEMBER_BYTES), styles)
    content = _Content(styles)
    try:
        feed(read_member(data, members["content.xml"], MAX_MEMBER_BYTES), content)
    except BookTooLargeError as error:
        raise BookTooLargeError(content.sheets[-1][0] if content.sheets else "", error.cell) from None
    return content.sheets


class _Content:
    """The sheets of content.xml, gathered while it is parsed."""

    def __init__(self, styles: Styles) -> None:
        self.sheets: PlainBook = []
        self._names: set[str] = set()
        self._styles = styles
        self._path: list[str] = []
        self._ignored = 0  # depth of the element that is skipped with all it holds; 0 when none is
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
            TABLE + "table-column": self._start_column,
            TABLE + "table-row": self._start_row,
            TABLE + "table-cell": self._start_cell,
            TABLE + "covered-table-cell": self._start_cell,
        }
        self._ends: dict[str, Callable[[], None]] = {
            TABLE + "table": self._end_sheet,
            TABLE + "table-row": self._end_row,
            TABLE + "table-cell": self._end_cell,
            TABLE + "covered-table-cell": self._end_cell,
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
        elif name == TABLE + "table":
            if parent == OFFICE + "spreadsheet":
                self._start_sheet(attributes)
            else:
                self._ignore()
        elif self._rows is None:
            self._styles.start(name, attributes)
        elif name == TABLE + "shapes":
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
        elif name == TEXT + "span" and self._looks:
            self._looks.pop()
        elif self._rows is None:
            self._styles.end(name)

    def add_text(self, text: str) -> None:
        if self._ignored:
            return
        if self._pieces is not None:
            self._add(spell_look(_LINES.sub(" ", text), self._looks[-1] if self._looks else ""))
        elif self._rows is None:
            self._styles.add_text(text)

    def _ignore(self) -> None:
        self._ignored = len(self._path)

    def _start_inline(self, name: str, attributes: dict[str, str]) -> None:
        if name == TEXT + "s":
            self._add(" " * read_count(attributes, TEXT + "c", 1, MAX_CELL_TEXT + 1))
        elif name == TEXT + "tab":
            self._add("\t")
        elif name == TEXT + "line-break":
            self._add("\n")
        elif name not in _INLINE:
            self._ignore()
        elif name == TEXT + "span":
            around = self._looks[-1] if self._looks else ""
            self._looks.append(self._styles.looks.get(attributes.get(TEXT + "style-name", ""), "") or around)

    def _add(self, text: str) -> None:
        assert self._pieces is not None
        self._text_left -= len(text)
        if self._text_left < 0:
            raise BookTooLargeError(cell=name_cell(self._row, self._column))
        self._pieces.append(text)

    def _spend(self, cells: int) -> None:
        self._cells_left -= cells
        if self._cells_left < 0:
            raise BookTooLargeError(cell=name_cell(self._row, self._column) if self._rows is not None else "")

    # --- sheets and rows -------------------------------------------------------------------------------------------

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        name = clean_signs(attributes.get(TABLE + "name", ""))
        if name.startswith("'"):
            self._ignore()  # 'file:///…'#Sheet1 is what was last seen in another file
            return
        if not name or name in self._names:
            raise DamagedBookError("a sheet without a name of its own")
        self._names.add(name)
        self._spend(1)
        self._rows, self._marks, self._covers, self._column_styles = [], [], [], []
        self._row = 0
        is_hidden = attributes.get(TABLE + "style-name") in self._styles.hidden
        self.sheets.append([name, is_hidden, self._rows, self._marks])

    def _end_sheet(self) -> None:
        found = mark_covered(self._covers)
        self._spend(len(found))
        self._marks += found
        self._rows = None

    def _start_column(self, attributes: dict[str, str]) -> None:
        if self._styles.has_formats:
            repeats = read_count(
                attributes, TABLE + "number-columns-repeated", 1, MAX_COLUMNS - len(self._column_styles)
            )
            self._column_styles += [attributes.get(TABLE + "default-cell-style-name", "")] * repeats

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row_repeats = read_count(attributes, TABLE + "number-rows-repeated", 1)
        self._row_style = attributes.get(TABLE + "default-cell-style-name", "")
        self._column = 0
        self._values, self._row_marks = {}, []

    def _end_row(self) -> None:
        """Add the row as often as it stands there; empty ones are only counted until a filled one follows."""
        first, self._row = self._row, self._row + self._row_repeats
        if not self._values and not self._row_marks:
            return
        assert self._rows is not None
        if self._row > MAX_ROWS:
            seen = [column for column, value in self._values.items() if _is_seen(value)]
            if seen := [*seen, *(column for column, kind, _ in self._row_marks if kind != FORMULA)]:
                raise BookTooLargeError(cell=name_cell(max(first, MAX_ROWS), min(seen)))
            self._row = max(first, MAX_ROWS)  # blanks beyond it are nothing
        self._spend((self._row - first) * (len(self._values) + len(self._row_marks)))
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
        self._column += read_count(attributes, TABLE + "number-columns-repeated", 1)
        high = read_count(attributes, TABLE + "number-rows-spanned", 1, MAX_ROWS)
        wide = read_count(attributes, TABLE + "number-columns-spanned", 1, MAX_COLUMNS)
        if high * wide > 1:
            self._covers.append((self._row, first, high, wide))
        value, marks = read_value(attributes, self._paragraphs)
        if isinstance(value, float) and (shown := self._find_format(attributes, first, value)):
            marks.append((shown[0], shown[1]))
        elif marks and marks[-1][0] == DATE and self._find_format(attributes, first, 1)[:1] == (MONTH,):
            _, moment = marks.pop()
            value = f"{moment[5:7]}/{moment[:4]}"  # the sheet shows no day
        if _is_empty(value) and not marks:
            return
        if self._column > MAX_COLUMNS and (_is_seen(value) or any(kind != FORMULA for kind, _ in marks)):
            raise BookTooLargeError(cell=name_cell(self._row, max(first, MAX_COLUMNS)))
        for column in range(first, min(self._column, MAX_COLUMNS)):
            if not _is_empty(value):
                self._values[column] = value
            self._row_marks += [(column, kind, text) for kind, text in marks]

    def _find_format(self, attributes: dict[str, str], column: int, value: float) -> tuple[str, ...]:
        """(kind, format code) of what is shown instead of `value`; () when that is shown."""
        found = None
        if self._styles.has_formats:
            of_column = self._column_styles[column] if column < len(self._column_styles) else ""
            style = attributes.get(TABLE + "style-name") or self._row_style or of_column
            found = self._styles.find_format(style, value)
        if attributes.get(OFFICE + "value-type") == "percentage" and (found is None or found[0] != PERCENT):
            return PERCENT, "0%"
        return found or ()


def _is_empty(value: Any) -> bool:
    return isinstance(value, str) and not value


def _is_seen(value: Any) -> bool:
    return not isinstance(value, str) or bool(value.strip())


_CELLS = (TABLE + "table-cell", TABLE + "covered-table-cell")
_ROW_GROUPS = ("table", "table-row-group", "table-header-rows", "table-rows")
_PARENTS: dict[str, tuple[str, ...]] = {
    TABLE + "table-row": tuple(TABLE + name for name in _ROW_GROUPS),
    **dict.fromkeys(_CELLS, (TABLE + "table-row",)),
}
_PARAGRAPHS = (TEXT + "p", TEXT + "h")
_INLINE = frozenset((TEXT + "span", TEXT + "a", TEXT + "ruby", TEXT + "ruby-base"))
_LINES = re.compile(r"[\r\n]+")
