"""The parts of an .xlsx as nearly every program spells them, taken apart in one step each.

Excel, LibreOffice, WPS and Google write the same few shapes of elements, in the same order of attributes, in
UTF-8.  What is written so is split here, four times faster than expat tells its elements one by one.  Every
function answers None for a part that holds anything else, be it one comment: then `xlsx_book` reads it the
careful way, which decides.  A part is never read here in another way than there.
"""

from __future__ import annotations

import re
from itertools import islice
from xml.parsers import expat

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    # what stands before it, column, row, style, type, end of the formula's tag, formula, value
    Cell = tuple[str, str, str, str | None, str | None, str | None, str | None, str | None]

_HEAD = r'\s*(?:<\?xml version="1\.0"(?: encoding="(?:UTF|utf)-8")?(?: standalone="(?:yes|no)")?\s*\?>\s*)?'
_MAIN = r'xmlns="http://(?:schemas\.openxmlformats\.org/spreadsheetml/2006|purl\.oclc\.org/ooxml/spreadsheetml)/main"'
_ROOT = re.compile(rf"{_HEAD}<(?:worksheet|sst|styleSheet) {_MAIN}(?: [^<>]*)?>")

_CELL = re.compile(
    r'<c r="([A-Z]{1,2})([0-9]{1,5})"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")?'
    r"(?:/>|>(?:<f(?: [^<>]*)?(/>|>)(?:([^<]*)</f>)?)?"
    r'(?:<(?:v|is><t(?: xml:space="preserve")?)>([^<]*)</(?:v|t></is)>)?</c>)'
)
_GROUPS = 8
_ROWS = re.compile(r'(?:</row>|<row r="[0-9]{1,5}"[^<>]*(?:/>|></row>))*(?:<row r="([0-9]{1,5})"[^<>/]*>)?')
_MERGE = re.compile(r'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"/>')
_STRING = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_FORMAT = re.compile(r'<numFmt numFmtId="([0-9]+)" formatCode="([^"&<]*)"/>')
_STYLE = re.compile(r'<xf (?:[^<>]*? )?numFmtId="([0-9]+)"')


def _decode(xml: bytes, begin: str, end: str) -> tuple[str, str, str] | None:
    """What stands before `begin`, from there to `end`, and after it, in a part that begins as usual.

    Before and after there is nothing but elements: no comment could hold another `begin` or `end`.
    """
    try:
        text = xml.decode()
    except UnicodeDecodeError:
        return None
    head, first, rest = text.partition(begin)
    inside, last, tail = rest.rpartition(end)
    if not (first and last and _ROOT.match(head)) or "<!" in head or "<!" in tail:
        return None
    return head, inside, tail


def split_cells(xml: bytes) -> tuple[Iterable[Cell], list[str]] | None:
    """(cells in their order, references of merged ranges).

    A cell says its row; that it stands in that row is for the caller to see, see `find_row`.  Texts are as they
    stand in the XML.
    """
    found = _decode(xml, "<sheetData>", "</sheetData>")
    if found is None:
        return None
    _, inside, tail = found
    parts = _CELL.split(inside)
    if _ROWS.fullmatch(parts.pop()) is None:
        return None
    merges = _MERGE.findall(tail)
    if len(merges) != tail.count("<mergeCell "):
        return None
    return zip(*(islice(parts, first, None, _GROUPS) for first in range(_GROUPS)), strict=True), merges


def find_row(between: str, digits: str) -> str:
    """The row that begins with what stands before a cell; "" for an unusual beginning or another row than said."""
    if between.startswith(f'</row><row r="{digits}" ') and between.find(">", 6) == len(between) - 1:
        is_there = between[-2] != "/"  # as for nearly every row
    else:
        found = _ROWS.fullmatch(between)
        is_there = found is not None and found[1] == digits
    return digits if is_there and "xmlns" not in between else ""


def split_strings(xml: bytes) -> list[str] | None:
    """The shared strings, without rich text."""
    found = _decode(xml, "<si>", "</sst>")
    if found is None:
        return None
    parts = _STRING.split("<si>" + found[1])
    if any(between and not between.isspace() for between in parts[::2]):
        return None
    return decode_references(parts[1::2])


def split_styles(xml: bytes) -> tuple[dict[int, str], list[int]] | None:
    """(format number -> code, format number of each cell style)."""
    found = _decode(xml, "<cellXfs", "</cellXfs>")
    if found is None:
        return None
    head, inside, _ = found
    formats, styles = _FORMAT.findall(head), _STYLE.findall(inside)
    if len(formats) != head.count("<numFmt ") or len(styles) != inside.count("<xf") or "<!" in inside:
        return None
    return {int(number): code for number, code in formats}, list(map(int, styles))


def decode_references(texts: Sequence[str]) -> list[str] | None:
    """Texts of elements with &#7897; and &amp; worked out, all in one go."""
    found = list(texts)
    places = [place for place, text in enumerate(found) if "&" in text]
    if not places:
        return found
    pieces: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, 2**17
    current: list[str] = []
    parser.CharacterDataHandler = current.append

    def start(_: str, __: Any) -> None:
        pieces.append("".join(current))
        current.clear()

    parser.StartElementHandler = start
    try:
        parser.Parse("<a>" + "<b/>".join(found[place] for place in places) + "<b/></a>", True)
    except expat.ExpatError:
        return None
    for place, piece in zip(places, pieces[1:], strict=True):
        found[place] = piece
    return found
