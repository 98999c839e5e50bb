"""Whether a text that an agency wrote says anything: as an answer, or as an explanation of a figure or text."""

from __future__ import annotations

from kybaocao.answers.reading import Answer
from kybaocao.findings import shorten
from kybaocao.form.layout import FormLayout


def is_reason(text: str, layout: FormLayout) -> bool:
    """Whether a text has letters enough to be a reason, unlike "x" or a full stop; people judge what it says."""
    return sum(letter.isalpha() for letter in text) >= layout.edition.least_reason


def says_nothing(text: str) -> bool:
    """ "-", "…" or "x" where words are asked for."""
    return len(text) <= 5 and (not any(map(str.isalnum, text)) or text in ("x", "X"))


def describe_explanation(explanation: Answer | None, layout: FormLayout) -> tuple[bool, dict[str, str]]:
    """(is the warning answered, facts for its words: the cell, and its text when that is too short)"""
    if explanation is None:
        return False, {"o_giai_trinh": "", "da_ghi": ""}
    is_answered = is_reason(explanation.text, layout)
    facts = {"o_giai_trinh": explanation.cell, "da_ghi": ""}
    if explanation.text and not is_answered:
        too_short = {"noi_dung_ghi": shorten(explanation.text, 30), "it_nhat": str(layout.edition.least_reason)}
        facts |= {"da_ghi": "qua_ngan"} | too_short
    return is_answered, facts
