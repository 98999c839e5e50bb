"""What in a PDF would start something when it is opened, found without rendering it.

Commands stand in objects; since PDF 1.5 objects may be packed together in compressed streams, which are unpacked
here within a limit.  Pictures and pages are left packed: nothing in them is obeyed.

Source: ISO 32000-1, 7.3.5 (names), 7.5.7 (object streams), 7.6 (encryption), 12.6 (actions).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

MAX_UNPACKED_BYTES = 32 * 2**20  # of all object streams together: text of a few thousand pages' objects
MAX_PACKED_BYTES = 4 * 2**20  # of one object stream; writers put a hundred or two objects into each
_ENCRYPTION = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
# Names long enough not to turn up by chance in the pictures of a scan: "/JS" alone would, once in a few hundred.
_ACTIVE = re.compile(rb"/(?:JavaScript|Launch)(?=[\s/<(\[>]|$)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")  # "/J#61vaScript" is "/JavaScript"
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_DICTIONARY_BYTES = 1_024  # before "stream": the dictionary that says what the stream is


def is_encrypted(data: bytes) -> bool:
    return _ENCRYPTION.search(data) is not None


def find_danger(data: bytes) -> str:
    """Why a PDF is unsafe, in Vietnamese for the agency; "" when nothing was found."""
    if _ACTIVE.search(_spell_out(data)):
        return "có lệnh tự chạy bên trong"
    try:
        if any(_ACTIVE.search(_spell_out(objects)) for objects in _list_packed_objects(data)):
            return "có lệnh tự chạy bên trong"
    except (zlib.error, ValueError):
        return "có phần nén không đọc được"
    return ""


def _spell_out(data: bytes) -> bytes:
    return _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), data)


def _list_packed_objects(data: bytes) -> Iterator[bytes]:
    """Each object stream unpacked. Raises zlib.error or ValueError for what is packed in another way, or too much."""
    left = MAX_UNPACKED_BYTES
    for found in _STREAM.finditer(data):
        before = data[max(0, found.start() - _DICTIONARY_BYTES) : found.start()]
        dictionary = _spell_out(before[before.rfind(b" obj") + 1 :])
        if not re.search(rb"/Type\s*/ObjStm\b", dictionary):
            continue
        if not re.search(rb"/Filter\s*(?:\[\s*)?/(?:FlateDecode|Fl)\b\s*\]?", dictionary):
            if b"/Filter" in dictionary:
                raise ValueError("an object stream packed in another way")
            continue  # not packed at all: seen with the rest of the file
        packed = memoryview(data)[found.end() : found.end() + MAX_PACKED_BYTES]
        stream = zlib.decompressobj()
        objects = stream.decompress(packed, left + 1)
        left -= len(objects)
        if left < 0 or (not stream.eof and len(packed) == MAX_PACKED_BYTES):
            raise ValueError("more objects than any document has")
        yield objects
