"""How many readers of files may run at once on this machine.

A reader may take READER_MEGABYTES. A slot is a file that its holder has locked, so the bound counts for every process
of this user on this machine (in a container): tasks, commands, and two systems side by side. The lock is also held by
the reader itself; the kernel frees it when the last of both has ended, however it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from kybaocao.settings import SettingsError, read_setting

log = logging.getLogger(__name__)

SETTING = "KYBAOCAO_READERS"
READER_MEGABYTES = 400
READERS_PER_CORE = 2  # a reader that waits for something must not keep honest files waiting
# `make bench` on two cores: 1.3 GB idle, 2.1 GB with sixteen tasks at work; systems in other use were seen at 1.9 GB.
RESERVED_MEGABYTES = 3072
_MACHINE_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_POLL_SECONDS = 0.02
# Outside every home, since homes share the memory of the machine.
_FOLDER = f"/tmp/kybaocao-{os.getuid()}-readers"  # noqa: S108 - its owner is looked at before it is used


def count_readers() -> int:
    """The bound: what KYBAOCAO_READERS says, or what suits the machine. An unusable setting counts as none."""
    try:
        return read_bound() or suit_machine(count_cores(), read_memory_megabytes())
    except SettingsError as error:
        log.warning("%s Đang dùng số tính theo máy.", error)
        return suit_machine(count_cores(), read_memory_megabytes())


def read_bound() -> int | None:
    """KYBAOCAO_READERS; None when it is not set. Raises SettingsError."""
    text = read_setting(SETTING)
    return int(text) if text else None


def suit_machine(cores: int, megabytes: int) -> int:
    """Two readers for each core, as many as fit beside everything else, at least one."""
    return max(1, min(cores * READERS_PER_CORE, (megabytes - RESERVED_MEGABYTES) // READER_MEGABYTES))


def count_cores() -> int:
    return len(os.sched_getaffinity(0))


def read_memory_megabytes() -> int:
    """The memory of the machine, or of the container when it has a limit that is lower."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _MACHINE_LIMITS:
        with contextlib.suppress(OSError, ValueError):  # "max": no limit
            found.append(int(Path(path).read_text()))
    return min(found) // 2**20


@contextlib.contextmanager
def hold_slot() -> Iterator[int]:
    """Wait for a free slot; gives the descriptor that holds it. Whoever inherits the descriptor holds it, too.

    Raises OSError when the folder of the slots cannot be used.
    """
    folder = _open_folder()
    try:
        with _open(folder, "queue") as queue:
            fcntl.flock(
                queue, fcntl.LOCK_EX
            )  # only the first of those who wait looks for a slot; the kernel orders them
            slot = _take_slot(folder)
        try:
            yield slot
        finally:
            os.close(slot)
    finally:
        os.close(folder)


def is_first(name: str) -> bool:
    """Whether nobody on this machine has asked this before."""
    folder = _open_folder()
    try:
        os.close(os.open(name, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder))
    except FileExistsError:
        return False
    finally:
        os.close(folder)
    return True


def _take_slot(folder: int) -> int:
    number = count_readers()
    while True:
        for name in range(number):
            slot = _open_file(folder, f"slot-{name}")
            try:
                fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(slot)
            except BaseException:
                os.close(slot)
                raise
            else:
                return slot
        time.sleep(_POLL_SECONDS)


def _open_folder() -> int:
    with contextlib.suppress(FileExistsError):
        Path(_FOLDER).mkdir(mode=0o700)
    folder = os.open(_FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if os.fstat(folder).st_uid != os.getuid():
        os.close(folder)
        raise PermissionError(f"{_FOLDER} thuộc về tài khoản khác; xin xóa thư mục này")
    return folder


@contextlib.contextmanager
def _open(folder: int, name: str) -> Iterator[int]:
    descriptor = _open_file(folder, name)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_file(folder: int, name: str) -> int:
    flags = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, 0o600, dir_fd=folder)
