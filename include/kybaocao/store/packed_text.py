"""Long texts as the store keeps them: plain while people can still read them there, compressed beyond that.

A snapshot is stored three times: in its row, in what its trigger notes and in the journal, and each time it passes
through memory.  That of a province stays plain; that of 3,800 agencies has 42 million characters and is compressed.
What is compressed is written in the signs that any text column and JSON can hold.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from itertools import chain

MOST_PLAIN = 8_000_000  # characters; a province has a million or two
_FASTEST = 1


def pack_text(pieces: Iterable[str]) -> str:
    """One JSON text, given piece by piece: a long one never stands in memory as a whole."""
    coming, plain, size = iter(pieces), list[str](), 0
    for piece in coming:
        plain.append(piece)
        size += len(piece)
        if size > MOST_PLAIN:
            return _compress(chain(plain, coming))
    return "".join(plain)


def _compress(pieces: Iterable[str]) -> str:
    packer, packed = zlib.compressobj(_FASTEST), bytearray()
    for piece in pieces:
        packed += packer.compress(piece.encode())
    return base64.b64encode(packed + packer.flush()).decode()


def unpack_text(stored: str) -> bytes:
    """The UTF-8 of a JSON text that was packed. No packed text begins with a brace."""
    return stored.encode() if stored.startswith("{") else zlib.decompress(base64.b64decode(stored))
