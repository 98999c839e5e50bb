"""Making a backup while passes go on: first the store, then the files, of which it then names none that is not saved.

    kybaocao-20261208-230000/
    ├── kho.db            the store as one file of SQLite, whatever engine it is on
    ├── archive/ reports/ cau_hinh/ cho_ghi/    as in the data folder
    ├── so_ghi/           the journal of the store, with every letter that was sent
    ├── cau-hinh-goc/     the configuration as it lies in its own folder
    └── ban-ke.json       the manifest

The folders shared with agencies are not in it: their owners and rights are a matter of the file server (handbook).
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from kybaocao.backup.copying import STORE_FILE, save_store
from kybaocao.backup.manifest import BackupError, Entry, Manifest
from kybaocao.files import hash_file, name_temporary
from kybaocao.home import Home
from kybaocao.plan.last_good import ROOT as LAST_GOOD
from kybaocao.store.database import JOURNAL, Store

CONFIGURATION = "cau-hinh-goc"
FOLDERS = ("archive", "reports", LAST_GOOD, "cho_ghi", JOURNAL)  # of the data folder


def make_backup(home: Home, store: Store, configuration: Path, target: Path, at: dt.datetime) -> Path:
    """A new folder below `target`, complete or not there. Raises BackupError, and OSError when it cannot be written."""
    final = target / f"kybaocao-{at:%Y%m%d-%H%M%S}"
    if final.exists():
        raise BackupError(f"đã có bản sao lưu {final}")
    folder = target / name_temporary(final.name)
    folder.mkdir(parents=True, mode=0o700)
    try:
        try:
            save_store(store, folder / STORE_FILE)
        except (SQLAlchemyError, sqlite3.OperationalError) as error:  # locked, unreachable
            raise BackupError(f"không đọc được trọn kho dữ liệu: {error}") from error
        except sqlite3.DatabaseError as error:
            raise BackupError(f"kho dữ liệu bị hỏng: {error}") from error
        sources = {name: home.root / name for name in FOLDERS} | {CONFIGURATION: configuration}
        for name, source in sources.items():
            for path in _list_files(source):
                place = folder / name / path.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                _copy(path, place)
        found = (path for path in sorted(folder.rglob("*")) if path.is_file())
        files = {str(path.relative_to(folder)): Entry(hash_file(path), path.stat().st_size) for path in found}
        Manifest(at, store.engine.dialect.name, files).write(folder)
        folder.rename(final)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return final


def _list_files(folder: Path) -> Iterator[Path]:
    """Whole files, no links."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.endswith(".tmp"):
            yield path


def _copy(source: Path, target: Path) -> None:
    """A file that a pass removes meanwhile is not part of the backup."""
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        if source.exists():
            raise
