"""Original bytes, kept before anything looks inside them: content-addressed, read-only, for good."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True)
class Kept:
    sha256: str
    size_bytes: int
    head: bytes
    tail: bytes


def archive_path(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256


def keep_file(root: Path, descriptor: int) -> tuple[Kept, Path]:
    """Copy an open file into a temporary place of the archive while hashing it.

    Returns what it is and where the copy lies; `seal` gives it its final name.
    """
    root.mkdir(parents=True, exist_ok=True)
    digest, size, head, tail = hashlib.sha256(), 0, b"", b""
    handle, name = tempfile.mkstemp(dir=root, prefix=".dang-chep-")
    with os.fdopen(handle, "wb") as target:
        while chunk := os.read(descriptor, CHUNK):
            digest.update(chunk)
            size += len(chunk)
            head = head or chunk[:16]
            tail = (tail + chunk)[-66_000:]
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return Kept(digest.hexdigest(), size, head, tail), Path(name)


def seal(root: Path, kept: Kept, temporary: Path) -> Path:
    """Move a finished copy to its content's address; a copy already there stays."""
    final = archive_path(root, kept.sha256)
    if final.exists():
        temporary.unlink()
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary.chmod(0o444)
    os.replace(temporary, final)
    return final


def read_kept(root: Path, sha256: str, limit: int) -> bytes:
    """The first `limit` bytes of an archived file."""
    with open(archive_path(root, sha256), "rb") as handle:
        return handle.read(limit)
