"""A filled form that another program has saved is accepted with the same values, or returned with a way out."""

from __future__ import annotations

import json
import re

import pytest

from kybaocao.plan.verdict import Verdict
from tests.interchange.programs import INSTALLED, JAVASCRIPT, PROGRAMS, Program, find_missing
from tests.interchange.table import KINDS, PAGE, list_asked, list_own, list_results
from tests.interchange.trial import Result, forms, read_original, read_values, try_program
from tests.javascript import install_javascript

# (program, format, form) for which no answer of ours helps.
KNOWN_LOSSES = {
    (
        "SheetJS, formats kept",
        "xls",
        "special signs",
    ),  # it cuts texts after 255 signs, and nothing in the file shows it
    # They write every row down to a blank in row 150,000: more megabytes than a form may have.
    ("SheetJS, formats kept", "ods", "blanks_typed_far_away"),
    ("pandas (openpyxl), values only", "xlsx", "blanks_typed_far_away"),
    ("SheetJS, formats kept", "xls", "blanks_typed_far_away"),  # an .xls ends at row 65,536 and column IV
}


def test_the_forms_of_the_trial_are_accepted_as_they_are() -> None:
    """Otherwise it would show nothing about programs."""
    found = {form.name: read_original(form) for form in forms()}
    assert {name: one.errors for name, one in found.items() if one.verdict is not Verdict.ACCEPTED} == {}
    assert min(len(read_values(one)) for one in found.values()) > 30


def test_every_kind_of_form_is_tried() -> None:
    """At least as many as when the page was written."""
    counts = {kind: sum(form.kind == kind for form in forms()) for kind in KINDS}
    assert counts["agencies"] >= 6 and counts["contents"] >= 6 and counts["habits"] >= 40 and counts["marked"] >= 2


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.title)
def test_a_program_leaves_the_values_or_the_answer_leads_to_acceptance(program: Program) -> None:
    """And docs/interchange.md says so; `python -m tests.interchange` writes it anew."""
    if reason := find_missing(program):
        pytest.skip(reason)
    if program.needs == "npm":
        install_javascript(JAVASCRIPT, INSTALLED)
    outcomes = try_program(program, forms())
    lost = {(o.program, o.suffix, o.form.name) for o in outcomes if o.result not in (Result.SAME, Result.CORRECTED)}
    assert lost <= KNOWN_LOSSES
    page = PAGE.read_text(encoding="utf-8").splitlines()
    measured = [*list_results(outcomes), *list_asked(outcomes), *list_own(outcomes)]
    assert [line for line in measured if line not in page] == []


def test_the_page_names_every_program_and_no_other() -> None:
    lines = re.findall(r"^\| ([^|]+) \| \.\w+ \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(lines) == {program.name for program in PROGRAMS}


def test_the_lock_file_names_no_place_to_download_from() -> None:
    """Each machine has its own; what is downloaded is held to its checksum."""
    packages = json.loads((JAVASCRIPT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    del packages[""]
    assert [name for name, one in packages.items() if "resolved" in one or "integrity" not in one] == []
