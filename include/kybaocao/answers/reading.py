"""Reading a form's answers from a book, each with the cell it came from.

Tables are found by their headings (`table_locations`) and rows by their code (`rows`), never by position, so that
inserted rows, moved columns, extra title rows and renamed sheets do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from kybaocao.addresses import name_cell, name_column
from kybaocao.answers.cells import READERS, Complaint, Value, interpret
from kybaocao.answers.rows import find_rows, prepare_rows
from kybaocao.answers.table_locations import (
    Spot,
    TableLocation,
    find_labels,
    find_right_of,
    find_twins,
    is_own,
    locate_on_each_sheet,
    locate_tables,
    normalize_value,
    prepare_labels,
    spell_with_i,
)
from kybaocao.answers.words import find_word
from kybaocao.findings import Finding
from kybaocao.form.layout import CODE_COLUMN, IDENTITY_SHEET, LABEL_COLUMN, FormLayout, TableLayout
from kybaocao.plan.form_edition import Column, FormField, Source, Words
from kybaocao.workbook.book import Book, CellValue, SheetCells, text_of
from kybaocao.workbook.plain_book import MERGED

Key = tuple[str, str, str]  # (table, row code, column)


class Answer(NamedTuple):
    """One cell of the form: its address, its text, its value.

    `value` is None for an empty cell and for one that could not be read (then a finding says why).
    `number_format` is "" unless the sheet shows the value in another way than the form does; of a text that Excel
    turned into a date it is the date with its time, in ISO form.
    """

    sheet: str
    cell: str
    text: str
    value: Value
    number_format: str = ""

    @property
    def is_blank(self) -> bool:
        return self.text == ""


@dataclass
class Reading:
    """All answers of one workbook, and the findings made while reading them."""

    answers: dict[Key, Answer] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)  # table -> row codes present, in order

    def get(self, table: str, row: str, column: str) -> Answer | None:
        return self.answers.get((table, row, column))

    def is_reported(self, answer: Answer) -> bool:
        """Whether that cell has a finding already, so that nothing may be inferred from it."""
        return any(finding.cell == answer.cell and finding.sheet == answer.sheet for finding in self.findings)

    def value(self, table: str, row: str, column: str) -> Value:
        answer = self.get(table, row, column)
        return answer.value if answer else None


def read_identity(book: Book) -> dict[str, str]:
    """What the hidden sheet says: keys ke_hoach, ky, co_quan, phien_ban, ma_kiem_tra; {} without that sheet."""
    for sheet in book.sheets:
        if normalize_value(sheet.name) == IDENTITY_SHEET:
            return {text_of(row[0]): text_of(row[1]) for row in sheet.rows if len(row) >= 2}
    return {}


def read_form(book: Book, layout: FormLayout) -> Reading:
    """Every answer the layout asks for."""
    reading = Reading()
    locations, reading.findings = locate_tables(book, layout)
    duplicated = {finding.facts["bang"] for finding in reading.findings}
    issued = prepare_labels(layout).issued
    has_strangers = any(normalize_value(sheet.name) not in issued for sheet in book.sheets)
    copies: list[dict[str, TableLocation]] = []
    for table in layout.tables:
        if table.table.source is Source.FIELDS:
            _read_fields(book, table, reading)
            continue
        location = locations.get(table.table.id)
        if location is None:
            if table.table.title not in duplicated:
                facts = {"bang": table.table.title}
                reading.findings.append(Finding("table-missing", expected=table.sheet.name, facts=facts))
            continue
        if table.table.declaration:
            _read_declaration(location.sheet, table, layout.edition.words, reading)
        _read_table(location, table, reading)
        if has_strangers or _is_untouched(table, reading):
            copies = copies or locate_on_each_sheet(book, layout)
            _describe_copies(table, location, copies, reading)
    return reading


def _describe_copies(
    table: TableLayout, own: TableLocation, copies: list[dict[str, TableLocation]], reading: Reading
) -> None:
    """The same table with other answers on other sheets: filled in by mistake, shown while ours is hidden, or a draft.

    A table that is empty on its own sheet and filled in elsewhere is not read at all.
    """
    answers = _list_texts(own, table)
    for copy in (locations[table.table.id] for locations in copies if table.table.id in locations):
        if copy.sheet is own.sheet or _list_texts(copy, table) in ([], answers):
            continue
        facts = {"bang": table.table.title, "trang_doc": own.sheet.name}
        where = (copy.sheet.name, name_cell(copy.header, 0))
        if not answers:
            reading.findings.append(Finding("table-filled-elsewhere", *where, facts=facts))
            reading.rows.pop(table.table.id, None)  # not there when the column of codes is missing
            return
        is_hidden = own.sheet.is_hidden and not copy.sheet.is_hidden
        reading.findings.append(Finding("table-hidden" if is_hidden else "table-copy-ignored", *where, facts=facts))


def _list_texts(location: TableLocation, table: TableLayout) -> list[tuple[str, ...]]:
    """The texts in the answer columns of each row that has any; for comparing copies only."""
    asked = [location.columns.get(column.id, -1) for column in table.table.answers]
    first = location.header + 1
    rows = range(first, min(location.end, first + max(len(table.rows), table.table.blank_rows)))
    texts = (tuple(_read_text(location.sheet, row, column) for column in asked) for row in rows)
    return [answers for answers in texts if any(answers)]


def _read_text(sheet: SheetCells, row: int, column: int) -> str:
    text = text_of(sheet.at(row, column))
    return text or (mark.text if (mark := sheet.marks.get((row, column))) and mark.kind != MERGED else "")


def _is_untouched(table: TableLayout, reading: Reading) -> bool:
    """Whether a table has printed rows and no answer in any of them."""
    name = table.table.id
    for code in reading.rows.get(name, ()):
        for column in table.table.answers:
            if (answer := reading.answers.get((name, code, column.id))) is not None and answer.text:
                return False
    return bool(table.rows)


# --- tables ----------------------------------------------------------------------------------------------------


def _read_table(location: TableLocation, table: TableLayout, reading: Reading) -> None:
    missing = [c for c in table.table.columns if c.id not in location.columns and (c.is_answer or c.id == CODE_COLUMN)]
    if missing:
        location, missing = _search_beside(location, _search_respelled(location, missing))
        reading.findings.extend(_describe_missing(location, table, missing))
    reading.findings.extend(find_twins(location, table))
    if any(column.id == CODE_COLUMN for column in missing):
        return
    answers = [
        (column, column.id, location.columns[column.id], name_column(location.columns[column.id]), READERS[column.kind])
        for column in table.table.answers
        if column.id in location.columns
    ]
    present: list[str] = []
    sheet, found, table_id = location.sheet, reading.answers, table.table.id
    name, make = sheet.name, tuple.__new__  # takes half the time of Answer(…), of which a form makes 500
    marked = {row for row, _ in sheet.marks}
    unasked = {row.code: row.unasked for row in table.rows if row.unasked}
    for code, row in find_rows(location, table, [index for _, _, index, _, _ in answers], reading.findings):
        present.append(code)
        cells, digits = sheet.rows[row], str(row + 1)
        is_marked, width = row in marked, len(cells)
        skipped = unasked.get(code, ())
        for column, column_id, index, letters, read in answers:
            if skipped and column_id in skipped:
                continue
            raw, cell = cells[index] if index < width else "", letters + digits
            if is_marked and (row, index) in sheet.marks:
                answer = _read_cell(sheet, raw, (row, index), cell, column, code, reading)
            elif raw == "":
                answer = make(Answer, (name, cell, "", None, ""))
            else:
                text, value, complaint = read(raw, column)
                if complaint is None:
                    answer = make(Answer, (name, cell, text, value, ""))
                else:
                    answer = _read_cell(sheet, raw, (row, index), cell, column, code, reading)
            found[(table_id, code, column_id)] = answer
    reading.rows[table.table.id] = tuple(present)
    if len(present) < len(table.rows):
        missing_rows = list(_describe_missing_rows(location, table, reading))
        known = {finding.cell for finding in missing_rows if finding.cell}
        reading.findings[:] = [f for f in reading.findings if not (f.code == "row-unknown" and f.cell in known)]
        reading.findings.extend(missing_rows)


def _search_respelled(location: TableLocation, missing: list[Column]) -> list[Column]:
    """Add columns whose heading has i for y ("kì" for "kỳ") to `location`; returns those that are still missing."""
    spelled = {spell_with_i(value): column for column, value in enumerate(location.sheet.rows[location.header])}
    for column in missing:
        if (there := spelled.get(spell_with_i(column.heading))) is not None:
            location.columns[column.id] = there
    return [column for column in missing if column.id not in location.columns]


def _search_beside(location: TableLocation, missing: list[Column]) -> tuple[TableLocation, list[Column]]:
    """Look one row below: a heading may stand in two rows. Returns the location and what is still missing."""
    below = location.header + 1
    if not missing or below >= location.end:
        return location, missing
    spelled = {spell_with_i(value): column for column, value in enumerate(location.sheet.rows[below]) if value != ""}
    found = {column.id: spelled[key] for column in missing if (key := spell_with_i(column.heading)) in spelled}
    if not found:
        return location, missing
    rest = [column for column in missing if column.id not in found]
    return replace(location, header=below, columns=location.columns | found), rest


def _describe_missing(location: TableLocation, table: TableLayout, missing: list[Column]) -> Iterator[Finding]:
    """At the unknown heading that replaced the missing one, where there is just one of each; else in column A."""
    known = {normalize_value(column.heading) for column in table.table.columns}
    header = location.sheet.rows[location.header]
    strange = [
        column for column, value in enumerate(header) if normalize_value(value) and normalize_value(value) not in known
    ]
    where = strange[0] if len(strange) == len(missing) == 1 else 0
    for column in missing:
        facts = {"bang": table.table.title}
        cell = name_cell(location.header, where)
        yield Finding("column-missing", location.sheet.name, cell, text_of(header[where]), column.heading, facts)


def _describe_missing_rows(location: TableLocation, table: TableLayout, reading: Reading) -> Iterator[Finding]:
    """Rows of the form without their code: their text stands beside another code or none, or is gone, too."""
    mislabelled = {finding.value for finding in reading.findings if finding.code == "row-mislabelled"}
    present = mislabelled.union(reading.rows[table.table.id])
    labels, index = prepare_rows(table).labels, location.columns.get(LABEL_COLUMN)
    rows = range(location.header + 1, location.end) if index is not None else ()
    found = {label: row for row in rows if (label := normalize_value(location.sheet.at(row, index or 0)))}
    for code in (code for code in labels if code not in present):
        row, column = found.get(normalize_value(labels[code])), location.columns[CODE_COLUMN]
        if row is None:
            yield Finding("row-missing", location.sheet.name, expected=code, facts={"bang": table.table.title})
            continue
        where, mark = (location.sheet.name, name_cell(row, column)), location.sheet.marks.get((row, column))
        if mark is not None and mark.kind == MERGED:
            yield Finding("cell-merged", *where, facts={"o_gop": mark.text})
            continue
        text = _read_text(location.sheet, row, column)
        facts = {
            "bang": table.table.title,
            "o_ten": name_cell(row, index or 0),
            "dang_ghi": "co" if text else "khong",
        }
        yield Finding("row-code-changed", *where, text, code, facts)


def _read_cell(
    sheet: SheetCells, raw: CellValue, spot: Spot, cell: str, column: Column, code: str, reading: Reading
) -> Answer:
    mark = sheet.marks.get(spot)
    text, value, complaint = interpret(raw, mark, column)
    if complaint is not None:
        reading.findings.append(_complain(complaint, text, sheet, cell, column, code))
    return Answer(sheet.name, cell, text, value, mark.text if mark is not None and text else "")


def _complain(complaint: Complaint, text: str, sheet: SheetCells, cell: str, column: Column, row: str) -> Finding:
    code, expected, facts, proposal = complaint
    common = {"dong": row, "cot": column.heading, "vi_du": column.example or "1.234"}
    return Finding(code, sheet.name, cell, text, expected, common | dict(facts), proposal)


# --- labels with their answer beside them ------------------------------------------------------------------------


def _read_declaration(sheet: SheetCells, table: TableLayout, words: Words, reading: Reading) -> None:
    question = table.table.declaration
    found = find_labels([sheet], [question])[0].get(question)
    if found is None:
        reading.findings.append(
            Finding("row-missing", sheet.name, expected=question, facts={"bang": table.table.title})
        )
        return
    row, column = found
    filled = find_right_of(sheet, row, column)
    answered = column + 3 if filled is None else filled  # the form puts the answer three columns to the right
    text = text_of(sheet.at(row, answered))
    value = find_word(text, (words.yes, words.nothing))
    reading.answers[(table.table.id, "", "khai_bao")] = Answer(sheet.name, name_cell(row, answered), text, value)


_HINT = re.compile(r"\(.*\)")  # "(Ký, ghi rõ họ tên)" is no answer


@lru_cache(maxsize=64)
def _column_of(form_field: FormField) -> Column:
    """The column as which the answer to a field is read."""
    return Column.model_validate(
        {
            "ma": "gia_tri",
            "tieu_de": form_field.label,
            "kieu": form_field.kind,
            "rong": 1,
            "lua_chon": form_field.choices,
        }
    )


def _read_fields(book: Book, table: TableLayout, reading: Reading) -> None:
    # The sheet with most of the labels: a signature block on another sheet has some of them ("Người lập biểu").
    labels = [form_field.label for form_field in table.table.fields]
    sheets: Sequence[SheetCells] = [sheet for sheet in book.sheets if is_own(sheet, table)] or book.sheets
    found = find_labels(sheets, labels)
    spots, sheet = max(zip(found, sheets, strict=True), key=lambda one: len(one[0]))
    twins = [other for other, one in zip(sheets, found, strict=True) if len(one) == len(spots) > len(labels) / 2]
    if len(twins) > 1:
        facts = {"bang": table.table.title, "trang_nay": sheet.name, "trang_kia": twins[1].name}
        reading.findings.append(Finding("table-duplicated", twins[1].name, expected=table.sheet.name, facts=facts))
        return
    for form_field in table.table.fields:
        if form_field.label not in spots:
            reading.findings.append(
                Finding("row-missing", expected=form_field.label, facts={"bang": table.table.title})
            )
            continue
        row, column = spots[form_field.label]
        filled = find_right_of(sheet, row, column)
        if filled is None or (filled > column + 1 and _HINT.fullmatch(text_of(sheet.at(row, filled)))):
            filled = column + 1
        asked, name, spot = _column_of(form_field), form_field.label, (row, filled)
        answer = _read_cell(sheet, sheet.at(row, filled), spot, name_cell(row, filled), asked, name, reading)
        reading.answers[(table.table.id, form_field.id, "gia_tri")] = answer
