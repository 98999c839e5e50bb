"""docs/states.md against the code: every state, every arrow, every test that is named."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from kybaocao.plan.verdict import Verdict
from kybaocao.store.outbox import LetterState
from kybaocao.store.reports import ReportState
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
LEDGERS = [("Submission", Verdict, {"waiting"}), ("Letter", LetterState, set()), ("Report version", ReportState, set())]
BEGINNING = "[*]"
Arrow = tuple[str, str, str]  # letter, from, to


def read_ledger(title: str) -> tuple[list[Arrow], list[Arrow], list[str]]:
    """The arrows of the diagram, those of the table, and what the table's last column names."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    drawn = [
        (letter, one, other) for one, other, letter in re.findall(r"^ +(\S+) --> (\S+): (\w+)$", section, re.MULTILINE)
    ]
    rows = re.findall(r"^\| (\w+) \| (\S+) → (\S+) \| .+ \| `([^`]+)` \|$", section, re.MULTILINE)
    return drawn, [row[:3] for row in rows], [row[3] for row in rows]


@pytest.mark.parametrize(("title", "states", "others"), LEDGERS)
def test_every_state_stands_in_the_diagram(title: str, states: type[StrEnum], others: set[str]) -> None:
    """And nothing that is no state."""
    drawn, _, _ = read_ledger(title)
    named = {state for _, one, other in drawn for state in (one, other)}
    assert named == {BEGINNING, *others, *(one.value for one in states)}


@pytest.mark.parametrize("title", [title for title, _, _ in LEDGERS])
def test_every_arrow_has_a_letter_of_its_own_and_a_row(title: str) -> None:
    drawn, rows, _ = read_ledger(title)
    assert rows == drawn
    assert len({letter for letter, _, _ in drawn}) == len({arrow[1:] for arrow in drawn}) == len(drawn)


@pytest.mark.parametrize("title", [title for title, _, _ in LEDGERS])
def test_every_arrow_has_a_test_that_exists(title: str) -> None:
    _, rows, tests = read_ledger(title)
    pairs = [one.split("::") for one in tests]
    missing = [name for path, name in pairs if f"\ndef {name}(" not in (ROOT / path).read_text(encoding="utf-8")]
    assert (len(tests), missing) == (len(rows), [])
