"""Files of a report version, as the console hands them out."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import NoResultFound

from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.reports import find_version

KINDS = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def find_report_file(home: Home, cycle: str, version: int, name: str) -> Path | None:
    """The file of this name of a version, or None; only names that lie in the version's folder are found."""
    if not home.has_store:
        return None
    with open_store(home).read() as connection:
        try:
            folder = home.root / find_version(connection, cycle, version).folder
        except NoResultFound:
            return None
    if not folder.is_dir():
        return None
    files = (path for path in folder.iterdir() if path.suffix in KINDS and path.is_file() and not path.is_symlink())
    return next((path for path in files if path.name == name), None)
