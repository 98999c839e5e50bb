"""Who besides its owner may write into a folder: the named accounts of its access list (POSIX ACL)."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path

_ATTRIBUTE = "system.posix_acl_access"
_HEADER, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")  # version; tag, rights, uid or gid
_USER, _MASK, _WRITE = 0x02, 0x10, 0o2


def list_writers(folder: Path) -> set[int]:
    """The uids; none where the disk keeps no such lists."""
    data = b""
    with suppress(OSError):
        data = os.getxattr(folder, _ATTRIBUTE, follow_symlinks=False)
    entries = list(_ENTRY.iter_unpack(data[_HEADER.size :])) if len(data) % _ENTRY.size == _HEADER.size else []
    if any(tag == _MASK and not rights & _WRITE for tag, rights, _ in entries):
        return set()
    return {uid for tag, rights, uid in entries if tag == _USER and rights & _WRITE}
