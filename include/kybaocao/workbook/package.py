"""The members of a ZIP package, read strictly and never beyond a limit.

A hostile package shows different things to different readers: members twice, data that overlap, sizes that
lie.  Whatever two readers could see differently is refused here, so that what was looked at is what the
workbook reader will read.  Only light modules are imported: a new reader process waits for each of them.

Layout of the structures: APPNOTE.TXT, 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (its end).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import namedtuple

_END, _ENTRY, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_ENTRY_FIELDS = struct.Struct("<HHHHIIIHHHHHII")
_END_SIZE, _MAX_COMMENT = 22, 65_535
STORED, DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 0x1, 0x800

WORKBOOK_PART = re.compile(r"xl/workbook\d*\.xml")  # some programs number it; the relations decide which one counts

# name; where its local header begins; how it is packed; its sizes in the file and unpacked; CRC-32; is it encrypted
Member = namedtuple("Member", "name start method packed_bytes bytes crc is_encrypted")


class PackageError(ValueError):
    """The package is damaged, cut off, or not the plain kind that spreadsheets write."""


def list_members(data: bytes) -> list[Member]:
    """The directory of a package, in its order; duplicates and lies are not judged here.

    Raises PackageError when there is no whole directory, and for multi-part and 64-bit packages.
    """
    end = data.rfind(_END, max(0, len(data) - _END_SIZE - _MAX_COMMENT))
    if end < 0 or end + _END_SIZE > len(data):
        raise PackageError("no directory")
    disk, first_disk, here, total, size, start = struct.unpack_from("<HHHHII", data, end + 4)
    if disk or first_disk or here != total or start + size > end or data[start : start + 4] not in (_ENTRY, _END):
        raise PackageError("unusual directory")
    found = []
    place = start
    for _ in range(total):
        if data[place : place + 4] != _ENTRY or place + 46 > end:
            raise PackageError("broken directory")
        (flags, method, _, _, crc, packed, unpacked, name_length, extra, comment, _, _, _, offset) = (
            _ENTRY_FIELDS.unpack_from(data, place + 8)
        )
        if 0xFFFFFFFF in (packed, unpacked, offset):
            raise PackageError("64-bit package")
        raw = data[place + 46 : place + 46 + name_length]
        # The old code page is a table in Python, slow to load and to use; nearly no name needs it.
        name = raw.decode("utf-8" if flags & _UTF8 or raw.isascii() else "cp437", "replace")
        found.append(Member(clean_path(name), offset, method, packed, unpacked, crc, bool(flags & _ENCRYPTED)))
        place += 46 + name_length + extra + comment
    return found


def clean_path(name: str) -> str:
    """The name of a member as the standard has it: of "\\xl\\a.xml" and "./xl/a.xml" it is "xl/a.xml".

    Steps upwards ("..") stay, and are refused by `find_lie`, as are two names that become one.
    """
    name = name.replace("\\", "/")
    if name.startswith(("/", "./")) or "//" in name or "/./" in name:
        return "/".join(step for step in name.split("/") if step not in ("", ".")) + "/" * name.endswith("/")
    return name


def normalize_path(name: str) -> str:
    """Names inside a package are compared like file names in Windows."""
    return clean_path(name).lower()


def read_member(data: bytes, member: Member, limit_bytes: int) -> bytes:
    """The unpacked content. Raises PackageError when it is not what the directory says, or beyond the limit."""
    start = find_start(data, member)
    packed = data[start : start + member.packed_bytes]
    if member.is_encrypted or member.bytes > limit_bytes or len(packed) != member.packed_bytes:
        raise PackageError(f"{member.name}: cannot be unpacked")
    if member.method == STORED:
        content = packed
    elif member.method == DEFLATED:
        stream = zlib.decompressobj(-15)
        try:
            content = stream.decompress(packed, member.bytes + 1)
        except zlib.error as error:
            raise PackageError(f"{member.name}: {error}") from None
    else:
        raise PackageError(f"{member.name}: unknown packing")
    if len(content) != member.bytes or zlib.crc32(content) != member.crc:
        raise PackageError(f"{member.name}: damaged")
    return content


def find_lie(data: bytes, members: list[Member]) -> str:
    """Why two readers could see different things in a package, as a clause of findings.yaml (ly_do); "" if not.

    Raises PackageError when a member is not where the directory says.
    """
    names = [normalize_path(member.name).rstrip("/") for member in members]
    if len(set(names)) != len(names):
        return "trung_ten"
    if any(".." in name.split("/") or "\0" in name for name in names):
        return "duong_dan_sai"
    place = 0
    for member in sorted(members, key=lambda one: one.start):
        if member.is_encrypted:
            return "bi_ma_hoa"
        if member.start < place:
            return "chong_len_nhau"
        place = find_start(data, member) + member.packed_bytes
    return ""


def find_start(data: bytes, member: Member) -> int:
    """Where the packed content of a member begins. Raises PackageError when the member is not there."""
    if data[member.start : member.start + 4] != _LOCAL or member.start + 30 > len(data):
        raise PackageError(f"{member.name}: not where the directory says")
    name_length, extra = struct.unpack_from("<HH", data, member.start + 26)
    return int(member.start + 30 + name_length + extra)
