"""Finding a form's tables in a book and reading its answers, each with the cell it came from.

Tables are found by their headings and rows by their code, never by position, so inserted rows, moved
columns, extra title rows and renamed sheets still read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from kybaocao.findings import Finding
from kybaocao.form.edition import Column, Kind, Source, Table, Words
from kybaocao.form.layout import CODE_COLUMN, IDENTITY_SHEET, FormLayout, TableLayout
from kybaocao.intake.book import Book, CellValue, SheetCells, address, text_of
from kybaocao.intake.numbers import Ambiguous, Unreadable, clean_text, read_date, read_number
from kybaocao.vietnamese import format_number

MAX_TEXT = 4_000
MAX_NUMBER = Decimal(10) ** 12
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT)

Key = tuple[str, str, str]  # (table, row code, column)


@dataclass(frozen=True)
class Answer:
    """One cell of the form: where it is, what it says, what that means.

    `value` is None for an empty cell and for one that could not be read (then a finding says why).
    """

    sheet: str
    cell: str
    text: str
    value: Decimal | dt.date | str | None

    @property
    def is_blank(self) -> bool:
        return self.text == ""


@dataclass
class Reading:
    """All answers of one workbook, and what was noticed while reading them."""

    answers: dict[Key, Answer] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)  # table -> row codes present, in order

    def get(self, table: str, row: str, column: str) -> Answer | None:
        return self.answers.get((table, row, column))

    def value(self, table: str, row: str, column: str) -> Decimal | dt.date | str | None:
        answer = self.get(table, row, column)
        return answer.value if answer else None


def fold(value: CellValue) -> str:
    """A label made comparable: cleaned, case-folded."""
    return text_of(value).casefold()


def read_identity(book: Book) -> dict[str, str]:
    """The hidden identity: keys ke_hoach, ky, co_quan, phien_ban, ma_kiem_tra; empty when absent."""
    for sheet in book.sheets:
        if fold(sheet.name) == IDENTITY_SHEET:
            return {text_of(row[0]): text_of(row[1]) for row in sheet.rows if len(row) >= 2}
    return {}


def read_form(book: Book, layout: FormLayout) -> Reading:
    """Every answer the layout asks for."""
    reading = Reading()
    places = _locate(book, layout)
    for table in layout.tables:
        if table.table.source is Source.FIELDS:
            _read_fields(book, table, reading)
            continue
        place = places.get(table.table.id)
        if place is None:
            reading.findings.append(
                Finding("table-missing", expected=table.sheet.name, facts={"bang": table.table.title})
            )
            continue
        if table.table.declaration:
            _read_declaration(place.sheet, table, layout.edition.words, reading)
        _read_table(place, table, reading)
    return reading


def _is_own(sheet: SheetCells, table: TableLayout) -> bool:
    """Whether a sheet has the name the form gave it; a copy in the same book has another."""
    return fold(sheet.name) == fold(table.sheet.name)


# --- where the tables are ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    sheet: SheetCells
    header: int
    end: int  # first row that belongs to the next table
    columns: dict[str, int]


def _locate(book: Book, layout: FormLayout) -> dict[str, _Place]:
    """The header row of each table: the row that matches most of its headings; of two, the form's own sheet."""
    tables = [table for table in layout.tables if table.table.source is not Source.FIELDS]
    headings = {
        table.table.id: {clean_text(c.heading).casefold(): c.id for c in table.table.columns} for table in tables
    }
    best: dict[str, tuple[tuple[int, bool], SheetCells, int, dict[str, int]]] = {}
    for sheet in book.sheets:
        for number, row in enumerate(sheet.rows):
            words: dict[str, int] = {}
            for column, value in enumerate(row):
                if isinstance(value, str) and value:
                    words.setdefault(fold(value), column)
            if len(words) < 3:
                continue
            for table in tables:
                known = headings[table.table.id]
                columns = {known[word]: column for word, column in words.items() if word in known}
                if len(columns) * 2 <= len(known):
                    continue
                score = (len(columns), _is_own(sheet, table))
                if table.table.id not in best or score > best[table.table.id][0]:
                    best[table.table.id] = (score, sheet, number, columns)
    starts: dict[tuple[str, int], tuple[tuple[int, bool], str]] = {}
    for table_id, (score, sheet, number, _) in best.items():
        held = starts.get((sheet.name, number))
        if held is None or score > held[0]:
            starts[(sheet.name, number)] = (score, table_id)
    owners = {table_id for _, table_id in starts.values()}
    places = {}
    for table_id in owners:
        _, sheet, number, columns = best[table_id]
        later = [row for name, row in starts if name == sheet.name and row > number]
        places[table_id] = _Place(sheet, number, min(later, default=len(sheet.rows)), columns)
    return places


# --- reading -------------------------------------------------------------------------------------------------


def _read_table(place: _Place, table: TableLayout, reading: Reading) -> None:
    missing = [c for c in table.table.columns if c.id not in place.columns and (c.is_answer or c.id == CODE_COLUMN)]
    for column in missing:
        reading.findings.append(
            Finding(
                "column-missing",
                place.sheet.name,
                address(place.header, 0),
                expected=column.heading,
                facts={"bang": table.table.title},
            )
        )
    reading.findings.extend(_find_twins(place, table))
    if any(column.id == CODE_COLUMN for column in missing):
        return
    present: list[str] = []
    for code, row in _data_rows(place, table, reading):
        present.append(code)
        for column in table.table.answers:
            if column.id in place.columns:
                _read_cell(place.sheet, row, place.columns[column.id], table.table, code, column, reading)
    reading.rows[table.table.id] = tuple(present)
    for wanted in table.rows:
        if wanted.code not in present:
            reading.findings.append(
                Finding("row-missing", place.sheet.name, expected=wanted.code, facts={"bang": table.table.title})
            )


def _find_twins(place: _Place, table: TableLayout) -> Iterator[Finding]:
    """Second columns of the same heading: which of them counts is for the agency to say."""
    for column in table.table.columns:
        first = place.columns.get(column.id)
        if first is None or not (column.is_answer or column.id == CODE_COLUMN):
            continue
        heading = fold(place.sheet.at(place.header, first))
        for other in range(first + 1, len(place.sheet.rows[place.header])):
            if fold(place.sheet.at(place.header, other)) == heading:
                where = (place.sheet.name, address(place.header, other))
                yield Finding("column-duplicated", *where, column.heading, facts={"bang": table.table.title})


def _data_rows(place: _Place, table: TableLayout, reading: Reading) -> Iterator[tuple[str, int]]:
    """(row code, zero-based row) of each data row; open tables number their rows from 1."""
    if table.table.source is Source.OPEN:
        answers = [place.columns[c.id] for c in table.table.answers if c.id in place.columns]
        number = 0
        for row in range(place.header + 1, place.end):
            if any(text_of(place.sheet.at(row, column)) for column in answers):
                number += 1
                yield str(number), row
        return
    wanted = {row.code.casefold(): row.code for row in table.rows}
    column = place.columns[CODE_COLUMN]
    seen: set[str] = set()
    for row in range(place.header + 1, place.end):
        text = text_of(place.sheet.at(row, column))
        if not text:
            continue
        code = wanted.get(text.casefold())
        where = (place.sheet.name, address(row, column))
        if code is None:
            if _has_answers(place, table.table, row):
                reading.findings.append(Finding("row-unknown", *where, value=text))
        elif code in seen:
            reading.findings.append(Finding("row-duplicated", *where, value=code, facts={"bang": table.table.title}))
        else:
            seen.add(code)
            yield code, row


def _has_answers(place: _Place, table: Table, row: int) -> bool:
    return any(
        text_of(place.sheet.at(row, place.columns[column.id])) for column in table.answers if column.id in place.columns
    )


def _read_cell(
    sheet: SheetCells, row: int, column_index: int, table: Table, code: str, column: Column, reading: Reading
) -> None:
    raw = sheet.at(row, column_index)
    answer = _interpret(raw, column, sheet.name, address(row, column_index), code, reading)
    reading.answers[(table.id, code, column.id)] = answer


def _interpret(raw: CellValue, column: Column, sheet: str, cell: str, row: str, reading: Reading) -> Answer:
    text = text_of(raw)
    if not text:
        return Answer(sheet, cell, "", None)
    if column.kind in _NUMBERS and isinstance(raw, int | float) and not isinstance(raw, bool):
        text = format_number(_exact(raw))

    def complain(code: str, expected: str = "", **facts: str) -> Answer:
        reading.findings.append(
            Finding(
                code,
                sheet,
                cell,
                text,
                expected,
                {"dong": row, "cot": column.heading, "vi_du": column.example or "1.234"} | facts,
            )
        )
        return Answer(sheet, cell, text, None)

    if column.kind is Kind.TEXT:
        if len(text) > MAX_TEXT:
            reading.findings.append(
                Finding(
                    "text-too-long", sheet, cell, str(len(text)), str(MAX_TEXT), {"dong": row, "cot": column.heading}
                )
            )
        return Answer(sheet, cell, text, text[:MAX_TEXT])
    if column.kind is Kind.CHOICE:
        for choice in column.choices:
            if choice.casefold() == text.casefold():
                return Answer(sheet, cell, text, choice)
        return complain("choice-unknown", ", ".join(column.choices))
    if column.kind is Kind.DATE:
        return _interpret_date(raw, text, sheet, cell, complain)
    return _interpret_number(raw, text, column, sheet, cell, complain)


def _interpret_date(raw: CellValue, text: str, sheet: str, cell: str, complain) -> Answer:  # type: ignore[no-untyped-def]
    if isinstance(raw, dt.datetime):
        day: dt.date | Unreadable = raw.date()
    elif isinstance(raw, dt.date):
        day = raw
    elif isinstance(raw, str):
        day = read_date(raw)
    else:
        day = Unreadable()
    if isinstance(day, Unreadable):
        return complain("date-unreadable")  # type: ignore[no-any-return]
    if not dt.date(2020, 1, 1) <= day <= dt.date(2035, 12, 31):
        return complain("date-implausible", "01/01/2020 – 31/12/2035")  # type: ignore[no-any-return]
    return Answer(sheet, cell, text, day)


def _interpret_number(raw: CellValue, text: str, column: Column, sheet: str, cell: str, complain) -> Answer:  # type: ignore[no-untyped-def]
    whole = column.kind is Kind.INTEGER
    if isinstance(raw, bool | dt.date | dt.time | dt.timedelta):
        return complain("number-unreadable")  # type: ignore[no-any-return]
    if column.kind is Kind.PERCENT and isinstance(raw, str):
        raw = clean_text(raw).removesuffix("%")
    number = _exact(raw) if isinstance(raw, int | float) else read_number(str(raw), whole=whole)
    if isinstance(number, Unreadable):
        return complain("number-unreadable")  # type: ignore[no-any-return]
    if isinstance(number, Ambiguous):
        shown = " hoặc ".join(format_number(reading) for reading in number.readings)
        return complain("number-ambiguous", cach_hieu=shown)  # type: ignore[no-any-return]
    if not number.is_finite():
        return complain("number-unreadable")  # type: ignore[no-any-return]
    if column.kind is Kind.PERCENT and not 0 <= number <= 100:
        return complain("percent-out-of-range")  # type: ignore[no-any-return]
    if whole and number < 0:
        return complain("number-negative")  # type: ignore[no-any-return]
    if abs(number) > MAX_NUMBER:
        return complain("number-too-large", format_number(MAX_NUMBER))  # type: ignore[no-any-return]
    if whole and number != number.to_integral_value():
        return complain("number-not-whole")  # type: ignore[no-any-return]
    return Answer(sheet, cell, text, number.to_integral_value() if whole else number)


def _exact(raw: int | float) -> Decimal:
    """repr gives the shortest decimal that is this float: 98.7 stays 98.7, not 98.7000000000000028."""
    return Decimal(repr(raw))


def _find_labels(sheet: SheetCells, labels: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Where each label first stands on a sheet."""
    wanted = {clean_text(label).casefold(): label for label in labels}
    found: dict[str, tuple[int, int]] = {}
    for number, row in enumerate(sheet.rows):
        for column, value in enumerate(row):
            if isinstance(value, str) and value and fold(value) in wanted:
                found.setdefault(wanted[fold(value)], (number, column))
    return found


def _right_of(sheet: SheetCells, row: int, column: int) -> int:
    """The first filled column to the right, else the next one."""
    for other in range(column + 1, min(len(sheet.rows[row]), column + 8)):
        if text_of(sheet.at(row, other)):
            return other
    return column + 1


def _read_declaration(sheet: SheetCells, table: TableLayout, words: Words, reading: Reading) -> None:
    question = table.table.declaration
    found = _find_labels(sheet, [question]).get(question)
    if found is None:
        reading.findings.append(
            Finding("row-missing", sheet.name, expected=question, facts={"bang": table.table.title})
        )
        return
    row, column = found
    place = _right_of(sheet, row, column)
    if not text_of(sheet.at(row, place)):
        place = column + 3  # where the form puts the answer
    text = text_of(sheet.at(row, place))
    said = next((word for word in (words.yes, words.nothing) if word.casefold() == text.casefold()), None)
    reading.answers[(table.table.id, "", "khai_bao")] = Answer(sheet.name, address(row, place), text, said)


def _read_fields(book: Book, table: TableLayout, reading: Reading) -> None:
    # The sheet with most of the labels: a signature block elsewhere ("Người lập biểu") is not the form's field.
    labels = [form_field.label for form_field in table.table.fields]
    sheet = max(book.sheets, key=lambda sheet: (len(_find_labels(sheet, labels)), _is_own(sheet, table)))
    places = _find_labels(sheet, labels)
    for form_field in table.table.fields:
        if form_field.label not in places:
            reading.findings.append(
                Finding("row-missing", expected=form_field.label, facts={"bang": table.table.title})
            )
            continue
        row, column = places[form_field.label]
        place = _right_of(sheet, row, column)
        stand_in = Column.model_validate(
            {
                "ma": "gia_tri",
                "tieu_de": form_field.label,
                "kieu": form_field.kind,
                "rong": 1,
                "lua_chon": form_field.choices,
            }
        )
        answer = _interpret(sheet.at(row, place), stand_in, sheet.name, address(row, place), form_field.label, reading)
        reading.answers[(table.table.id, form_field.id, "gia_tri")] = answer
