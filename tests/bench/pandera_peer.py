"""The same rules the way most Python teams would write them: openpyxl, pandas and pandera.

Written as well as we can: read-only cells, schemas made once for each form and not for each file, all failures
collected in one validation of a table.  It does less than the real intake (no marks beside values, no formats,
no merged cells, no wording, none of the rules about usual shares or a row's own deadline), which is to its advantage.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from typing import Any

import pandas as pd
import pandera.pandas as pa
from openpyxl import load_workbook
from pandera.errors import SchemaErrors

from kybaocao.answers.cells import FIRST_DAY, LAST_DAY, MAX_TEXT
from kybaocao.checks.statuses import STATUS_COLUMNS
from kybaocao.form.layout import CODE_COLUMN, IDENTITY_SHEET, FormLayout, TableLayout
from kybaocao.plan.form_edition import Check, Column, FormField, Kind, Source

Failure = tuple[str, str, str]  # (table, row or "", column or check)
Rows = list[tuple[Any, ...]]
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT)


class PanderaPeer:
    """Judges workbooks of one form."""

    def __init__(self, layout: FormLayout) -> None:
        self._layout = layout
        self._schemas = {table.table.id: _make_schema(table) for table in layout.tables}

    def judge(self, data: bytes) -> list[Failure]:
        """Everything that is wrong in a workbook."""
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets: dict[str, Rows] = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
        book.close()
        failures = self._check_identity(sheets)
        for table in self._layout.tables:
            frame = _read_fields(sheets, table) if table.table.source is Source.FIELDS else _read_table(sheets, table)
            if frame is None:
                failures.append((table.table.id, "", "missing"))
                continue
            missing = {row.code for row in table.rows} - set(frame.index)
            failures += [(table.table.id, code, "missing") for code in sorted(missing)]
            try:
                self._schemas[table.table.id].validate(frame, lazy=True, inplace=True)
            except SchemaErrors as errors:
                cases = errors.failure_cases[["index", "column", "check"]].itertuples(index=False)
                failures += [(table.table.id, str(index), f"{column}/{check}") for index, column, check in cases]
            if table.table.declaration:
                failures += _check_declaration(sheets, table, len(frame), self._layout)
        return failures

    def _check_identity(self, sheets: dict[str, Rows]) -> list[Failure]:
        said = {row[0]: row[1] for row in sheets.get(IDENTITY_SHEET, [])}
        identity = self._layout.identity
        wanted = {"ke_hoach": identity.plan, "ky": identity.cycle, "co_quan": identity.agency}
        return [("", "", key) for key, value in wanted.items() if said.get(key) != value]


# --- schemas ---------------------------------------------------------------------------------------------------


def _make_schema(table: TableLayout) -> pa.DataFrameSchema:
    if table.table.source is Source.FIELDS:
        columns = {field.id: _make_column(field, nullable=not field.required) for field in table.table.fields}
        return pa.DataFrameSchema(columns)
    is_printed = table.table.source is not Source.OPEN
    columns = {
        column.id: _make_column(column, nullable=not (is_printed and column.id in STATUS_COLUMNS))
        for column in table.table.answers
    }
    checks = [made for check in table.table.checks for made in _make_checks(check, table)]
    return pa.DataFrameSchema(columns, checks=checks, index=pa.Index(str, unique=True))


def _make_column(column: Column | FormField, *, nullable: bool) -> pa.Column:
    days = (pd.Timestamp(FIRST_DAY), pd.Timestamp(LAST_DAY))
    names = column.choice_names if isinstance(column, Column) else ()  # what a drop-down list shows
    match column.kind:
        case Kind.INTEGER:
            whole = pa.Check(lambda values: values % 1 == 0, name="whole")
            return pa.Column(float, [pa.Check.ge(0), whole], nullable=nullable)
        case Kind.PERCENT:
            return pa.Column(float, pa.Check.in_range(0, 100), nullable=nullable)
        case Kind.DECIMAL:
            return pa.Column(float, nullable=nullable)
        case Kind.DATE:
            return pa.Column("datetime64[us]", pa.Check.in_range(*days), nullable=nullable)
        case Kind.CHOICE:
            return pa.Column(object, pa.Check.isin((*column.choices, *names)), nullable=nullable)
        case _:
            return pa.Column(object, pa.Check.str_length(max_value=MAX_TEXT), nullable=nullable)


def _make_checks(check: Check, table: TableLayout) -> list[pa.Check]:
    def make(test: Callable[[pd.DataFrame], pd.Series[bool]]) -> pa.Check:
        return pa.Check(test, name=check.code)

    when, values = check.when or "", list(check.values)

    def holds(frame: pd.DataFrame) -> pd.Series[bool]:
        return frame[when].notna() if values == ["*"] else frame[when].isin(values)

    if check.due:
        return []
    match check.kind:
        case "khong_lon_hon":
            small, large = check.fields
            return [make(lambda frame: ~(frame[small] > frame[large]))]
        case "bat_buoc_khi":
            return [make(lambda frame, c=column: ~holds(frame) | frame[c].notna()) for column in check.fields]
        case "de_trong_khi":
            return [make(lambda frame, c=column: ~holds(frame) | frame[c].isna()) for column in check.fields]
        case "tong_bang_thanh_phan":
            sums = [(row.code, list(row.total_of)) for row in table.rows if row.total_of]
            return [make(lambda frame, c=column: _is_sum(frame[c], sums)) for column in check.fields]
    return []


def _is_sum(values: pd.Series[float], sums: list[tuple[str, list[str]]]) -> pd.Series[bool]:
    right = pd.Series(True, index=values.index)
    for total, parts in sums:
        if total in values.index and not values.reindex([total, *parts]).isna().any():
            right[total] = values[total] == values[parts].sum()
    return right


# --- reading ---------------------------------------------------------------------------------------------------


def _normalize(value: object) -> str:
    return " ".join(unicodedata.normalize("NFC", value).casefold().split()) if isinstance(value, str) else ""


def _read_table(sheets: dict[str, Rows], table: TableLayout) -> pd.DataFrame | None:
    wanted = {_normalize(column.heading): column.id for column in table.table.columns}
    best: tuple[int, Rows, int] = (len(wanted) // 2, [], 0)
    for rows in sheets.values():
        for number, row in enumerate(rows):
            score = len({_normalize(value) for value in row} & wanted.keys())
            if score > best[0]:
                best = (score, rows, number)
    _, rows, header = best
    if not rows:
        return None
    places = {
        wanted[_normalize(value)]: index for index, value in enumerate(rows[header]) if _normalize(value) in wanted
    }
    answers = [column for column in table.table.answers if column.id in places]
    codes = {row.code for row in table.rows}
    found = []
    for row in rows[header + 1 :]:
        if table.table.source is Source.OPEN:
            if any(row[places[column.id]] is not None for column in answers):
                found.append((str(len(found) + 1), row))
        elif row[places[CODE_COLUMN]] in codes:
            found.append((row[places[CODE_COLUMN]], row))
    index = pd.Index([code for code, _ in found], dtype="object").astype(str)
    columns = {
        column.id: _make_series([row[places[column.id]] for _, row in found], column.kind, index) for column in answers
    }
    return pd.DataFrame(columns, index=index)


def _read_fields(sheets: dict[str, Rows], table: TableLayout) -> pd.DataFrame | None:
    rows = sheets.get(table.sheet.name)
    if rows is None:
        return None
    beside = {_normalize(row[0]): row[1] for row in rows if row}
    values = {field.id: (beside.get(_normalize(field.label)), field.kind) for field in table.table.fields}
    index = pd.RangeIndex(1)
    return pd.DataFrame({name: _make_series([value], kind, index) for name, (value, kind) in values.items()})


def _make_series(values: list[Any], kind: Kind, index: pd.Index[Any]) -> pd.Series[Any]:
    if kind in NUMBERS:
        return pd.Series([_read_number(value) for value in values], index=index, dtype=object).pipe(
            lambda series: pd.to_numeric(series, errors="coerce").astype(float)
        )
    if kind is Kind.DATE:
        days = pd.to_datetime(pd.Series(values, index=index, dtype=object), errors="coerce", dayfirst=True)
        return days.astype("datetime64[us]")
    return pd.Series(values, index=index, dtype=object)


def _read_number(value: object) -> object:
    """ "1.234,5" -> 1234.5"""
    if not isinstance(value, str):
        return value
    return value.strip().removesuffix("%").replace(".", "").replace(",", ".")


def _check_declaration(sheets: dict[str, Rows], table: TableLayout, count: int, layout: FormLayout) -> list[Failure]:
    words = layout.edition.words
    for row in sheets.get(table.sheet.name, []):
        if row and _normalize(row[0]) == _normalize(table.table.declaration):
            said = next((value for value in row[1:] if value is not None), None)
            is_right = said == (words.yes if count else words.nothing)
            return [] if is_right else [(table.table.id, "", "declaration")]
    return [(table.table.id, "", "declaration")]
