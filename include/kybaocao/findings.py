"""Findings: what is wrong in a return, where, and how to mend it.

A rule says only *what* it saw: a stable code and the facts.  The words an official reads stand apart, in
`templates/findings.yaml`, one entry per code; a test keeps rules and words equal.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from kybaocao.plan.source import read_yaml

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


class Severity(StrEnum):
    ERROR = "error"  # the return goes back
    WARNING = "warning"  # accepted, but must be looked at
    NOTE = "note"  # for information

    @property
    def rank(self) -> int:
        return ("error", "warning", "note").index(self.value)


@dataclass(frozen=True)
class Finding:
    """One thing seen in one place. `facts` fill the wording; `value` and `expected` are for the eye."""

    code: str
    sheet: str = ""
    cell: str = ""
    value: str = ""
    expected: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Wording:
    code: str
    severity: Severity
    title: str
    message: str
    hint: str


@dataclass(frozen=True)
class WordedFinding:
    """A finding as an official reads it; the shape of `check --json`."""

    code: str
    severity: Severity
    sheet: str
    cell: str
    value: str
    expected: str
    message: str
    hint: str

    def as_dict(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items()}


@functools.lru_cache(maxsize=1)
def load_catalogue() -> Mapping[str, Wording]:
    """Every code with its severity and words."""
    entries: dict[str, Any] = read_yaml(TEMPLATES / "findings.yaml").data
    return {
        code: Wording(code, Severity(entry["muc_do"]), entry["tieu_de"], entry["noi_dung"], entry["cach_sua"])
        for code, entry in entries.items()
    }


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def word(finding: Finding) -> WordedFinding:
    """The finding in Vietnamese. Raises KeyError for a code without words."""
    wording = load_catalogue()[finding.code]
    facts = _Facts(
        finding.facts, o=finding.cell, trang=finding.sheet, gia_tri=shorten(finding.value), mong_doi=finding.expected
    )
    return WordedFinding(
        finding.code,
        wording.severity,
        finding.sheet,
        finding.cell,
        shorten(finding.value, 200),
        finding.expected,
        wording.message.format_map(facts),
        wording.hint.format_map(facts),
    )


def shorten(text: str, limit: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_error(finding: Finding) -> bool:
    return load_catalogue()[finding.code].severity is Severity.ERROR


def order(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, then by sheet as they came, then in Excel order (row, column A…Z, AA…)."""
    catalogue = load_catalogue()
    sheets: dict[str, int] = {}
    listed = list(findings)
    for finding in listed:
        sheets.setdefault(finding.sheet, len(sheets))
    return sorted(listed, key=lambda f: (catalogue[f.code].severity.rank, sheets[f.sheet], *cell_position(f.cell)))


def cell_position(cell: str) -> tuple[int, int]:
    """ "AB12" -> (12, 28); (0, 0) for no cell."""
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    digits = cell[len(letters) :]
    return (int(digits) if digits else 0, column)
