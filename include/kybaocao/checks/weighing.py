"""Which findings are reported: of a cell that goes back, only the first thing to be corrected.

What is a note only, answered, waived or on trial hides nothing: another check may well send the cell back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kybaocao.answers.reading import Reading
from kybaocao.checks.background import Background
from kybaocao.checks.checklist import check_form, compare_form
from kybaocao.checks.rulebook import Rulebook
from kybaocao.findings import Finding, sends_back
from kybaocao.form.layout import FormLayout

Cell = tuple[str, str]  # sheet, address

# Facts that name cells to be looked at together with a finding's own: both parts of a pair, the status that goes with
# a word, the larger figure.
_RELATED_CELLS = ("o_tu", "o_mau", "o_tinh_trang", "o_lon")


def weigh_cells(
    reading: Reading, layout: FormLayout, background: Background, rulebook: Rulebook
) -> tuple[list[Finding], list[Finding]]:
    """(reported, seen by rules on trial only) of everything that was found in cells."""
    reported, tried = rulebook.weigh(_join_merged(reading.findings))
    closed = _list_unread(reading)
    _close(closed, rulebook.weigh(reading.findings)[0])
    broken, on_trial = _weigh_open(check_form(reading, layout), closed, rulebook)
    reported += broken
    tried += on_trial
    _close(closed, broken)
    unlikely, on_trial = _weigh_open(compare_form(reading, layout, background), closed, rulebook)
    tried += on_trial
    for finding in unlikely:
        if _cell(finding) not in closed:
            reported.append(finding)
            _close(closed, [finding])  # one explanation answers all warnings about a cell
    return reported, tried


def _weigh_open(
    findings: Iterable[Finding], closed: set[Cell], rulebook: Rulebook
) -> tuple[list[Finding], list[Finding]]:
    return rulebook.weigh(finding for finding in findings if _cell(finding) not in closed)


def _list_unread(reading: Reading) -> set[Cell]:
    """Cells with a finding from which no value was taken."""
    if not reading.findings:
        return set()
    unread = {(one.sheet, one.cell) for one in reading.answers.values() if one.value is None and one.text}
    return unread & {_cell(finding) for finding in reading.findings}


def _close(closed: set[Cell], findings: Iterable[Finding]) -> None:
    """Add the cells that go back because of `findings`."""
    for finding in findings:
        if finding.cell and sends_back(finding):
            closed.add(_cell(finding))
            closed.update((finding.sheet, finding.facts[name]) for name in _RELATED_CELLS if name in finding.facts)


def _join_merged(findings: Sequence[Finding]) -> Iterator[Finding]:
    """One finding for all cells of a merged range, at its first cell, which is the one that is seen."""
    last = {(f.sheet, f.facts["o_gop"]): f.cell for f in findings if f.code == "cell-merged"}
    for finding in findings:
        if finding.code != "cell-merged":
            yield finding
        elif end := last.pop((finding.sheet, seen := finding.facts["o_gop"]), ""):
            yield replace(finding, cell=seen, facts={**finding.facts, "vung": f"{seen}:{end}"})


def _cell(finding: Finding) -> Cell:
    return finding.sheet, finding.cell
