"""What in a Word or Excel document would fetch or start something when it is opened, found without opening it.

Source: ECMA-376 part 1, 17.16.5 (fields), 18.14 (links to programs), part 2, 9.3 (relationships).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote
from xml.parsers import expat

_HARMLESS = "hyperlink"  # goes nowhere until somebody clicks
_OWN_DISK = re.compile(r"/*[a-z]:(?:/|$)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:|//")  # of two letters at least: "c:" is a disk
_STARTS_PROGRAMS = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)


def find_danger(parts: Mapping[str, bytes]) -> str:
    """Why a document of these XML parts is unsafe, in Vietnamese for the agency; "" when nothing was found.

    Raises expat's error for a part that is no XML.
    """
    for name, content in parts.items():
        part = _Part(content)
        if part.has_doctype:
            return "có khai báo DOCTYPE trong thành phần XML"
        if name.endswith(".rels") and any(map(_is_remote, part.relations)):
            return "tự lấy nội dung từ một địa chỉ trên mạng"
        if _STARTS_PROGRAMS.search("".join(part.fields)):
            return "có liên kết DDE gọi chương trình khác"
    return ""


class _Part:
    """The relations a part names and the text of its fields, which a writer may cut into pieces."""

    def __init__(self, content: bytes) -> None:
        self.relations: list[dict[str, str]] = []
        self.fields: list[str] = []
        self.has_doctype = False
        self._is_field = False
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.CharacterDataHandler = self._hear
        parser.StartDoctypeDeclHandler = self._stop_at_doctype
        try:
            parser.Parse(content, True)
        except _DoctypeError:
            self.has_doctype = True

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._is_field = local == "instrText"
        if local == "Relationship":
            self.relations.append(attributes)
        elif local == "ddeLink":
            self.fields.append(" DDE ")
        elif local == "fldSimple":
            self.fields += [value for key, value in attributes.items() if key.rpartition(":")[2] == "instr"]

    def _end(self, _: str) -> None:
        self._is_field = False

    def _hear(self, text: str) -> None:
        if self._is_field:
            self.fields.append(text)

    def _stop_at_doctype(self, *_: object) -> None:
        raise _DoctypeError


class _DoctypeError(Exception):
    pass


def _is_remote(relation: Mapping[str, str]) -> bool:
    """Whether opening the document asks another machine: "file:///C:/…" is the author's own, "//server/…" is not."""
    if relation.get("TargetMode") != "External" or relation.get("Type", "").rpartition("/")[2] == _HARMLESS:
        return False
    target = unquote(relation.get("Target", "")).strip().lower().replace("\\", "/").removeprefix("file:")
    return not _OWN_DISK.match(target) and _SCHEME.match(target) is not None
