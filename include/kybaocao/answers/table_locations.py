"""Where the tables and the labels of a form stand in a book.

Both are found by their text, never by position, so that moved, inserted or renamed parts are read all the same.  The
form's own sheet goes before copies of it.
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
from kybaocao.form.layout import CODE_COLUMN, GUIDE_SHEET, IDENTITY_SHEET, PLAN_SHEET, FormLayout, TableLayout
from kybaocao.plan.form_edition import Source
from kybaocao.workbook.book import Book, CellValue, SheetCells

Spot = tuple[int, int]  # zero-based row and column
MAX_LABEL = 1_000  # characters; no form prints a longer one, and a longer text need not be normalized


def normalize_value(value: object) -> str:
    """A label made comparable (see `normalize_label`); "" for a number or a text too long for a label."""
    return normalize_label(value) if isinstance(value, str) and len(value) <= MAX_LABEL else ""


_Y_TO_I = str.maketrans("yỳýỷỹỵ", "iìíỉĩị")


def spell_with_i(value: CellValue) -> str:
    """The same with i for every y: "kì" is "kỳ" in a heading."""
    return _replace_y(normalize_value(value))


@lru_cache(maxsize=1_024)
def _replace_y(text: str) -> str:
    return text.translate(_Y_TO_I)


# --- tables --------------------------------------------------------------------------------------------------------


def is_own(sheet: SheetCells, table: TableLayout) -> bool:
    """Whether a sheet has the name that the form gave to the table's sheet; a copy in the same book has another."""
    return normalize_value(sheet.name) == normalize_value(table.sheet.name)


@dataclass(frozen=True)
class TableLocation:
    """Where one table stands in a book."""

    sheet: SheetCells
    header: int  # zero-based row of the headings
    end: int  # first row that belongs to the next table
    columns: dict[str, int]  # of the table -> zero-based column of the sheet


@dataclass(frozen=True)
class Labels:
    """What to look for in a book of one form."""

    tables: tuple[TableLayout, ...]  # all but those made of fields
    own: Mapping[str, tuple[TableLayout, ...]]  # normalized name of a sheet -> its tables in the form
    headings: Mapping[str, Mapping[str, str]]  # table -> normalized heading -> column
    normalized: frozenset[str]  # all headings, normalized
    printed: frozenset[str]  # all headings as the form prints them: these are found without normalizing every cell
    issued: frozenset[str]  # normalized names of all sheets of the form


@lru_cache(maxsize=256)
def prepare_labels(layout: FormLayout) -> Labels:
    """Once for each layout."""
    tables = tuple(table for table in layout.tables if table.table.source is not Source.FIELDS)
    headings = {t.table.id: {normalize_value(column.heading): column.id for column in t.table.columns} for t in tables}
    printed = frozenset(column.heading for t in tables for column in t.table.columns)
    sheets = {normalize_value(table.sheet.name) for table in tables}
    own = {name: tuple(table for table in tables if normalize_value(table.sheet.name) == name) for name in sheets}
    issued = frozenset(
        (
            *map(normalize_value, (GUIDE_SHEET, PLAN_SHEET)),
            IDENTITY_SHEET,
            *(normalize_value(sheet.name) for sheet, _ in layout.sheets),
        )
    )
    return Labels(tables, own, headings, frozenset(chain.from_iterable(headings.values())), printed, issued)


class _Candidate(NamedTuple):
    score: tuple[bool, int]  # is it the form's own sheet, how many headings match
    sheet: SheetCells
    row: int
    columns: dict[str, int]


def locate_tables(book: Book, layout: FormLayout) -> tuple[dict[str, TableLocation], list[Finding]]:
    """(table -> where it stands, findings about tables that stand twice)

    A table stands on the form's own sheet if it is there, else at the row that matches most headings.  One that stands
    on two sheets, neither of them the form's own, is left out.
    """
    labels, findings = prepare_labels(layout), list[Finding]()
    found = _find_candidates(book, labels, is_quick=True)
    if not all(any(one.score[0] for one in candidates) for candidates in found.values()):
        # Headings were retyped or a sheet was renamed.
        found = _drop_copies(_find_candidates(book, labels, is_quick=False), book, labels)
    best = {table: max(candidates, key=lambda one: one.score) for table, candidates in found.items() if candidates}
    locations = _share_rows(best)
    taken = {(location.sheet.name, location.header) for location in locations.values()}
    for table in labels.tables:
        location = locations.get(table.table.id)
        if location is None:
            continue
        free = [one for one in found[table.table.id] if (one.sheet.name, one.row) not in taken]
        for other in free:  # of two headings on one sheet the upper one: rows below the lower one are then duplicates
            if other.sheet is location.sheet and other.row < location.header:
                location = locations[table.table.id] = replace(location, header=other.row, columns=other.columns)
        if best[table.table.id].score[0]:
            continue
        for other in free:
            if other.sheet is not location.sheet:
                where = (other.sheet.name, name_cell(other.row, 0))
                facts = {"bang": table.table.title, "trang_nay": location.sheet.name, "trang_kia": other.sheet.name}
                findings.append(Finding("table-duplicated", *where, expected=table.sheet.name, facts=facts))
                locations.pop(table.table.id, None)
    return locations, findings


def _drop_copies(found: dict[str, list[_Candidate]], book: Book, labels: Labels) -> dict[str, list[_Candidate]]:
    """`found` without candidates on other sheets where the book has the table's own sheet, but not the table on it.

    What stands elsewhere then is a copy, a draft or another period.  Where sheets of the form have exchanged their
    names, candidates on those sheets stay.
    """
    names = {normalize_value(sheet.name) for sheet in book.sheets}
    for table in labels.tables:
        name, candidates = normalize_value(table.sheet.name), found[table.table.id]
        if name not in names or any(one.score[0] for one in candidates):
            continue
        strangers = (one for other in labels.tables if other.sheet is not table.sheet for one in found[other.table.id])
        is_exchanged = any(normalize_value(one.sheet.name) == name for one in strangers)
        found[table.table.id] = [
            one for one in candidates if is_exchanged and normalize_value(one.sheet.name) in labels.own
        ]
    return found


def locate_on_each_sheet(book: Book, layout: FormLayout) -> list[dict[str, TableLocation]]:
    """For every sheet of the book, table -> where it stands on that sheet, whatever the sheet's name."""
    found = _find_candidates(book, prepare_labels(layout), is_quick=False)
    located = []
    for sheet in book.sheets:
        here = {table: [one for one in candidates if one.sheet is sheet] for table, candidates in found.items()}
        located.append(_share_rows({t: max(ones, key=lambda one: one.score) for t, ones in here.items() if ones}))
    return located


def _find_candidates(book: Book, labels: Labels, *, is_quick: bool) -> dict[str, list[_Candidate]]:
    """For each table the rows that have more than half of its headings; with `is_quick` only on its own sheet."""
    found: dict[str, list[_Candidate]] = {table.table.id: [] for table in labels.tables}
    for sheet in book.sheets:
        tables = labels.own.get(normalize_value(sheet.name), ()) if is_quick else labels.tables
        if not tables:
            continue
        whole = set[str]()  # tables all of whose headings were found in one row: no later row can have more
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
    """Rows with three headings or more: (row, normalized heading -> its first column)."""
    for number, row in enumerate(sheet.rows):
        if is_quick and labels.printed.isdisjoint(row):
            continue
        words: dict[str, int] = {}
        for column, value in enumerate(row):
            if value != "" and (normalized := normalize_value(value)) in labels.normalized:
                words.setdefault(normalized, column)
        if len(words) >= 3:
            yield number, words


def _share_rows(best: Mapping[str, _Candidate]) -> dict[str, TableLocation]:
    """A row is the header of one table only, the one that matches best; a table ends where the next one begins."""
    owners: dict[tuple[str, int], str] = {}
    for table, found in best.items():
        held = owners.get((found.sheet.name, found.row))
        if held is None or found.score > best[held].score:
            owners[(found.sheet.name, found.row)] = table
    locations = {}
    for table in owners.values():
        found = best[table]
        later = [row for name, row in owners if name == found.sheet.name and row > found.row]
        locations[table] = TableLocation(
            found.sheet, found.row, min(later, default=len(found.sheet.rows)), found.columns
        )
    return locations


def find_twins(location: TableLocation, table: TableLayout) -> Iterator[Finding]:
    """Columns with the same heading as a column of the table: the agency has to say which one counts."""
    header = [spell_with_i(value) for value in location.sheet.rows[location.header]]
    if len(set(header)) == len(header):
        return
    for column in table.table.columns:
        first = location.columns.get(column.id)
        if (
            first is None
            or not (column.is_answer or column.id == CODE_COLUMN)
            or first >= len(header)
            or not header[first]
        ):
            continue
        for other in range(first + 1, len(header)):
            if header[other] == header[first]:
                where = (location.sheet.name, name_cell(location.header, other))
                yield Finding("column-duplicated", *where, column.heading, facts={"bang": table.table.title})


# --- labels with an answer beside them ------------------------------------------------------------------------


def find_labels(sheets: Sequence[SheetCells], labels: Sequence[str]) -> list[dict[str, Spot]]:
    """For each sheet, label -> the first cell with it; spelled as the form prints them, else normalized."""
    found = [_scan_labels(sheet, labels, is_quick=True) for sheet in sheets]
    if any(len(spots) == len(labels) for spots in found):
        return found
    return [_scan_labels(sheet, labels, is_quick=False) for sheet in sheets]


def _scan_labels(sheet: SheetCells, labels: Sequence[str], *, is_quick: bool) -> dict[str, Spot]:
    wanted = {normalize_value(label): label for label in labels}
    printed = frozenset(labels)
    found: dict[str, Spot] = {}
    for number, row in enumerate(sheet.rows):
        if is_quick and printed.isdisjoint(row):
            continue
        for column, value in enumerate(row):
            if value != "" and (label := wanted.get(normalize_value(value))):
                found.setdefault(label, (number, column))
        if len(found) == len(wanted):
            break
    return found


def find_right_of(sheet: SheetCells, row: int, column: int) -> int | None:
    """The first filled column among the seven to the right."""
    return next((other for other in range(column + 1, column + 8) if not sheet.is_blank(row, other)), None)
