"""What changed between two versions of a submission, one short line for each change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from kybaocao.answers.packing import Packed
from kybaocao.findings import shorten
from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import Kind, Source
from kybaocao.vietnamese import format_date, format_number

Held = tuple[str, str]  # (kind, value; a number as we write it)
Versions = tuple[dict[tuple[str, str, str], Held], dict[tuple[str, str, str], Held]]
BLANK = "trống"


def list_differences(layout: FormLayout, before: Packed, after: Packed) -> list[str]:
    """Every answer that differs, in the order of the form: "T15 Tử số lũy kế: 230 → 240".

    Rows of an open table have no code: they are compared by their content, wherever they stand.  A version of an
    earlier edition is compared by the tables of `layout`.
    """
    versions = (_index(before, layout), _index(after, layout))
    return [line for table in layout.tables for line in _DESCRIBE[table.table.source](table, versions)]


def _index(packed: Packed, layout: FormLayout) -> dict[tuple[str, str, str], Held]:
    """Numbers are spelled in one way: 75 and "75,0" are the same."""
    return {
        layout.readdress(table, row, column): (kind, format_number(Decimal(value)) if kind == "n" else value)
        for table, row, column, _, _, _, kind, value, *_ in packed
    }


def _compare_rows(table: TableLayout, versions: Versions) -> Iterator[str]:
    for row in table.rows:
        for column in table.table.answers:
            yield from _compare((table.table.id, row.code, column.id), f"{row.code} {column.heading}", versions)


def _compare_fields(table: TableLayout, versions: Versions) -> Iterator[str]:
    for field in table.table.fields:
        yield from _compare((table.table.id, field.id, "gia_tri"), field.label, versions)


def _compare_open(table: TableLayout, versions: Versions) -> Iterator[str]:
    title = table.table.title
    yield from _compare((table.table.id, "", "khai_bao"), title, versions)
    gone, added = (_list_rows(table, version) for version in versions)
    for row in list(gone):
        if row in added:
            gone.remove(row)
            added.remove(row)
    for row in list(gone):
        twin = next((other for other in added if _name(table, other) == _name(table, row)), None)
        if twin is None:
            continue
        gone.remove(row)
        added.remove(twin)
        for column, old, new in zip(table.table.answers, row, twin, strict=True):
            if old != new:
                yield f"{title}, dòng “{_name(table, row)}”, {column.heading}: {_show(old)} → {_show(new)}"
    yield from (f"{title}: bỏ dòng “{_name(table, row)}”" for row in gone)
    yield from (f"{title}: thêm dòng “{_name(table, row)}”" for row in added)


_DESCRIBE: dict[Source, Callable[[TableLayout, Versions], Iterable[str]]] = {
    Source.INDICATORS: _compare_rows,
    Source.TASKS: _compare_rows,
    Source.OBLIGATIONS: _compare_rows,
    Source.OPEN: _compare_open,
    Source.FIELDS: _compare_fields,
}


def _compare(key: tuple[str, str, str], label: str, versions: Versions) -> Iterator[str]:
    old, new = (version.get(key) for version in versions)
    if old != new:
        yield f"{label}: {_show(old)} → {_show(new)}"


def _list_rows(table: TableLayout, version: dict[tuple[str, str, str], Held]) -> list[tuple[Held | None, ...]]:
    numbers = dict.fromkeys(row for owner, row, _ in version if owner == table.table.id and row)
    return [
        tuple(version.get((table.table.id, number, column.id)) for column in table.table.answers) for number in numbers
    ]


def _name(table: TableLayout, row: tuple[Held | None, ...]) -> str:
    """The first words of a row."""
    cells = zip(table.table.answers, row, strict=True)
    texts = (held[1] for column, held in cells if held and column.kind is Kind.TEXT)
    return shorten(next(texts, "…"))


def _show(held: Held | None) -> str:
    if held is None:
        return BLANK
    kind, value = held
    if kind == "n":
        return value
    return format_date(dt.date.fromisoformat(value)) if kind == "d" else shorten(value, 40)
