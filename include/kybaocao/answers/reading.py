"""Reading a form's answers from a book, each with the cell it came from.

Tables are found by their headings (`places`) and rows by their code (`rows`), never by position, so inserted
rows, moved columns, extra title rows and renamed sheets still read.
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
    Place,
    Spot,
    find_labels,
    find_right_of,
    find_twins,
    is_own,
    locate_on_each_sheet,
    locate_tables,
    normalize,
    prepare_labels,
    spell,
)
from kybaocao.answers.words import find_word
from kybaocao.findings import Finding
from kybaocao.form.layout import CODE_COLUMN, IDENTITY_SHEET, LABEL_COLUMN, FormLayout, TableLayout
from kybaocao.plan.form_edition import Column, FormField, Source, Words
from kybaocao.workbook.book import Book, CellValue, SheetCells, text_of
from kybaocao.workbook.plain_book import MERGED

Key = tuple[str, str, str]  # (table, row code, column)


class Answer(NamedTuple):
    """One cell of the form: where it is, what it says, what that means.

    `value` is None for an empty cell and for one that could not be read (then a finding says why).
    `number_format` is there when the sheet shows the number in another way than the form does.
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
    """All answers of one workbook, and what was noticed while reading them."""

    answers: dict[Key, Answer] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)  # table -> row codes present, in order

    def get(self, table: str, row: str, column: str) -> Answer | None:
        return self.answers.get((table, row, column))

    def is_reported(self, answer: Answer) -> bool:
        """Whether something is said of that cell already, so that nothing may be inferred from it."""
        return any(finding.cell == answer.cell and finding.sheet == answer.sheet for finding in self.findings)

    def value(self, table: str, row: str, column: str) -> Value:
        answer = self.get(table, row, column)
        return answer.value if answer else None


def read_identity(book: Book) -> dict[str, str]:
    """The hidden identity: keys ke_hoach, ky, co_quan, phien_ban, ma_kiem_tra; empty when absent."""
    for sheet in book.sheets:
        if normalize(sheet.name) == IDENTITY_SHEET:
            return {text_of(row[0]): text_of(row[1]) for row in sheet.rows if len(row) >= 2}
    return {}


def read_form(book: Book, layout: FormLayout) -> Reading:
    """Every answer the layout asks for."""
    reading = Reading()
    places, reading.findings = locate_tables(book, layout)
    doubled = {finding.facts["bang"] for finding in reading.findings}
    issued = prepare_labels(layout).issued
    has_strangers = any(normalize(sheet.name) not in issued for sheet in book.sheets)
    copies: list[dict[str, Place]] = []
    for table in layout.tables:
        if table.table.source is Source.FIELDS:
            _read_fields(book, table, reading)
            continue
        place = places.get(table.table.id)
        if place is None:
            if table.table.title not in doubled:
                facts = {"bang": table.table.title}
                reading.findings.append(Finding("table-missing", expected=table.sheet.name, facts=facts))
            continue
        if table.table.declaration:
            _read_declaration(place.sheet, table, layout.edition.words, reading)
        _read_table(place, table, reading)
        if has_strangers or _is_untouched(table, reading):
            copies = copies or locate_on_each_sheet(book, layout)
            _describe_copies(table, place, copies, reading)
    return reading


def _describe_copies(table: TableLayout, own: Place, copies: list[dict[str, Place]], reading: Reading) -> None:
    """The same table on other sheets with other answers: filled in by mistake, shown instead of ours, or a draft."""
    said = _list_said(own, table)
    for copy in (places[table.table.id] for places in copies if table.table.id in places):
        if copy.sheet is own.sheet or _list_said(copy, table) in ([], said):
            continue
        facts = {"bang": table.table.title, "trang_doc": own.sheet.name}
        where = (copy.sheet.name, name_cell(copy.header, 0))
        if not said:
            reading.findings.append(Finding("table-filled-elsewhere", *where, facts=facts))
            del reading.rows[table.table.id]
            return
        is_hidden = own.sheet.is_hidden and not copy.sheet.is_hidden
        reading.findings.append(Finding("table-hidden" if is_hidden else "table-copy-ignored", *where, facts=facts))


def _list_said(place: Place, table: TableLayout) -> list[tuple[str, ...]]:
    """What each row below a header answers, blank rows left out: compared, never taken."""
    asked = [place.columns.get(column.id, -1) for column in table.table.answers]
    rows = range(place.header + 1, min(place.end, place.header + 1 + max(len(table.rows), table.table.blank_rows)))
    said = (tuple(_see(place.sheet, row, column) for column in asked) for row in rows)
    return [answers for answers in said if any(answers)]


def _see(sheet: SheetCells, row: int, column: int) -> str:
    text = text_of(sheet.at(row, column))
    return text or (mark.text if (mark := sheet.marks.get((row, column))) and mark.kind != MERGED else "")


def _is_untouched(table: TableLayout, reading: Reading) -> bool:
    """Whether the form prints rows in a table and nobody wrote into any of them."""
    name = table.table.id
    for code in reading.rows.get(name, ()):
        for column in table.table.answers:
            if (answer := reading.answers.get((name, code, column.id))) is not None and answer.text:
                return False
    return bool(table.rows)


# --- tables ----------------------------------------------------------------------------------------------------


def _read_table(place: Place, table: TableLayout, reading: Reading) -> None:
    missing = [c for c in table.table.columns if c.id not in place.columns and (c.is_answer or c.id == CODE_COLUMN)]
    if missing:
        place, missing = _search_beside(place, _search_respelled(place, missing))
        reading.findings.extend(_describe_missing(place, table, missing))
    reading.findings.extend(find_twins(place, table))
    if any(column.id == CODE_COLUMN for column in missing):
        return
    answers = [
        (column, column.id, place.columns[column.id], name_column(place.columns[column.id]), READERS[column.kind])
        for column in table.table.answers
        if column.id in place.columns
    ]
    present: list[str] = []
    sheet, found, table_id = place.sheet, reading.answers, table.table.id
    name, make = sheet.name, tuple.__new__  # half the time of a NamedTuple's own constructor, 500 times a form
    marked = {row for row, _ in sheet.marks}
    for code, row in find_rows(place, table, [index for _, _, index, _, _ in answers], reading.findings):
        present.append(code)
        cells, digits = sheet.rows[row], str(row + 1)
        is_marked, width = row in marked, len(cells)
        for column, column_id, index, letters, read in answers:
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
        gone = list(_describe_missing_rows(place, table, reading))
        known = {finding.cell for finding in gone if finding.cell}
        reading.findings[:] = [f for f in reading.findings if not (f.code == "row-unknown" and f.cell in known)]
        reading.findings.extend(gone)


def _search_respelled(place: Place, missing: list[Column]) -> list[Column]:
    """Take the columns whose heading is there with another i or y ("kì" for "kỳ"); those that are not there."""
    spelled = {spell(value): column for column, value in enumerate(place.sheet.rows[place.header])}
    for column in missing:
        if (there := spelled.get(spell(column.heading))) is not None:
            place.columns[column.id] = there
    return [column for column in missing if column.id not in place.columns]


def _search_beside(place: Place, missing: list[Column]) -> tuple[Place, list[Column]]:
    """Take the columns whose heading stands one row below: a heading split over two rows. The rest is missing."""
    below = place.header + 1
    if not missing or below >= place.end:
        return place, missing
    spelled = {spell(value): column for column, value in enumerate(place.sheet.rows[below]) if value != ""}
    found = {column.id: spelled[key] for column in missing if (key := spell(column.heading)) in spelled}
    if not found:
        return place, missing
    rest = [column for column in missing if column.id not in found]
    return replace(place, header=below, columns=place.columns | found), rest


def _describe_missing(place: Place, table: TableLayout, missing: list[Column]) -> Iterator[Finding]:
    """At the heading that stands in the place of the missing one, when there is just one of each."""
    known = {normalize(column.heading) for column in table.table.columns}
    header = place.sheet.rows[place.header]
    strange = [column for column, value in enumerate(header) if normalize(value) and normalize(value) not in known]
    where = strange[0] if len(strange) == len(missing) == 1 else 0
    for column in missing:
        facts = {"bang": table.table.title}
        cell = name_cell(place.header, where)
        yield Finding("column-missing", place.sheet.name, cell, text_of(header[where]), column.heading, facts)


def _describe_missing_rows(place: Place, table: TableLayout, reading: Reading) -> Iterator[Finding]:
    """The rows of the form that are not there, and those whose text is there beside another code, or none."""
    reported = {finding.value for finding in reading.findings if finding.code == "row-mislabelled"}
    there = reported.union(reading.rows[table.table.id])
    labels, index = prepare_rows(table).labels, place.columns.get(LABEL_COLUMN)
    rows = range(place.header + 1, place.end) if index is not None else ()
    found = {label: row for row in rows if (label := normalize(place.sheet.at(row, index or 0)))}
    for code in (code for code in labels if code not in there):
        row, column = found.get(normalize(labels[code])), place.columns[CODE_COLUMN]
        if row is None:
            yield Finding("row-missing", place.sheet.name, expected=code, facts={"bang": table.table.title})
            continue
        where, mark = (place.sheet.name, name_cell(row, column)), place.sheet.marks.get((row, column))
        if mark is not None and mark.kind == MERGED:
            yield Finding("cell-merged", *where, facts={"o_gop": mark.text})
            continue
        said = _see(place.sheet, row, column)
        facts = {
            "bang": table.table.title,
            "o_ten": name_cell(row, index or 0),
            "dang_ghi": "co" if said else "khong",
        }
        yield Finding("row-code-changed", *where, said, code, facts)


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
    place = find_right_of(sheet, row, column)
    if place is None:
        place = column + 3  # where the form puts the answer
    text = text_of(sheet.at(row, place))
    said = find_word(text, (words.yes, words.nothing))
    reading.answers[(table.table.id, "", "khai_bao")] = Answer(sheet.name, name_cell(row, place), text, said)


_HINT = re.compile(r"\(.*\)")  # "(Ký, ghi rõ họ tên)": words beside an empty place, no answer


@lru_cache(maxsize=64)
def _column_of(form_field: FormField) -> Column:
    """A field read like a column of its kind."""
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
    # The sheet with most of the labels: a signature block elsewhere ("Người lập biểu") is not the form's field.
    labels = [form_field.label for form_field in table.table.fields]
    sheets: Sequence[SheetCells] = [sheet for sheet in book.sheets if is_own(sheet, table)] or book.sheets
    found = find_labels(sheets, labels)
    places, sheet = max(zip(found, sheets, strict=True), key=lambda one: len(one[0]))
    twins = [other for other, one in zip(sheets, found, strict=True) if len(one) == len(places) > len(labels) / 2]
    if len(twins) > 1:
        facts = {"bang": table.table.title, "trang_nay": sheet.name, "trang_kia": twins[1].name}
        reading.findings.append(Finding("table-duplicated", twins[1].name, expected=table.sheet.name, facts=facts))
        return
    for form_field in table.table.fields:
        if form_field.label not in places:
            reading.findings.append(
                Finding("row-missing", expected=form_field.label, facts={"bang": table.table.title})
            )
            continue
        row, column = places[form_field.label]
        place = find_right_of(sheet, row, column)
        if place is None or (place > column + 1 and _HINT.fullmatch(text_of(sheet.at(row, place)))):
            place = column + 1
        asked, name = _column_of(form_field), form_field.label
        answer = _read_cell(sheet, sheet.at(row, place), (row, place), name_cell(row, place), asked, name, reading)
        reading.answers[(table.table.id, form_field.id, "gia_tri")] = answer
