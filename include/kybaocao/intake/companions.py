"""What a companion file is taken as, and why one must not be kept as evidence; decided from its bytes alone.

Companions are stored and listed, never opened: no parser of documents is run on them, here or later.  What is
looked for is what would harm or baffle the person who opens them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from xml.parsers import expat

from kybaocao.findings import Finding
from kybaocao.form.companion import Companion, CompanionKind
from kybaocao.form.layout import IDENTITY_SHEET
from kybaocao.intake import guard, office_document, pdf_document
from kybaocao.intake.package import WORKBOOK_PART, PackageError, find_lie, list_members, read_member
from kybaocao.vietnamese import format_number

_KINDS = {
    guard.PDF: CompanionKind.PDF,
    guard.WORD: CompanionKind.WORD,
    guard.EXCEL: CompanionKind.EXCEL,
    guard.JPEG: CompanionKind.IMAGE,
    guard.PNG: CompanionKind.IMAGE,
}
# Documents nobody would take for the form; what these are is said better to who meant a companion.
_OTHER_DOCUMENTS = frozenset(
    (guard.OLD_WORD, guard.RTF, guard.GIF, guard.TIFF, guard.SLIDES, guard.OTHER_OPEN_DOCUMENT)
)
_TYPES = "[Content_Types].xml"
_SPEAKING = re.compile(r"^\[Content_Types\]\.xml$|\.rels$|^word/.*\.xml$|^xl/externalLinks/")  # parts that can do harm


def choose_companion(data: bytes, file_name: str, companions: Sequence[Companion]) -> Companion | None:
    """As what a file is taken; None for the form, and for what must be answered like a form.

    `data` is the whole file, or more of it than any limit allows.
    """
    name = guard.sniff(data).name if companions else ""
    kind = _KINDS.get(name)
    if kind is None and name not in _OTHER_DOCUMENTS:
        return None
    said = _simplify(file_name)
    named = [one for one in companions if any(_simplify(word) in said for word in one.name_words)]
    if kind is CompanionKind.EXCEL:  # the form, unless everything says otherwise
        fitting = [one for one in named if kind in one.kinds]
        return fitting[0] if fitting and not _holds_form(data) else None
    fitting = [one for one in (*named, *companions) if kind is None or kind in one.kinds]
    return (fitting or [*named, *companions])[0]


def _holds_form(data: bytes) -> bool:
    """Whether a workbook has the hidden sheet of our forms; what cannot be looked into is answered like a form."""
    try:
        parts = [one for one in list_members(data) if WORKBOOK_PART.fullmatch(one.name)]
        return any(IDENTITY_SHEET.encode() in read_member(data, one, guard.MAX_BYTES) for one in parts)
    except PackageError:
        return True


def _simplify(name: str) -> str:
    """ "BC_số 125 (Bản ký).pdf" -> " bc so 125 ban ky pdf ": file names are mostly typed without marks."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(sign))
    words = re.split(r"[\W_]+", bare.replace("đ", "d"))
    return f" {' '.join(words).strip()} "


def inspect_companion(data: bytes, companion: Companion) -> Finding | None:
    """Why a companion file is refused; None when it is kept."""
    if len(data) > companion.limit_bytes:
        return Finding("companion-too-large", facts={"gioi_han": f"{format_number(companion.limit_mb)} MB"})
    name = guard.sniff(data).name
    kind = _KINDS.get(name)
    if kind not in companion.kinds:
        facts = {"loai_tep": name, "nhan": companion.kinds_text, "ten": companion.name}
        return Finding("companion-kind-refused", value=name, facts=facts)
    if kind is CompanionKind.PDF:
        return _inspect_pdf(data)
    return _inspect_image(data) if kind is CompanionKind.IMAGE else _inspect_office(data)


def _inspect_pdf(data: bytes) -> Finding | None:
    if b"%%EOF" not in data[-65_536:]:
        return Finding("companion-damaged")
    if pdf_document.is_encrypted(data):
        return Finding("companion-encrypted")
    reason = pdf_document.find_danger(data)
    return Finding("companion-unsafe", facts={"ly_do": reason}) if reason else None


def _inspect_office(data: bytes) -> Finding | None:
    try:
        members = list_members(data)
        if reason := guard.find_excess(members) or find_lie(data, members):
            return Finding("companion-unsafe", facts={"ly_do": reason})
        wanted = (one for one in members if _SPEAKING.search(one.name))
        parts = {one.name: read_member(data, one, guard.MAX_EXPANDED_BYTES) for one in wanted}
        if b"macroEnabled" in parts.get(_TYPES, b"") or any("vbaproject" in one.name.lower() for one in members):
            return Finding("companion-with-macros")
        reason = office_document.find_danger(parts)
    except (PackageError, expat.ExpatError):
        return Finding("companion-damaged")
    return Finding("companion-unsafe", facts={"ly_do": reason}) if reason else None


def _inspect_image(data: bytes) -> Finding | None:
    end = b"IEND" if data.startswith(b"\x89PNG") else b"\xff\xd9"
    return None if end in data[16:] else Finding("companion-damaged")
