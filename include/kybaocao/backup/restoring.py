"""Restoring a backup into an empty or an existing data folder; whatever it takes the place of is kept.

Nothing is written to the restored store before somebody has decided about what happened since the backup
(`backup.reconciling`), unless the journal beside it shows that nothing did.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from kybaocao.backup.copying import STORE_FILE, holds_anything, load_store
from kybaocao.backup.making import CONFIGURATION
from kybaocao.backup.manifest import BackupError, Manifest
from kybaocao.backup.reconciling import find_unknown, note_restore, settle_restore
from kybaocao.files import hash_file
from kybaocao.home import Home
from kybaocao.store.database import JOURNAL, Store
from kybaocao.store.journal import FILE, JournalDamagedError

ASIDE = "truoc-khoi-phuc"  # what a restore took the place of, in the data folder
_ARCHIVE = "archive/"


@dataclass(frozen=True)
class Restored:
    """What a restore did. Paths are relative to the data folder.

    `is_decided`: nothing has happened since the backup, the system may go on.
    """

    made_at: dt.datetime
    added: tuple[str, ...]  # files that were missing
    repaired: tuple[str, ...]  # files of the archive that were not what they are named after
    kept: tuple[str, ...]  # files that differ from the backup and stay as they are
    aside: str  # "" when nothing was replaced
    is_decided: bool


def restore_backup(
    folder: Path,
    home: Home,
    store: Store,
    *,
    at: dt.datetime,
    by: str,
    reason: str,
    is_replacing: bool = False,
    only_files: bool = False,
) -> Restored:
    """Bring back the store and every file that is missing. Raises BackupError before anything is touched.

    A store that holds anything is replaced only with `is_replacing`.  Files are never deleted or overwritten, but for
    those of the archive whose bytes are not what their names say.  With `only_files` the store stays as it is.
    """
    manifest = Manifest.read(folder)
    if damaged := list(manifest.list_damaged(folder)):
        more = f" và {len(damaged) - 5} tệp khác" if len(damaged) > 5 else ""
        raise BackupError(
            f"bản sao lưu {folder} bị hỏng hoặc thiếu: {', '.join(damaged[:5])}{more}; chưa khôi phục gì, "
            "xin dùng bản sao lưu khác"
        )
    if only_files:
        aside = _name_aside(home, at)
        added, repaired, kept = _put_files(folder, manifest, home, aside)
        return Restored(manifest.made_at, tuple(added), tuple(repaired), tuple(kept), _show(home, aside), True)
    if not is_replacing and holds_anything(store):
        raise BackupError(
            "đã có kho dữ liệu ở nơi khôi phục; chưa khôi phục gì. Nếu đúng là muốn thay kho này bằng bản sao lưu (kho "
            "cũ được giữ lại), xin thêm --replace"
        )
    had_journal = (store.journal.folder / FILE).exists()
    aside = _name_aside(home, at)
    facts = {"at": at.isoformat(), "by": by, "reason": reason, "backup": str(folder)}
    note_restore(store, facts | {"made_at": manifest.made_at.isoformat()})  # first: no pass begins from here on
    added, repaired, kept = _put_files(folder, manifest, home, aside)
    load_store(folder / STORE_FILE, store, aside)
    is_decided = had_journal and _is_current(store)
    if is_decided:
        settle_restore(store, at=at)
    shown = _show(home, aside)
    return Restored(manifest.made_at, tuple(added), tuple(repaired), tuple(kept), shown, is_decided)


def _name_aside(home: Home, at: dt.datetime) -> Path:
    return home.root / ASIDE / f"{at:%Y%m%d-%H%M%S-%f}"


def _show(home: Home, aside: Path) -> str:
    return str(aside.relative_to(home.root)) if aside.exists() else ""


def _is_current(store: Store) -> bool:
    try:
        unknown = find_unknown(store)
    except JournalDamagedError:
        return False
    return unknown.is_related and not unknown.changes


def _put_files(folder: Path, manifest: Manifest, home: Home, aside: Path) -> tuple[list[str], list[str], list[str]]:
    """(added, repaired, kept)"""
    added, repaired, kept = list[str](), list[str](), list[str]()
    for name, entry in manifest.files.items():
        if name == STORE_FILE or name.startswith(f"{CONFIGURATION}/"):
            continue
        target = home.root / name
        if not target.exists():
            added.append(name)
        elif hash_file(target) == entry.sha256:
            continue
        elif not name.startswith(_ARCHIVE):
            if not name.startswith(f"{JOURNAL}/"):  # it goes on all the time
                kept.append(name)
            continue
        else:
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(target, aside / name)
            repaired.append(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, target)
    return added, repaired, kept
