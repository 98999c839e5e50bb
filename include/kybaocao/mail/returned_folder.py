"""The folder in which returned mail is dropped: what lies there is read up to a limit and moved aside, never lost.

Whoever can put files there can put links, pipes, folders and files that cannot be read, by the thousand.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from kybaocao.files import open_folder
from kybaocao.inbox import shared_folders
from kybaocao.mail.mime_parts import clean

PROCESSED, NOT_OURS = "da_xu_ly", "khong_phai"  # folders below, for what was read
LARGEST_BYTES = 2_000_000  # read of one file: what counts of a notice stands before the returned message's body
MAX_ENTRIES = 10_000  # of the folder that a pass looks at
STUCK_SECONDS = 86_400.0  # after which a file that should have been read is reported
_BAD_NAMES = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)  # names that this file system does not take


@dataclass(frozen=True)
class ReturnedFile:
    """A regular file in the folder."""

    name: str
    changed_at: float

    @property
    def shown_name(self) -> str:
        return clean(shared_folders.spell_name(self.name))

    @property
    def is_settled(self) -> bool:
        """Whether nobody has written to it for a while. A time in the future, of a wrong clock, says nothing."""
        return not 0 <= time.time() - self.changed_at < shared_folders.SETTLE_SECONDS


@contextlib.contextmanager
def open_returned(root: Path) -> Iterator[int]:
    """A descriptor on the folder, which stays on it whatever is put in its place. Raises OSError."""
    folder = open_folder(root, ())
    try:
        yield folder
    finally:
        os.close(folder)


def list_files(folder: int) -> list[ReturnedFile]:
    """Regular files, oldest first; links, pipes and folders are passed over."""
    found = []
    for entry in _scan(folder):
        with contextlib.suppress(OSError):  # gone since
            info = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(info.st_mode):
                found.append(ReturnedFile(entry.name, info.st_ctime))
    return sorted(found, key=lambda file: (file.changed_at, file.name))


def read_beginning(folder: int, name: str) -> tuple[bytes, str]:
    """At most LARGEST_BYTES of a file, and what changes when it does. Raises OSError for what cannot be read."""
    with os.fdopen(shared_folders.open_plain(name, folder), "rb") as handle:
        signature = shared_folders.sign(os.fstat(handle.fileno()))
        return handle.read(LARGEST_BYTES), signature


def move_aside(root: Path, folder: int, name: str, signature: str, *, target: str, digest: str) -> None:
    """Move a file into a folder below, under a name that is free there. Raises OSError; then it stays where it is.

    So does a file that was replaced since it was read: its content has not been read yet.
    """
    below = open_folder(root, (target,), make=True)
    try:
        if shared_folders.sign(os.stat(name, dir_fd=folder, follow_symlinks=False)) != signature:
            return
        for candidate in _list_names(name, digest):
            if _reserve(below, candidate):
                try:
                    os.replace(name, candidate, src_dir_fd=folder, dst_dir_fd=below)
                except OSError:
                    os.unlink(candidate, dir_fd=below)
                    raise
                return
        raise FileExistsError(errno.EEXIST, "no name is free", target)
    finally:
        os.close(below)


def list_troubles(root: Path, recorded: Collection[str]) -> list[tuple[str, str]]:
    """(name, trouble) of what lies in the folder and no pass can take; `recorded` are names of files that were read."""
    try:
        with open_returned(root) as folder:
            found = [
                (clean(shared_folders.spell_name(e.name)), _find_trouble(folder, e, recorded)) for e in _scan(folder)
            ]
    except FileNotFoundError:
        return []
    except OSError as error:
        return [("", f"hệ thống không mở được thư mục ({error.strerror or error})")]
    return sorted((name, trouble) for name, trouble in found if trouble)


def _scan(folder: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        first = itertools.islice(entries, MAX_ENTRIES)
        return [
            entry
            for entry in first
            if not shared_folders.is_junk(entry.name) and entry.name not in (PROCESSED, NOT_OURS)
        ]


def _find_trouble(folder: int, entry: os.DirEntry[str], recorded: Collection[str]) -> str:
    try:
        info = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(info.st_mode):
            return "không phải tệp thường (thư mục, liên kết…) nên hệ thống không mở"
        os.close(shared_folders.open_plain(entry.name, folder))
    except FileNotFoundError:  # gone since
        return ""
    except OSError:
        return "hệ thống không có quyền đọc"
    if clean(shared_folders.spell_name(entry.name)) in recorded:
        return (
            f"đã ghi nhận nhưng không chuyển được vào {PROCESSED}/ hoặc {NOT_OURS}/; xin kiểm tra quyền ghi, dung lượng"
        )
    return "chưa xử lý được sau một ngày" if time.time() - info.st_ctime > STUCK_SECONDS else ""


def _list_names(name: str, digest: str) -> Iterator[str]:
    """Its own name, then names that no file with another content has and that are not too long anywhere."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, no path
    yield name
    yield os.fsdecode(os.fsencode(stem)[:100]) + f"-{digest[:12]}" + os.fsdecode(os.fsencode(suffix)[:10])
    yield f"{digest}.eml"
    yield from (f"{digest}-{number}.eml" for number in range(2, 1000))


def _reserve(folder: int, name: str) -> bool:
    """Whether an empty file of this name lies there now, so that the move overwrites nothing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(name, flags, 0o640, dir_fd=folder))
    except FileExistsError:
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return stat.S_ISREG(info.st_mode) and info.st_size == 0  # of a pass that was killed just here
    except OSError as error:
        if error.errno in _BAD_NAMES:
            return False
        raise
    return True
