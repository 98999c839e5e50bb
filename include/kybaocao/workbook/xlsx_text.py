"""Texts of an .xlsx: the shared strings, and runs of rich text as they are seen. Runs in the sandbox.

Source: ECMA-376 part 1, 18.4 (shared strings), 22.4.2.4 (escaped characters).
"""

from __future__ import annotations

import re

from kybaocao.workbook.package_xml import walk_part
from kybaocao.workbook.plain_book import MAX_CELL_TEXT, STRUCK, clean_signs, spell_look

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def unescape(text: str) -> str:
    """The text with `_x000A_` and the like, which stand for what XML cannot hold, as the characters they mean."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        if _HALVES.search(text):  # two halves of one sign are that sign
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return clean_signs(text)
    return text if text.isprintable() else clean_signs(text)


def read_strings(xml: bytes) -> dict[str, str]:
    """Number -> shared string; all runs of a rich text, nothing of a phonetic guide."""
    found: list[str] = []
    pending: list[str] = []
    is_text = is_guide = False
    look = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_text, is_guide, look
        take_text()
        if name == "si":
            found.append("")
            is_guide, look = False, ""
        elif name == "rPh":
            is_guide = True
        else:
            look = find_look(name, attributes, look)
        is_text = name == "t" and not is_guide and bool(found)

    def take_text(_: str = "") -> None:
        """At every start and end of an element; what stands between elements is no text."""
        nonlocal is_text
        if pending:
            if is_text:
                found[-1] = lengthen(found[-1], pending, look)
            pending.clear()
        is_text = False

    walk_part(xml, start, take_text, pending.append)
    return {str(number): unescape(text) for number, text in enumerate(found)}


def find_look(name: str, attributes: dict[str, str], look: str) -> str:
    """How a run of rich text looks after one more element of it."""
    if name == "r":
        return ""
    if name == "vertAlign":
        return attributes.get("val", "")
    return STRUCK if name == "strike" and attributes.get("val", "1") not in ("0", "false") else look


def lengthen(text: str, pieces: list[str], look: str = "") -> str:
    """The text with its next pieces; one sign more than a cell can hold, of a longer one, which no answer may be."""
    return (text + spell_look("".join(pieces), look))[: MAX_CELL_TEXT + 1]
