"""What in a PDF would harm the person who opens it. Runs in the sandbox, in a process started for one file.

Every object is walked, whether anything refers to it or not, packed or plain; pages and pictures stay as they
are, nothing in them is obeyed.  A scan, a signature, comments and links to web addresses are the rule; commands,
attachments and whatever leads to a file or a program are not.

Source: ISO 32000-1, 7.5.7 (object streams), 7.6 (encryption), 7.11 (file specifications), 12.6 (actions).
"""

from __future__ import annotations

import io
import re

import pikepdf

from kybaocao.attachments import dangers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

MAX_UNPACKED_BYTES = 32 * 2**20  # of one object stream: text of a few thousand pages' objects
MAX_NESTING = 100

_ACTIONS = {
    "/JavaScript": dangers.COMMANDS,
    "/Launch": dangers.COMMANDS,
    "/SubmitForm": dangers.SENDING,
    "/ImportData": dangers.SENDING,
    "/Rendition": dangers.MEDIA,
    "/Movie": dangers.MEDIA,
    "/Sound": dangers.MEDIA,
    "/RichMediaExecute": dangers.MEDIA,
}
# What an action may do by itself: go to a page, show layers and fields.
_MOVES = {"/GoTo", "/GoToDp", "/Named", "/SetOCGState", "/Hide", "/Trans"}
_KINDS = {
    "/EmbeddedFile": dangers.ATTACHMENTS,
    "/FileAttachment": dangers.ATTACHMENTS,
    "/RichMedia": dangers.MEDIA,
    "/Screen": dangers.MEDIA,
    "/Movie": dangers.MEDIA,
    "/Sound": dangers.MEDIA,
    "/3D": dangers.MEDIA,
}
_KEYS = {
    "/JavaScript": dangers.COMMANDS,
    "/EmbeddedFiles": dangers.ATTACHMENTS,
    "/XFA": dangers.DYNAMIC_FORM,
    "/RichMediaContent": dangers.MEDIA,
}
_FILE_NAMES = ("/F", "/UF", "/DOS", "/Mac", "/Unix")
_PACKED = ("/ObjStm", "/XRef")

_IGNORED = re.compile(r"[\x00-\x20\x7f]+")  # readers of addresses ignore these
_WEB = re.compile(r"(?i)(https?|mailto|tel|ftp):")
_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.-]*:(?!\d)")  # not the port in "sonla.gov.vn:8080"
# What the library says of objects it made nothing, or less, of; of many small faults it says something else.
_LOST = re.compile("error (reading|decoding|during)|as null|object stream|unfilterable|limits|giving up|too many")
_RECOVERED = re.compile("reconstruct")
_IN_STREAM = 2  # type of an entry of the table of objects


def find_danger(data: bytes) -> str:
    """One of `dangers`; "" when nothing was found."""
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=MAX_UNPACKED_BYTES,
        run_length_max_memory=MAX_UNPACKED_BYTES,
        png_max_memory=MAX_UNPACKED_BYTES,
        tiff_max_memory=MAX_UNPACKED_BYTES,
        parser_max_nesting=MAX_NESTING,
    )
    try:
        pdf = pikepdf.open(io.BytesIO(data), inherit_page_attributes=False)
    except pikepdf.PasswordError:
        return dangers.ENCRYPTED
    except pikepdf.PdfError as error:
        return dangers.ENCRYPTED if "ncrypt" in str(error) else dangers.DAMAGED
    if pdf.is_encrypted or "/Encrypt" in dict(pdf.trailer.items()):  # keys() leaves out references to missing objects
        return dangers.ENCRYPTED
    is_packed = False
    for entries, is_stream in _list_dictionaries(pdf):
        if danger := _judge(entries, is_stream=is_stream):
            return danger
        is_packed = is_packed or (is_stream and _name(entries.get("/Type")) in _PACKED)
    return "" if _is_whole(pdf, is_packed=is_packed) else dangers.UNREADABLE


def _is_whole(pdf: pikepdf.Pdf, *, is_packed: bool) -> bool:
    """Whether every object could be read: of one that could not, another reader may make something else."""
    packed = [number for number, entry in pdf.get_xref_table().items() if entry.type == _IN_STREAM]
    if any(pdf.get_object(*number) is None for number in packed):
        return False
    warnings = [str(warning) for warning in pdf.get_warnings()]
    if any(map(_LOST.search, warnings)):
        return False
    # Where the table of objects is broken, each reader looks for them in its own way, and not all unpack any.
    return not (is_packed and any(map(_RECOVERED.search, warnings)))


def _list_dictionaries(pdf: pikepdf.Pdf) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every dictionary of the document, those inside others, too, and whether it is a stream's."""
    waiting: list[Any] = [*pdf.objects, pdf.trailer]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Array):
            waiting += filter(_is_inside, one)
        elif isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)):
            entries = dict(one.items())
            yield entries, isinstance(one, pikepdf.Stream)
            waiting += filter(_is_inside, entries.values())


def _is_inside(one: Any) -> bool:
    """Whether it stands where it is; what is referred to is listed by itself."""
    return isinstance(one, pikepdf.Object) and not one.is_indirect


def _judge(entries: Mapping[str, Any], *, is_stream: bool) -> str:
    """What is dangerous about one dictionary."""
    found = _ACTIONS.get(_name(entries.get("/S"))) or next((_KEYS[key] for key in entries if key in _KEYS), "")
    found = found or _KINDS.get(_name(entries.get("/Type")), "") or _KINDS.get(_name(entries.get("/Subtype")), "")
    if found:
        return found
    if is_stream and "/F" in entries:  # its content lies in another file
        return dangers.FETCHING
    if _holds_file(entries.get("/EF")):
        return dangers.ATTACHMENTS
    if _leads_elsewhere(entries):
        return dangers.LINKS
    actions = [entries.get("/OpenAction"), *_list_values(entries.get("/AA"))]
    return dangers.OPENING if any(map(_opens, actions)) else ""


def _name(one: Any) -> str:
    return str(one) if isinstance(one, pikepdf.Name) else ""


def _list_values(one: Any) -> list[Any]:
    return [inner for _, inner in one.items()] if isinstance(one, pikepdf.Dictionary) else []


def _holds_file(one: Any) -> bool:
    return any(isinstance(inner, pikepdf.Stream) for inner in _list_values(one))


def _leads_elsewhere(entries: Mapping[str, Any]) -> bool:
    """Whether an address is none of the web, or a file anything but a neighbour of this one."""
    addresses = [_read_text(entries[key]) for key in ("/URI", "/Base") if key in entries]
    files = [_read_text(entries[key]) for key in _FILE_NAMES if key in entries]
    return any(map(_leads_outside, addresses)) or any(_leads_outside(one) or _WEB.match(one) for one in files)


def _read_text(one: Any) -> str:
    return _IGNORED.sub("", str(one)) if isinstance(one, pikepdf.String) else ""


def _leads_outside(address: str) -> bool:
    if address.startswith(("\\", "/")):
        return True
    return _SCHEME.match(address) is not None and _WEB.match(address) is None


def _opens(action: Any) -> bool:
    """Whether an action that nobody clicks on, or one that follows it, does more than turn to a page."""
    waiting, seen = [action], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Array):
            waiting += [inner for inner in one if isinstance(inner, pikepdf.Dictionary)]
        elif isinstance(one, pikepdf.Dictionary):
            if one.is_indirect and one.objgen in seen:
                continue
            seen.add(one.objgen)
            if _name(one.get("/S")) not in ("", *_MOVES):
                return True
            waiting.append(one.get("/Next"))
    return False
