"""What an attachment is taken as, and why one must not be kept as evidence; decided from its name and bytes.

Attachments are stored and listed, never opened.  Readers in the sandbox look for what would harm the person who
opens them; here, only the first bytes, the end and the directory of a package are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kybaocao.attachments import dangers
from kybaocao.findings import Finding
from kybaocao.form.layout import IDENTITY_SHEET
from kybaocao.plan.attachment_kinds import AttachmentFormat, AttachmentKind
from kybaocao.vietnamese import format_number, strip_marks
from kybaocao.workbook import guard
from kybaocao.workbook.package import WORKBOOK_PART, PackageError, find_lie, list_members, normalize_path, read_member
from kybaocao.workbook.reader_slots import READER_MEGABYTES
from kybaocao.workbook.sandbox import CLAUSES, SandboxError, run_limited

_KINDS = {
    guard.PDF: AttachmentFormat.PDF,
    guard.WORD: AttachmentFormat.WORD,
    guard.EXCEL: AttachmentFormat.EXCEL,
    guard.JPEG: AttachmentFormat.IMAGE,
    guard.PNG: AttachmentFormat.IMAGE,
}
# Documents nobody would take for the form: they are answered as attachments of a wrong kind.
_OTHER_DOCUMENTS = frozenset(
    (guard.OLD_WORD, guard.RTF, guard.GIF, guard.TIFF, guard.SLIDES, guard.OTHER_OPEN_DOCUMENT)
)
_ODS_CONTENT = "content.xml"

_READER = "from kybaocao.workbook.reader import answer; from kybaocao.attachments.{0} import {1}; answer({1})"
_READERS = {
    AttachmentFormat.PDF: _READER.format("pdf_document", "find_danger"),
    AttachmentFormat.WORD: _READER.format("office_document", "find_danger_in_word"),
    AttachmentFormat.EXCEL: _READER.format("office_document", "find_danger_in_excel"),
}


def choose_attachment(data: bytes, file_name: str, attachments: Sequence[AttachmentKind]) -> AttachmentKind | None:
    """The attachment a file is taken as; None for the form, and for what must be answered like a form.

    `data` is the whole file, or more of it than any limit allows.
    """
    if not attachments:
        return None
    sniffed = guard.sniff(data)
    kind = _KINDS.get(sniffed.name)
    name = _simplify(file_name)
    named = [one for one in attachments if any(_simplify(word) in name for word in one.name_words)]
    fitting = [one for one in named if kind is None or kind in one.kinds]
    if sniffed.is_form:  # the form, unless everything says otherwise
        return fitting[0] if fitting and not _holds_form(data) else None
    if kind is None and sniffed.name not in _OTHER_DOCUMENTS:  # an archive, a film: only its name helps
        return named[0] if named else None
    fitting += [one for one in attachments if kind is None or kind in one.kinds]
    return (fitting or [*named, *attachments])[0]


def _holds_form(data: bytes) -> bool:
    """Whether a workbook has the hidden sheet of our forms; a file that cannot be read is answered like a form.

    One part is unpacked at most, after the guard has seen the directory.
    """
    if not data.startswith(b"PK"):  # an .xls keeps the names of its sheets as plain text
        return any(IDENTITY_SHEET.encode(encoding) in data for encoding in ("ascii", "utf-16-le"))
    try:
        members = list_members(data)
        if guard.find_excess(members) or find_lie(data, members):
            return True
        named = [(normalize_path(one.name), one) for one in members]
        naming = [one for name, one in named if WORKBOOK_PART.fullmatch(name) or name == _ODS_CONTENT]
        return len(naming) != 1 or IDENTITY_SHEET.encode() in read_member(data, naming[0], guard.MAX_BYTES)
    except PackageError:
        return True


def _simplify(name: str) -> str:
    """ "BC_số 125 (Bản ký).pdf" -> " bc so 125 ban ky pdf ": file names are mostly typed without marks."""
    words = re.split(r"[\W_]+", strip_marks(name.casefold()))
    return f" {' '.join(words).strip()} "


def inspect_attachment(data: bytes, attachment: AttachmentKind) -> Finding | None:
    """Why an attachment is refused; None when it is kept."""
    if len(data) > attachment.limit_bytes:
        return Finding("companion-too-large", facts={"gioi_han": f"{format_number(attachment.limit_mb)} MB"})
    name = guard.sniff(data).name
    kind = _KINDS.get(name)
    if kind not in attachment.kinds:
        facts = {"loai_tep": name, "nhan": attachment.kinds_text, "ten": attachment.name}
        return Finding("companion-kind-refused", value=name, facts=facts)
    if kind is AttachmentFormat.IMAGE:
        return _inspect_image(data)
    refused = _inspect_end(data) if kind is AttachmentFormat.PDF else _inspect_directory(data)
    return refused or _look_inside(data, _READERS[kind])


def _inspect_image(data: bytes) -> Finding | None:
    end = b"IEND" if data.startswith(b"\x89PNG") else b"\xff\xd9"
    return Finding("companion-damaged") if data.find(end, 16) < 0 else None


def _inspect_end(data: bytes) -> Finding | None:
    return None if b"%%EOF" in data[-65_536:] else Finding("companion-damaged")


def _inspect_directory(data: bytes) -> Finding | None:
    """Before anything is unpacked: what is there too often, too large, or twice."""
    try:
        members = list_members(data)
        reason = guard.find_excess(members) or find_lie(data, members)
    except PackageError:
        return Finding("companion-damaged")
    return _unsafe(reason) if reason else None


def _look_inside(data: bytes, reader: str) -> Finding | None:
    """What a reader in the sandbox finds. Raises BusyMachineError."""
    try:
        danger = str(run_limited(reader, data, seconds=25, megabytes=READER_MEGABYTES))
    except SandboxError as error:
        reason = CLAUSES.get(error.reason)
        return _unsafe(reason) if reason else Finding("companion-damaged")
    if danger == "":
        return None
    if danger in dangers.REASONS:
        return _unsafe(danger)
    return Finding(dangers.CODES.get(danger, "companion-damaged"))


def _unsafe(reason: str) -> Finding:
    return Finding("companion-unsafe", facts={"ly_do": reason})
