"""What an agency writes beside a figure or a text it was asked about: does it say anything?"""

from __future__ import annotations

from kybaocao.findings import shorten
from kybaocao.form.layout import FormLayout
from kybaocao.intake.reading import Answer


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
    said = shorten(explanation.text, 30)
    least = layout.edition.least_reason
    remark = f" Ô {explanation.cell} mới ghi “{said}”, quá ngắn: lý do cần ít nhất {least} chữ cái."
    return is_answered, {"o_giai_trinh": explanation.cell, "da_ghi": remark if said and not is_answered else ""}
