"""Where the empty, formatted rows of an .xlsx begin that make it too large. Runs in the sandbox.

A frame drawn around a whole sheet gives it a million rows with nothing in them.  Such a file is refused unread, and
its agency has to know which rows to delete.  The sheet is unpacked piece by piece and never held as a whole.
"""

from __future__ import annotations

import re
import zlib

from kybaocao.workbook.package import DEFLATED, find_start, list_members, normalize_path
from kybaocao.workbook.xlsx import list_worksheets

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterator

    from kybaocao.workbook.package import Member

MIN_EMPTY_ROWS = 1_000
_PACKED_BYTES, _PIECE_BYTES = 2**16, 2**20
_OVERLAP_BYTES = 2**12  # longer than the start tag of a row
_ROW = re.compile(rb'<(?:\w+:)?row\s[^<>]*?\br="([0-9]{1,7})"')
_CONTENT_ENDS = (b"v>", b"is>", b"f>")  # of a value, a text and a formula, with any prefix


def find_empty_rows(data: bytes) -> list[str | int] | None:
    """[sheet, its last row with content (0 for none), its last row]; None where no sheet has many empty rows.

    Raises whatever a reader raises on hostile bytes.
    """
    members = {normalize_path(member.name): member for member in list_members(data)}
    sheets = [(name, members[part]) for name, part in list_worksheets(data) if part in members]
    for name, member in sorted(sheets, key=lambda one: -one[1].bytes):
        filled, last = _find_last_rows(data, member)
        if last - filled >= MIN_EMPTY_ROWS:
            return [name, filled, last]
    return None


def _find_last_rows(data: bytes, member: Member) -> tuple[int, int]:
    filled = last = before = 0  # before: the last row that began in earlier pieces
    for piece in _unpack(data, member):
        end = max(piece.rfind(sign) for sign in _CONTENT_ENDS)
        for row in _ROW.finditer(piece):
            if row.start() < end:
                before = int(row[1])
            last = int(row[1])
        if end >= 0:
            filled = max(filled, before)
        before = last
    return filled, last


def _unpack(data: bytes, member: Member) -> Iterator[bytes]:
    """The content in pieces, each with the end of the one before it."""
    if member.method != DEFLATED:
        return
    start = find_start(data, member)
    stream, kept = zlib.decompressobj(-15), b""
    for place in range(start, start + member.packed_bytes, _PACKED_BYTES):
        rest = data[place : min(place + _PACKED_BYTES, start + member.packed_bytes)]
        while rest and not stream.eof:
            piece = kept + stream.decompress(rest, _PIECE_BYTES)
            rest = stream.unconsumed_tail
            yield piece
            kept = piece[-_OVERLAP_BYTES:]
