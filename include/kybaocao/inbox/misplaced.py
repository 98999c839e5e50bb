"""Files that an official believes to have submitted and that intake does not take.

They lie beside the inbox, or they are empty, half loaded, too large, unreadable or still being written.  Their content
is never read; a letter says where they lie and where they belong.  Lock files of Office and files that Windows makes
are left out.
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
    scan_folder,
    sign,
    spell_name,
)

HERE = "./"  # the agency's folder of the cycle itself; a name without a prefix lies in the inbox
PATIENCE_SECONDS = 600.0  # copying takes time, and a file may be on its way to the inbox
FORM_PATIENCE_SECONDS = 7_200.0  # officials fill in the form where it was put, with pauses


class Reason(StrEnum):
    """Why it was not taken."""

    BESIDE = "beside"
    FORM_BESIDE = "form-beside"  # the form, filled in where it was put
    IN_REPLIES = "in-replies"
    EMPTY = "empty"
    UNFINISHED = "unfinished"
    FOLDER = "folder"
    TOO_LARGE = "too-large"
    CLOSED = "closed"  # we may not read it
    GROWING = "growing"  # somebody writes to it whenever we look
    FAILED = "failed"  # a full or broken disk: not the agency's fault


class MisplacedFile(NamedTuple):
    key: str  # the path from the agency's folder of the cycle on: "tra_loi/a.xlsx", "./a.xlsx"
    reason: Reason
    signature: str  # changes when the file does
    path: Path


def list_misplaced(folder: Path, form_name: str, limit: int) -> Iterator[MisplacedFile]:
    """Files that lie long enough, unchanged, in and around an agency's `folder` of a cycle.

    Files of the inbox with more than `limit` bytes are among them.
    """
    if not (is_plain_folder(folder) and is_plain_folder(folder.parent)):
        return
    for searched, prefix in (
        (folder.parent, "../"),
        (folder, HERE),
        (folder / INBOX, "nop/"),
        (folder / REPLIES, "tra_loi/"),
    ):
        if not is_plain_folder(searched):
            continue
        for entry in sorted(scan_folder(searched), key=lambda one: one.name):
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
    """Whether a file that could not be taken for so long may still be taken without a letter about it."""
    return waited.total_seconds() < PATIENCE_SECONDS


def find_obstacle(drop: Dropped) -> Reason:
    """Why a file of the inbox cannot be taken now."""
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
            return Reason.FOLDER if not is_junk(name) and scan_folder(Path(entry.path)) else None
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
