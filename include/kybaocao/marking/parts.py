"""The parts of a workbook's package, their relations and content types.

Loading a workbook into a model and saving it again loses whatever the model does not know.  Here parts stay
packed until one is asked for, and only those that were edited are written anew.  Names and relations follow the
Open Packaging Conventions (ECMA-376 part 2).  Nothing heavy is imported: this also runs in the sandbox.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.workbook.package import Member, list_members, read_member
from kybaocao.workbook.relations import Relation, name_relations_part, read_relation

Element = Any  # lxml has no types

MAX_PART_BYTES = 8 * 2**20  # of a part that must be looked into
MAX_EXPANDED_BYTES = 80 * 2**20
_LARGE_BYTES = 2**19  # as elements a part takes twenty times its bytes, and more
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
RELATION_ID = f"{{{OFFICE}}}id"
WORKBOOK = "xl/workbook.xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPES_PART = "[Content_Types].xml"
_DEFAULTS = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}
_BY_EXTENSION = ("vml", "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same findings give the same bytes


class UnusualWorkbookError(ValueError):
    """The workbook is built in a way we cannot change without the risk of breaking it."""


def main(name: str) -> str:
    """The qualified name of a spreadsheet element."""
    return f"{{{MAIN}}}{name}"


def local_name(element: Element) -> str:
    """The name without its namespace; "" for comments and processing instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def parse_part(content: bytes) -> Element:
    """The root of a part. Raises lxml's XMLSyntaxError, and UnusualWorkbookError for any document type."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, strip_cdata=False
    )
    if b"<!DOCTYPE" in content:
        raise UnusualWorkbookError("document type")
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.internalDTD is not None:  # declared in an encoding in which the search above fails
        raise UnusualWorkbookError("document type")
    return root


class Parts:
    """All parts of one package. Raises PackageError and UnusualWorkbookError on what is not a plain one."""

    def __init__(self, data: bytes) -> None:
        members = list_members(data)
        if sum(member.bytes for member in members) > MAX_EXPANDED_BYTES:
            raise UnusualWorkbookError("too large")
        self._data = data
        self._content: dict[str, Member | bytes] = {one.name: one for one in members}
        self._names = {name.lower(): name for name in self._content}  # two names must not differ only in case
        if len(self._names) != len(members):
            raise UnusualWorkbookError("two parts of one name")
        self._roots: dict[str, Element] = {}
        self._edited: set[str] = set()

    # --- parts ---------------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        return name.lower() in self._names

    def spell(self, name: str) -> str:
        """The name of a part as the package spells it."""
        return self._names[name.lower()]

    def read(self, name: str) -> bytes:
        """A part as it came."""
        content = self._content[self._names[name.lower()]]
        return content if isinstance(content, bytes) else read_member(self._data, content, MAX_EXPANDED_BYTES)

    def look(self, name: str) -> Element:
        """The root of a part, only to be looked at. Raises UnusualWorkbookError when missing or too large."""
        name = self._names.get(name.lower(), name)
        if name not in self._roots:
            content = self.read(name) if name in self._content else None
            if content is None or len(content) > MAX_PART_BYTES:
                raise UnusualWorkbookError(f"{name}: missing or too large")
            if name.lower().endswith(".vml"):  # Excel ends a line inside a button as HTML does
                content = content.replace(b"<br>", b"<br/>")
            self._roots[name] = parse_part(content)
        return self._roots[name]

    def close(self, name: str) -> None:
        """A large part needs its elements no more for now; of all large ones together memory would not hold them."""
        name = self._names[name.lower()]
        content = self._content[name]
        if name in self._roots and (len(content) if isinstance(content, bytes) else content.bytes) > _LARGE_BYTES:
            if name in self._edited:
                self._content[name] = _serialise(self._roots[name])
                self._edited.discard(name)
            del self._roots[name]

    def edit(self, name: str) -> Element:
        """The root of a part that will be written anew."""
        root = self.look(name)
        self._edited.add(self._names[name.lower()])
        return root

    def add(self, name: str, root: Element, content_type: str) -> None:
        """A new part."""
        self._content[name], self._roots[name] = b"", root
        self._names[name.lower()] = name
        self._edited.add(name)
        self._set_content_type(name, content_type)

    def name_new(self, pattern: str) -> str:
        """The first free name: "xl/comments{}.xml" -> "xl/comments3.xml"."""
        number = 1
        while self.has(pattern.format(number)):
            number += 1
        return pattern.format(number)

    def sweep(self) -> None:
        """Take away every part that no relation leads to any more."""
        reached, waiting = {_TYPES_PART.lower()}, [""]
        while waiting:
            source = waiting.pop()
            reached.update((source.lower(), name_relations_part(source).lower()))
            waiting += {one.target for one in self.relations(source) if one.target.lower() not in reached}
        for name in [name for lower, name in self._names.items() if lower not in reached]:
            self._forget(name)
        for one in list(self.look(_TYPES_PART)):
            if (one.get("PartName") or "/").lower()[1:] not in reached:
                self.edit(_TYPES_PART).remove(one)

    def _forget(self, name: str) -> None:
        name = self._names.pop(name.lower())
        del self._content[name]
        self._roots.pop(name, None)
        self._edited.discard(name)

    def save(self) -> bytes:
        """The package; the same parts always give the same bytes."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in self._content:
                info = zipfile.ZipInfo(name, _EPOCH)
                info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
                archive.writestr(info, _serialise(self._roots[name]) if name in self._edited else self.read(name))
        return out.getvalue()

    # --- relations -----------------------------------------------------------------------------------------------

    def relations(self, source: str) -> list[Relation]:
        """The relations of a part, of the package itself for ""."""
        name = name_relations_part(source)
        if not self.has(name):
            return []
        found = [read_relation(one.attrib, source) for one in self.look(name) if local_name(one) == "Relationship"]
        if len({relation.id for relation in found}) != len(found) or not all(relation.id for relation in found):
            raise UnusualWorkbookError(f"{name}: an id is missing or there twice")
        return found

    def target_of(self, source: str, relation_id: str | None) -> str:
        """The part behind a relation id; "" when there is none."""
        return next((one.target for one in self.relations(source) if one.id == relation_id), "")

    def relate(self, source: str, kind: str, target: str) -> str:
        """A new relation; its id."""
        name = name_relations_part(source)
        if not self.has(name):
            self.add(name, etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS}), "")
        root = self.edit(name)
        numbers = [int(found[1]) for one in root if (found := re.fullmatch(r"(?i)rId(\d{1,9})", one.get("Id") or ""))]
        relation_id = f"rId{max(numbers, default=0) + 1}"
        relation = etree.SubElement(root, f"{{{_RELATIONS}}}Relationship")
        relation.set("Id", relation_id)
        relation.set("Type", f"{OFFICE}/{kind}")
        relation.set("Target", posixpath.relpath(target, posixpath.dirname(source)))
        return relation_id

    def unrelate(self, source: str, relation_ids: set[str]) -> None:
        """Take relations away and what only they led to; what refers to them is the caller's to cut."""
        self.keep_relations(source, {one.id for one in self.relations(source)} - relation_ids)
        self.sweep()

    def keep_relations(self, source: str, relation_ids: set[str]) -> None:
        """Only these relations of a part stay; those they led to are the caller's to sweep."""
        name = name_relations_part(source)
        if not self.has(name):
            return
        root = self.look(name)
        for one in list(root):
            if one.get("Id") not in relation_ids or local_name(one) != "Relationship":
                self.edit(name).remove(one)
            elif len(one) or "\\" in one.get("Target", ""):  # some readers look for relations inside relations
                self.edit(name)
                one[:] = []
                one.set("Target", one.get("Target").replace("\\", "/"))
        if not len(root):
            self._forget(name)

    # --- content types -------------------------------------------------------------------------------------------

    def content_type(self, name: str) -> str:
        """What the package says a part is; "" when it says nothing."""
        by_extension = ""
        for one in self.look(_TYPES_PART):
            if (one.get("PartName") or "").lower() == f"/{name}".lower():
                return str(one.get("ContentType") or "")
            if (one.get("Extension") or "").lower() == name.rpartition(".")[2].lower():
                by_extension = one.get("ContentType") or ""
        return by_extension

    def declare(self, types: Mapping[str, str]) -> None:
        """Say anew what the parts are: part -> content type. What the package said of any other part is forgotten."""
        root = self.edit(_TYPES_PART)
        root[:] = []
        for extension, content_type in _DEFAULTS.items():
            one = etree.SubElement(root, f"{{{_TYPES}}}Default")
            one.set("Extension", extension)
            one.set("ContentType", content_type)
        for name, content_type in types.items():
            self._set_content_type(name, content_type)

    def _set_content_type(self, name: str, content_type: str) -> None:
        if not content_type or self.content_type(name) == content_type:
            return
        root = self.edit(_TYPES_PART)
        extension = name.rpartition(".")[2].lower()
        # Excel itself declares pictures and the drawings of comments by extension, and sheets by name.
        is_by_extension = extension in _BY_EXTENSION and not self.content_type(name)
        one = etree.Element(f"{{{_TYPES}}}{'Default' if is_by_extension else 'Override'}")
        one.set("Extension" if is_by_extension else "PartName", extension if is_by_extension else f"/{name}")
        one.set("ContentType", content_type)
        root.insert(0 if is_by_extension else len(root), one)


def _serialise(root: Element) -> bytes:
    content: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", standalone=True, xml_declaration=True)
    return content
