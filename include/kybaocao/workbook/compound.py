"""The directory of an OLE compound file (.xls, .doc, an encrypted .xlsx): the names of what is stored in it.

Names are read only where the directory keeps them, not from texts: a letter that mentions "Booking" is no workbook.

Source: [MS-CFB] 2.2 (header), 2.3 (FAT), 2.6 (directory entries).
"""

from __future__ import annotations

import struct

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_HEADER = 109  # FAT sectors named in the header: enough for 7 MB
_MAX_SECTORS = 4_096  # of a directory: 500 KB
_ENTRY_BYTES = 128


def list_names(data: bytes) -> set[str]:
    """Names of the storages and streams; as many as can be reached in a damaged file."""
    if len(data) < 512 or not data.startswith(SIGNATURE):
        return set()
    (shift,) = struct.unpack_from("<H", data, 30)
    if shift not in (9, 12):
        return set()
    size = 1 << shift
    (sector,) = struct.unpack_from("<I", data, 48)
    fat = [place for place in struct.unpack_from(f"<{_IN_HEADER}I", data, 76) if place < 0xFFFFFFFA]
    names: set[str] = set()
    for _ in range(_MAX_SECTORS):
        start = (sector + 1) * size
        if start + size > len(data):
            break
        for entry in range(start, start + size, _ENTRY_BYTES):
            length, kind = struct.unpack_from("<HB", data, entry + 64)
            if kind and 2 <= length <= 64:
                names.add(data[entry : entry + length - 2].decode("utf-16-le", "replace"))
        table, place = divmod(sector, size // 4)
        if table >= len(fat) or (fat[table] + 2) * size > len(data):
            break
        (sector,) = struct.unpack_from("<I", data, (fat[table] + 1) * size + 4 * place)
    return names
