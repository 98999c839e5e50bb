"""What changed between two versions of a return, one line per change, as one would tell it on the telephone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from kybaocao.answers.packing import Packed
from kybaocao.findings import shorten
from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.form_edition import Kind, Source
from kybaocao.vietnamese import format_date, format_number

Said = tuple[str, str]  # (kind, value; of a number as we write it)
Versions = tuple[dict[tuple[str, str, str], Said], dict[tuple[str, str, str], Said]]
BLANK = "trống"


def list_differences(layout: FormLayout, before: Packed, after: Packed) -> list[str]:
    """Every answer that differs, in the order of the form: "T15 Tử số lũy kế: 230 → 240".

    A row of an open table has no code: rows are told apart by what they say, wherever they stand.
    """
    versions = (_index(before), _index(after))
    return [line for table in layout.tables for line in _DESCRIBE[table.table.source](table, versions)]


def _index(packed: Packed) -> dict[tuple[str, str, str], Said]:
    """Numbers spelled alike: 75 and "75,0" are one figure."""
    return {
        (table, row, column): (kind, format_number(Decimal(value)) if kind == "n" else value)
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
    gone, come = (_list_rows(table, version) for version in versions)
    for row in list(gone):
        if row in come:
            gone.remove(row)
            come.remove(row)
    for row in list(gone):
        twin = next((other for other in come if _name(table, other) == _name(table, row)), None)
        if twin is None:
            continue
        gone.remove(row)
        come.remove(twin)
        for column, old, new in zip(table.table.answers, row, twin, strict=True):
            if old != new:
                yield f"{title}, dòng “{_name(table, row)}”, {column.heading}: {_show(old)} → {_show(new)}"
    yield from (f"{title}: bỏ dòng “{_name(table, row)}”" for row in gone)
    yield from (f"{title}: thêm dòng “{_name(table, row)}”" for row in come)


_DESCRIBE: dict[Source, Callable[[TableLayout, Versions], Iterable[str]]] = {
    Source.INDICATORS: _compare_rows,
    Source.TASKS: _compare_rows,
    Source.OPEN: _compare_open,
    Source.FIELDS: _compare_fields,
}


def _compare(key: tuple[str, str, str], label: str, versions: Versions) -> Iterator[str]:
    old, new = (version.get(key) for version in versions)
    if old != new:
        yield f"{label}: {_show(old)} → {_show(new)}"


def _list_rows(table: TableLayout, version: dict[tuple[str, str, str], Said]) -> list[tuple[Said | None, ...]]:
    numbers = dict.fromkeys(row for owner, row, _ in version if owner == table.table.id and row)
    return [
        tuple(version.get((table.table.id, number, column.id)) for column in table.table.answers) for number in numbers
    ]


def _name(table: TableLayout, row: tuple[Said | None, ...]) -> str:
    """The first words of a row."""
    texts = (
        said[1] for column, said in zip(table.table.answers, row, strict=True) if said and column.kind is Kind.TEXT
    )
    return shorten(next(texts, "…"))


def _show(said: Said | None) -> str:
    if said is None:
        return BLANK
    kind, value = said
    if kind == "n":
        return value
    return format_date(dt.date.fromisoformat(value)) if kind == "d" else shorten(value, 40)
