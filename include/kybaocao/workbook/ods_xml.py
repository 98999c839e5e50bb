"""The XML of an OpenDocument package: its namespaces, and how its parts are parsed. Runs in the sandbox.

Source: OpenDocument 1.3 part 3; calcext is what LibreOffice adds.
"""

from __future__ import annotations

from kybaocao.workbook.package_xml import make_parser
from kybaocao.workbook.plain_book import DamagedBookError

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from typing import Protocol

    class Reader(Protocol):
        """What hears of the elements of a part, in their order and with full names."""

        def start(self, name: str, attributes: dict[str, str]) -> None: ...
        def end(self, name: str) -> None: ...
        def add_text(self, text: str) -> None: ...


OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
NUMBER = "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0 "
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "


def feed(xml: bytes, reader: Reader) -> None:
    """Walk a part once, element by element; it is never held as a tree."""
    parser = make_parser(" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.add_text
    parser.Parse(xml, True)


def read_count(attributes: dict[str, str], name: str, default: int, most: int = 10**9) -> int:
    """A number of times, never more than `most`. Raises DamagedBookError for what is no such number."""
    written = attributes.get(name)
    if written is None:
        return min(default, most)
    if not written.isascii() or not written.isdigit() or (default == 1 and not written.strip("0")):
        raise DamagedBookError(f"{name.rpartition(' ')[2]} is no number of times")
    return most if len(written) > 9 else min(int(written), most)
