"""What in a Word or Excel document would harm the person who opens it. Runs in the sandbox, for one file.

Every part and every relation is judged, wherever it lies and whatever it is called; the main part is the one the
package's own relations name.  What is dangerous is what the document would fetch or start: relations that lead
outside, fields, embedded objects, macros.  The directory of the package has passed the guard before.

Source: ECMA-376 part 1, 17.16.5 (fields), 18.14 (links to programs), part 2, 6.2.3 (content types), 6.5 (relations).
"""

from __future__ import annotations

import re
from urllib.parse import unquote
from xml.parsers import expat

from kybaocao.attachments import dangers
from kybaocao.attachments.office_fields import Fields
from kybaocao.workbook import compound
from kybaocao.workbook.package import PackageError, find_lie, list_members, normalize_path, read_member
from kybaocao.workbook.package_xml import CONTENT_TYPES, make_parser
from kybaocao.workbook.plain_book import UnsafeXmlError
from kybaocao.workbook.relations import ROOT_RELATIONS, find_source, read_relation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sized


WORD, EXCEL = "document", "workbook"  # root of the main part
MAX_PART_BYTES = 40 * 2**20
MAX_DEPTH = 256  # tables within tables within text boxes
MAX_ELEMENTS = 2_000_000  # of a document: some ten thousand pages

MAX_LISTED = 50_000  # relations or content types of a part: a link in every line of a long report

_MACRO_TYPES = ("macroenabled", "vbaproject", "vbadata", "macrosheet")
_OBJECT_TYPES = ("oleobject", "activex", "webextension")
_MACRO_RELATIONS = {"vbaproject", "wordvbadata", "attachedtoolbars", "xlmacrosheet", "xlintlmacrosheet"}
_OBJECT_RELATIONS = {
    "oleobject",
    "control",
    "activexcontrolbinary",
    "afchunk",
    "subdocument",
    "webextension",
    "webextensiontaskpanes",
    "extensibility",
}
_EMBEDDED = "package"  # a whole document inside; the numbers of a chart are kept so
_OBJECT_ELEMENTS = {"OLEObject", "altChunk", "subDoc", "ocx"}
_PACKAGE = b"PK\x03\x04"
_OBJECTS = (compound.SIGNATURE, b"MZ", b"\x7fELF", b"{\\rtf", _PACKAGE)
_CHART = "chartSpace"

_HYPERLINKS = {  # go nowhere until somebody clicks
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/hyperlink",
}
_CLICKED = {"hyperlink", "hlinkClick", "hlinkHover", "hlinkMouseOver"}
_RELATION_IDS = ("officeDocument/2006/relationships", "officeDocument/relationships")
_WEB = re.compile(r"(?:https?|mailto|tel|ftp):")
_OWN_DISK = re.compile(r"/*[a-z]:(?:/|$)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:|//")  # of two letters at least: "c:" is a disk
_IGNORED = re.compile(r"[\x00-\x20\x7f]+")

_SHOWN_IN_RUNS = {"t", "tab", "br", "cr", "ptab"}  # what a run shows; "tab" and the like separate words
# Pieces in these may count for one reader and not for another.
_PLACES = {name: name for name in ("Choice", "Fallback", "txbxContent", "comment", "footnote", "endnote")}
_PLACES |= dict.fromkeys(("del", "moveFrom", "delInstrText"), "del")
_PICTURES = {"imagedata", "image", "fill", "stroke"}
_XML_NAMES = (".xml", ".rels", ".vml")
_XML_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<|\xff\xfe|\xfe\xff|<\0|\0<")


def find_danger_in_word(data: bytes) -> str:
    """One of `dangers`; "" when nothing was found."""
    return _find_danger(data, WORD)


def find_danger_in_excel(data: bytes) -> str:
    """The same of a workbook that is no form."""
    return _find_danger(data, EXCEL)


def _find_danger(data: bytes, main: str) -> str:
    try:
        return _Document(data).judge(main)
    except UnsafeXmlError:
        return dangers.DOCTYPE
    except _TooMuchError:
        return dangers.TOO_MUCH
    except (ValueError, expat.ExpatError, LookupError):  # a broken package or part, an encoding nobody knows
        return dangers.DAMAGED


class _TooMuchError(Exception):
    pass


class _Document:
    """A package, its parts read one by one; of each only what is to be judged is kept."""

    def __init__(self, data: bytes, *, is_embedded: bool = False) -> None:
        self.data = data
        self.is_embedded = is_embedded
        self.members = {normalize_path(member.name): member for member in list_members(data)}
        self.types = self._list_types()
        self.parts: dict[str, _Part] = {}
        self.packages: set[str] = set()  # parts that are packages themselves
        self._elements_left = MAX_ELEMENTS

    def judge(self, main: str) -> str:
        """What is dangerous in it as a document whose main part has the root `main`; of an embedded one any."""
        if danger := self._judge_types():
            return danger
        for name, member in self.members.items():
            if member.bytes > MAX_PART_BYTES:
                return dangers.TOO_MUCH
            content = read_member(self.data, member, MAX_PART_BYTES)
            if danger := self._judge_part(name, content):
                return danger
        if danger := self._judge_relations():
            return danger
        opened = self._list_main_parts()
        if len(opened) != 1 or opened[0] not in self.parts:
            return dangers.DAMAGED
        is_other = not self.is_embedded and self.parts[opened[0]].root != main
        return dangers.OTHER_MAIN_PART if is_other else ""

    def _list_types(self) -> dict[str, str]:
        """Part -> its content type, both in lower case; also of parts that are not there."""
        member = self.members.get(CONTENT_TYPES)
        if member is None:
            raise PackageError("no content types")
        found: dict[str, str] = {}
        by_extension: dict[str, str] = {}
        part = _Part(read_member(self.data, member, MAX_PART_BYTES), MAX_ELEMENTS)
        for name, attributes in part.types:
            content_type = attributes.get("ContentType", "").strip().lower()
            if name == "Default":
                by_extension[attributes.get("Extension", "").lower()] = content_type
            else:
                found[normalize_path(attributes.get("PartName", "")).lstrip("/")] = content_type
        for name in self.members:
            found.setdefault(name, by_extension.get(name.rpartition(".")[2], ""))
        self._declared = [*found.values(), *by_extension.values()]
        return found

    def _judge_types(self) -> str:
        if any(word in declared for declared in self._declared for word in _MACRO_TYPES):
            return dangers.MACROS
        if any("vbaproject" in name for name in self.members):
            return dangers.MACROS
        is_object = any(word in declared for declared in self.types.values() for word in _OBJECT_TYPES)
        return dangers.OBJECTS if is_object else ""

    def _judge_part(self, name: str, content: bytes) -> str:
        if content.startswith(_PACKAGE) and not self.is_embedded:
            self.packages.add(name)  # the numbers of a chart, or an object: the relations decide
            return _judge_embedded(content)
        if content.startswith(_OBJECTS):
            return dangers.OBJECTS
        is_declared = name.endswith(_XML_NAMES) or self.types.get(name, "").endswith("xml")
        if not is_declared and not _XML_START.match(content):
            return ""
        try:
            part = self.parts[name] = _Part(content, self._elements_left)
        except expat.ExpatError:
            if is_declared:
                raise
            return ""  # looked like XML by chance, as embedded fonts may
        self._elements_left -= part.elements
        return part.danger

    def _judge_relations(self) -> str:
        charted: set[str] = set()
        for source, part in self._list_relations():
            user = self.parts.get(source)
            for attributes in part.relations:
                relation = read_relation(attributes, source)
                kind = relation.kind.lower()
                if kind in _MACRO_RELATIONS:
                    return dangers.MACROS
                if kind in _OBJECT_RELATIONS:
                    return dangers.OBJECTS
                if kind == _EMBEDDED:
                    if user is None or user.root != _CHART:
                        return dangers.OBJECTS
                    charted.add(normalize_path(relation.target))
                if danger := _judge_address(attributes, user):
                    return danger
        return dangers.OBJECTS if self.packages - charted else ""

    def _list_relations(self) -> Iterator[tuple[str, _Part]]:
        """(part, its relations) wherever there are some; "" is the package itself."""
        return ((find_source(name), part) for name, part in self.parts.items() if name.endswith(".rels"))

    def _list_main_parts(self) -> list[str]:
        """What a reader opens first: one part, in an honest package."""
        listed = self.parts[ROOT_RELATIONS].relations if ROOT_RELATIONS in self.parts else ()
        relations = [read_relation(attributes, "") for attributes in listed]
        return [normalize_path(one.target) for one in relations if one.kind.lower() == "officedocument"]


def _judge_embedded(content: bytes) -> str:
    try:
        return (
            dangers.OBJECTS
            if find_lie(content, list_members(content))
            else _Document(content, is_embedded=True).judge("")
        )
    except PackageError:
        return dangers.OBJECTS


def _judge_address(relation: dict[str, str], user: _Part | None) -> str:
    """What is dangerous about where a relation leads."""
    target = _normalize_address(relation.get("Target", ""))
    if not _is_remote(target):
        return ""
    uses = user.uses.get(relation.get("Id", ""), set()) if user else set()
    if relation.get("Type", "").strip() not in _HYPERLINKS or not uses <= _CLICKED:
        return dangers.FETCHING
    return "" if _WEB.match(target) else dangers.LINKS


def _normalize_address(address: str) -> str:
    return _IGNORED.sub("", unquote(address)).lower().replace("\\", "/").removeprefix("file:")


def _is_remote(address: str) -> bool:
    """Whether it asks another machine or program: "file:///C:/…" is the author's own, "//server/…" is not."""
    return not _OWN_DISK.match(address) and _SCHEME.match(address) is not None


class _Part:
    """What one part says: its root, relations and where they are used, content types, and what is dangerous."""

    def __init__(self, content: bytes, elements_left: int) -> None:
        self.root = ""
        self.relations: list[dict[str, str]] = []
        self.types: list[tuple[str, dict[str, str]]] = []
        self.uses: dict[str, set[str]] = {}  # id of a relation -> elements that name it
        self.elements = 0
        self._found = ""
        self._fields = Fields()
        self._elements_left = elements_left
        self._depth = 0
        self._places: list[tuple[str, ...]] = [()]
        self._parser = make_parser(" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._begin, self._end
        self._parser.Parse(content, True)
        self._fields.finish()

    @property
    def danger(self) -> str:
        return self._found or self._fields.danger

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self._parser.CharacterDataHandler = None
        self.elements += 1
        self._depth += 1
        if self._depth > MAX_DEPTH or self.elements > self._elements_left:
            raise _TooMuchError
        if self._depth == 1:
            self.root = local
        if local == "Relationship":
            self.relations.append(attributes)
            self._limit(self.relations)
        elif local in ("Default", "Override"):
            self.types.append((local, attributes))
            self._limit(self.types)
        elif local in _OBJECT_ELEMENTS:
            self._found = self._found or dangers.OBJECTS
        elif local == "ddeLink":
            self._found = self._found or dangers.DDE
        elif local == "instrText":
            self._parser.CharacterDataHandler = self._add_instruction
        elif local == "fldChar":
            self._read_field_character(_read(attributes, "fldCharType"))
        elif local == "fldSimple":
            self._fields.judge(_read(attributes, "instr"))
        elif local in _SHOWN_IN_RUNS and self._fields.is_instruction:
            if local == "t":
                self._parser.CharacterDataHandler = self._add_instruction
            else:
                self._add_instruction(" ")
        elif local in _PLACES:
            self._enter(_PLACES[local])
            if local == "delInstrText":
                self._parser.CharacterDataHandler = self._add_instruction
        if attributes:
            self._note(local, attributes)

    @staticmethod
    def _limit(listed: Sized) -> None:
        if len(listed) > MAX_LISTED:
            raise _TooMuchError

    def _enter(self, place: str) -> None:
        around = self._places[-1]
        self._places.append(around if around[-1:] == (place,) else (*around, place))

    def _note(self, local: str, attributes: dict[str, str]) -> None:
        """Which relations an element names, and pictures it takes from elsewhere."""
        for name, value in attributes.items():
            namespace, _, attribute = name.rpartition(" ")
            if namespace.endswith(_RELATION_IDS):
                self.uses.setdefault(value, set()).add(local)
            elif attribute == "src" and local in _PICTURES and _is_remote(_normalize_address(value)):
                self._found = self._found or dangers.FETCHING

    def _end(self, name: str) -> None:
        self._parser.CharacterDataHandler = None
        self._depth -= 1
        if name.rpartition(" ")[2] in _PLACES:
            self._places.pop()

    def _read_field_character(self, what: str) -> None:
        if what == "begin":
            self._fields.begin(self._places[-1])
        elif what == "separate":
            self._fields.separate()
        elif what == "end":
            self._fields.end()

    def _add_instruction(self, text: str) -> None:
        self._fields.add_text(text, self._places[-1])


def _read(attributes: dict[str, str], wanted: str) -> str:
    """An attribute whatever its namespace."""
    return next((value for name, value in attributes.items() if name.rpartition(" ")[2] == wanted), "")
