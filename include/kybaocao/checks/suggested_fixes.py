"""The fix that is suggested for a word, a sign or a pair of numbers in one cell.

It depends on the row and its table: "-" beside "Không phát sinh" is only left out, elsewhere another status may be
chosen.  A form that follows the suggestion must be accepted.
"""

from __future__ import annotations

from dataclasses import replace

from kybaocao.answers.reading import Answer, Key, Reading
from kybaocao.answers.words import read_marker
from kybaocao.checks.explanations import says_nothing
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import Check, Source

MARKS = ("number-is-word", "number-is-sign")
PAIR = "number-is-pair"
NO_DAY = "date-unreadable"


def complete_suggested_fixes(reading: Reading, layout: FormLayout) -> None:
    """Add the fix to each such finding of `reading`; drop findings that a check of the row reports better."""
    if not any(finding.code in _COMPLETE for finding in reading.findings):
        return
    keys = {(answer.sheet, answer.cell): key for key, answer in reading.answers.items()}
    tables = {table.table.id: table for table in layout.tables}
    fixed = []
    for finding in reading.findings:
        complete = _COMPLETE.get(finding.code)
        if complete is None or (key := keys.get((finding.sheet, finding.cell))) is None:
            fixed.append(finding)
        elif (completed := complete(finding, key, tables[key[0]], reading)) is not None:
            fixed.append(completed)
    reading.findings[:] = fixed


def _fix_mark(finding: Finding, key: Key, table: TableLayout, reading: Reading) -> Finding | None:
    """A word or sign in a number cell: leave it blank, choose the status that says so, or both."""
    table_id, code, column = key
    needed = _find_check(table, "bat_buoc_khi", column)
    if needed is None or needed.when is None:
        return replace(finding, code="number-may-be-blank")
    status = reading.get(table_id, code, needed.when)
    without = next((c for c in table.table.checks if c.kind == "de_trong_khi" and c.when == needed.when), None)
    if status is None or without is None:
        return replace(finding, code="number-unreadable")
    if status.value in without.values:
        if finding.expected in ("", status.value):
            facts = {**finding.facts, "khi": str(status.value)}
            return replace(finding, code="mark-beside-status", facts=facts)
        return None if column in without.fields else replace(finding, code="number-may-be-blank")
    choices = [finding.expected] if finding.expected in without.values else list(without.values)
    facts = {
        **finding.facts,
        "chon": " hoặc ".join(f"“{choice}”" for choice in choices),
        "o_tinh_trang": status.cell,
        "o_so": ", ".join(answer.cell for answer in _answers(reading, key, without.fields)),
    }
    return replace(finding, facts=facts)


def _fix_pair(finding: Finding, key: Key, table: TableLayout, reading: Reading) -> Finding:
    """The two columns that its numbers belong into, where the table has them."""
    check = _find_check(table, "khong_lon_hon", key[2])
    cells = _answers(reading, key, check.fields) if check is not None else []
    if check is None or len(cells) != 2:
        return replace(finding, code="number-unreadable")
    headings = table.table.headings
    names = dict(zip(("cot_tu", "cot_mau"), (headings[column] for column in check.fields), strict=True))
    return replace(finding, facts={**finding.facts, **names, "o_tu": cells[0].cell, "o_mau": cells[1].cell})


def _fix_day(finding: Finding, key: Key, table: TableLayout, _: Reading) -> Finding:
    """A dash or a word in a cell that needs no date: the cell may be left blank."""
    check = _find_check(table, "bat_buoc_khi", key[2])
    is_dated = any(row.code == key[1] and row.due_on for row in table.rows)
    is_needed = table.table.source is Source.FIELDS or (check is not None and (check.due is None or is_dated))
    is_mark = says_nothing(finding.value) or read_marker(finding.value) is not None
    return replace(finding, code="date-may-be-blank") if is_mark and not is_needed else finding


_COMPLETE = {**dict.fromkeys(MARKS, _fix_mark), PAIR: _fix_pair, NO_DAY: _fix_day}


def _find_check(table: TableLayout, kind: str, column: str) -> Check | None:
    return next((check for check in table.table.checks if check.kind == kind and column in check.fields), None)


def _answers(reading: Reading, key: Key, columns: tuple[str, ...]) -> list[Answer]:
    found = (reading.get(key[0], key[1], column) for column in columns)
    return [answer for answer in found if answer is not None]
