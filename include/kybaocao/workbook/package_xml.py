"""The XML parts of an Office package: how they are parsed, and how one names another. Runs in the sandbox.

No document type is ever read, so no entity either; elements nested without end are refused.

Source: ECMA-376 part 2, 6.2 (part names), 6.5 (relationships).
"""

from __future__ import annotations

from xml.parsers import expat

from kybaocao.workbook.plain_book import UnsafeXmlError

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from typing import Any

ROOT_RELATIONS = "_rels/.rels"
CONTENT_TYPES = "[content_types].xml"  # folded
MAX_DEPTH = 100  # elements within each other; Excel's own parts have about ten


def resolve_target(folder: str, target: str) -> str:
    """A target of the relations of a part in `folder` as a path in the package."""
    target = target.replace("\\", "/")
    if target.startswith("/"):
        return target[1:]
    parts = folder.split("/") if folder else []
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def make_parser(separator: str | None) -> expat.XMLParserType:
    """A parser that raises UnsafeXmlError for a document type; names come as "namespace local" where one is given."""
    parser = expat.ParserCreate(namespace_separator=separator)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: Any) -> None:
    raise UnsafeXmlError


def list_elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """(local name, attributes) of every element of a small part; prefixed attributes as "namespace name"."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = make_parser(" ")
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(" ")[2], attributes))
    limit_depth(parser, xml)
    parser.Parse(xml, True)
    return found


def limit_depth(parser: expat.XMLParserType, xml: bytes) -> None:
    """Refuse elements nested without end; a part with fewer elements to be closed than that is not watched."""
    if xml.count(b"</") <= MAX_DEPTH:
        return
    start: Any = parser.StartElementHandler
    depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise UnsafeXmlError
        start(name, attributes)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = begin, end
