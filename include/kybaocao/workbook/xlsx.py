"""From the bytes of an .xlsx to plain cells. Runs in the sandbox, like `parsing`.

One reader for values and for what the sheet shows beside them, so that no two readers can see different things.
Parts are found by their relations, as Excel finds them, not by their names.

Source: ECMA-376 part 1, 18.2 (workbook); part 2 (package).
"""

from __future__ import annotations

from kybaocao.workbook.package import list_members, normalize_path, read_member
from kybaocao.workbook.package_xml import list_elements
from kybaocao.workbook.plain_book import MAX_MEMBER_BYTES, BookTooLargeError, DamagedBookError, clean_signs
from kybaocao.workbook.relations import name_relations_part, read_relation
from kybaocao.workbook.xlsx_cells import read_cells
from kybaocao.workbook.xlsx_styles import read_styles
from kybaocao.workbook.xlsx_text import read_strings

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from kybaocao.workbook.package import Member
    from kybaocao.workbook.plain_book import Mark, PlainBook
    from kybaocao.workbook.relations import Relation


def parse_xlsx(data: bytes, members: Iterable[Member]) -> PlainBook:
    """Parse an .xlsx or .xlsm; macros and external references are never looked at.

    Raises PackageError, DamagedBookError, BookTooLargeError, UnsafeXmlError, and expat's error for what is no XML.
    """
    return _Package(data, members).read_sheets()


def list_worksheets(data: bytes) -> list[tuple[str, str]]:
    """(name, normalized path of its part) of every worksheet. Raises what `parse_xlsx` raises."""
    package = _Package(data, list_members(data))
    workbook = package.find_workbook()
    parts = {one.id: one.target for one in package.list_relations(workbook) if one.kind == "worksheet"}
    return [
        (clean_signs(sheet.get("name", "")), normalize_path(parts[sheet["id"]]))
        for sheet in package.list_sheets(workbook)
        if sheet.get("id") in parts
    ]


class _Package:
    """The parts of one workbook."""

    def __init__(self, data: bytes, members: Iterable[Member]) -> None:
        self.data = data
        self.members = {normalize_path(member.name): member for member in members}

    def read_sheets(self) -> PlainBook:
        workbook = self.find_workbook()
        relations = self.list_relations(workbook)
        parts = {one.kind: one.target for one in relations}
        styles = read_styles(self._read(parts["styles"])) if "styles" in parts else {"0": ("", "")}
        strings = read_strings(self._read(parts["sharedStrings"])) if "sharedStrings" in parts else {}
        listed = self.list_sheets(workbook)
        is_1904 = is_stale = False
        for name, attributes in list_elements(self._read(workbook)):
            if name == "workbookPr":
                is_1904 = attributes.get("date1904") in ("1", "true")
            elif name == "calcPr":  # the program that wrote it left every result to be worked out
                is_stale = attributes.get("fullCalcOnLoad") in ("1", "true")
        if len({sheet.get("name", "").casefold() for sheet in listed}) != len(listed):
            raise DamagedBookError("two sheets of one name")
        by_id = {one.id: one for one in relations}
        sheets: PlainBook = []
        for sheet in listed:
            name, relation = clean_signs(sheet.get("name", "")), by_id.get(sheet.get("id", ""))
            if relation is None or not relation.kind:
                raise DamagedBookError("a sheet without its part")
            rows: list[list[Any]] = []
            marks: list[Mark] = []
            if relation.kind == "worksheet":
                part = self._read(relation.target)
                try:
                    rows, marks = read_cells(part, strings, styles, is_1904=is_1904, is_stale=is_stale)
                except BookTooLargeError as error:
                    raise BookTooLargeError(name, error.cell) from None
            sheets.append([name, sheet.get("state", "visible") != "visible", rows, marks])
        return sheets

    def find_workbook(self) -> str:
        """The part that lists the sheets."""
        return next((one.target for one in self.list_relations("") if one.kind == "officeDocument"), "")

    def list_sheets(self, workbook: str) -> list[dict[str, str]]:
        """The attributes of each sheet that the workbook names, by their bare names."""
        elements = list_elements(self._read(workbook))
        sheets = (attributes for name, attributes in elements if name == "sheet")
        return [{key.rpartition(" ")[2]: value for key, value in one.items()} for one in sheets]

    def list_relations(self, source: str) -> list[Relation]:
        """The relations of a part, of the package itself for "", that do not lead outside."""
        elements = list_elements(self._read(name_relations_part(source)))
        found = [read_relation(attributes, source) for name, attributes in elements if name == "Relationship"]
        return list({one.id: one for one in found if not one.is_external}.values())

    def _read(self, name: str) -> bytes:
        member = self.members.get(normalize_path(name))
        if member is None:
            raise DamagedBookError(f"{name}: missing")
        return read_member(self.data, member, MAX_MEMBER_BYTES)
