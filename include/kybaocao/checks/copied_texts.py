"""Texts that another agency, or the agency itself in the previous cycle, has written word for word.

Only long texts are compared, by their hash: many agencies write the same short sentence.  The other agency is
never named to this one; the operators see who it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kybaocao.answers.reading import Answer, Key
from kybaocao.answers.words import normalize_label
from kybaocao.checks.background import describe_typist
from kybaocao.checks.explanations import describe_explanation
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import COPIED_FROM_PREVIOUS, COPYING, Check

_BETWEEN_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Authors:
    """Who has written which text, by digest.

    `others`: agencies of this cycle.  `before`: the agency's own texts of the previous cycle; `entered_by` is who
    typed them from a paper report, "" for nobody.  `standing`: texts of the agency's accepted version, judged when
    they came in.  `partners`: row -> agencies that report on it together.
    """

    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    before: Collection[str] = ()
    standing: Collection[str] = ()
    partners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    entered_by: str = ""


def normalize_text(text: str) -> str:
    """The words of a text: two texts that differ in case, spaces, punctuation or composition (NFC) are the same."""
    return _BETWEEN_WORDS.sub(" ", normalize_label(text)).strip()


def digest_text(normalized: str) -> str:
    return hashlib.blake2b(normalized.encode(), digest_size=16).hexdigest()


def list_digests(layout: FormLayout, texts: Mapping[Key, str]) -> dict[Key, str]:
    """The digest of every text that is long enough for a rule of its table."""
    found = {}
    for table in layout.tables:
        least = {column: check.least for check in _checks(table) for column in check.fields}
        for (owner, row, column), text in texts.items():
            if owner == table.table.id and column in least and len(text) >= least[column]:
                normalized = normalize_text(text)
                if len(normalized) >= least[column]:
                    found[(owner, row, column)] = digest_text(normalized)
    return found


def find_copies(
    layout: FormLayout, answers: Mapping[Key, Answer], digests: Mapping[Key, str], authors: Authors
) -> Iterator[Finding]:
    """A warning for every copied text, once, answered when the agency has explained it in the row."""
    found: set[Key] = set()
    for table in layout.tables:
        for check in _checks(table):
            for key, digest in digests.items():
                owner, row, column = key
                if owner != table.table.id or column not in check.fields or key in found:
                    continue
                if digest in authors.standing:
                    continue
                if check.kind == "trung_co_quan_khac":
                    is_copy = bool(authors.others.get(digest, frozenset()) - authors.partners.get(row, frozenset()))
                else:
                    is_copy = digest in authors.before and not _is_excused(check, answers, owner, row)
                if is_copy:
                    found.add(key)
                    yield _warn(layout, table, check, answers, key, authors.entered_by)


def _checks(table: TableLayout) -> Iterable[Check]:
    return (check for check in table.table.checks if check.kind in COPYING)


def _is_excused(check: Check, answers: Mapping[Key, Answer], table: str, row: str) -> bool:
    if check.when is None:
        return False
    condition = answers.get((table, row, check.when))
    return condition is not None and condition.value in check.excused


def _warn(
    layout: FormLayout, table: TableLayout, check: Check, answers: Mapping[Key, Answer], key: Key, entered_by: str
) -> Finding:
    assert check.explained_in is not None
    answer = answers[key]
    is_answered, explanation = describe_explanation(answers.get((key[0], key[1], check.explained_in)), layout)
    headings = table.table.headings
    facts = {"dong": key[1], "cot": headings[key[2]], "cot_giai_trinh": headings[check.explained_in]} | explanation
    typist = entered_by if check.kind == COPIED_FROM_PREVIOUS else ""
    facts |= describe_typist(typist, "nhap_loi_van")
    where = (answer.sheet, answer.cell, answer.text)
    return Finding(check.code, *where, facts=facts, is_answered=is_answered, is_contestable=bool(typist))
