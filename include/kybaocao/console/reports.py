"""Files of a report version, as the console hands them out."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import NoResultFound

from kybaocao.home import Home
from kybaocao.stages.support.report_files import SIGNED_FOLDER, SUBMITTED_FOLDER, list_report_files
from kybaocao.store.database import open_store
from kybaocao.store.reports import find_asked, find_version

KINDS = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def find_report_file(home: Home, cycle: str, version: int, name: str, part: str = "") -> Path | None:
    """The file of this name of a version, or None; only names that lie in the version's folder are found.

    `part`: the folder inside it, of what was submitted to UBND tỉnh or published.
    """
    if not home.has_store:
        return None
    with open_store(home).read() as connection:
        try:
            folder = home.root / find_version(connection, cycle, version).folder
        except NoResultFound:
            return None
    if part:
        parts = (path for path in folder.glob("*/") if path.name.startswith((SUBMITTED_FOLDER, SIGNED_FOLDER)))
        found = next((path for path in parts if path.name == part), None)
        if found is None:
            return None
        folder = found
    if not folder.is_dir():
        return None
    files = (path for path in folder.iterdir() if path.suffix in KINDS and path.is_file() and not path.is_symlink())
    return next((path for path in files if path.name == name), None)


def find_asked_report(home: Home, cycle: str, run: str) -> tuple[int, str] | None:
    """(version, file) of the report that a run asks about: what people read first; None while it asks about none."""
    if not home.has_store:
        return None
    with open_store(home).read() as connection:
        version = find_asked(connection, cycle, run)
    if version is None or not (home.root / version.folder).is_dir():
        return None
    files = sorted(list_report_files(home.root / version.folder), key=lambda path: list(KINDS).index(path.suffix))
    return (version.version, files[0].name) if files else None
