"""Rules between the cells of a form: completeness and consistency.

Each rule looks at a Reading and yields findings.  A rule keeps silent about a cell that could not be read:
that has been said already, and a follow-on error would only hide it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal

from kybaocao.answers.reading import Answer, Key, Reading
from kybaocao.checks.explanations import says_nothing
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout, Row, TableLayout
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import COMPARING, Check, Source
from kybaocao.vietnamese import format_date, format_number

STATUS_COLUMNS = {"tinh_trang", "trang_thai"}


def check_form(reading: Reading, layout: FormLayout) -> Iterator[Finding]:
    """Every finding that needs more than one cell, or an answer that is not there."""
    for table in layout.tables:
        for check in table.table.checks:
            if check.kind == "ngay_trong_khoang":
                yield from _check_days(check, reading, table, layout.cycle)
            elif check.kind == "khong_la_ngay":
                yield from _check_no_days(check, reading, table)
        if table.table.source is Source.FIELDS:
            yield from _check_fields(reading, table)
            continue
        if table.table.id not in reading.rows:
            continue
        if table.table.declaration:
            yield from _check_declaration(reading, table, layout)
        if table.table.source is not Source.OPEN:
            yield from _check_answered(reading, table, layout)
        yield from _check_order(reading, table)
        for check in table.table.checks:
            yield from _apply(check, reading, table)


# --- answers that must be there -----------------------------------------------------------------------------


def _check_answered(reading: Reading, table: TableLayout, layout: FormLayout) -> Iterator[Finding]:
    """The status of every printed row is chosen; figures without a status mean "Có số liệu"."""
    status = next((c for c in table.table.answers if c.id in STATUS_COLUMNS), None)
    if status is None:
        return
    for code in reading.rows[table.table.id]:
        answer = reading.get(table.table.id, code, status.id)
        if answer is None or not answer.is_blank or reading.is_reported(answer):
            continue
        figures = [reading.get(table.table.id, code, f) for f in _status_figures(table)]
        words = layout.edition.words
        if status.id == "tinh_trang" and figures and all(f is not None and f.value is not None for f in figures):
            reading.answers[(table.table.id, code, status.id)] = Answer(
                answer.sheet, answer.cell, words.has_figure, words.has_figure
            )
            yield Finding("status-inferred", answer.sheet, answer.cell, "", words.has_figure, {"dong": code})
            continue
        yield Finding(
            "answer-missing",
            answer.sheet,
            answer.cell,
            "",
            ", ".join(status.choices),
            {"dong": code, "cot": status.heading},
        )


def _status_figures(table: TableLayout) -> tuple[str, ...]:
    for check in table.table.checks:
        if check.code == "figure-missing":
            return check.fields
    return ()


def _check_fields(reading: Reading, table: TableLayout) -> Iterator[Finding]:
    for form_field in table.table.fields:
        answer = reading.get(table.table.id, form_field.id, "gia_tri")
        if form_field.required and answer is not None and (answer.is_blank or says_nothing(answer.text)):
            yield Finding("field-missing", answer.sheet, answer.cell, facts={"cot": form_field.label})


def _check_declaration(reading: Reading, table: TableLayout, layout: FormLayout) -> Iterator[Finding]:
    """ "Không phát sinh" is a legal answer and is not the same as no answer."""
    words = layout.edition.words
    question = table.table.declaration
    answer = reading.get(table.table.id, "", "khai_bao")
    if answer is None:
        return  # the question itself is gone: said already
    if answer.is_blank:
        yield Finding("declaration-missing", answer.sheet, answer.cell, facts={"cau_hoi": question})
        return
    rows = reading.rows[table.table.id]
    if answer.value is None:
        yield Finding(
            "choice-unknown",
            answer.sheet,
            answer.cell,
            answer.text,
            f"{words.yes}, {words.nothing}",
            {"dong": "câu hỏi", "cot": question},
        )
        return
    has_rows = "co_dong" if rows else "khong_dong"
    if (answer.value == words.yes) != bool(rows):
        yield Finding(
            "declaration-contradicts-rows",
            answer.sheet,
            answer.cell,
            answer.text,
            facts={"cau_hoi": question, "thuc_te": has_rows},
        )


# --- configured checks -----------------------------------------------------------------------------------------


def _apply(check: Check, reading: Reading, table: TableLayout) -> Iterator[Finding]:
    if check.kind in COMPARING or check.kind in ("ngay_trong_khoang", "khong_la_ngay", "khong_lon_hon"):
        return  # see comparisons, check_form
    if check.kind == "tong_bang_thanh_phan":
        for row in table.rows:
            if row.total_of:
                yield from _check_total(check, reading, table, row)
    else:
        yield from _check_conditional(check, reading, table)


def _check_days(check: Check, reading: Reading, table: TableLayout, cycle: Cycle) -> Iterator[Finding]:
    """Days that belong to the cycle; the same whenever the file is judged, so today is not asked.

    A day Excel has turned round is found when the other way round it would belong.
    """
    first = cycle.opens.date if check.since == "mo_ky" else dt.date(cycle.period_to.year - 1, 1, 1)
    last, answers = cycle.closes_on, reading.answers
    for key in _list_keys(check, reading, table):
        answer = answers.get(key)
        if answer is None or answer.value is None or not isinstance(answer.value, dt.date):
            continue
        if not first <= answer.value <= last:
            yield _describe_day(check, answer, _name_cell(table, key), first, last)


def _check_no_days(check: Check, reading: Reading, table: TableLayout) -> Iterator[Finding]:
    """Excel makes the first of May of "05/2026" and the fifth of December of "5/12"."""
    for key in _list_keys(check, reading, table):
        answer = reading.answers.get(key)
        if answer is None or not answer.number_format or not _HELD_AS_DAY.match(answer.number_format):
            continue
        day = dt.date.fromisoformat(answer.number_format[:10])
        facts = {"da_go": f"{day:%m/%Y}" if day.day == 1 else f"{day.day}/{day.month}"}
        yield Finding(check.code, answer.sheet, answer.cell, format_date(day), "", facts | _name_cell(table, key))


_HELD_AS_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T")


def _list_keys(check: Check, reading: Reading, table: TableLayout) -> list[Key]:
    """Of every cell a check looks at."""
    name, fields = table.table.id, check.fields
    if table.table.source is Source.FIELDS:
        return [(name, field, "gia_tri") for field in fields]
    return [(name, code, column) for code in reading.rows.get(name, ()) for column in fields]


def _name_cell(table: TableLayout, key: Key) -> dict[str, str]:
    _, row, column = key
    if table.table.source is Source.FIELDS:
        label = next(field.label for field in table.table.fields if field.id == row)
        return {"dong": label, "cot": label}
    return {"dong": row, "cot": table.table.headings[column]}


def _describe_day(check: Check, answer: Answer, facts: dict[str, str], first: dt.date, last: dt.date) -> Finding:
    day = answer.value
    assert isinstance(day, dt.date)
    turned = day.replace(month=day.day, day=day.month) if day.day <= 12 else day
    proposal = format_date(turned) if first <= turned <= last else ""
    cause = "doi_cho_ngay_thang" if proposal else "go_nham_ngay"
    expected = f"{format_date(first)} – {format_date(last)}"
    facts |= {"ly_do_nghi": cause}
    return Finding(check.code, answer.sheet, answer.cell, format_date(day), expected, facts, proposal)


def _number(answer: Answer | None) -> Decimal | None:
    return answer.value if answer is not None and isinstance(answer.value, Decimal) else None


def _check_order(reading: Reading, table: TableLayout) -> Iterator[Finding]:
    """A figure that may not be greater than another; greater than several, it is held against the least of them."""
    found: dict[Key, tuple[Decimal, Finding]] = {}
    for check in table.table.checks:
        if check.kind != "khong_lon_hon":
            continue
        small_id, large_id = check.fields
        for code in reading.rows[table.table.id]:
            key = (table.table.id, code, small_id)
            small, large = reading.answers.get(key), reading.get(table.table.id, code, large_id)
            low, high = _number(small), _number(large)
            if low is None or high is None or low <= high or (key in found and found[key][0] <= high):
                continue
            assert small is not None and large is not None
            names = {"cot": table.table.headings[small_id], "cot_lon": table.table.headings[large_id]}
            facts = {"dong": code, "o_lon": large.cell} | names
            where = (small.sheet, small.cell)
            found[key] = high, Finding(check.code, *where, format_number(low), format_number(high), facts)
    yield from (finding for _, finding in found.values())


def _check_conditional(check: Check, reading: Reading, table: TableLayout) -> Iterator[Finding]:
    answers, table_id, must_be_blank = reading.answers, table.table.id, check.kind == "de_trong_khi"
    when, values, fields = check.when, check.values, check.fields  # an attribute of a model costs ten of its uses
    assert when is not None
    for code in reading.rows[table_id]:
        condition = answers.get((table_id, code, when))
        if condition is None:
            continue
        if values != ("*",):
            if str(condition.value) not in values:
                continue
        elif condition.is_blank and not _row_has_text(reading, table, code):
            continue
        for column in fields:
            answer = answers.get((table_id, code, column))
            if answer is None:
                continue
            if answer.text == "" if must_be_blank else answer.text != "" and not says_nothing(answer.text):
                continue
            facts = {"dong": code, "cot": table.table.headings[column], "khi": str(condition.value or "")}
            facts["bang"] = table.table.title
            yield Finding(check.code, answer.sheet, answer.cell, answer.text, "", facts)


def _row_has_text(reading: Reading, table: TableLayout, code: str) -> bool:
    answers = (reading.get(table.table.id, code, column.id) for column in table.table.answers)
    return any(answer is not None and not answer.is_blank for answer in answers)


def _check_total(check: Check, reading: Reading, table: TableLayout, row: Row) -> Iterator[Finding]:
    for column in check.fields:
        total = reading.get(table.table.id, row.code, column)
        addends = [_number(reading.get(table.table.id, part, column)) for part in row.total_of]
        value = _number(total)
        if total is None or value is None or any(addend is None for addend in addends):
            continue
        wanted = sum((addend for addend in addends if addend is not None), Decimal(0))
        if value != wanted:
            yield Finding(
                check.code,
                total.sheet,
                total.cell,
                format_number(value),
                format_number(wanted),
                {
                    "dong": row.code,
                    "cot": table.table.headings[column],
                    "thanh_phan": " + ".join(row.total_of),
                    **_guess_cause(value, wanted),
                },
                format_number(wanted),
            )


def _guess_cause(total: Decimal, parts: Decimal) -> dict[str, str]:
    if total == 2 * parts:
        return {"ly_do_nghi": "cong_ca_tong"}
    if parts and (total == 1000 * parts or 1000 * total == parts):
        return {"ly_do_nghi": "sai_don_vi", "so_lan": format_number(1000)}
    return {"ly_do_nghi": "chua_cong_lai"}
