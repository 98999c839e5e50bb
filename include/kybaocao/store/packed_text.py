"""Long texts as the store keeps them: compressed, and written in the signs that any text column and JSON can hold.

A snapshot is stored three times: in its row, in what its trigger notes and in the journal.  Packed it takes less than
a fifth.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable

_FASTEST = 1


def pack_text(pieces: Iterable[str]) -> str:
    """One text, given piece by piece so that it never stands in memory as a whole."""
    packer = zlib.compressobj(_FASTEST)
    packed = bytearray()
    for piece in pieces:
        packed += packer.compress(piece.encode())
    packed += packer.flush()
    return base64.b64encode(packed).decode()


def unpack_text(stored: str) -> bytes:
    """The UTF-8 of what was packed, or of JSON that an earlier version stored as it is."""
    return stored.encode() if stored.startswith("{") else zlib.decompress(base64.b64decode(stored))
