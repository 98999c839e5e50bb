"""What a file is and whether it is safe to open, decided from its bytes before any parser sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kybaocao.findings import Finding
from kybaocao.vietnamese import format_number
from kybaocao.workbook import compound
from kybaocao.workbook.package import (
    WORKBOOK_PART,
    Member,
    PackageError,
    find_lie,
    list_members,
    normalize_path,
    read_member,
)
from kybaocao.workbook.plain_book import MAX_MEMBER_BYTES

MAX_BYTES = 10 * 2**20
MAX_ENTRIES = 400
MAX_EXPANDED_BYTES = 80 * 2**20
MAX_RATIO = 200

ENCRYPTED = "tệp Excel có mật khẩu"
PDF, JPEG, PNG, GIF, TIFF = "tệp PDF", "ảnh JPEG", "ảnh PNG", "ảnh GIF", "ảnh TIFF"
EXCEL = "tệp Excel"
WORD, OLD_WORD, RTF = "tài liệu Word (.docx)", "tài liệu Word đời cũ (.doc)", "tài liệu RTF"
SLIDES, OTHER_OPEN_DOCUMENT = "bài trình chiếu (.pptx)", "tài liệu OpenDocument"
MAIL, OUTLOOK_MAIL, OUTLOOK_ATTACHMENTS = "thư điện tử (.eml)", "thư Outlook (.msg)", "tệp winmail.dat của Outlook"
_MAILS = (MAIL, OUTLOOK_MAIL, OUTLOOK_ATTACHMENTS)
_ARCHIVE = "tệp nén"
_PACKAGE = b"PK\x03\x04"
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG", PNG),
    (b"GIF8", GIF),
    (b"BM", "ảnh BMP"),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"Rar!", f"{_ARCHIVE} RAR"),
    (b"7z\xbc\xaf", f"{_ARCHIVE} 7z"),
    (b"\x1f\x8b", f"{_ARCHIVE} GZ"),
    (b"MZ", "tệp chương trình"),
    (b"{\\rtf", RTF),
    (b"\x78\x9f\x3e\x22", OUTLOOK_ATTACHMENTS),
)


_WORD_PART = re.compile(r"word/document\d*\.xml")  # the relations decide which one counts
_OPEN_SHEET = "application/vnd.oasis.opendocument.spreadsheet"
_OPEN_KIND = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z-]+")
_MAX_SMALL_BYTES = 2**17
_READ_PART = re.compile(r"xl/(?:worksheets/[^/]+|workbook\d*|styles|sharedstrings)\.xml|content\.xml")
# A header of two fields or more (RFC 5322); one that names no way a mail went is that of a saved web page (RFC 2557).
_HEADER = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){2}")
_WENT = re.compile(rb"(?im)^(?:received|return-path|delivered-to|message-id|to):")
_SAVED_PAGE = re.compile(rb"(?im)^content-type: *multipart/related")
_IN_FOLDER = re.compile(r".+/xl/workbook\d*\.xml")
_PHONES = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypavif")


@dataclass(frozen=True)
class Kind:
    """What the bytes are: `name` for the answer, `is_form` when a workbook reader may try."""

    name: str
    is_form: bool = False


def sniff(data: bytes) -> Kind:
    """The kind of file, from content alone; never from the file name."""
    if data.startswith(_PACKAGE):
        return _sniff_package(data, _try_list(data))
    if data.startswith(compound.SIGNATURE):
        return _sniff_compound(data)
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return Kind(name)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind("ảnh WEBP")
    if data[4:12] in _PHONES:
        return Kind("ảnh HEIC chụp từ điện thoại")
    if data[4:8] == b"ftyp":
        return Kind("tệp video hoặc âm thanh")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Kind("tệp văn bản thuần (txt, csv)")
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table")) or b"<html" in head:
        return Kind("trang web (HTML) đặt tên như tệp Excel")
    if _HEADER.match(head):
        if _WENT.search(head):
            return Kind(MAIL)
        if _SAVED_PAGE.search(head):
            return Kind("trang web lưu trong một tệp (.mht)")
    if head.startswith(b"<?xml"):
        return Kind("tệp XML")
    if not data.strip(b"\0"):
        return Kind("tệp rỗng hoặc chưa chép xong")
    if re.fullmatch(rb"[^\x00-\x08\x0e-\x1f]+", data[:2048]):
        return Kind("tệp văn bản thuần (txt, csv)")
    return Kind("tệp không rõ định dạng")


def _sniff_compound(data: bytes) -> Kind:
    names = compound.list_names(data)
    if not names:  # damaged; the names left in it still say what it was
        known = ("EncryptedPackage", "Workbook", "WordDocument", "__substg1.0_")
        names = {name for name in known if name.encode("utf-16-le") in data}
    if "EncryptedPackage" in names:
        return Kind(ENCRYPTED)
    if not names.isdisjoint(("Workbook", "Book")):
        return Kind("tệp Excel đời cũ (.xls)", is_form=True)
    if any(name.startswith("__substg1.0_") for name in names):
        return Kind(OUTLOOK_MAIL)
    return Kind(OLD_WORD if "WordDocument" in names else "tệp Office đời cũ")


def _sniff_package(data: bytes, members: list[Member] | None) -> Kind:
    if members is None:  # damaged; the names left in it still say what it was
        if b"xl/" in data:
            return Kind(EXCEL, is_form=True)
        return Kind(WORD if b"word/document" in data else f"{_ARCHIVE} ZIP")
    parts = {normalize_path(member.name): member for member in members}
    names = parts.keys()
    if "xl/workbook.bin" in names:
        return Kind("tệp Excel nhị phân (.xlsb)")
    if any(map(WORKBOOK_PART.fullmatch, names)):
        return Kind(EXCEL, is_form=True)
    if any(map(_WORD_PART.fullmatch, names)):
        return Kind(WORD)
    if "ppt/presentation.xml" in names:
        return Kind(SLIDES)
    if (kind := _find_open_kind(data, parts)) is not None:
        is_sheet = kind.startswith(_OPEN_SHEET)
        return Kind("bảng tính OpenDocument (.ods)", is_form=True) if is_sheet else Kind(OTHER_OPEN_DOCUMENT)
    if any(name.endswith(".iwa") or name == "index.zip" for name in names):
        return Kind("tài liệu của Numbers, Pages hoặc Keynote (Apple)")
    if any(map(_IN_FOLDER.fullmatch, names)):  # unpacked, and packed with its folder: to unpack it again is no help
        return Kind(EXCEL, is_form=True)
    return Kind(f"{_ARCHIVE} ZIP")


def _find_open_kind(data: bytes, parts: Mapping[str, Member]) -> str | None:
    """The kind that an OpenDocument package states, None for any other package.

    It stands in the member `mimetype`; programs that pack a document anew may compress it, put it anywhere or leave
    it out.  Then the manifest says the same.
    """
    if parts.keys().isdisjoint(("mimetype", "content.xml")):
        return None
    stated = _read_start(data, parts.get("mimetype")).strip(b"\xef\xbb\xbf \t\r\n")
    found = _OPEN_KIND.match(stated) or _OPEN_KIND.search(_read_start(data, parts.get("meta-inf/manifest.xml")))
    return found[0].decode() if found else None


def _read_start(data: bytes, member: Member | None) -> bytes:
    """A small member; b"" for one that is missing, larger than such a member is, or damaged."""
    if member is None:
        return b""
    try:
        return read_member(data, member, _MAX_SMALL_BYTES)
    except PackageError:
        return b""


TOO_LARGE = ("qua_lon_khi_giai_nen", "ty_le_nen")  # clauses (ly_do) of what grows beyond the limits


def inspect(data: bytes) -> Finding | None:
    """Why these bytes must not be opened, or None when a reader may try."""
    if len(data) > MAX_BYTES:
        return Finding("file-too-large", facts={"gioi_han": _megabytes(MAX_BYTES)})
    members = _try_list(data) if data.startswith(_PACKAGE) else None
    kind = _sniff_package(data, members) if data.startswith(_PACKAGE) else sniff(data)
    if kind.name == ENCRYPTED:
        return Finding("file-encrypted")
    if not kind.is_form:
        code = "file-is-archive" if kind.name.startswith(_ARCHIVE) else "file-not-a-workbook"
        code = "file-is-mail" if kind.name in _MAILS else code
        return Finding(code, value=kind.name, facts={"loai_tep": kind.name})
    return _inspect_members(data, members) if data.startswith(_PACKAGE) else None


def _try_list(data: bytes) -> list[Member] | None:
    try:
        return list_members(data)
    except PackageError:
        return None


def _inspect_members(data: bytes, members: list[Member] | None) -> Finding | None:
    if members is None:
        return Finding("file-damaged")
    try:
        reason = find_excess(members) or find_lie(data, members)
        if not reason and any(member.bytes > MAX_MEMBER_BYTES for member in members if _is_read(member)):
            reason = "qua_lon_khi_giai_nen"
    except PackageError:
        return Finding("file-damaged")
    return Finding("file-unsafe", facts={"ly_do": reason}) if reason else None


def _is_read(member: Member) -> bool:
    """Whether a reader of workbooks would need the member whole."""
    return _READ_PART.match(normalize_path(member.name)) is not None


def find_excess(members: list[Member]) -> str:
    """What a package has too much of, as a clause of findings.yaml (ly_do); "" when within the limits."""
    if len(members) > MAX_ENTRIES:
        return "qua_nhieu_thanh_phan"
    if sum(member.bytes for member in members) > MAX_EXPANDED_BYTES:
        return "qua_lon_khi_giai_nen"
    for member in members:
        if member.bytes > 2**20 and member.bytes > MAX_RATIO * max(member.packed_bytes, 1):
            return "ty_le_nen"
    return ""


def _megabytes(size: int) -> str:
    return f"{format_number(size // 2**20)} MB"
