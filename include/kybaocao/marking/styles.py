"""The styles of a workbook: added to, never renumbered; colours of ours that can be taken off again.

How a marked cell gets its own colour back: an official corrects the marked copy and sends it again, after Excel,
LibreOffice or WPS has renumbered every style, dropped parts it does not know, and moved cells about.  What
survives all of that is the colour itself, to the last bit, and hidden names of the workbook.  So the lowest
three bits of green and of blue of our two colours (nobody sees them) number the fill the cell had, and a hidden
name `_kbc_nen_N` says what fill that was.  Without the name the cell gets the fill of its own named style, which
in our form is the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.order import find_section
from kybaocao.marking.parts import MAIN, Element, UnusualWorkbookError, local_name, main

ERROR, WARNING, NOTE = "error", "warning", "note"
NAME_PREFIX = "_kbc_nen_"
UNKNOWN = 63  # a fill that has no number: more than 63 of them, or a gradient
MAX_STYLES = 60_000  # Excel stops at 65,490
_COLOURS = {ERROR: (0xFB, 0xD0, 0xC8), WARNING: (0xFD, 0xE0, 0xA0)}
_DEFAULTS = {
    "fonts": '<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>',
    "fills": '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>',
    "borders": "<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellStyleXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
}

Shape = tuple[str, tuple[tuple[str, str], ...], tuple[Any, ...]]


def new_stylesheet() -> Element:
    """The styles of a workbook that has none."""
    normal = '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    return etree.fromstring(f'<styleSheet xmlns="{MAIN}">{normal}</styleSheet>')


class Styles:
    """A workbook's stylesheet. Raises UnusualWorkbookError on one that is not laid out as the standard says."""

    def __init__(self, root: Element) -> None:
        self._root = root
        sections = {name: self._find_section(name) for name in _DEFAULTS}
        self._fonts, self._fills, self._borders, self._parents, self._xfs = (
            _Section(sections[name]) for name in ("fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
        )
        self._originals: list[str] = []

    @property
    def originals(self) -> dict[str, str]:
        """Hidden name -> the fill it remembers, for every fill that was covered."""
        return {f"{NAME_PREFIX}{number}": text for number, text in enumerate(self._originals)}

    def add_style(self, font: str, fill: str = "", border: str = "", alignment: str = "", flags: str = "") -> int:
        """The number of a cell style made of these pieces of XML, the content of <font>, <fill> and so on."""
        font_id = self._fonts.intern(_build(f"<font>{font}</font>"))
        fill_id = self._fills.intern(_build(f"<fill>{fill}</fill>")) if fill else 0
        border_id = self._borders.intern(_build(f"<border>{border}</border>")) if border else 0
        applied = 'applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"'
        return self._xfs.intern(
            _build(
                f'<xf numFmtId="0" fontId="{font_id}" fillId="{fill_id}" borderId="{border_id}" xfId="0" {flags}'
                f" {applied}><alignment {alignment}/></xf>"
            )
        )

    def mark(self, style: int, severity: str) -> int:
        """The number of the same style in the colour of `severity`. Raises UnusualWorkbookError for an unknown one."""
        if not 0 <= style < len(self._xfs):
            raise UnusualWorkbookError(f"style {style} does not exist")
        xf = deepcopy(self._xfs[style])
        number = self._remember(self._fill_of(xf))
        xf.set("fillId", str(self._fills.intern(_solid(_colour(severity, number)))))
        xf.set("applyFill", "1")
        return self._xfs.intern(xf)

    def find_marked(self, originals: Mapping[str, str]) -> dict[str, str]:
        """Style number of ours -> that of the same style as it was before; `originals` as the property gave them."""
        covered = {}
        for number, fill in enumerate(self._fills):
            if (mark := _read_mark(fill)) is not None:
                covered[str(number)] = self._find_fills(originals.get(f"{NAME_PREFIX}{mark}", ""))
        restored = {}
        for number, xf in enumerate(self._xfs):
            fills = covered.get(xf.get("fillId", "0"))
            if fills is not None:
                restored[str(number)] = str(self._find_uncovered(xf, fills or [self._parent_fill(xf)]))
        return restored

    def _find_section(self, name: str) -> Element:
        """A section of the stylesheet, with at least the entry that number 0 means."""
        section = find_section(self._root, name)
        if not len(section):
            for one in list(_build(f"<{name}>{_DEFAULTS[name]}</{name}>")):
                section.append(one)
        return section

    def _fill_of(self, xf: Element) -> Element:
        return self._fills[int(xf.get("fillId", "0"))]

    def _parent_fill(self, xf: Element) -> int:
        number = int(xf.get("xfId", "0"))
        return int(self._parents[number].get("fillId", "0")) if number < len(self._parents) else 0

    def _remember(self, fill: Element) -> int:
        text = _write_fill(fill)
        if not text:
            return UNKNOWN
        if text not in self._originals:
            if len(self._originals) == UNKNOWN:
                return UNKNOWN
            self._originals.append(text)
        return self._originals.index(text)

    def _find_fills(self, text: str) -> list[int]:
        """The fills these words describe, one made when there is none; [] for words that are not ours."""
        original = _read_fill(text)
        if original is None:
            return []
        found = [number for number, fill in enumerate(self._fills) if _write_fill(fill) == text]
        return found or [self._fills.intern(original)]

    def _find_uncovered(self, marked: Element, fills: list[int]) -> int:
        """The style that differs from `marked` by its fill alone; the flag that goes with it is as likely as not."""
        candidate = deepcopy(marked)
        for fill_id in fills:
            candidate.set("fillId", str(fill_id))
            for flag in ("", "0", "1"):
                candidate.attrib.pop("applyFill", None)
                if flag:
                    candidate.set("applyFill", flag)
                if (found := self._xfs.find(candidate)) is not None:
                    return found
        return self._xfs.intern(candidate)


class _Section:
    """A numbered list of the stylesheet in which nothing stands twice because of us."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self._items = [one for one in element if local_name(one)]
        self._numbers: dict[Shape, int] = {}
        for number, one in enumerate(self._items):
            self._numbers.setdefault(_shape(one), number)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Element]:
        return iter(list(self._items))

    def __getitem__(self, number: int) -> Element:
        if not 0 <= number < len(self._items):
            raise UnusualWorkbookError(f"{local_name(self._element)} {number} does not exist")
        return self._items[number]

    def find(self, item: Element) -> int | None:
        return self._numbers.get(_shape(item))

    def intern(self, item: Element) -> int:
        """The number of an item of this shape, added at the end when there is none."""
        found = self.find(item)
        if found is not None:
            return found
        if len(self._items) >= MAX_STYLES:
            raise UnusualWorkbookError("too many styles")
        self._element.append(item)
        self._items.append(item)
        self._element.set("count", str(len(self._items)))
        self._numbers[_shape(item)] = len(self._items) - 1
        return len(self._items) - 1


def _shape(element: Element) -> Shape:
    """What two elements must share to mean the same, whatever their prefixes."""
    children = tuple(_shape(child) for child in element if local_name(child))
    return local_name(element), tuple(sorted(element.attrib.items())), children


def _build(xml: str) -> Element:
    """An element of ours; `xml` holds nothing that came from outside."""
    opening, _, rest = xml.partition(">")
    return etree.fromstring(f'{opening} xmlns="{MAIN}">{rest}')


# --- colours and what they cover -----------------------------------------------------------------------------------


def _colour(severity: str, number: int) -> str:
    red, green, blue = _COLOURS[severity]
    return f"FF{red:02X}{green | number >> 3:02X}{blue | number & 7:02X}"


def _solid(colour: str) -> Element:
    return _build(
        f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/></patternFill></fill>'
    )


def _read_mark(fill: Element) -> int | None:
    """The number hidden in a colour of ours; None for any other fill."""
    colour = fill.find(f"{main('patternFill')}[@patternType='solid']/{main('fgColor')}")
    text = colour.get("rgb", "") if colour is not None else ""
    if not re.fullmatch(r"[0-9A-Fa-f]{8}", text):
        return None
    red, green, blue = bytes.fromhex(text)[1:]
    if (red, green & 0xF8, blue & 0xF8) not in _COLOURS.values():
        return None
    return (green & 7) << 3 | blue & 7


_PATTERN = re.compile(r"(none|solid|gray125|gray0625|(?:dark|light|medium)[A-Z][A-Za-z]{2,12})((?: \S{4,60})*)")
_COLOUR = re.compile(r"(fg|bg):(rgb=FF[0-9A-F]{6}|(?:theme|indexed)=[0-9]{1,3}|auto=1|tint=[0-9.Ee+-]{1,25})")


def _write_fill(fill: Element) -> str:
    """A fill in a few words, "solid fg:rgb=FFFFF9DB", the same whoever saved it; "" when it does not fit in them."""
    pattern = fill.find(main("patternFill"))
    if pattern is None:
        return ""
    words = [pattern.get("patternType", "none")]
    sides = {"none": [], "solid": ["fg"]}.get(words[0], ["fg", "bg"])  # programs do not keep a colour that is not seen
    for side in sides:
        colour = pattern.find(main(f"{side}Color"))
        for key, value in sorted(colour.attrib.items()) if colour is not None else ():
            words.append(f"{side}:{key}=" + (f"FF{value[-6:].upper()}" if key == "rgb" else value))
    text = " ".join(words)
    return text if _read_fill(text) is not None else ""


def _read_fill(text: str) -> Element | None:
    """The fill behind `_write_fill`'s words; they come back from outside, so nothing else is understood."""
    found = _PATTERN.fullmatch(text)
    if found is None or len(text) > 200:  # a text in a formula holds 255 characters
        return None
    fill = _build("<fill><patternFill></patternFill></fill>")
    pattern = fill[0]
    pattern.set("patternType", found[1])
    words = [_COLOUR.fullmatch(word) for word in found[2].split()]
    for side in ("fg", "bg"):
        settings = [word[2].partition("=") for word in words if word is not None and word[1] == side]
        if settings:
            colour = etree.SubElement(pattern, main(f"{side}Color"))
            for key, _, value in settings:
                colour.set(key, value)
    return None if None in words else fill
