"""Every known defect gets its finding in its cell, and every rule has words and a sample."""

from __future__ import annotations

import functools
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from kybaocao.checks.judgement import Judgement
from kybaocao.findings import load_catalogue, word
from kybaocao.plan.verdict import Verdict
from tests.attachments.test_inspection import REFUSED
from tests.checks.catalogue import COMMUNE, ISSUES, STC, TARGETS, edit, judge_bytes, places, the_plan, valid_form
from tests.checks.samples import SAMPLES
from tests.conftest import ROOT

CODES = sorted(load_catalogue())
# Need an earlier submission or a time of receipt: see test_unlikely_figures, tests/stages.
NEEDS_A_PAST = {
    "cumulative-below-previous",
    "jump-against-previous",
    "late-without-reason",
    "replacement-without-reason",
    "text-same-as-another-agency",
    "text-same-as-last-cycle",
}
NEEDS_AN_XLS = {"formula-result-unclear"}  # written by LibreOffice: see tests/workbook/test_xls.py


@functools.cache
def _verdict_of(name: str) -> Judgement:
    sample = SAMPLES[name]
    return judge_bytes(sample.make(), sample.agency)


def test_the_catalogue_of_defects_is_not_empty() -> None:
    """A broken import must not make the tests below pass by testing nothing."""
    assert len(SAMPLES) >= 70 and len(CODES) >= 40


@pytest.mark.parametrize("agency", [COMMUNE, STC])
def test_the_form_the_defects_start_from_is_accepted(agency: str) -> None:
    """The form without a defect has no findings, so all findings come from the defect."""
    judgement = judge_bytes(valid_form(agency), agency)
    assert (judgement.verdict, places(judgement)) == (Verdict.ACCEPTED, [])


REMARKS = {"da_ghi", "nen_la"}  # a sentence or a clause more, where there is one to say


@pytest.mark.parametrize("name", SAMPLES)
def test_a_defect_is_reported_with_its_code_and_its_cell(name: str) -> None:
    """Exactly the expected findings, nothing more, nothing less, in the order an official reads."""
    judgement = _verdict_of(name)
    assert (judgement.verdict, places(judgement)) == (SAMPLES[name].verdict, list(SAMPLES[name].findings))


# Rules that compare with another submission: see test_unlikely_figures, tests/stages/test_copied_texts.
NEED_ANOTHER_SUBMISSION = ("khong_giam", "bien_dong", "trung_co_quan_khac", "trung_ky_truoc")


def test_every_rule_of_the_form_has_a_sample() -> None:
    """Without any one rule of the form's configuration, or one of its columns, a sample fails."""
    seen = set()
    for name in SAMPLES:
        judgement = _verdict_of(name)
        keys = {(answer.sheet, answer.cell): key for key, answer in judgement.answers.items()}
        for finding in judgement.findings:
            if key := keys.get((finding.sheet, finding.cell)):
                seen.add((key[0], finding.code, key[1] if key[2] == "gia_tri" else key[2]))
    unguarded = [
        (table.id, check.code, check.fields)
        for _, table in the_plan().require_edition().tables
        for check in table.checks
        if check.kind not in NEED_ANOTHER_SUBMISSION
        and not any((table.id, check.code, column) in seen for column in check.fields)
    ]
    assert unguarded == []


@pytest.mark.parametrize("name", SAMPLES)
def test_a_finding_reads_as_a_whole_sentence(name: str) -> None:
    """Every fact that the words name is filled in."""
    findings = _verdict_of(name).findings
    assert findings
    for finding in findings:
        worded = word(finding)
        said = {**finding.facts, "o": finding.cell, "trang": finding.sheet, "gia_tri": finding.value}
        wording = load_catalogue()[finding.code]
        said |= {"mong_doi": finding.expected, "de_nghi": finding.proposal, "quy_dinh": wording.rule}
        texts = (wording.message, wording.cause, wording.hint)
        named = {field for text in texts for _, field, _, _ in string.Formatter().parse(text)}
        assert {field for field in named if field and not said.get(field, "") and field not in REMARKS} == set()
        assert named & REMARKS <= said.keys()
        assert not re.search(r"[{}]", worded.message + worded.cause + worded.hint)


def test_rules_and_words_are_equal() -> None:
    """Every code in the catalogue of words is produced by a sample, and every produced code has words."""
    produced = {code for sample in SAMPLES.values() for code, _, _ in sample.findings}
    assert produced | NEEDS_A_PAST | NEEDS_AN_XLS | set(REFUSED) == set(CODES)


def test_all_defects_of_a_file_are_reported_at_once() -> None:
    """An agency gets all findings at once; a check between cells says nothing about a cell that was not read."""

    def _spoil(book) -> None:  # type: ignore[no-untyped-def]
        book[TARGETS]["F8"], book[TARGETS]["H7"], book[ISSUES]["D6"] = "khoảng 40", 10**6, None

    assert places(judge_bytes(edit(valid_form(), _spoil))) == [
        ("numerator-exceeds-denominator", TARGETS, "H7"),
        ("number-unreadable", TARGETS, "F8"),
        ("declaration-missing", ISSUES, "D6"),
    ]


def test_numbers_in_findings_are_written_the_vietnamese_way() -> None:
    """98.7 in Python is shown as 98,7."""
    messages = [_verdict_of(name).worded[0].message for name in ("number_not_whole", "number_too_large")]
    assert "“98,7”" in messages[0] and "5.000.000.000.000" in messages[1]


def test_the_samples_can_be_written_by_a_script(tmp_path: Path) -> None:
    """`python -m tests.checks.samples DIR` writes the files, to try them by hand."""
    command = [sys.executable, "-m", "tests.checks.samples", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "include:config:.", "PATH": "/usr/bin:/bin"}, check=True)
    assert {path.stem for path in tmp_path.iterdir()} == set(SAMPLES)


@pytest.mark.parametrize(("typed", "cause"), [(792, "Cộng cả dòng tổng"), (396_000, "1.000 lần"), (400, "cộng lại")])
def test_the_likely_cause_of_a_wrong_total_is_named(typed: int, cause: str) -> None:
    """T07 is 396 by its parts; the figure itself shows what probably happened."""

    def _spoil(book) -> None:  # type: ignore[no-untyped-def]
        book[TARGETS]["F31"] = typed

    (worded,) = judge_bytes(edit(valid_form(STC), _spoil), STC).worded
    assert (worded.code, worded.proposal) == ("total-differs-from-sum", "396") and cause in worded.cause
