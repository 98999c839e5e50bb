"""What a sheet shows and the bare values of its cells hide.

The reader gives 0.4 for a cell that shows 40%, 1 for 100%, and nothing at all for #DIV/0! or for a formula
that no spreadsheet has worked out; read in silence, each of them would become a wrong figure.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

PERCENT = "%"
_BUILT_IN_PERCENTS = {"9", "10"}

Marks = dict[tuple[int, int], str]  # zero-based (row, column) -> PERCENT, or the text that stands for no value


def list_marks(data: bytes, max_rows: int) -> dict[str, Marks]:
    """By sheet name: cells shown as a percentage, cells holding an error, formulas without a result."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        targets = {
            item.get("Id"): posixpath.join("/xl", item.get("Target", "")).lstrip("/")
            for item in _elements(archive, names, "xl/_rels/workbook.xml.rels", "Relationship")
        }
        percents = _percent_styles(archive, names)
        marks = {}
        for sheet in _elements(archive, names, "xl/workbook.xml", "sheet"):
            relation = next((value for key, value in sheet.items() if key.endswith("}id")), "")
            marks[sheet.get("name", "")] = _marks_of(archive, names, targets.get(relation, ""), percents, max_rows)
    return marks


def _elements(archive: zipfile.ZipFile, names: set[str], member: str, tag: str) -> Iterator[Any]:
    """Finished elements of that local name, whatever the namespace; none when the member is absent."""
    if member not in names:
        return
    with archive.open(member) as stream:
        for _, element in iterparse(stream):
            if _local(element) == tag:
                yield element


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _percent_styles(archive: zipfile.ZipFile, names: set[str]) -> set[str]:
    """Numbers of the cell styles that show a percentage."""
    member = "xl/styles.xml"
    formats = {
        item.get("numFmtId")
        for item in _elements(archive, names, member, "numFmt")
        if "%" in item.get("formatCode", "")
    }
    styles = next((list(item) for item in _elements(archive, names, member, "cellXfs")), [])
    return {str(n) for n, style in enumerate(styles) if style.get("numFmtId") in formats | _BUILT_IN_PERCENTS}


def _marks_of(
    archive: zipfile.ZipFile, names: set[str], member: str, percents: set[str], max_rows: int
) -> dict[tuple[int, int], str]:
    marks: Marks = {}
    if member not in names:
        return marks
    row, column = -1, -1
    with archive.open(member) as stream:
        for event, element in iterparse(stream, events=("start", "end")):
            kind = _local(element)
            if event == "start" and kind == "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
                if row >= max_rows:
                    break
            elif event == "end" and kind == "c":
                column = _column(element.get("r", "")) if element.get("r") else column + 1
                if mark := _mark(element, percents):
                    marks[(row, column)] = mark
            elif event == "end" and kind == "row":
                element.clear()
    return marks


def _mark(cell: Any, percents: set[str]) -> str:
    parts = {_local(part): part.text or "" for part in cell}
    kind, value = cell.get("t", "n"), parts.get("v", "")
    if kind == "e":
        return value or "#ERROR!"
    if "f" in parts and not value and kind != "str":  # a formula may well say "", then its type is text
        return "=" + parts["f"]
    return PERCENT if kind == "n" and cell.get("s") in percents else ""


def _column(reference: str) -> int:
    """ "AB12" -> 27"""
    column = 0
    for letter in reference.rstrip("0123456789"):
        column = column * 26 + ord(letter) - 64
    return column - 1
