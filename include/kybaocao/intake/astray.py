"""Files an official believes to have handed in, and that intake does not take: beside the inbox, empty, half loaded.

They are never read; the official is told where they lie and where they belong.  Lock files of Office and what
Windows leaves behind are nobody's returns.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from kybaocao.home import INBOX, REPLIES
from kybaocao.intake.inbox import is_junk, is_plain_folder, is_unfinished, sign, spell_name

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


class Astray(NamedTuple):
    key: str  # the place from the agency's folder of the cycle on: "tra_loi/a.xlsx", "./a.xlsx"
    reason: Reason
    signature: str  # changes when the file does
    path: Path


def list_astray(folder: Path, form_name: str) -> Iterator[Astray]:
    """What has lain long enough, unchanged, in and around an agency's `folder` of a cycle."""
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
            reason = _judge(prefix, entry, info, form_name)
            if reason is None:
                continue
            patience = FORM_PATIENCE_SECONDS if reason is Reason.FORM_BESIDE else PATIENCE_SECONDS
            if time.time() - info.st_ctime >= patience:
                yield Astray(prefix + spell_name(entry.name), reason, sign(info), Path(entry.path))


def _judge(prefix: str, entry: os.DirEntry[str], info: os.stat_result, form_name: str) -> Reason | None:
    name = entry.name
    if prefix == "nop/":
        if stat.S_ISDIR(info.st_mode):
            return Reason.FOLDER if not is_junk(name) and _scan(Path(entry.path)) else None
        if not stat.S_ISREG(info.st_mode):
            return None  # links and pipes are for the operators
        if is_unfinished(name):
            return Reason.UNFINISHED
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
