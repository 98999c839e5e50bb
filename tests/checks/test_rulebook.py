"""A rule is on trial, then a warning, then an error; a waiver frees one agency from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from kybaocao.checks.rulebook import Rulebook
from kybaocao.findings import Finding, Severity, sends_back
from kybaocao.plan.form_edition import RuleStage
from tests.checks.catalogue import COMMUNE, the_plan
from tests.conftest import CYCLE

SEEN = Finding("late-task-without-reason", "Nhiệm vụ", "I7")
STAGES = tuple(
    RuleStage.model_validate({"ma": SEEN.code, "tu_ngay": day, "muc": level})
    for day, level in (("2026-06-01", "thu"), ("2026-09-01", "canh_bao"), ("2026-12-01", "loi"))
)


def _book(on: str) -> Rulebook:
    edition = the_plan().require_edition().model_copy(update={"stages": STAGES})
    return Rulebook.of(replace(the_plan(), edition=edition), CYCLE, COMMUNE, dt.date.fromisoformat(on))


@pytest.mark.parametrize(
    ("on", "reported", "tried"),
    [
        ("2026-05-31", [Severity.ERROR], 0),  # before its first stage it weighs what the catalogue says
        ("2026-06-01", [], 1),
        ("2026-08-31", [], 1),
        ("2026-09-01", [Severity.WARNING], 0),
        ("2026-12-01", [Severity.ERROR], 0),
    ],
)
def test_a_rule_weighs_what_its_stage_says_on_the_day(on: str, reported: list[Severity], tried: int) -> None:
    """The first day of a stage belongs to it."""
    seen, unseen = _book(on).weigh([SEEN])
    assert ([finding.severity or Severity.ERROR for finding in seen], len(unseen)) == (reported, tried)


def test_a_waived_rule_is_written_down_and_does_not_bind() -> None:
    """A note: visible, and no reason to send anything back."""
    seen, unseen = Rulebook(waived=frozenset({SEEN.code})).weigh([SEEN])
    assert ([finding.severity for finding in seen], [sends_back(f) for f in seen], unseen) == (
        [Severity.NOTE],
        [False],
        [],
    )


def test_rules_without_a_stage_or_a_waiver_stand() -> None:
    """Without configuration the severity is the catalogue's."""
    other = Finding("figure-missing", "Chỉ tiêu", "G8")
    assert _book("2026-06-01").weigh([other]) == ([other], [])
