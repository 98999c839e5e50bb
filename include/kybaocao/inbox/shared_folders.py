"""Files in the shared folders, where anybody may put anything.

Nothing outside an agency's own inbox is ever opened: symbolic links, devices, pipes and folders are only listed for
the operators.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# A copy over a bad line stands still for a while: TCP tries again after 1, 2, 4, 8 and 16 seconds.
SETTLE_SECONDS = 30.0  # how long nobody has written to a file whose kind does not show where it ends
HALF_COPIED_SECONDS = 120.0  # the same for one whose kind does, while the end is missing
# How a kind of file begins, how it ends, and in how many of its last bytes the end is found.
_ENDS = (
    (b"PK\x03\x04", b"PK\x05\x06", 66_000),  # the directory of a ZIP comes last, before a comment
    (b"%PDF", b"%%EOF", 1_024),
    (b"\x89PNG", b"IEND", 12),
    (b"\xff\xd8\xff", b"\xff\xd9", 2),  # JPEG
)
_JUNK_PREFIXES = ("~$", ".")
# Half-copies of WinSCP, Edge and other programs, and links to files elsewhere.
_UNFINISHED_SUFFIXES = (".part", ".filepart", ".partial", ".crdownload", ".lnk")
_JUNK_SUFFIXES = (".tmp", ".swp", *_UNFINISHED_SUFFIXES)
# Control characters, and signs that reverse the order of the text after them.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_JUNK_NAMES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Dropped:
    """A regular file in an inbox."""

    path: Path
    key: str  # exact: differs for names that only look alike
    name: str  # as it is shown and stored
    size_bytes: int
    changed_at: float  # when it came to lie here (inode change), seconds since the epoch
    signature: str


class Look(NamedTuple):
    """The files of an inbox, oldest first, and why there may be more that could not be listed."""

    files: list[Dropped]
    obstacle: str = ""  # NO_FOLDER, NOT_A_FOLDER, or the system's message; "" when all files were listed


NO_FOLDER, NOT_A_FOLDER = "no-folder", "not-a-folder"


def is_junk(name: str) -> bool:
    """Lock files of Office, half-downloads, files that Windows makes."""
    lower = name.lower()
    return lower.startswith(_JUNK_PREFIXES) or lower.endswith(_JUNK_SUFFIXES) or lower in _JUNK_NAMES


def is_unfinished(name: str) -> bool:
    """Half-downloads and links, which an official may take for the file itself."""
    return name.lower().endswith(_UNFINISHED_SUFFIXES) and not name.startswith(_JUNK_PREFIXES)


def spell_name(name: str) -> str:
    """A file's name that can be stored and mailed: bytes that are no UTF-8 become "\\xe1"."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def show_name(name: str) -> str:
    """A name to be shown: composed (NFC), with "�" for each control character."""
    return _CONTROLS.sub("\ufffd", unicodedata.normalize("NFC", name))


def is_plain_folder(path: Path) -> bool:
    """A real folder, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def list_dropped(inbox: Path) -> Iterator[Dropped]:
    """Regular files that are not empty, oldest first."""
    yield from look_into(inbox).files


def look_into(inbox: Path) -> Look:
    """Regular files that are not empty, and the reason if not all of them could be listed."""
    if obstacle := _find_obstacle(inbox):
        return Look([], obstacle)
    found, obstacle = [], ""
    try:
        with os.scandir(inbox) as listed:
            entries = list(listed)
    except OSError as error:
        return Look([], error.strerror or str(error))
    for entry in entries:
        if is_junk(entry.name):
            continue
        try:
            info = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # deleted meanwhile
        except OSError as error:
            obstacle = error.strerror or str(error)
            continue
        if stat.S_ISREG(info.st_mode) and info.st_size > 0:
            found.append(_dropped(Path(entry.path), info))
    return Look(sorted(found, key=lambda drop: (drop.changed_at, drop.name)), obstacle)


def _find_obstacle(inbox: Path) -> str:
    """Why an inbox cannot be listed; "" if it can."""
    for folder in (inbox.parent.parent, inbox.parent, inbox):
        try:
            if not stat.S_ISDIR(folder.lstat().st_mode):
                return NOT_A_FOLDER
        except FileNotFoundError:
            return NO_FOLDER
        except OSError as error:
            return error.strerror or str(error)
    return ""


def list_oddities(inbox: Path) -> list[str]:
    """Names in an inbox that are not files: links, pipes, devices, folders."""
    if not is_plain_folder(inbox):
        return []
    odd = [e.name for e in scan_folder(inbox) if not e.is_file(follow_symlinks=False) and not is_junk(e.name)]
    return sorted(spell_name(name) for name in odd)


def scan_folder(folder: Path) -> list[os.DirEntry[str]]:
    """The entries of a folder; none where it may not be read."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _dropped(path: Path, info: os.stat_result) -> Dropped:
    return Dropped(
        path,
        spell_name(path.name),
        show_name(spell_name(path.name)),
        info.st_size,
        info.st_ctime,
        sign(info),
    )


def sign(info: os.stat_result) -> str:
    """A text that changes whenever a file is written to or replaced."""
    return f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}:{info.st_ino}"


def is_settled(drop: Dropped, tail: bytes, head: bytes) -> bool:
    """Whether copying has ended. `head` and `tail` are the first and last bytes read just now.

    Like `read_file_clock` it uses the machine's clock and not the pass's `as_of`, because it is about the file system.
    """
    age = time.time() - drop.changed_at  # every write changes it; the file's modification date may lie in the future
    for beginning, end, last in _ENDS:
        if head.startswith(beginning):
            return end in tail[-last:] or age >= HALF_COPIED_SECONDS
    return age >= SETTLE_SECONDS


def read_file_clock() -> dt.datetime:
    """The time that a file written now would get."""
    return dt.datetime.fromtimestamp(time.time(), dt.UTC)


def open_plain(name: str | Path, folder: int | None = None) -> int:
    """A descriptor on a regular file of `folder`, never through a link, never blocking on a pipe. Raises OSError."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a regular file")
    return descriptor
