"""The parts of a workbook's package, their relations and content types.

Loading a workbook into a model and saving it again loses whatever the model does not know.  Here parts are
bytes until one is asked for, and only those that were edited are written anew.  Names and relations follow the
Open Packaging Conventions (ECMA-376 part 2).  Nothing heavy is imported: this also runs in the sandbox.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.intake.package import list_members, read_member

Element = Any  # lxml has no types

MAX_PART_BYTES = 8 * 2**20  # of a part that must be looked into
MAX_EXPANDED_BYTES = 80 * 2**20
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
RELATION_ID = f"{{{OFFICE}}}id"
WORKBOOK = "xl/workbook.xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPES_PART = "[Content_Types].xml"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same findings give the same bytes


class UnusualWorkbookError(ValueError):
    """The workbook is built in a way we cannot change without the risk of breaking it."""


class Relation(NamedTuple):
    """`kind` is the last word of its type; `target` a part, "" for one outside and for a place in the same part."""

    id: str
    kind: str
    target: str
    is_external: bool


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
    if root.getroottree().docinfo.internalDTD is not None:  # written in an encoding the line above does not see
        raise UnusualWorkbookError("document type")
    return root


class Parts:
    """All parts of one package. Raises PackageError and UnusualWorkbookError on what is not a plain one."""

    def __init__(self, data: bytes) -> None:
        members = list_members(data)
        if sum(member.bytes for member in members) > MAX_EXPANDED_BYTES:
            raise UnusualWorkbookError("too large")
        self._content = {member.name: read_member(data, member, MAX_EXPANDED_BYTES) for member in members}
        self._names = {name.lower(): name for name in self._content}  # names differ in more than case
        if len(self._names) != len(members):
            raise UnusualWorkbookError("two parts of one name")
        self._roots: dict[str, Element] = {}
        self._edited: set[str] = set()

    # --- parts ---------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        return list(self._content)

    def has(self, name: str) -> bool:
        return name.lower() in self._names

    def read(self, name: str) -> bytes:
        """A part as it came."""
        return self._content[self._names[name.lower()]]

    def look(self, name: str) -> Element:
        """The root of a part, only to be looked at. Raises UnusualWorkbookError when missing or too large."""
        name = self._names.get(name.lower(), name)
        if name not in self._roots:
            content = self._content.get(name)
            if content is None or len(content) > MAX_PART_BYTES:
                raise UnusualWorkbookError(f"{name}: missing or too large")
            self._roots[name] = parse_part(content)
        return self._roots[name]

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

    def drop(self, name: str) -> None:
        """Take a part away, and every part nothing else relates to any more."""
        if not self.has(name):
            return
        targets = [relation.target for relation in self.relations(name)]
        for gone in (name, _relations_part(name)):
            if self.has(gone):
                actual = self._names.pop(gone.lower())
                del self._content[actual]
                self._roots.pop(actual, None)
                self._edited.discard(actual)
        self._forget_content_type(name)
        for target in targets:
            if not self._is_wanted(target):
                self.drop(target)

    def save(self) -> bytes:
        """The package; the same parts always give the same bytes."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in self._content.items():
                info = zipfile.ZipInfo(name, _EPOCH)
                info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
                archive.writestr(info, _serialise(self._roots[name]) if name in self._edited else content)
        return out.getvalue()

    # --- relations -----------------------------------------------------------------------------------------------

    def relations(self, source: str) -> list[Relation]:
        """The relations of a part, of the package itself for ""."""
        name = _relations_part(source)
        if not self.has(name):
            return []
        found = [_read_relation(one, source) for one in self.look(name) if local_name(one) == "Relationship"]
        if len({relation.id for relation in found}) != len(found) or not all(relation.id for relation in found):
            raise UnusualWorkbookError(f"{name}: an id is missing or there twice")
        return found

    def all_relations(self) -> Iterator[tuple[str, Relation]]:
        """Every (source, relation) of the package."""
        for name in self.names():
            if found := re.fullmatch(r"(?i)(.*?)_rels/([^/]*)\.rels", name):
                source = found[1] + found[2]
                yield from ((source, relation) for relation in self.relations(source))

    def target_of(self, source: str, relation_id: str | None) -> str:
        """The part behind a relation id; "" when there is none."""
        return next((one.target for one in self.relations(source) if one.id == relation_id), "")

    def relate(self, source: str, kind: str, target: str) -> str:
        """A new relation; its id."""
        name = _relations_part(source)
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
        gone = [relation for relation in self.relations(source) if relation.id in relation_ids]
        name = _relations_part(source)
        root = self.edit(name)
        for one in list(root):
            if one.get("Id") in relation_ids:
                root.remove(one)
        if not len(root):
            self.drop(name)
        for relation in gone:
            if not self._is_wanted(relation.target):
                self.drop(relation.target)

    def _is_wanted(self, name: str) -> bool:
        return any(relation.target.lower() == name.lower() for _, relation in self.all_relations())

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

    def set_content_type(self, name: str, content_type: str) -> None:
        """Say anew what a part is."""
        self._forget_content_type(name)
        self._set_content_type(name, content_type)

    def forget_default(self, content_type: str) -> None:
        """No extension stands for this type any more."""
        for one in list(self.look(_TYPES_PART)):
            if one.get("Extension") and one.get("ContentType") == content_type:
                self.edit(_TYPES_PART).remove(one)

    def _set_content_type(self, name: str, content_type: str) -> None:
        if not content_type or self.content_type(name) == content_type:
            return
        root = self.edit(_TYPES_PART)
        extension = name.rpartition(".")[2]
        # Excel itself declares drawings of comments by extension, and sheets by name.
        is_by_extension = extension == "vml" and not self.content_type(name)
        one = etree.Element(f"{{{_TYPES}}}{'Default' if is_by_extension else 'Override'}")
        one.set("Extension" if is_by_extension else "PartName", extension if is_by_extension else f"/{name}")
        one.set("ContentType", content_type)
        root.insert(0 if is_by_extension else len(root), one)

    def _forget_content_type(self, name: str) -> None:
        for one in list(self.look(_TYPES_PART)):
            if (one.get("PartName") or "").lower() == f"/{name}".lower():
                self.edit(_TYPES_PART).remove(one)


def _relations_part(source: str) -> str:
    folder, _, name = source.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def _read_relation(one: Element, source: str) -> Relation:
    relation_id, kind = one.get("Id", ""), one.get("Type", "").strip().rpartition("/")[2]
    target = one.get("Target", "").partition("#")[0]
    if one.get("TargetMode", "").lower() == "external" or ":" in target or not target:
        return Relation(relation_id, kind, "", bool(target))
    path = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target)).lstrip("/")
    return Relation(relation_id, kind, path, False)


def _serialise(root: Element) -> bytes:
    content: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", standalone=True, xml_declaration=True)
    return content
