"""The lists of a workbook of results: found by their headings, rows by their codes, in any position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kybaocao.addresses import name_cell
from kybaocao.answers.cells import interpret
from kybaocao.answers.reading import Answer
from kybaocao.answers.words import normalize_label
from kybaocao.findings import Finding
from kybaocao.imported.layout import AskedRow, ResultsLayout
from kybaocao.imported.troubles import Trouble, say_trouble
from kybaocao.imported.words import load_words
from kybaocao.plan.form_edition import Column
from kybaocao.store.imports import PROVINCE
from kybaocao.workbook.book import Book, SheetCells, text_of


@dataclass(frozen=True)
class FilledList:
    """A sheet with the row of its headings and the column of each (by the normalized heading)."""

    sheet: SheetCells
    header: int
    columns: Mapping[str, int]

    @property
    def rows(self) -> range:
        return range(self.header + 1, len(self.sheet.rows))

    def has(self, heading: str) -> bool:
        return normalize_label(heading) in self.columns

    def text(self, row: int, heading: str) -> str:
        return text_of(self.sheet.at(row, self.columns[normalize_label(heading)]))

    def locate(self, row: int, heading: str) -> tuple[str, str]:
        """(sheet, cell)"""
        return self.sheet.name, name_cell(row, self.columns[normalize_label(heading)])

    def is_blank(self, row: int, heading: str) -> bool:
        return self.sheet.is_blank(row, self.columns[normalize_label(heading)])

    def read(self, row: int, heading: str, column: Column, code: str) -> tuple[Answer, Finding | None]:
        """One cell, read as in the form, and the finding why it cannot be read or how it was understood."""
        index = self.columns[normalize_label(heading)]
        mark = self.sheet.marks.get((row, index))
        text, value, complaint = interpret(self.sheet.at(row, index), mark, column)
        where = self.locate(row, heading)
        finding = None
        if complaint is not None:
            facts = {"dong": code, "cot": column.heading, "vi_du": column.example or "1.234"} | dict(complaint.facts)
            finding = Finding(complaint.code, *where, text, complaint.expected, facts, complaint.proposal)
        return Answer(*where, text, value, mark.text if mark is not None and text else ""), finding


def find_list(book: Book, name: str, headings: Sequence[str]) -> FilledList | Trouble:
    """The list on the sheet called `name`."""
    wanted = {normalize_label(heading) for heading in headings}
    for sheet in book.sheets:
        if normalize_label(sheet.name) != normalize_label(name):
            continue
        for number, cells in enumerate(sheet.rows):
            columns: dict[str, int] = {}
            for place, value in enumerate(cells):
                if (label := normalize_label(text_of(value))) in wanted:
                    columns.setdefault(label, place)
            if len(columns) == len(wanted):
                return FilledList(sheet, number, columns)
    return say_trouble("sheet-missing", name, cot=", ".join(headings))


def match_rows(
    found: FilledList,
    asked: Sequence[AskedRow],
    answers: Sequence[str],
    layout: ResultsLayout,
    whats: Sequence[str] = (),
) -> Iterator[tuple[AskedRow, int] | Trouble]:
    """Every row with an answer, with what was asked in it; a trouble for a row that was not asked."""
    known = {(row.owner, normalize_code(row.code)): row for row in asked}
    seen: dict[tuple[str, str], int] = {}
    column = load_words()["cot"]["ma"]
    for number in found.rows:
        if all(found.is_blank(number, heading) for heading in answers):
            continue
        owner = match_owner(found, number, layout) if asked[0].owner != PROVINCE else PROVINCE
        if isinstance(owner, Trouble):
            yield owner
            continue
        code = found.text(number, column)
        key, where = (owner, normalize_code(code)), found.locate(number, column)
        name = layout.plan.agencies[owner].name if owner else layout.plan.header.province
        if (row := known.get(key)) is None:
            yield say_trouble("row-unknown", *where, code, co_quan=name)
        elif key in seen:
            yield say_trouble("row-duplicated", *where, code, co_quan=name, o_truoc=found.locate(seen[key], column)[1])
        else:
            seen[key] = number
            yield _find_other_label(found, number, row, whats) or (row, number)


def match_owner(found: FilledList, number: int, layout: ResultsLayout) -> str | Trouble:
    """The agency of a row, by its code; its name, where one is printed, must not be another agency's."""
    columns, agencies = load_words()["cot"], layout.plan.agencies
    written, where = found.text(number, columns["ma_co_quan"]), found.locate(number, columns["ma_co_quan"])
    if not written:
        return say_trouble("agency-missing", *where, dong=str(number + 1))
    codes = [code for code in layout.forms if code]
    owner = next((code for code in codes if normalize_code(code) == normalize_code(written)), None)
    if owner is None:
        return say_trouble("agency-unknown", *where, written, vi_du=codes[0])
    if not found.has(columns["co_quan"]):
        return owner
    name = normalize_label(found.text(number, columns["co_quan"]))
    if name and name != normalize_label(agencies[owner].name):
        other = next((one for one in agencies.values() if normalize_label(one.name) == name), None)
        if other is not None:
            facts = {"o_ten": found.locate(number, columns["co_quan"])[1], "mong_doi": f"{other.name} ({other.code})"}
            return say_trouble("agency-mislabelled", *where, owner, **facts)
    return owner


def _find_other_label(found: FilledList, number: int, row: AskedRow, whats: Sequence[str]) -> Trouble | None:
    """A trouble for a row without its printed label: sorting one column alone would move figures to other rows."""
    columns = load_words()["cot"]
    for heading, label in ((columns["noi_dung"], row.label), *zip(whats, row.headings, strict=False)):
        written = found.text(number, heading)
        if normalize_label(written) != normalize_label(label):
            facts = {"o_ten": found.locate(number, heading)[1], "dang_ghi": written, "mong_doi": label}
            return say_trouble("row-mislabelled", *found.locate(number, columns["ma"]), row.code, **facts)
    return None


def normalize_code(text: str) -> str:
    return normalize_label(text).replace(" ", "").rstrip(".")
