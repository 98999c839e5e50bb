"""Where the tables and the labels of a form stand in a book, whatever was moved, inserted or renamed in it.

Tables are found by their headings, never by position; the form's own sheet goes before copies of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from kybaocao.addresses import name_cell
from kybaocao.answers.words import normalize_label
from kybaocao.findings import Finding
from kybaocao.form.layout import CODE_COLUMN, GUIDE_SHEET, IDENTITY_SHEET, FormLayout, TableLayout
from kybaocao.plan.form_edition import Source
from kybaocao.workbook.book import Book, CellValue, SheetCells

Spot = tuple[int, int]  # zero-based row and column
MAX_LABEL = 1_000  # characters; no form prints a longer one, and a hostile text costs no more


def normalize(value: object) -> str:
    """A label made comparable; "" for what can be none."""
    return normalize_label(value) if isinstance(value, str) and len(value) <= MAX_LABEL else ""


_ONE_I = str.maketrans("yỳýỷỹỵ", "iìíỉĩị")


def spell(value: CellValue) -> str:
    """The same with one i for i and y: "kì" is "kỳ" in a heading."""
    return _write_one_i(normalize(value))


@lru_cache(maxsize=1_024)
def _write_one_i(text: str) -> str:
    return text.translate(_ONE_I)


# --- tables --------------------------------------------------------------------------------------------------------


def is_own(sheet: SheetCells, table: TableLayout) -> bool:
    """Whether a sheet has the name the form gave it; a copy in the same book has another."""
    return normalize(sheet.name) == normalize(table.sheet.name)


@dataclass(frozen=True)
class Place:
    """A table in a book."""

    sheet: SheetCells
    header: int  # zero-based row of the headings
    end: int  # first row that belongs to the next table
    columns: dict[str, int]  # of the table -> zero-based column of the sheet


@dataclass(frozen=True)
class Labels:
    """What to look for in a book of one form."""

    tables: tuple[TableLayout, ...]  # all but those made of fields
    own: Mapping[str, tuple[TableLayout, ...]]  # folded name of a sheet -> the tables the form puts there
    headings: Mapping[str, Mapping[str, str]]  # table -> folded heading -> column
    normalized: frozenset[str]
    printed: frozenset[str]  # headings as the form prints them: found without folding every cell of a book
    issued: frozenset[str]  # folded names of all sheets of the form


@lru_cache(maxsize=256)
def prepare_labels(layout: FormLayout) -> Labels:
    """Once for each layout."""
    tables = tuple(table for table in layout.tables if table.table.source is not Source.FIELDS)
    headings = {t.table.id: {normalize(column.heading): column.id for column in t.table.columns} for t in tables}
    printed = frozenset(column.heading for t in tables for column in t.table.columns)
    sheets = {normalize(table.sheet.name) for table in tables}
    own = {name: tuple(table for table in tables if normalize(table.sheet.name) == name) for name in sheets}
    issued = frozenset((normalize(GUIDE_SHEET), IDENTITY_SHEET, *(normalize(sheet.name) for sheet, _ in layout.sheets)))
    return Labels(tables, own, headings, frozenset(chain.from_iterable(headings.values())), printed, issued)


class _Candidate(NamedTuple):
    score: tuple[bool, int]  # is it the form's own sheet, how many headings match
    sheet: SheetCells
    row: int
    columns: dict[str, int]


def locate_tables(book: Book, layout: FormLayout) -> tuple[dict[str, Place], list[Finding]]:
    """The header row of each table: on the form's own sheet if it is there, else the row that matches best.

    A table that is on two sheets, neither of them the form's own, is told and left out.
    """
    labels, reported = prepare_labels(layout), list[Finding]()
    found = _find_candidates(book, labels, is_quick=True)
    if not all(any(one.score[0] for one in candidates) for candidates in found.values()):  # retyped, or renamed
        found = _drop_copies(_find_candidates(book, labels, is_quick=False), book, labels)
    best = {table: max(candidates, key=lambda one: one.score) for table, candidates in found.items() if candidates}
    places = _share_rows(best)
    taken = {(place.sheet.name, place.header) for place in places.values()}
    for table in labels.tables:
        place = places.get(table.table.id)
        if place is None:
            continue
        for other in found[table.table.id]:  # a second table of these headings below: its rows are told as repeated
            if other.sheet is place.sheet and other.row < place.header and (other.sheet.name, other.row) not in taken:
                place = places[table.table.id] = replace(place, header=other.row, columns=other.columns)
        if best[table.table.id].score[0]:
            continue
        for other in found[table.table.id]:
            if other.sheet is not place.sheet and (other.sheet.name, other.row) not in taken:
                where = (other.sheet.name, name_cell(other.row, 0))
                facts = {"bang": table.table.title, "trang_nay": place.sheet.name, "trang_kia": other.sheet.name}
                reported.append(Finding("table-duplicated", *where, expected=table.sheet.name, facts=facts))
                places.pop(table.table.id, None)
    return places, reported


def _drop_copies(found: dict[str, list[_Candidate]], book: Book, labels: Labels) -> dict[str, list[_Candidate]]:
    """Without tables on strange sheets where a sheet with the form's own name has lost its table.

    What stands elsewhere then is a copy, a draft, another period.  Only where sheets of the form have exchanged
    their names is a table looked for on another one of them.
    """
    names = {normalize(sheet.name) for sheet in book.sheets}
    for table in labels.tables:
        name, candidates = normalize(table.sheet.name), found[table.table.id]
        if name not in names or any(one.score[0] for one in candidates):
            continue
        strangers = (one for other in labels.tables if other.sheet is not table.sheet for one in found[other.table.id])
        is_exchanged = any(normalize(one.sheet.name) == name for one in strangers)
        found[table.table.id] = [one for one in candidates if is_exchanged and normalize(one.sheet.name) in labels.own]
    return found


def locate_on_each_sheet(book: Book, layout: FormLayout) -> list[dict[str, Place]]:
    """For every sheet the tables that stand on it, whatever its name."""
    found = _find_candidates(book, prepare_labels(layout), is_quick=False)
    located = []
    for sheet in book.sheets:
        here = {table: [one for one in candidates if one.sheet is sheet] for table, candidates in found.items()}
        located.append(_share_rows({t: max(ones, key=lambda one: one.score) for t, ones in here.items() if ones}))
    return located


def _find_candidates(book: Book, labels: Labels, *, is_quick: bool) -> dict[str, list[_Candidate]]:
    """For each table the rows that have more than half of its headings; quickly, only those on its own sheet."""
    found: dict[str, list[_Candidate]] = {table.table.id: [] for table in labels.tables}
    for sheet in book.sheets:
        tables = labels.own.get(normalize(sheet.name), ()) if is_quick else labels.tables
        if not tables:
            continue
        whole = set[str]()  # tables all of whose headings were seen: no later row fits better
        for number, words in _rows_with_headings(sheet, labels, is_quick=is_quick):
            for table in tables:
                known = labels.headings[table.table.id]
                columns = {known[word]: column for word, column in words.items() if word in known}
                if len(columns) * 2 > len(known):
                    score = (is_own(sheet, table), len(columns))
                    found[table.table.id].append(_Candidate(score, sheet, number, columns))
                    if len(columns) == len(known):
                        whole.add(table.table.id)
            if is_quick and len(whole) == len(tables):
                break
    return found


def _rows_with_headings(sheet: SheetCells, labels: Labels, *, is_quick: bool) -> Iterator[tuple[int, dict[str, int]]]:
    """Rows with three headings or more: (row, folded heading -> its first column)."""
    for number, row in enumerate(sheet.rows):
        if is_quick and labels.printed.isdisjoint(row):
            continue
        words: dict[str, int] = {}
        for column, value in enumerate(row):
            if value != "" and (normalized := normalize(value)) in labels.normalized:
                words.setdefault(normalized, column)
        if len(words) >= 3:
            yield number, words


def _share_rows(best: Mapping[str, _Candidate]) -> dict[str, Place]:
    """A row is the header of one table only, the one that fits it best; a table ends where the next begins."""
    owners: dict[tuple[str, int], str] = {}
    for table, found in best.items():
        held = owners.get((found.sheet.name, found.row))
        if held is None or found.score > best[held].score:
            owners[(found.sheet.name, found.row)] = table
    places = {}
    for table in owners.values():
        found = best[table]
        later = [row for name, row in owners if name == found.sheet.name and row > found.row]
        places[table] = Place(found.sheet, found.row, min(later, default=len(found.sheet.rows)), found.columns)
    return places


def find_twins(place: Place, table: TableLayout) -> Iterator[Finding]:
    """Second columns of the same heading: which of them counts is for the agency to say."""
    header = [spell(value) for value in place.sheet.rows[place.header]]
    if len(set(header)) == len(header):
        return
    for column in table.table.columns:
        first = place.columns.get(column.id)
        if (
            first is None
            or not (column.is_answer or column.id == CODE_COLUMN)
            or first >= len(header)
            or not header[first]
        ):
            continue
        for other in range(first + 1, len(header)):
            if header[other] == header[first]:
                where = (place.sheet.name, name_cell(place.header, other))
                yield Finding("column-duplicated", *where, column.heading, facts={"bang": table.table.title})


# --- labels with their answer beside them ------------------------------------------------------------------------


def find_labels(sheets: Sequence[SheetCells], labels: Sequence[str]) -> list[dict[str, Spot]]:
    """For each sheet, where each label first stands; labels as the form prints them are found first."""
    found = [_scan_labels(sheet, labels, is_quick=True) for sheet in sheets]
    if any(len(places) == len(labels) for places in found):
        return found
    return [_scan_labels(sheet, labels, is_quick=False) for sheet in sheets]


def _scan_labels(sheet: SheetCells, labels: Sequence[str], *, is_quick: bool) -> dict[str, Spot]:
    wanted = {normalize(label): label for label in labels}
    printed = frozenset(labels)
    found: dict[str, Spot] = {}
    for number, row in enumerate(sheet.rows):
        if is_quick and printed.isdisjoint(row):
            continue
        for column, value in enumerate(row):
            if value != "" and (label := wanted.get(normalize(value))):
                found.setdefault(label, (number, column))
        if len(found) == len(wanted):
            break
    return found


def find_right_of(sheet: SheetCells, row: int, column: int) -> int | None:
    """The first filled column to the right."""
    return next((other for other in range(column + 1, column + 8) if not sheet.is_blank(row, other)), None)
