"""Original bytes, kept before anything looks inside them: content-addressed, read-only, for good."""

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
    """The file holds more than is kept; nothing of it was."""


@dataclass(frozen=True)
class Kept:
    sha256: str
    size_bytes: int
    head: bytes
    tail: bytes


def archive_path(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256


def largest_taken(attachments: Iterable[AttachmentKind]) -> int:
    """Bytes above which no component of a return is taken."""
    return max([MAX_BYTES, *(attachment.limit_bytes for attachment in attachments)])


def largest_kept(attachments: Iterable[AttachmentKind]) -> int:
    """Bytes above which a file is not even copied: an empty file of ten gigabytes costs its sender nothing.

    A quarter more than is taken, so that what is only just too large is kept and answered like any other file.
    """
    return largest_taken(attachments) * 5 // 4


def keep_file(root: Path, descriptor: int, limit: int) -> tuple[Kept, Path]:
    """Copy an open file of at most `limit` bytes into a temporary place of the archive while hashing it.

    Returns what it is and where the copy lies; `seal` gives it its final name. Raises TooLargeError, and OSError
    when it cannot be read or there is no room for it; nothing is left behind then.
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
    """Move a finished copy to its content's address; a copy already there stays."""
    final = archive_path(root, kept.sha256)
    if final.exists():
        temporary.unlink()
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary.chmod(0o444)
    os.replace(temporary, final)
    return final


def sweep_archive(root: Path) -> None:
    """Take away copies that a pass which was killed has left unfinished."""
    for path in root.glob(f".{_COPYING}*"):
        with suppress(OSError):  # a pass under way has just given it its name
            changed_at = path.stat().st_mtime
            if is_abandoned(path.name, changed_at) or time.time() - changed_at >= ABANDONED_SECONDS:
                path.unlink()


def read_kept(root: Path, sha256: str, limit: int) -> bytes:
    """The first `limit` bytes of an archived file."""
    with open(archive_path(root, sha256), "rb") as handle:
        return handle.read(limit)
