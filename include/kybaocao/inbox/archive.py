"""The archive of original bytes, stored before they are read: named by their SHA-256, read-only, never deleted.

Nobody but the account of the system can read it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kybaocao.files import ABANDONED_SECONDS, is_abandoned, name_temporary
from kybaocao.plan.attachment_kinds import AttachmentKind
from kybaocao.workbook.guard import MAX_BYTES

CHUNK = 1 << 20
_COPYING = "dang-chep-"


class TooLargeError(Exception):
    """The file has more bytes than are kept; nothing of it was kept."""


@dataclass(frozen=True)
class Kept:
    """What was learned of a file while it was copied: `head` are its first 16 bytes, `tail` its last 66,000."""

    sha256: str
    size_bytes: int
    head: bytes
    tail: bytes


def archive_path(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256


def largest_taken(attachments: Iterable[AttachmentKind]) -> int:
    """Bytes above which no component of a submission is accepted."""
    return max([MAX_BYTES, *(attachment.limit_bytes for attachment in attachments)])


def largest_kept(attachments: Iterable[AttachmentKind]) -> int:
    """Bytes above which a file is not even copied, because a file of ten gigabytes is easily made.

    A quarter more than is accepted, so that a file only slightly too large is kept and answered like any other.
    """
    return largest_taken(attachments) * 5 // 4


def keep_file(root: Path, descriptor: int, limit: int) -> tuple[Kept, Path]:
    """Copy an open file of at most `limit` bytes to a temporary file of the archive, and hash it.

    Returns what was learned and the copy's path; `seal` gives the copy its final name. Raises TooLargeError, and
    OSError when the file cannot be read or written; the copy is deleted then.
    """
    root.mkdir(parents=True, exist_ok=True)
    digest, size, head, tail = hashlib.sha256(), 0, b"", b""
    temporary = root / name_temporary(_COPYING)
    try:
        with temporary.open("xb") as target:
            while chunk := os.read(descriptor, CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > limit:
                    raise TooLargeError
                head = head or chunk[:16]
                tail = (tail + chunk)[-66_000:]
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Kept(digest.hexdigest(), size, head, tail), temporary


def seal(root: Path, kept: Kept, temporary: Path) -> Path:
    """Move a finished copy to the path of its content; a copy that lies there already stays."""
    final = archive_path(root, kept.sha256)
    if final.exists():
        temporary.unlink()
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary.chmod(0o400)
    os.replace(temporary, final)
    return final


def sweep_archive(root: Path) -> None:
    """Delete unfinished copies of passes that were killed."""
    for path in root.glob(f".{_COPYING}*"):
        with suppress(OSError):  # a running pass has just renamed it
            changed_at = path.stat().st_mtime
            if is_abandoned(path.name, changed_at) or time.time() - changed_at >= ABANDONED_SECONDS:
                path.unlink()


def read_kept(root: Path, sha256: str, limit: int) -> bytes:
    """The first `limit` bytes of an archived file."""
    with open(archive_path(root, sha256), "rb") as handle:
        return handle.read(limit)
