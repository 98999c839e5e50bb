"""What an agency writes beside a figure or a text it was asked about: does it say anything?"""

from __future__ import annotations

from kybaocao.answers.reading import Answer
from kybaocao.findings import shorten
from kybaocao.form.layout import FormLayout


def is_reason(text: str, layout: FormLayout) -> bool:
    """A full stop or "x" is no reason; what is one, beyond its length, is for people to judge."""
    return sum(letter.isalpha() for letter in text) >= layout.edition.least_reason


def says_nothing(text: str) -> bool:
    """ "-", "…" or "x" where words are asked for."""
    return len(text) <= 5 and (not any(map(str.isalnum, text)) or text in ("x", "X"))


def describe_explanation(explanation: Answer | None, layout: FormLayout) -> tuple[bool, dict[str, str]]:
    """(is the warning answered, facts for its words: the cell, and what stands in it when that says nothing)."""
    if explanation is None:
        return False, {"o_giai_trinh": "", "da_ghi": ""}
    is_answered = is_reason(explanation.text, layout)
    facts = {"o_giai_trinh": explanation.cell, "da_ghi": ""}
    if explanation.text and not is_answered:
        said = {"noi_dung_ghi": shorten(explanation.text, 30), "it_nhat": str(layout.edition.least_reason)}
        facts |= {"da_ghi": "qua_ngan"} | said
    return is_answered, facts
