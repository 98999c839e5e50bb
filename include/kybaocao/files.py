"""Files that are there whole or not at all; folders that others can write to, entered without trusting them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePath

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def write_whole(path: Path, data: bytes) -> Path:
    """Write beside the target, then rename: a reader sees the old file or the new one, never half of it.

    The name it has meanwhile is one that intake passes over. Raises OSError when the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_inside(path.parent, PurePath(path.name), data)
    return path


def write_inside(root: Path, place: PurePath, data: bytes) -> None:
    """The same below a folder of ours where others write: whatever is a link below `root` is refused, not followed.

    Raises OSError when a folder on the way is none, cannot be written, or the place is held by a folder.
    """
    folder = open_folder(root, place.parent.parts, make=True)
    temporary = f".{place.name}.{os.getpid()}.tmp"
    try:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o666, dir_fd=folder), "wb") as out:
            out.write(data)
        os.replace(temporary, place.name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        os.close(folder)


def open_folder(root: Path, names: Iterable[str], *, make: bool = False) -> int:
    """A descriptor on the folder `names` below `root`, which itself is trusted; no link is followed on the way.

    The descriptor stays on that folder whatever is put in its place meanwhile. Raises OSError.
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
