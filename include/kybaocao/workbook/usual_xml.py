"""The parts of an .xlsx as nearly every program spells them, taken apart in one step each.

Excel, LibreOffice, WPS and Google write the same few shapes of elements, in the same order of attributes, in
UTF-8.  What is written so is split here, four times faster than expat tells its elements one by one.  Every
function answers None for a part that holds anything else, be it one comment: then `xlsx_book` reads it the
careful way, which decides.  A part is never read here in another way than there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import compress
from xml.parsers import expat

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from typing import Any

    # rows as (number, first cell, end); for each cell: column, attributes beside its address, formula, value
    Cells = tuple[list[tuple[int, int, int]], list[str], list[str], list[str | None], list[str | None]]

MAX_AROUND = 2_000  # elements with content around what is wanted: what has more may nest them without end
MAX_TEXT = 32_767  # characters of one cell, as in Excel; what is longer is left to the careful way

_HEAD = r'\s*(?:<\?xml version="1\.0"(?: encoding="(?:UTF|utf)-8")?(?: standalone="(?:yes|no)")?\s*\?>\s*)?'
_MAIN = r'xmlns="http://(?:schemas\.openxmlformats\.org/spreadsheetml/2006|purl\.oclc\.org/ooxml/spreadsheetml)/main"'
_MAIN_NAMES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ROOT = re.compile(rf"{_HEAD}<(?:worksheet|sst|styleSheet) {_MAIN}(?: [^<>]*)?>")

# Possessive, for nothing in here can be read in two ways: a cell is matched or left in one go. What may be there
# is "(…|)", which costs a sixth less than "(…)?".
_TEXT = rf"[^<]{{0,{MAX_TEXT}}}+"
_CELL = re.compile(
    r'<c r="([A-Z]{1,2}+)([1-9][0-9]{0,4}+)"([^<>/]*+)(?:/>|>'
    r"(?:(<f(?: [^<>/]*+|)(?:/>|>[^<]*+</f>))|)"
    rf'(?:<(?:v|is><t(?: xml:space="preserve"|))>({_TEXT})</(?:v|t></is)>|)</c>)'
)
_GROUPS = 6
_ATTRIBUTES = re.compile(r'(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")?')
_EMPTY = r'(?:<row r="[1-9][0-9]{0,4}+"[^<>/]*+(?:/>|></row>))*+'
_FIRST = re.compile(rf'{_EMPTY}<row r="([1-9][0-9]{{0,4}}+)"[^<>/]*+>')
_NEXT = re.compile("</row>" + _FIRST.pattern)
_BEGINS = re.compile(r'^</row><row r="([1-9][0-9]{0,4}+)"(?: [^<>/\n]*+)?+>$', re.MULTILINE)
_LAST = re.compile(f"</row>{_EMPTY}")
_ONLY = re.compile(_EMPTY)
_MERGE = re.compile(r'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"/>')
_PRESERVED, _BARE = '<t xml:space="preserve">', "<t>"
_STRING_BEGIN, _STRING_END = f"<si>{_BARE}", "</t></si>"
_SIGNS_OF_STRING = 4  # each of its two elements is opened and closed
_FORMAT = re.compile(r'<numFmt numFmtId="([0-9]+)" formatCode="([^"&<]*)"/>')
_STYLE = re.compile(r'<xf (?:[^<>]*? )??numFmtId="([0-9]+)"')


def _decode(xml: bytes, begin: str, end: str) -> tuple[str, str, str] | None:
    """What stands before `begin`, from there to `end`, and after it, in a part that begins as usual.

    Before and after there is nothing but elements: no comment could hold another `begin` or `end`.
    """
    try:
        text = xml.decode()
    except UnicodeDecodeError:
        return None
    first, last = text.find(begin), text.rfind(end)
    if not 0 <= first <= last - len(begin):
        return None
    head, inside, tail = text[:first], text[first + len(begin) : last], text[last + len(end) :]
    root = _ROOT.match(head)
    if root is None or "&" in root[0] or sum(map(root[0].count, _MAIN_NAMES)) > 1:  # our elements have one name each
        return None
    if _has_comment(head) or _has_comment(tail) or "\r" in inside:
        return None
    if (len(head) + len(tail)) // len("<a></a>") > MAX_AROUND and head.count("</") + tail.count("</") > MAX_AROUND:
        return None
    return head, inside, tail


def _has_comment(text: str) -> bool:
    """Or anything else that is no element; one sign is found faster than two."""
    return "!" in text and "<!" in text


def split_cells(xml: bytes) -> tuple[Cells, list[str]] | None:
    """(cells in their order, references of merged ranges); references in texts are worked out."""
    found = _decode(xml, "<sheetData>", "</sheetData>")
    if found is None:
        return None
    _, inside, tail = found
    if "_" in inside and "_x" in inside:  # the way a workbook spells what XML cannot hold
        return None
    parts = _CELL.split(inside)
    merges = _MERGE.findall(tail)
    after = (_LAST if len(parts) > 1 else _ONLY).fullmatch(parts.pop())
    if after is None or "xmlns" in after[0] or len(merges) != tail.count("<mergeCell "):
        return None
    before, letters, numbers, attributes, formulas, values = (parts[first::_GROUPS] for first in range(_GROUPS))
    rows = _find_rows(before, numbers)
    if rows is None:
        return None
    if formulas.count(None) < len(formulas):
        if "xmlns" in "".join(filter(None, formulas)):
            return None
        formulas = [element and element[element.index(">") + 1 :].removesuffix("</f>") for element in formulas]
        if not _decode_references(formulas):
            return None
    if "&" in inside and not _decode_references(values):
        return None
    return (rows, letters, attributes, formulas, values), merges


def _find_rows(before: list[str], numbers: list[str]) -> list[tuple[int, int, int]] | None:
    """(row, its first cell, the cell behind its last) from what stands before cells and from the rows they say."""
    begins = list(compress(range(len(before)), before))
    if not begins:
        return [] if not numbers else None
    said = _number_rows([before[place] for place in begins])
    if said is None:
        return None
    ends = [*begins[1:], len(numbers)]
    wanted: list[str] = []  # what the cells of these rows have to say
    for number, first, end in zip(said, begins, ends, strict=True):
        wanted += [number] * (end - first)
    return list(zip(map(int, said), begins, ends, strict=True)) if begins[0] == 0 and wanted == numbers else None


def _number_rows(texts: list[str]) -> list[str] | None:
    """The numbers of rows from what stands before the first cell of each."""
    joined = "\n".join(texts)
    if "xmlns" in joined:
        return None
    first = _FIRST.fullmatch(texts[0])
    if first is None:
        return None
    found = [first[1], *_BEGINS.findall(joined)]  # each in a line of its own, as nearly every row
    if len(found) == len(texts) == joined.count("\n") + 1:
        return found
    later = [_NEXT.fullmatch(text) for text in texts[1:]]
    return [first[1], *(one[1] for one in later if one)] if all(later) else None


@lru_cache(maxsize=1024)
def read_attributes(attributes: str) -> tuple[str, str] | None:
    """(type, style) of a cell from what stands beside its address."""
    found = _ATTRIBUTES.fullmatch(attributes)
    return (found[2] or "n", found[1] or "0") if found else None


def split_strings(xml: bytes) -> list[str] | None:
    """The shared strings, without rich text."""
    found = _decode(xml, "<si>", "</sst>")
    if found is None:
        return None
    inside = "<si>" + found[1].replace(_PRESERVED, _BARE)
    if not (inside.startswith(_STRING_BEGIN) and inside.endswith(_STRING_END)):
        return None
    texts = inside[len(_STRING_BEGIN) : -len(_STRING_END)].split(_STRING_END + _STRING_BEGIN)
    if inside.count("<") != _SIGNS_OF_STRING * len(texts) or max(map(len, texts)) > MAX_TEXT:
        return None
    return texts if _decode_references(texts) else None


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


_BETWEEN = "\ue000"  # no letter of any language


def _decode_references(texts: list[Any]) -> bool:
    """Work out &#7897; and &amp; in texts of elements, all in one go; False where that tells something unusual."""
    places = [place for place, text in enumerate(texts) if text and "&" in text]
    if not places:
        return True
    coded = list({texts[place]: None for place in places})
    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, 2**15
    said: list[str] = []
    parser.CharacterDataHandler = said.append
    try:
        parser.Parse(f"<a>{_BETWEEN.join(coded)}</a>", True)
    except expat.ExpatError:
        return False
    decoded = "".join(said)
    pieces = decoded.split(_BETWEEN)
    if "_x" in decoded or len(pieces) != len(coded):  # one text held the sign itself
        return False
    meant = dict(zip(coded, pieces, strict=True))
    for place in places:
        texts[place] = meant[texts[place]]
    return True
