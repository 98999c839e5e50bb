"""What lies in the shared folders, seen without trusting anything in them.

Nothing outside an agency's own inbox is ever opened: symbolic links, devices, pipes and folders are not
followed, only listed for the operators.
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

SETTLE_SECONDS = 3.0
HALF_COPIED_SECONDS = 120.0
_JUNK_PREFIXES = ("~$", ".")
_UNFINISHED_SUFFIXES = (".part", ".crdownload", ".lnk")  # half-downloads, and what leads to a file elsewhere
_JUNK_SUFFIXES = (".tmp", ".swp", *_UNFINISHED_SUFFIXES)
# Signs that a terminal obeys, or that turn round what is read after them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_JUNK_NAMES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Dropped:
    """A regular file in an inbox."""

    path: Path
    key: str  # tells files apart whose names only look alike
    name: str  # to be read and stored
    size_bytes: int
    changed_at: float  # when it came to lie here (inode change), seconds since the epoch
    signature: str


class Look(NamedTuple):
    """What was seen in an inbox: its files, oldest first, and why there may be more that could not be seen."""

    files: list[Dropped]
    obstacle: str = ""  # NO_FOLDER, NOT_A_FOLDER, or what the system said; "" when everything was seen


NO_FOLDER, NOT_A_FOLDER = "no-folder", "not-a-folder"


def is_junk(name: str) -> bool:
    """Lock files of Office, half-downloads, what Windows leaves behind."""
    lower = name.lower()
    return lower.startswith(_JUNK_PREFIXES) or lower.endswith(_JUNK_SUFFIXES) or lower in _JUNK_NAMES


def is_unfinished(name: str) -> bool:
    """Junk that an official may take for the file itself."""
    return name.lower().endswith(_UNFINISHED_SUFFIXES) and not name.startswith(_JUNK_PREFIXES)


def spell_name(name: str) -> str:
    """A file's name that can be stored and mailed: bytes that are no UTF-8 are spelt out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def show_name(name: str) -> str:
    """The same to be read: composed, without signs that a terminal obeys."""
    return _UNSEEN.sub("\ufffd", unicodedata.normalize("NFC", name))


def is_plain_folder(path: Path) -> bool:
    """A real folder, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def list_dropped(inbox: Path) -> Iterator[Dropped]:
    """Regular files with something in them, oldest first."""
    yield from look_into(inbox).files


def look_into(inbox: Path) -> Look:
    """Regular files with something in them, and what keeps us from seeing all of them."""
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
            continue  # taken away meanwhile
        except OSError as error:
            obstacle = error.strerror or str(error)
            continue
        if stat.S_ISREG(info.st_mode) and info.st_size > 0:
            found.append(_dropped(Path(entry.path), info))
    return Look(sorted(found, key=lambda drop: (drop.changed_at, drop.name)), obstacle)


def _find_obstacle(inbox: Path) -> str:
    """Why an inbox is no folder that can be entered."""
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
    odd = [e.name for e in _scan(inbox) if not e.is_file(follow_symlinks=False) and not is_junk(e.name)]
    return sorted(spell_name(name) for name in odd)


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it may not be read, which `list_unknown_folders` tells."""
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
    """What changes whenever a file is written to or replaced."""
    return f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}:{info.st_ino}"


def is_settled(drop: Dropped, tail: bytes, head: bytes) -> bool:
    """Whether copying has ended. `head` and `tail` are the first and last bytes read just now.

    Here and in `read_file_clock` intake looks at the machine's clock: it asks about the file system, not about the
    cycle.
    """
    age = time.time() - drop.changed_at  # every write changes it; the file's own date may lie in the future
    if head.startswith(b"PK\x03\x04"):
        # The directory of a ZIP comes last: when it is there, the copy is whole.
        return b"PK\x05\x06" in tail or age >= HALF_COPIED_SECONDS
    return age >= SETTLE_SECONDS


def read_file_clock() -> dt.datetime:
    """The moment that a file written now would bear."""
    return dt.datetime.fromtimestamp(time.time(), dt.UTC)


def open_plain(name: str | Path, folder: int | None = None) -> int:
    """A descriptor on a regular file of `folder`, never through a link, never blocking on a pipe. Raises OSError."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a regular file")
    return descriptor
