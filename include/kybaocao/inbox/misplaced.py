"""Files an official believes to have handed in, and that intake does not take: beside the inbox, empty, half loaded,
too large, closed to us, written to without end.

They are never read; the official is told where they lie and where they belong.  Lock files of Office and what
Windows leaves behind are nobody's returns.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from kybaocao.home import INBOX, REPLIES
from kybaocao.inbox.shared_folders import (
    HALF_COPIED_SECONDS,
    Dropped,
    is_junk,
    is_plain_folder,
    is_unfinished,
    open_plain,
    sign,
    spell_name,
)

HERE = "./"  # in the agency's folder of the cycle itself; a bare name is one of the inbox
PATIENCE_SECONDS = 600.0  # a copy may take its time, and a file may be on its way from one folder to the other
FORM_PATIENCE_SECONDS = 7_200.0  # the form is filled in where it was given out, with pauses


class Reason(StrEnum):
    """Why it was not taken."""

    BESIDE = "beside"
    FORM_BESIDE = "form-beside"  # the form, changed where it was given out
    IN_REPLIES = "in-replies"
    EMPTY = "empty"
    UNFINISHED = "unfinished"
    FOLDER = "folder"
    TOO_LARGE = "too-large"
    CLOSED = "closed"  # we may not read it
    GROWING = "growing"  # whenever we look somebody writes to it
    FAILED = "failed"  # a full or broken disk: not the agency's fault


class MisplacedFile(NamedTuple):
    key: str  # the place from the agency's folder of the cycle on: "tra_loi/a.xlsx", "./a.xlsx"
    reason: Reason
    signature: str  # changes when the file does
    path: Path


def list_misplaced(folder: Path, form_name: str, limit: int) -> Iterator[MisplacedFile]:
    """What has lain long enough, unchanged, in and around an agency's `folder` of a cycle.

    Files of the inbox of more than `limit` bytes are among it.
    """
    if not (is_plain_folder(folder) and is_plain_folder(folder.parent)):
        return
    for place, prefix in (
        (folder.parent, "../"),
        (folder, HERE),
        (folder / INBOX, "nop/"),
        (folder / REPLIES, "tra_loi/"),
    ):
        if not is_plain_folder(place):
            continue
        for entry in sorted(_scan(place), key=lambda one: one.name):
            try:
                info = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            reason = _judge(prefix, entry, info, form_name, limit)
            if reason is None:
                continue
            patience = FORM_PATIENCE_SECONDS if reason is Reason.FORM_BESIDE else PATIENCE_SECONDS
            if time.time() - info.st_ctime >= patience:
                yield MisplacedFile(prefix + spell_name(entry.name), reason, sign(info), Path(entry.path))


def has_patience(waited: dt.timedelta) -> bool:
    """Whether a file that could not be taken for so long may still come right by itself."""
    return waited.total_seconds() < PATIENCE_SECONDS


def find_obstacle(drop: Dropped) -> Reason:
    """Why a file of the inbox could not be taken in spite of that, as it is now."""
    try:
        os.close(open_plain(drop.path))
    except PermissionError:
        return Reason.CLOSED
    except OSError:
        return Reason.FAILED
    return Reason.GROWING if time.time() - drop.changed_at < HALF_COPIED_SECONDS else Reason.FAILED


def _judge(prefix: str, entry: os.DirEntry[str], info: os.stat_result, form_name: str, limit: int) -> Reason | None:
    name = entry.name
    if prefix == "nop/":
        if stat.S_ISDIR(info.st_mode):
            return Reason.FOLDER if not is_junk(name) and _scan(Path(entry.path)) else None
        if not stat.S_ISREG(info.st_mode):
            return None  # links and pipes are for the operators
        if is_unfinished(name):
            return Reason.UNFINISHED
        if info.st_size > limit and not is_junk(name):
            return Reason.TOO_LARGE
        return Reason.EMPTY if info.st_size == 0 and not is_junk(name) else None
    if not stat.S_ISREG(info.st_mode) or is_junk(name):
        return None
    if prefix == "tra_loi/":
        return None if name.lower().endswith(".html") else Reason.IN_REPLIES
    return Reason.FORM_BESIDE if prefix == HERE and name == form_name else Reason.BESIDE


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
