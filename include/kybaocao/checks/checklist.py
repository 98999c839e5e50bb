"""Every check of a form's cells, in the order in which they are made.

Files that cannot be read and the form's identity are judged before (`judgement`), single cells while they are read
(`answers.cells`), copied texts after (`copied_texts`), because they need what other agencies wrote.  A check says
nothing about a cell that could not be read: the agency knows already, and a second error would only hide the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kybaocao.answers.reading import Reading
from kybaocao.checks.background import Background
from kybaocao.checks.checked_table import CheckedTable
from kybaocao.checks.conditions import check_left_blank, check_needed
from kybaocao.checks.days import check_days, check_texts_became_days
from kybaocao.checks.declarations import check_declaration
from kybaocao.checks.fields import check_fields
from kybaocao.checks.jumps import compare_pairs, compare_with_previous, find_decreases
from kybaocao.checks.likely_ranges import compare_shares, compare_with_status
from kybaocao.checks.limits import check_limits
from kybaocao.checks.statuses import check_statuses
from kybaocao.checks.totals import check_totals
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout
from kybaocao.plan.form_edition import Check

ConfiguredChecks = Mapping[str, Callable[[CheckedTable, Check], Iterator[Finding]]]

# The keys are kinds of rules in the form's configuration (`loai`): see `plan.form_edition.Check`.
DAY_CHECKS: ConfiguredChecks = {
    "ngay_trong_khoang": check_days,
    "khong_la_ngay": check_texts_became_days,
}
# Of tables with rows; `check_statuses` fills in what conditions ask for, `check_limits` reads its own rules.
TABLE_CHECKS = (
    check_declaration,
    check_statuses,
    check_limits,
)
CELL_CHECKS: ConfiguredChecks = {
    "tong_bang_thanh_phan": check_totals,
    "bat_buoc_khi": check_needed,
    "de_trong_khi": check_left_blank,
}
# Whether figures are likely.
COMPARISONS: ConfiguredChecks = {
    "ty_le_thuong_gap": compare_shares,
    "trong_khoang_khi": compare_with_status,
    "khong_giam": find_decreases,
    "bien_dong": compare_with_previous,
    "chenh_lech": compare_pairs,
}


def check_form(reading: Reading, layout: FormLayout) -> Iterator[Finding]:
    """What is missing in the form or contradicts itself; a status that follows from its figures is filled in."""
    for table in (CheckedTable(reading, layout, one) for one in layout.tables):
        yield from _run(DAY_CHECKS, table)
        yield from check_fields(table)
        if table.id in reading.rows:
            for check in TABLE_CHECKS:
                yield from check(table)
            yield from _run(CELL_CHECKS, table)


def compare_form(reading: Reading, layout: FormLayout, background: Background) -> Iterator[Finding]:
    """A warning for every figure that is unlikely, answered where the agency has explained it.

    None of these checks can know that a figure is wrong.  The agency corrects it or says in the row's explanation
    column why it is right; an explanation holds for the same figure later, too.
    """
    for one in layout.tables:
        yield from _run(COMPARISONS, CheckedTable(reading, layout, one, background))


def _run(checks: ConfiguredChecks, table: CheckedTable) -> Iterator[Finding]:
    """Those of `checks` that the table's configuration asks for, in its order."""
    for rule in table.layout.table.checks:
        if (check := checks.get(rule.kind)) is not None:
            yield from check(table, rule)
