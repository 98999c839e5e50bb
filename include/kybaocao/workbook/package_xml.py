"""How the XML parts of an Office package are parsed. Runs in the sandbox.

No document type is ever read, so no entity either; elements nested without end are refused.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from kybaocao.workbook.plain_book import UnsafeXmlError

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CONTENT_TYPES = "[content_types].xml"  # as `normalize_path` gives it
MAX_DEPTH = 100  # elements within each other; Excel's own parts have about ten
_MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # ISO strict
)
_PLAIN_ROOT = re.compile(
    rb'\s*(?:<\?xml[^>]*\?>\s*)?<\w+ xmlns="(?:%s)"[^<>&]*>' % b"|".join(name.encode() for name in _MAIN)
)
_PIECE_BYTES = 2**17  # text of one element up to this comes in one piece


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


def walk_part(
    xml: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], object],
) -> None:
    """Parse a large spreadsheet part: `start` gets bare names of its own elements, "namespace name" of all others.

    Namespaces are resolved only where the root does not make ours the default one: it costs a third more.
    """
    is_plain = (
        (root := _PLAIN_ROOT.match(xml)) is not None
        and sum(root[0].count(name.encode()) for name in _MAIN) == 1  # no prefix stands for ours, too
        and xml.find(b"xmlns", root.end()) < 0  # and no element leaves it
    )
    parser = make_parser(None if is_plain else " ")
    if is_plain:
        parser.StartElementHandler = start
    else:

        def strip(name: str, attributes: dict[str, str]) -> None:
            namespace, _, local = name.rpartition(" ")
            start(local if namespace in _MAIN else name, attributes)

        parser.StartElementHandler = strip
    parser.EndElementHandler = end
    parser.buffer_text, parser.buffer_size = True, _PIECE_BYTES
    parser.CharacterDataHandler = text
    limit_depth(parser, xml)
    parser.Parse(xml, True)


def limit_depth(parser: expat.XMLParserType, xml: bytes) -> None:
    """Refuse elements nested without end; a part with fewer end tags than that is not watched."""
    if xml.count(b"</") <= MAX_DEPTH:
        return
    start: Any = parser.StartElementHandler
    end: Any = parser.EndElementHandler
    depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise UnsafeXmlError
        start(name, attributes)

    def finish(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(name)

    parser.StartElementHandler, parser.EndElementHandler = begin, finish
