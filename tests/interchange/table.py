"""docs/interchange.md, from what was measured."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.interchange.trial import Outcome, Result

PAGE = Path(__file__).resolve().parents[2] / "docs" / "interchange.md"
KINDS = ("agencies", "contents", "habits", "marked")
_WORDS = {
    Result.SAME: "same",
    Result.CORRECTED: "after the suggested fix",
    Result.CHANGED: "changed by the program",
    Result.REFUSED: "refused",
    Result.FAILED: "not saved",
}
_HEAD = """# Filled forms in other programs

Written by `python -m tests.interchange`; `tests/interchange` measures it again and compares every line. Do not edit it here.

A filled form goes through a program and is handed in as that program saved it. *same*: accepted, and every field that the
product reads has the same value as in the original. *after the suggested fix*: returned with a reason; what the reason asks for
was typed into the named cells in the same program, and then it was accepted with the same values.
*refused*: as a whole; the original form has to be filled in. *changed by the program*: the file that the program wrote holds
other values, and nothing in it shows that.

The forms:

{forms}

{programs}

## What came back

| program | format | {kinds} |
|---|---|---|---|---|---|
"""
_ASKED = """
## What was asked for

The first cell of each kind, with the words that the agency reads. After that a form was accepted with the same
values, but for those of the last table.

| program | format | forms | code | first cell | suggested fix |
|---|---|---|---|---|---|
"""
_OWN = """
## What stays refused or changed

| program | format | form | what |
|---|---|---|---|
"""


def write_page(outcomes: Sequence[Outcome], versions: str) -> str:
    """The whole page."""
    forms = dict.fromkeys((one.form.kind, one.form.name) for one in outcomes)
    listed = [f"- {kind}: {', '.join(name.replace('_', ' ') for of, name in forms if of == kind)}" for kind in KINDS]
    head = _HEAD.format(forms="\n".join(listed), programs=f"Measured with {versions}.", kinds=" | ".join(KINDS))
    tables = ((head, list_counts), (_ASKED, list_asked), (_OWN, list_own))
    return "".join(title + "".join(f"{line}\n" for line in lines(outcomes)) for title, lines in tables)


def _group(outcomes: Iterable[Outcome]) -> Iterable[tuple[tuple[str, str], list[Outcome]]]:
    for key, group in itertools.groupby(outcomes, lambda one: (one.program, one.suffix)):
        yield key, list(group)


def list_counts(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each program and format: how many forms of each kind came back how."""
    lines = []
    for (program, suffix), group in _group(outcomes):
        cells = []
        for kind in KINDS:
            counts = Counter(one.result for one in group if one.form.kind == kind)
            cells.append(", ".join(f"{counts[result]} {_WORDS[result]}" for result in Result if counts[result]))
        lines.append(f"| {program} | .{suffix} | {' | '.join(cells)} |")
    return lines


def list_asked(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each program, format and finding code."""
    lines = []
    for (program, suffix), group in _group(outcomes):
        first: dict[str, tuple[str, str]] = {}
        counts: Counter[str] = Counter()
        for one in group:
            for code, cell, hint in one.asked:
                first.setdefault(code, (cell, hint))
            counts.update({code for code, _, _ in one.asked})
        for code, (cell, hint) in first.items():
            lines.append(f"| {program} | .{suffix} | {counts[code]} | `{code}` | {cell} | {hint} |")
    return lines


def list_own(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each form that came back with other values, or not at all."""
    return [
        f"| {one.program} | .{one.suffix} | {one.form.name.replace('_', ' ')} | {_describe(one)} |"
        for one in outcomes
        if one.result in (Result.CHANGED, Result.FAILED, Result.REFUSED)
    ]


def _describe(one: Outcome) -> str:
    fields = ", ".join("/".join(key) for key in one.differing[:3])
    if one.asked:
        return f"refused: {', '.join(sorted({f'`{code}`' for code, _, _ in one.asked}))}"
    return f"other values in {len(one.differing)} fields: {fields}" if fields else one.said
