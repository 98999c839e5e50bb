"""The files of one version of the report, in its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from kybaocao.documents.report.content import ReportContent, read_content
from kybaocao.stages.support.passes import Pass

CONTENT_FILE = "noi-dung.json"
KINDS = (".pdf", ".docx", ".xlsx")  # in the order in which people want to read them


def load_content(folder: Path) -> ReportContent:
    """The content that a version was written from. Raises OSError."""
    return read_content((folder / CONTENT_FILE).read_text(encoding="utf-8"))


def list_report_files(folder: Path) -> list[Path]:
    """The documents themselves, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in KINDS)


def hash_files(paths: Iterable[Path]) -> dict[str, str]:
    """File name -> SHA-256."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def name_supplement(p: Pass) -> str:
    """The path of the coordinator's own words, relative to the data folder."""
    return str(p.home.supplement(p.cycle.id).relative_to(p.home.root))
