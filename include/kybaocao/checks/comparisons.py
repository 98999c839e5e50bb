"""Rules that ask whether a figure is likely: against its usual range and against the previous cycle.

None of them can know that a figure is wrong.  What they see is a warning that the agency answers, by mending the
figure or by saying why it is right in the row's explanation column; an answer given once for the same figure
holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from kybaocao.answers.cells import Value
from kybaocao.answers.reading import Answer, Reading
from kybaocao.checks.background import Background, Figures
from kybaocao.checks.explanations import describe_explanation
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import AGAINST_PREVIOUS, COMPARING, COPYING, SHARE, Check
from kybaocao.vietnamese import format_number

UNIT_SLIPS = (1_000, 1_000_000, 1_000_000_000)


def compare_form(reading: Reading, layout: FormLayout, background: Background) -> Iterator[Finding]:
    """A warning for every figure that is unlikely, answered when the agency has explained it."""
    for table in layout.tables:
        codes = reading.rows.get(table.table.id, ())
        for check in table.table.checks if codes else ():
            kind = check.kind
            if kind not in COMPARING or kind in COPYING:  # for texts see `copies`
                continue
            if kind in AGAINST_PREVIOUS and not background.previous:
                continue
            compare = _compare_with_status if kind == "trong_khoang_khi" else _compare_row
            wanted = _list_unlikely(check, reading, table) if kind == "trong_khoang_khi" else codes
            for code in wanted:
                if code not in check.except_rows:
                    yield from compare(_Row(reading, layout, table, check, code, background))


def _list_unlikely(check: Check, reading: Reading, table: TableLayout) -> list[str]:
    """The rows with a status a check is about and a figure beyond what it allows."""
    answers, name, when, found = reading.answers, table.table.id, check.when or "", []
    values, fields = check.values, check.fields
    for code in reading.rows[name]:
        status = answers.get((name, code, when))
        if status is None or status.value not in values:
            continue
        figures = [answers.get((name, code, column)) for column in fields]
        if any(one is not None and _is_outside(one.value, check) for one in figures):
            found.append(code)
    return found


def _is_outside(value: Value, check: Check) -> bool:
    return isinstance(value, Decimal) and not check.low <= value <= check.high


class _Row(NamedTuple):
    reading: Reading
    layout: FormLayout
    table: TableLayout
    check: Check
    code: str
    background: Background

    def answer(self, column: str) -> Answer | None:
        return self.reading.get(self.table.table.id, self.code, column)

    def figure(self, column: str) -> Decimal | None:
        answer = self.answer(column)
        return answer.value if answer is not None and isinstance(answer.value, Decimal) else None

    def previous(self, column: str) -> Decimal | None:
        return self.background.previous.get((self.table.table.id, self.code, column))

    def heading(self, column: str) -> str:
        return self.table.table.headings[column]


def _compare_row(row: _Row) -> Iterator[Finding]:
    if row.check.kind == SHARE:
        yield from _compare_share(row)
        return
    if row.check.kind == "chenh_lech":
        yield from _compare_pair(row)
        return
    for column in row.check.fields:
        now, before = row.figure(column), row.previous(column)
        if now is None or before is None:
            continue
        if row.check.kind == "khong_giam" and now < before:
            yield _warn(row, column, (now,), format_number(before))
        elif row.check.kind == "bien_dong" and _is_jump(now, before, row.check):
            yield _warn_of_jump(row, column, now, before, {})


def _compare_pair(row: _Row) -> Iterator[Finding]:
    """A figure against another of its row: last year's, or the one before."""
    column, other = row.check.fields
    now, before = row.figure(column), row.figure(other)
    if now is not None and before is not None and _is_jump(now, before, row.check):
        yield _warn_of_jump(row, column, now, before, {"cot_lon": row.heading(other)})


def _warn_of_jump(row: _Row, column: str, now: Decimal, before: Decimal, facts: dict[str, str]) -> Finding:
    proposal = _propose(now, before)
    facts |= {"ly_do_nghi": "thua_chu_so", "nen_la": "so" if proposal else ""}
    if (slip := _slip_of(now, before)) is not None:
        facts |= {"ly_do_nghi": "sai_don_vi", "so_lan": format_number(slip)}
    return _warn(row, column, (now,), format_number(before), facts, proposal)


def _compare_with_status(row: _Row) -> Iterator[Finding]:
    assert row.check.when is not None
    status = row.answer(row.check.when)
    assert status is not None
    for column in row.check.fields:
        figure = row.figure(column)
        if figure is not None and _is_outside(figure, row.check):
            facts = {"khi": str(status.value), "o_trang_thai": status.cell}
            yield _warn(row, column, (figure,), f"{format_number(row.check.low)}", facts)


def _compare_share(row: _Row) -> Iterator[Finding]:
    top, base = row.check.fields
    numerator, denominator = row.figure(top), row.figure(base)
    if numerator is None or not denominator or numerator > denominator:
        return  # more than all of it is an error, and told as one
    share = numerator / denominator * 100
    if row.check.low <= share <= row.check.high:
        return
    expected = f"{format_number(row.check.low)}–{format_number(row.check.high)}%"
    facts = {"cot_lon": row.heading(base), "ty_le": format_number(share, 2)}
    yield _warn(row, top, (numerator, denominator), expected, facts)


def _is_jump(now: Decimal, before: Decimal, check: Check) -> bool:
    if min(now, before) <= 0 or max(now, before) < check.least:
        return False
    return not before / check.factor <= now <= before * check.factor


def _slip_of(now: Decimal, before: Decimal) -> int | None:
    """The thousand or million by which two figures differ, give or take half."""
    larger, smaller = max(now, before), min(now, before)
    return next((slip for slip in UNIT_SLIPS if slip / 2 <= larger / smaller <= slip * 2), None)


def _propose(now: Decimal, before: Decimal) -> str:
    slip = _slip_of(now, before)
    if slip is None:
        return ""
    return format_number(now / slip if now > before else now * slip)


def _warn(
    row: _Row, column: str, figures: Figures, expected: str, facts: dict[str, str] | None = None, proposal: str = ""
) -> Finding:
    """About the first of `figures`, which together are what an explanation would hold for."""
    answer = row.answer(column)
    assert answer is not None and row.check.explained_in is not None
    is_answered, said = describe_explanation(row.answer(row.check.explained_in), row.layout)
    key = (row.table.table.id, row.code, column)
    common = {
        "dong": row.code,
        "cot": row.heading(column),
        "cot_giai_trinh": row.heading(row.check.explained_in),
    }
    is_imported = row.check.kind in AGAINST_PREVIOUS and bool(row.background.entered_by)
    if is_imported:
        said |= {"nguon_ky_truoc": "nhap_so", "phan_anh": "nhap_so", "noi_nhap": row.background.entered_by}
    return Finding(
        row.check.code,
        answer.sheet,
        answer.cell,
        format_number(figures[0]),
        expected,
        common | said | (facts or {}),
        proposal,
        is_answered=is_answered or row.background.was_explained(row.check.code, key, figures),
        is_contestable=is_imported,
    )
