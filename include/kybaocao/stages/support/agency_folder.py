"""What is put into an agency's folder: written there, or kept by us until the folder takes it.

The folder belongs to the agency.  Where `tra_loi` is a file, a link, or may not be written to, no other agency
waits for that: the answer goes by mail all the same, the page is written as soon as the folder is in order, and the
operators are warned.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path, PurePath

from kybaocao.files import open_folder, write_inside, write_whole
from kybaocao.home import REPLIES
from kybaocao.stages.support.passes import Pass


def put_answer(p: Pass, agency: str, name: str, data: bytes) -> None:
    """A page or a marked copy for `tra_loi`; one of the same name is replaced."""
    _put(p, PurePath(agency, p.cycle.id, REPLIES, name), data)


def drop_answer(p: Pass, agency: str, name: str) -> None:
    """Take away a page that holds no longer; nothing happens where there is none."""
    folder = p.home.replies(agency, p.cycle.id).relative_to(p.home.shared)
    unwritten = p.home.unwritten / folder / name
    with _hold(p, unwritten):
        unwritten.unlink(missing_ok=True)
    with suppress(OSError):
        descriptor = open_folder(p.home.shared, folder.parts)
        try:
            os.unlink(name, dir_fd=descriptor)
        finally:
            os.close(descriptor)


def _put(p: Pass, place: PurePath, data: bytes) -> None:
    unwritten = p.home.unwritten / place
    with _hold(p, unwritten):
        _write(p, place, data)


def _write(p: Pass, place: PurePath, data: bytes) -> None:
    unwritten = p.home.unwritten / place
    try:
        write_inside(p.home.shared, place, data)
    except OSError:
        write_whole(unwritten, data)
    else:
        unwritten.unlink(missing_ok=True)


def _hold(p: Pass, unwritten: Path) -> AbstractContextManager[None]:
    """Where an older answer waits to be written, one pass at a time: it must not come out after the newer one."""
    return p.store.exclusive(f"unwritten-{p.cycle.id}") if os.path.lexists(unwritten) else nullcontext()


def put_unwritten_answers(p: Pass) -> None:
    """Try again what a folder did not take in an earlier pass."""
    if not list_unwritten(p):
        return
    with p.store.exclusive(f"unwritten-{p.cycle.id}"):
        for place in list_unwritten(p):  # what is still there
            _write(p, place, (p.home.unwritten / place).read_bytes())


def list_unwritten(p: Pass) -> list[PurePath]:
    """Places below the shared folder that wait for what is to be written there."""
    kept = sorted(p.home.unwritten.glob(f"*/{p.cycle.id}/{REPLIES}/[!.]*"))
    return [path.relative_to(p.home.unwritten) for path in kept]


def make_folders(p: Pass, agency: str) -> None:
    """The agency's `nop` and `tra_loi`. Raises OSError where something else stands in their place."""
    for path in (p.home.inbox(agency, p.cycle.id), p.home.replies(agency, p.cycle.id)):
        os.close(open_folder(p.home.shared, path.relative_to(p.home.shared).parts, make=True))
