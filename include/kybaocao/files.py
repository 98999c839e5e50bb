"""Files that are written whole or not at all; folders that others can write to, entered without following links."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import socket
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path, PurePath

LARGEST_SETTINGS = 16 * 2**20  # bytes
ABANDONED_SECONDS = 86_400.0  # nothing is written for a whole day: the writer must have stopped
_TEMPORARY = re.compile(r"\..*\.kbc-(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]+)-[0-9a-f]{8}\.tmp", re.DOTALL)
_FORMER = re.compile(r"\..*\.[0-9]+\.tmp", re.DOTALL)  # as earlier versions of the system named them
_REASONS = {
    errno.EACCES: "không có quyền",
    errno.EPERM: "không được phép",
    errno.EROFS: "ổ đĩa chỉ cho đọc",
    errno.ENOSPC: "hết chỗ trên ổ đĩa",
    errno.EDQUOT: "hết hạn mức ổ đĩa",
    errno.ENOTDIR: "không phải thư mục",
    errno.EISDIR: "là thư mục, không phải tệp",
    errno.ENOENT: "không có tệp hoặc thư mục này",
    errno.EEXIST: "đã có tệp hoặc thư mục mang tên này",
    errno.ELOOP: "liên kết trỏ vòng quanh chính nó",
    errno.ENAMETOOLONG: "tên quá dài",
    errno.ENXIO: "không phải là tệp thường (thư mục, ống dẫn hoặc thiết bị)",
    errno.EFBIG: "quá lớn",
    errno.EIO: "ổ đĩa lỗi",
    errno.ESTALE: "ổ đĩa mạng đã mất kết nối",
    errno.EMFILE: "mở quá nhiều tệp cùng lúc",
    errno.ECONNREFUSED: "máy chủ từ chối kết nối",
    errno.ETIMEDOUT: "máy chủ không trả lời",
}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def explain_os_error(error: OSError) -> str:
    """Why a file or folder could not be used, in Vietnamese; in the system's own words where they are rare."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error) or type(error).__name__)


def read_settings(path: Path) -> bytes:
    """A file that a person wrote, of at most 16 MiB. Raises OSError: a pipe or device would give bytes without end."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO), str(path))
        data = file.read(LARGEST_SETTINGS + 1)
    if len(data) > LARGEST_SETTINGS:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def hash_file(path: Path) -> str:
    """SHA-256 of the bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, data: bytes) -> Path:
    """Write beside the target, then rename: a reader sees the old file or the new one, never half of it.

    Its temporary name is one that intake leaves alone. Raises OSError when the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_inside(path.parent, PurePath(path.name), data)
    return path


def write_inside(root: Path, place: PurePath, data: bytes) -> None:
    """Write `place`, a path below `root`, in a folder where others write, too: links below `root` are refused.

    Raises OSError when a folder on the way is a link or a file, cannot be written, or `place` is a folder.
    """
    _write(root, place, data, is_replacing=True)


def create_inside(root: Path, place: PurePath, data: bytes) -> None:
    """The same for a new file. Raises FileExistsError when something has that name already."""
    _write(root, place, data, is_replacing=False)


def _write(root: Path, place: PurePath, data: bytes, *, is_replacing: bool) -> None:
    folder = open_folder(root, place.parent.parts, make=True)
    temporary = name_temporary(place.name)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o666, dir_fd=folder), "wb") as out:
            out.write(data)
        if not is_replacing:
            try:
                os.link(temporary, place.name, src_dir_fd=folder, dst_dir_fd=folder)
                return
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links: look first, then rename
                with suppress(FileNotFoundError):
                    os.stat(place.name, dir_fd=folder, follow_symlinks=False)
                    raise FileExistsError(place.name) from None
        os.replace(temporary, place.name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        os.close(folder)


def open_folder(root: Path, names: Iterable[str], *, make: bool = False) -> int:
    """A descriptor on the folder `names` below `root`; links are followed to `root`, but not below it.

    The descriptor stays on that folder even if its path is replaced meanwhile. Raises OSError.
    """
    folder = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    for name in names:
        try:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=folder)
            below = os.open(name, _FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        folder = below
    return folder


# --- temporary files --------------------------------------------------------------------------------------------


def name_temporary(name: str) -> str:
    """A hidden name for a file that will be called `name`; it contains the machine and the process that write it."""
    return f".{name[:40]}.kbc-{_name_host()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def is_abandoned(name: str, changed_at: float, *, is_shared: bool = False) -> bool:
    """Whether a file of this name is a temporary one that nobody writes any more.

    It is when its process on this machine has ended, or when it is a day old.  In a folder shared with agencies
    (`is_shared`) names of earlier versions do not count: an agency's own file may have such a name.
    """
    ours = _TEMPORARY.fullmatch(name)
    if ours is None and (is_shared or not _FORMER.fullmatch(name)):
        return False
    if ours is not None and ours["host"] == _name_host() and not is_alive(int(ours["pid"])):
        return True
    return time.time() - changed_at >= ABANDONED_SECONDS


@lru_cache(maxsize=1)
def _name_host() -> str:
    """Eight hexadecimal digits for this machine or container, within which process ids are comparable."""
    numbers = ""
    with suppress(OSError):
        numbers = str(Path("/proc/self/ns/pid").stat().st_ino)
    return hashlib.sha256(f"{socket.gethostname()}/{numbers}".encode()).hexdigest()[:8]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def sweep_folder(root: Path, names: Iterable[str] = (), *, is_shared: bool = False) -> None:
    """Delete abandoned temporary files in the folder `names` below `root`, not in folders below it; follow no link."""
    try:
        folder = open_folder(root, names)
    except OSError:
        return
    try:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    info = entry.stat(follow_symlinks=False)
                    if is_abandoned(entry.name, info.st_mtime, is_shared=is_shared):
                        os.unlink(entry.name, dir_fd=folder)
    finally:
        os.close(folder)
