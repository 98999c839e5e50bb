"""What is wrong in a workbook of results, in words: where it is and how to fix it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from kybaocao.findings import Finding, Severity, word
from kybaocao.imported.words import load_words


@dataclass(frozen=True)
class Trouble:
    """One error or warning. A file with an error is not imported."""

    code: str
    sheet: str
    cell: str
    value: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def as_dict(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items()}


def say_trouble(code: str, sheet: str = "", cell: str = "", value: str = "", **facts: str) -> Trouble:
    """A trouble in the words of `import_results.yaml`."""
    words, facts = load_words()["loi"][code], {"o": cell, "trang": sheet, "gia_tri": value} | facts
    return Trouble(code, sheet, cell, value, words["noi_dung"].format(**facts), words["cach_sua"].format(**facts))


def translate_finding(finding: Finding) -> Trouble:
    """A finding, worded for an agency that fills its form, in words for the official who imports a file."""
    worded = word(finding)
    hint = worded.hint
    for theirs, ours in load_words()["thay_loi"].items():
        hint = hint.replace(theirs, ours)
    severity = Severity.ERROR if worded.sends_back else worded.severity
    return Trouble(worded.code, worded.sheet, worded.cell, worded.value, worded.message, hint, severity)
