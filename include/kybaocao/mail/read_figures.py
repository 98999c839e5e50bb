"""The figures of a submission as they were understood, in tables: what an agency compares with its own form.

Two figures that belong together stand in one field ("171/178"), with their share beside it where the form asks for
figures that are summed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.answers.reading import Answer, Key
from kybaocao.findings import shorten
from kybaocao.form.layout import LABEL_COLUMN, FormLayout, TableLayout
from kybaocao.plan.form_edition import CUMULATIVE, PERIOD, WORK, Column, Kind, Source
from kybaocao.plan.targets import Measure
from kybaocao.vietnamese import format_number, format_percent, write_date

TASK_NAME = 90  # characters of a task's title that tell which it is
_SHARES = (Measure.RATIO, Measure.BREACH)
_HEADINGS = {"noi_dung": "Nội dung", "ky": "Kỳ này", "luy_ke": "Lũy kế", "ty_le": "Tỷ lệ"}

Said = Mapping[str, Answer]  # column -> answer, of one row
_Show = Callable[[Said], str]


@dataclass(frozen=True)
class ReadTable:
    """One table of the form: its rows begin with "T13. Tỷ lệ …"."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def list_read_figures(layout: FormLayout, answers: Mapping[Key, Answer]) -> list[ReadTable]:
    """The tables of targets, with every row that was asked for."""
    return list(_list_tables(layout, answers, Source.INDICATORS))


def list_read_progress(layout: FormLayout, answers: Mapping[Key, Answer]) -> list[ReadTable]:
    """The tables of tasks and obligations, with the rows that say something."""
    return [table for source in WORK for table in _list_tables(layout, answers, source) if table.rows]


def leave_out_blank(tables: list[ReadTable]) -> list[ReadTable]:
    """The same tables without the rows that say nothing."""
    kept = [ReadTable(one.title, one.headings, tuple(row for row in one.rows if any(row[1:]))) for one in tables]
    return [table for table in kept if table.rows]


def _list_tables(layout: FormLayout, answers: Mapping[Key, Answer], source: Source) -> Iterator[ReadTable]:
    for table in layout.tables:
        if table.table.source is not source:
            continue
        fields = _list_fields(table)
        rows = []
        for row in table.rows:
            said = {column.id: answers.get((table.table.id, row.code, column.id)) for column in table.table.answers}
            known = {name: answer for name, answer in said.items() if answer is not None and answer.value is not None}
            shown = [show(known) for _, show in fields]
            status = [_show_value(known[column.id]) for column in _list_choices(table) if column.id in known]
            if source is Source.INDICATORS and not any(shown) and status:
                shown[0] = status[0]  # "Chưa công bố" in place of a figure
            name = row.labels.get(LABEL_COLUMN, "")
            if source in WORK:
                name = shorten(name, TASK_NAME)
                if not any(shown):
                    continue
            rows.append((f"{row.code}. {name}", *shown))
        used = [place for place in range(len(fields)) if any(row[1 + place] for row in rows)]
        yield ReadTable(
            table.table.title,
            (_HEADINGS["noi_dung"], *(fields[place][0] for place in used)),
            tuple((row[0], *(row[1 + place] for place in used)) for row in rows),
        )


def _list_choices(table: TableLayout) -> list[Column]:
    return [column for column in table.table.answers if column.kind is Kind.CHOICE]


def _list_fields(table: TableLayout) -> list[tuple[str, _Show]]:
    """(heading, what stands under it); a status of figures is no field of its own."""
    columns = {column.id: column for column in table.table.answers if column.kind is not Kind.TEXT}
    fields: list[tuple[str, _Show]] = []
    if any(measure in _SHARES for measure in table.table.measures):
        period, cumulative = PERIOD[Measure.RATIO], CUMULATIVE[Measure.RATIO]
        if all(name in columns for name in period):
            fields.append((_HEADINGS["ky"], lambda said: _show_pair(said, *period)))
        fields.append((_HEADINGS["luy_ke"], lambda said: _show_pair(said, *cumulative)))
        fields.append((_HEADINGS["ty_le"], lambda said: _show_share(said, *cumulative)))
        columns = {name: column for name, column in columns.items() if name not in (*period, *cumulative)}
    if table.table.source is Source.INDICATORS:
        columns = {name: column for name, column in columns.items() if column.kind is not Kind.CHOICE}
    return fields + [(column.heading, _show_column(name)) for name, column in columns.items()]


def _show_column(name: str) -> _Show:
    return lambda said: _show_value(said[name]) if name in said else ""


def _show_pair(said: Said, numerator: str, denominator: str | None) -> str:
    parts = [_show_value(said[name]) if name in said else "…" for name in (numerator, denominator) if name]
    return "" if set(parts) == {"…"} else "/".join(parts)


def _show_share(said: Said, numerator: str, denominator: str | None) -> str:
    above, below = (said[name].value if name in said else None for name in (numerator, denominator or ""))
    if not isinstance(above, Decimal) or not isinstance(below, Decimal) or not below:
        return ""
    return format_percent(above * 100 / below)


def _show_value(answer: Answer) -> str:
    if isinstance(answer.value, Decimal):
        return format_number(answer.value)
    return write_date(answer.value) if hasattr(answer.value, "year") else str(answer.value)  # type: ignore[arg-type]
