"""The files of one version of the report, in its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from kybaocao.documents.report.content import ReportContent, read_content
from kybaocao.files import write_whole
from kybaocao.stages.support.passes import Pass

CONTENT_FILE = "noi-dung.json"
SIGNED_FOLDER = "phat-hanh"  # of release 2, in the folder of its version
_RECORDED = "da-ghi-nhan.txt"
_RECORDED_WORDS = "Hệ thống đã ghi nhận các tệp trong thư mục này và không ghi đè lên chúng.\n"
KINDS = (".pdf", ".docx", ".xlsx")  # in the order in which people want to read them


def load_content(folder: Path) -> ReportContent:
    """The content that a version was written from. Raises OSError."""
    return read_content((folder / CONTENT_FILE).read_text(encoding="utf-8"))


def list_report_files(folder: Path) -> list[Path]:
    """The documents themselves, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in KINDS)


def mark_recorded(folder: Path) -> None:
    """Note in a folder that the store knows it: a store restored later may not, and must not write into it."""
    if not is_recorded(folder):
        write_whole(folder / _RECORDED, _RECORDED_WORDS.encode())


def is_recorded(folder: Path) -> bool:
    """Whether the files of a folder were recorded, and may have been sent to somebody."""
    return (folder / _RECORDED).exists()


def hash_files(paths: Iterable[Path]) -> dict[str, str]:
    """File name -> SHA-256."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def name_supplement(p: Pass) -> str:
    """The path of the coordinator's own words, relative to the data folder."""
    return str(p.home.supplement(p.cycle.id).relative_to(p.home.root))
