"""The last good configuration of a plan, as files: what stays in force while the plan's own files have a mistake.

    <data folder>/cau_hinh/<plan>/<checksum>/…     a whole set of files that had no mistake
    <data folder>/cau_hinh/<plan>/hien_hanh.json   which set, and since when
    <data folder>/cau_hinh/<plan>/tu_choi.json     what was wrong at the last pass; absent when nothing was

A set is kept and used whole: an old contact list beside a new register would be a configuration that nobody wrote.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kybaocao.files import name_temporary, write_whole

ROOT = "cau_hinh"
_CURRENT, _REFUSED = "hien_hanh.json", "tu_choi.json"


@dataclass(frozen=True)
class Kept:
    """A set of files without a mistake, and since when it has been the current one."""

    folder: Path
    since: dt.datetime


def read_files(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Those of the named files that are there."""
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def _read_folder(folder: Path) -> dict[str, bytes]:
    return read_files(folder, (path.name for path in folder.iterdir()))


def hash_files(files: Mapping[str, bytes]) -> str:
    """One checksum for names and bytes of a set."""
    listing = "\n".join(f"{hashlib.sha256(files[name]).hexdigest()} {name}" for name in sorted(files))
    return hashlib.sha256(listing.encode()).hexdigest()


def find_kept(data: Path, plan: str) -> Kept | None:
    """The current set of a plan; None when none was kept, or when it is not what was kept."""
    try:
        current = json.loads((data / ROOT / plan / _CURRENT).read_bytes())
        folder = data / ROOT / plan / current["bo"]
        since = dt.datetime.fromisoformat(current["tu"])
        is_whole = hash_files(_read_folder(folder)) == current["bo"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Kept(folder, since) if is_whole else None


def place_set(data: Path, plan: str, files: Mapping[str, bytes]) -> Path:
    """Copy a set beside the others, whole or not at all; returns its folder. It is not the current one yet."""
    digest = hash_files(files)
    folder = data / ROOT / plan / digest
    if folder.is_dir() and hash_files(_read_folder(folder)) == digest:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    unfinished = folder.with_name(name_temporary(digest[:16]))
    for name, content in files.items():
        write_whole(unfinished / name, content)
    try:
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():  # another pass was faster: the same bytes
            raise
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def make_current(data: Path, plan: str, folder: Path, at: dt.datetime) -> None:
    """From now on this is the set that stays in force."""
    _write(data, plan, _CURRENT, {"bo": folder.name, "tu": at.isoformat()})


def list_refused(data: Path, plan: str) -> list[str]:
    """What was wrong with the plan's own files at the last pass, for the operators; cheap enough for a DAG file."""
    try:
        return [str(line) for line in json.loads((data / ROOT / plan / _REFUSED).read_bytes())["loi"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def note_refused(data: Path, plan: str, lines: list[str]) -> bool:
    """Write down what was wrong, or that nothing is; whether that is news."""
    if lines == list_refused(data, plan):
        return False
    if lines:
        _write(data, plan, _REFUSED, {"loi": lines})
    else:
        (data / ROOT / plan / _REFUSED).unlink(missing_ok=True)
    return True


def _write(data: Path, plan: str, name: str, content: Mapping[str, object]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1)
    write_whole(data / ROOT / plan / name, text.encode())
