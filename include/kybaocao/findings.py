"""Findings: what is wrong in a submission, where, and how to correct it.

A check gives a stable code and facts.  The words that officials read stand in `templates/findings.yaml`, one entry
for each code; a test makes sure that every code has words.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from kybaocao.addresses import find_column
from kybaocao.yaml_source import read_yaml

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


class Severity(StrEnum):
    ERROR = "error"  # the submission goes back
    WARNING = "warning"  # goes back only where an explanation is needed and missing
    NOTE = "note"  # for information

    @property
    def rank(self) -> int:
        return ("error", "warning", "note").index(self.value)


@dataclass(frozen=True)
class Finding:
    """One problem in one cell, or in the whole file. `facts` fill the wording; `value` and `expected` are shown.

    `proposal` is what the cell should probably hold: shown to the agency, never used.  `severity` is that of the
    rulebook on the day; None is the catalogue's.  `is_answered`: the agency has explained it in the form.
    """

    code: str
    sheet: str = ""
    cell: str = ""
    value: str = ""
    expected: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)
    proposal: str = ""
    severity: Severity | None = None
    is_answered: bool = False
    is_waived: bool = False  # this agency need not correct it
    is_contestable: bool = False  # rests on a figure that somebody else typed: never an error


@dataclass(frozen=True)
class Wording:
    code: str
    severity: Severity
    title: str
    message: str
    cause: str  # the likely cause; "" for none
    hint: str
    needs_answer: bool = False  # a warning that the agency must confirm or explain
    strict_hint: str = ""  # instead of `hint` where the rulebook has made an error of it; "": `hint`
    mild_hint: str = ""  # instead of `hint` where it is a note only; "": `hint`
    rule: str = ""  # how to fill in, as the form itself says it: see `form.instructions`


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
    cause: str = ""
    proposal: str = ""
    sends_back: bool = True
    title: str = ""  # the problem in a few words, the same for every cell

    @property
    def reported_cause(self) -> str:
        """The cause as a sentence, "" for none; the catalogue leaves out "có thể"."""
        return f"Nguyên nhân có thể: {self.cause}" if self.cause else ""

    def as_dict(self) -> dict[str, str]:
        shown = {key: str(value) for key, value in asdict(self).items()}
        return shown | {"sends_back": "yes" if self.sends_back else "no"}


@functools.lru_cache(maxsize=1)
def load_catalogue() -> Mapping[str, Wording]:
    """Every code with its severity and words."""
    entries: dict[str, Any] = read_yaml(TEMPLATES / "findings.yaml").data
    return {
        code: Wording(
            code,
            Severity(entry["muc_do"]),
            entry["tieu_de"],
            entry["noi_dung"],
            entry.get("nguyen_nhan", ""),
            entry["cach_sua"],
            entry.get("phai_giai_trinh", False),
            entry.get("khi_la_loi", ""),
            entry.get("khi_la_luu_y", ""),
            entry.get("quy_dinh", ""),
        )
        for code, entry in entries.items()
        if not code.startswith("_")
    }


@functools.lru_cache(maxsize=1)
def load_clauses() -> Mapping[str, Mapping[str, str]]:
    """fact -> value -> words: parts of sentences that a check chooses by the value of a fact."""
    clauses: Mapping[str, Mapping[str, str]] = read_yaml(TEMPLATES / "findings.yaml").data["_menh_de"]
    return clauses


@functools.lru_cache(maxsize=1)
def load_waiver_hint() -> str:
    """What stands instead of `hint` where the rule does not bind the agency."""
    return str(read_yaml(TEMPLATES / "findings.yaml").data["_duoc_mien"])


FACT_LENGTH = 400  # characters; the longest questions and lists of choices have half as many


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def word(finding: Finding) -> WordedFinding:
    """The finding in Vietnamese. Raises KeyError for a code without words."""
    wording = load_catalogue()[finding.code]
    facts = _Facts(
        {name: shorten(fact, FACT_LENGTH) if len(fact) > FACT_LENGTH else fact for name, fact in finding.facts.items()},
        o=finding.cell,
        trang=finding.sheet,
        gia_tri=shorten(finding.value),
        mong_doi=finding.expected,
        de_nghi=shorten(finding.proposal, 200),
    )
    facts["quy_dinh"] = wording.rule.format_map(facts)
    for name, clauses in load_clauses().items():
        if (chosen := clauses.get(facts[name])) is not None:
            facts[name] = chosen.format_map(facts)
    hint, severity = load_waiver_hint() if finding.is_waived else wording.hint, severity_of(finding)
    if severity is Severity.ERROR and wording.strict_hint:
        hint, facts["da_ghi"] = (
            wording.strict_hint,
            "",
        )  # no explanation helps, so the one that was given is not mentioned
    elif severity is Severity.NOTE and wording.mild_hint:
        hint = wording.mild_hint
    return WordedFinding(
        finding.code,
        severity,
        finding.sheet,
        finding.cell,
        shorten(finding.value, 200),
        finding.expected,
        wording.message.format_map(facts),
        hint.format_map(facts),
        wording.cause.format_map(facts),
        shorten(finding.proposal, 200),
        sends_back(finding),
        wording.title,
    )


def shorten(text: str, limit: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def severity_of(finding: Finding) -> Severity:
    return finding.severity or load_catalogue()[finding.code].severity


def sends_back(finding: Finding) -> bool:
    """Whether the submission goes back: for an error, and for a warning whose explanation is missing."""
    severity = severity_of(finding)
    if severity is Severity.WARNING:
        return load_catalogue()[finding.code].needs_answer and not finding.is_answered
    return severity is Severity.ERROR


def order(findings: Iterable[Finding], sheets: Sequence[str] = ()) -> list[Finding]:
    """Worst first; of equal weight, code by code in the order of their first cells; then by sheet, row and column.

    `sheets` are the names of the workbook's sheets in their order; other sheets follow in the order of the findings.
    """
    listed = list(findings)
    sheet_numbers = {
        name: number for number, name in enumerate(dict.fromkeys(("", *sheets, *(f.sheet for f in listed))))
    }

    def weigh(finding: Finding) -> tuple[bool, int]:
        return not sends_back(finding), severity_of(finding).rank

    def locate(finding: Finding) -> tuple[int, int, int]:
        return sheet_numbers[finding.sheet], *cell_position(finding.cell)

    first: dict[tuple[bool, int, str], int] = {}
    for number, finding in enumerate(sorted(listed, key=lambda f: (weigh(f), locate(f)))):
        first.setdefault((*weigh(finding), finding.code), number)
    return sorted(listed, key=lambda f: (weigh(f), first[(*weigh(f), f.code)], locate(f)))


def group_by_cause(findings: Iterable[WordedFinding]) -> list[list[WordedFinding]]:
    """Findings in their order, grouped by code and weight."""
    return [list(group) for _, group in itertools.groupby(findings, lambda f: (f.sends_back, f.severity, f.code))]


def cell_position(cell: str) -> tuple[int, int]:
    """ "AB12" -> (12, 28); (0, 0) for no cell."""
    letters = cell.rstrip("0123456789")
    digits = cell[len(letters) :]
    return (int(digits) if digits else 0, find_column(letters) + 1)
