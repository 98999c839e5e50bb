"""Dates belong to the cycle, and texts such as "5/12" have not become dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from kybaocao.answers.reading import Answer
from kybaocao.checks.checked_table import CheckedTable
from kybaocao.findings import Finding
from kybaocao.plan.form_edition import Check
from kybaocao.vietnamese import format_date

_HELD_AS_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T")


def check_days(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """A date lies between the start that `check` names and the closing of the cycle.

    The day of judging plays no part, so that a file is judged alike on every day.
    """
    cycle = table.form.cycle
    first = cycle.opens.date if check.since == "mo_ky" else dt.date(cycle.period_to.year - 1, 1, 1)
    for answer, facts in table.list_cells(check):
        if isinstance(answer.value, dt.date) and not first <= answer.value <= cycle.closes_on:
            yield _describe_day(check, answer, answer.value, facts, first, cycle.closes_on)


def _describe_day(
    check: Check, answer: Answer, day: dt.date, facts: dict[str, str], first: dt.date, last: dt.date
) -> Finding:
    """Where the date with day and month exchanged would belong, that is proposed: Excel may have exchanged them."""
    exchanged = day.replace(month=day.day, day=day.month) if day.day <= 12 else day
    proposal = format_date(exchanged) if first <= exchanged <= last else ""
    facts |= {"ly_do_nghi": "doi_cho_ngay_thang" if proposal else "go_nham_ngay"}
    expected = f"{format_date(first)} – {format_date(last)}"
    return Finding(check.code, answer.sheet, answer.cell, format_date(day), expected, facts, proposal)


def check_texts_became_days(table: CheckedTable, check: Check) -> Iterator[Finding]:
    """Excel turns "05/2026" into 1 May and "5/12" into 5 December: the finding shows what was probably typed."""
    for answer, facts in table.list_cells(check):
        if answer.number_format and _HELD_AS_DAY.match(answer.number_format):
            day = dt.date.fromisoformat(answer.number_format[:10])
            typed = f"{day:%m/%Y}" if day.day == 1 else f"{day.day}/{day.month}"
            facts = {"da_go": typed} | facts
            yield Finding(check.code, answer.sheet, answer.cell, format_date(day), "", facts)
