"""Finding a form's tables in a book and reading its answers, each with the cell it came from.

Tables are found by their headings and rows by their code, never by position, so inserted rows, moved
columns, extra title rows and renamed sheets still read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from kybaocao.findings import Finding
from kybaocao.form.edition import Column, FormField, Source, Words
from kybaocao.form.layout import CODE_COLUMN, GUIDE_SHEET, IDENTITY_SHEET, LABEL_COLUMN, FormLayout, TableLayout
from kybaocao.intake.book import Book, CellValue, SheetCells, address, name_column, text_of
from kybaocao.intake.cells import READERS, Complaint, Value, interpret
from kybaocao.intake.parsing import MERGED
from kybaocao.intake.words import find_word, fold_label

Key = tuple[str, str, str]  # (table, row code, column)
Spot = tuple[int, int]  # zero-based row and column


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

    def is_told(self, answer: Answer) -> bool:
        """Whether something is said of that cell already, so that nothing may be inferred from it."""
        return any(finding.cell == answer.cell and finding.sheet == answer.sheet for finding in self.findings)

    def value(self, table: str, row: str, column: str) -> Value:
        answer = self.get(table, row, column)
        return answer.value if answer else None


MAX_LABEL = 1_000  # characters; no form prints a longer one, and a hostile text costs no more


def fold(value: object) -> str:
    """A label made comparable; "" for what can be none."""
    return fold_label(value) if isinstance(value, str) and len(value) <= MAX_LABEL else ""


def read_identity(book: Book) -> dict[str, str]:
    """The hidden identity: keys ke_hoach, ky, co_quan, phien_ban, ma_kiem_tra; empty when absent."""
    for sheet in book.sheets:
        if fold(sheet.name) == IDENTITY_SHEET:
            return {text_of(row[0]): text_of(row[1]) for row in sheet.rows if len(row) >= 2}
    return {}


def read_form(book: Book, layout: FormLayout) -> Reading:
    """Every answer the layout asks for."""
    reading = Reading()
    places = _locate(book, layout, reading)
    doubled = {finding.facts["bang"] for finding in reading.findings}
    issued = _prepare_labels(layout).issued
    has_strangers = any(fold(sheet.name) not in issued for sheet in book.sheets)
    copies: list[dict[str, _Place]] = []
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
            copies = copies or _locate_on_each_sheet(book, layout)
            _tell_copies(table, place, copies, reading)
    return reading


def _tell_copies(table: TableLayout, own: _Place, copies: list[dict[str, _Place]], reading: Reading) -> None:
    """The same table on other sheets with other answers: filled in by mistake, shown instead of ours, or a draft."""
    said = _list_said(own, table)
    for copy in (places[table.table.id] for places in copies if table.table.id in places):
        if copy.sheet is own.sheet or _list_said(copy, table) in ([], said):
            continue
        facts = {"bang": table.table.title, "trang_doc": own.sheet.name}
        where = (copy.sheet.name, address(copy.header, 0))
        if not said:
            reading.findings.append(Finding("table-filled-elsewhere", *where, facts=facts))
            del reading.rows[table.table.id]
            return
        is_hidden = own.sheet.is_hidden and not copy.sheet.is_hidden
        reading.findings.append(Finding("table-hidden" if is_hidden else "table-copy-ignored", *where, facts=facts))


def _is_untouched(table: TableLayout, reading: Reading) -> bool:
    """Whether the form prints rows in a table and nobody wrote into any of them."""
    name = table.table.id
    for code in reading.rows.get(name, ()):
        for column in table.table.answers:
            if (answer := reading.answers.get((name, code, column.id))) is not None and answer.text:
                return False
    return bool(table.rows)


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


@dataclass(frozen=True)
class _Labels:
    """What to look for in a book of one form, prepared once for each layout."""

    tables: tuple[TableLayout, ...]  # all but those made of fields
    own: Mapping[str, tuple[TableLayout, ...]]  # folded name of a sheet -> the tables the form puts there
    headings: Mapping[str, Mapping[str, str]]  # table -> folded heading -> column
    folded: frozenset[str]
    printed: frozenset[str]  # headings as the form prints them: found without folding every cell of a book
    issued: frozenset[str]  # folded names of all sheets of the form


@lru_cache(maxsize=256)
def _prepare_labels(layout: FormLayout) -> _Labels:
    tables = tuple(table for table in layout.tables if table.table.source is not Source.FIELDS)
    headings = {t.table.id: {fold(column.heading): column.id for column in t.table.columns} for t in tables}
    printed = frozenset(column.heading for t in tables for column in t.table.columns)
    sheets = {fold(table.sheet.name) for table in tables}
    own = {name: tuple(table for table in tables if fold(table.sheet.name) == name) for name in sheets}
    issued = frozenset((fold(GUIDE_SHEET), IDENTITY_SHEET, *(fold(sheet.name) for sheet, _ in layout.sheets)))
    return _Labels(tables, own, headings, frozenset(chain.from_iterable(headings.values())), printed, issued)


class _Candidate(NamedTuple):
    score: tuple[bool, int]  # is it the form's own sheet, how many headings match
    sheet: SheetCells
    row: int
    columns: dict[str, int]


def _locate(book: Book, layout: FormLayout, reading: Reading) -> dict[str, _Place]:
    """The header row of each table: on the form's own sheet if it is there, else the row that matches best.

    A table that is on two sheets, neither of them the form's own, is told and left out.
    """
    labels = _prepare_labels(layout)
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
                where = (other.sheet.name, address(other.row, 0))
                facts = {"bang": table.table.title, "trang_nay": place.sheet.name, "trang_kia": other.sheet.name}
                reading.findings.append(Finding("table-duplicated", *where, expected=table.sheet.name, facts=facts))
                places.pop(table.table.id, None)
    return places


def _drop_copies(found: dict[str, list[_Candidate]], book: Book, labels: _Labels) -> dict[str, list[_Candidate]]:
    """Without tables on strange sheets where a sheet with the form's own name has lost its table.

    What stands elsewhere then is a copy, a draft, another period.  Only where sheets of the form have exchanged
    their names is a table looked for on another one of them.
    """
    names = {fold(sheet.name) for sheet in book.sheets}
    for table in labels.tables:
        name, candidates = fold(table.sheet.name), found[table.table.id]
        if name not in names or any(one.score[0] for one in candidates):
            continue
        strangers = (one for other in labels.tables if other.sheet is not table.sheet for one in found[other.table.id])
        is_exchanged = any(fold(one.sheet.name) == name for one in strangers)
        found[table.table.id] = [one for one in candidates if is_exchanged and fold(one.sheet.name) in labels.own]
    return found


def _locate_on_each_sheet(book: Book, layout: FormLayout) -> list[dict[str, _Place]]:
    """For every sheet the tables that stand on it, whatever its name."""
    found = _find_candidates(book, _prepare_labels(layout), is_quick=False)
    located = []
    for sheet in book.sheets:
        here = {table: [one for one in candidates if one.sheet is sheet] for table, candidates in found.items()}
        located.append(_share_rows({t: max(ones, key=lambda one: one.score) for t, ones in here.items() if ones}))
    return located


def _list_said(place: _Place, table: TableLayout) -> list[tuple[str, ...]]:
    """What each row below a header answers, blank rows left out: compared, never taken."""
    asked = [place.columns.get(column.id, -1) for column in table.table.answers]
    rows = range(place.header + 1, min(place.end, place.header + 1 + max(len(table.rows), table.table.blank_rows)))
    said = (tuple(_see(place.sheet, row, column) for column in asked) for row in rows)
    return [answers for answers in said if any(answers)]


def _see(sheet: SheetCells, row: int, column: int) -> str:
    text = text_of(sheet.at(row, column))
    return text or (mark.text if (mark := sheet.marks.get((row, column))) and mark.kind != MERGED else "")


def _find_candidates(book: Book, labels: _Labels, *, is_quick: bool) -> dict[str, list[_Candidate]]:
    """For each table the rows that have more than half of its headings; quickly, only those on its own sheet."""
    found: dict[str, list[_Candidate]] = {table.table.id: [] for table in labels.tables}
    for sheet in book.sheets:
        tables = labels.own.get(fold(sheet.name), ()) if is_quick else labels.tables
        if not tables:
            continue
        whole = set[str]()  # tables all of whose headings were seen: no later row fits better
        for number, words in _rows_with_headings(sheet, labels, is_quick=is_quick):
            for table in tables:
                known = labels.headings[table.table.id]
                columns = {known[word]: column for word, column in words.items() if word in known}
                if len(columns) * 2 > len(known):
                    score = (_is_own(sheet, table), len(columns))
                    found[table.table.id].append(_Candidate(score, sheet, number, columns))
                    if len(columns) == len(known):
                        whole.add(table.table.id)
            if is_quick and len(whole) == len(tables):
                break
    return found


def _rows_with_headings(sheet: SheetCells, labels: _Labels, *, is_quick: bool) -> Iterator[tuple[int, dict[str, int]]]:
    """Rows with three headings or more: (row, folded heading -> its first column)."""
    for number, row in enumerate(sheet.rows):
        if is_quick and labels.printed.isdisjoint(row):
            continue
        words: dict[str, int] = {}
        for column, value in enumerate(row):
            if value != "" and (folded := fold(value)) in labels.folded:
                words.setdefault(folded, column)
        if len(words) >= 3:
            yield number, words


def _share_rows(best: Mapping[str, _Candidate]) -> dict[str, _Place]:
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
        places[table] = _Place(found.sheet, found.row, min(later, default=len(found.sheet.rows)), found.columns)
    return places


# --- tables ----------------------------------------------------------------------------------------------------


def _read_table(place: _Place, table: TableLayout, reading: Reading) -> None:
    missing = [c for c in table.table.columns if c.id not in place.columns and (c.is_answer or c.id == CODE_COLUMN)]
    if missing:
        place, missing = _search_beside(place, _search_respelled(place, missing))
        reading.findings.extend(_tell_missing(place, table, missing))
    reading.findings.extend(_find_twins(place, table))
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
    for code, row in _data_rows(place, table, [index for _, _, index, _, _ in answers], reading):
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
        gone = list(_tell_missing_rows(place, table, reading))
        known = {finding.cell for finding in gone if finding.cell}
        reading.findings[:] = [f for f in reading.findings if not (f.code == "row-unknown" and f.cell in known)]
        reading.findings.extend(gone)


def _search_respelled(place: _Place, missing: list[Column]) -> list[Column]:
    """Take the columns whose heading is there with another i or y ("kì" for "kỳ"); those that are not there."""
    spelled = {_spell(value): column for column, value in enumerate(place.sheet.rows[place.header])}
    for column in missing:
        if (there := spelled.get(_spell(column.heading))) is not None:
            place.columns[column.id] = there
    return [column for column in missing if column.id not in place.columns]


def _search_beside(place: _Place, missing: list[Column]) -> tuple[_Place, list[Column]]:
    """Take the columns whose heading stands one row below: a heading split over two rows. The rest is missing."""
    below = place.header + 1
    if not missing or below >= place.end:
        return place, missing
    spelled = {_spell(value): column for column, value in enumerate(place.sheet.rows[below]) if value != ""}
    found = {column.id: spelled[key] for column in missing if (key := _spell(column.heading)) in spelled}
    if not found:
        return place, missing
    rest = [column for column in missing if column.id not in found]
    return replace(place, header=below, columns=place.columns | found), rest


_ONE_I = str.maketrans("yỳýỷỹỵ", "iìíỉĩị")


def _spell(value: CellValue) -> str:
    return _write_one_i(fold(value))


@lru_cache(maxsize=1_024)
def _write_one_i(text: str) -> str:
    return text.translate(_ONE_I)


def _tell_missing(place: _Place, table: TableLayout, missing: list[Column]) -> Iterator[Finding]:
    """At the heading that stands in the place of the missing one, when there is just one of each."""
    known = {fold(column.heading) for column in table.table.columns}
    header = place.sheet.rows[place.header]
    strange = [column for column, value in enumerate(header) if fold(value) and fold(value) not in known]
    where = strange[0] if len(strange) == len(missing) == 1 else 0
    for column in missing:
        facts = {"bang": table.table.title}
        cell = address(place.header, where)
        yield Finding("column-missing", place.sheet.name, cell, text_of(header[where]), column.heading, facts)


def _tell_missing_rows(place: _Place, table: TableLayout, reading: Reading) -> Iterator[Finding]:
    """The rows of the form that are not there, and those whose text is there beside another code, or none."""
    told = {finding.value for finding in reading.findings if finding.code == "row-mislabelled"}
    there = told.union(reading.rows[table.table.id])
    labels, index = _prepare_rows(table).labels, place.columns.get(LABEL_COLUMN)
    rows = range(place.header + 1, place.end) if index is not None else ()
    found = {label: row for row in rows if (label := fold(place.sheet.at(row, index or 0)))}
    for code in (code for code in labels if code not in there):
        row, column = found.get(fold(labels[code])), place.columns[CODE_COLUMN]
        if row is None:
            yield Finding("row-missing", place.sheet.name, expected=code, facts={"bang": table.table.title})
            continue
        where, mark = (place.sheet.name, address(row, column)), place.sheet.marks.get((row, column))
        if mark is not None and mark.kind == MERGED:
            yield Finding("cell-merged", *where, facts={"o_gop": mark.text})
            continue
        said = _see(place.sheet, row, column)
        facts = {
            "bang": table.table.title,
            "o_ten": address(row, index or 0),
            "dang_ghi": "co" if said else "khong",
        }
        yield Finding("row-code-changed", *where, said, code, facts)


def _find_twins(place: _Place, table: TableLayout) -> Iterator[Finding]:
    """Second columns of the same heading: which of them counts is for the agency to say."""
    header = [_spell(value) for value in place.sheet.rows[place.header]]
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
                where = (place.sheet.name, address(place.header, other))
                yield Finding("column-duplicated", *where, column.heading, facts={"bang": table.table.title})


def _data_rows(place: _Place, table: TableLayout, answers: list[int], reading: Reading) -> Iterator[tuple[str, int]]:
    """(row code, zero-based row) of each data row; open tables number their rows from 1."""
    sheet = place.sheet
    if table.table.source is Source.OPEN:
        number, signed = 0, set[int]()
        for row in range(place.header + 1, place.end):
            first = next((column for column in answers if not sheet.is_blank(row, column)), None)
            if first is None or _is_heading(place, row, answers):
                continue
            is_suspect = signed or _SIGNATURE.fullmatch(fold(sheet.at(row, first)))
            if is_suspect and (columns := _find_signatures(sheet, row, answers, signed)):
                if not signed:
                    title, facts = min(columns), {"bang": table.table.title}
                    where, text = (sheet.name, address(row, title)), text_of(sheet.at(row, title))
                    reading.findings.append(Finding("signature-below-table", *where, value=text, facts=facts))
                signed |= columns
            else:
                number += 1
                yield str(number), row
        return
    labels, folded = _prepare_rows(table)
    column, label_column = place.columns[CODE_COLUMN], place.columns.get(LABEL_COLUMN, -1)
    seen: dict[str, int] = {}
    for row in range(place.header + 1, place.end):
        cells = sheet.rows[row]
        raw = cells[column] if column < len(cells) else ""
        if raw == "":
            continue
        code = str(raw) if raw in labels else folded.get(_fold_code(text_of(raw)))
        if code is None:
            is_said = text_of(raw) and not all(sheet.is_blank(row, index) for index in answers)
            if is_said and not _is_heading(place, row, place.columns.values()):
                where = (sheet.name, address(row, column))
                reading.findings.append(Finding("row-unknown", *where, value=text_of(raw)))
        elif code in seen:
            facts = {"bang": table.table.title, "o_truoc": address(seen[code], column)}
            where = (sheet.name, address(row, column))
            reading.findings.append(Finding("row-duplicated", *where, value=code, facts=facts))
        else:
            seen[code] = row
            label = cells[label_column] if 0 <= label_column < len(cells) else ""
            if label != labels[code] and (owner := _find_owner(table, code, label)):
                facts = {"bang": table.table.title, "o_ten": address(row, label_column)}
                where = (sheet.name, address(row, column))
                reading.findings.append(Finding("row-mislabelled", *where, code, owner, facts))
            else:
                yield code, row


_COLUMN_NUMBER = re.compile(r"\(?[0-9]{1,2}\)?")
NUMBERED = 3  # so many cells with nothing but a number make a row of column numbers


def _is_heading(place: _Place, row: int, columns: Iterable[int]) -> bool:
    """The row "(1) (2) (3)" below a heading, or the heading itself again at the top of a page."""
    cells, header = place.sheet.rows[row], place.sheet.rows[place.header]
    said, is_numbers, is_repeated = 0, True, True
    for column in columns:
        if column >= len(cells) or not (text := text_of(cells[column])):
            continue
        said += 1
        is_numbers = is_numbers and _COLUMN_NUMBER.fullmatch(text) is not None
        is_repeated = is_repeated and (column >= len(header) or _spell(text) == _spell(header[column]))
        if not (is_numbers or is_repeated):  # as in nearly every row, after its first cell
            return False
    return said >= NUMBERED


# A whole cell of it, folded: a difficulty may begin with "Giám đốc", too.
_SIGNATURE = re.compile(
    r"(?:(?:kt|tl|tuq|q)\. ?)?(?:người (?:lập|lập biểu|lập bảng|tổng hợp|báo cáo)"
    r"|thủ trưởng(?: cơ quan| đơn vị)?|(?:phó )?(?:giám đốc|chủ tịch|chánh văn phòng|trưởng ban)|nơi nhận)"
    r"|(?:tm|t/m)\.? ?(?:uỷ ban nhân dân|ubnd)\b.{0,60}"
    r"|[^,]{1,40}, ngày [0-9.… ]{0,6}tháng [0-9.… ]{0,6}năm [0-9.…]{1,6}"
    r"|\((?:ký|kí)\b.{0,60}\)"
)
MAX_NAME = 60  # characters


def _find_signatures(sheet: SheetCells, row: int, columns: list[int], signed: set[int]) -> set[int]:
    """The filled columns of a row of titles, or of names below titles in the columns `signed`; none for answers."""
    texts = {column: fold(sheet.at(row, column)) for column in columns if not sheet.is_blank(row, column)}
    is_below = texts.keys() <= signed and all(0 < len(text) <= MAX_NAME for text in texts.values())
    return set(texts) if is_below or all(map(_SIGNATURE.fullmatch, texts.values())) else set()


class _Rows(NamedTuple):
    """The printed rows of a table, prepared once for each layout."""

    labels: Mapping[str, str]  # code -> what the form prints beside it
    codes: Mapping[str, str]  # folded code -> code


@lru_cache(maxsize=1_024)
def _prepare_rows(table: TableLayout) -> _Rows:
    labels = {row.code: row.labels.get(LABEL_COLUMN, "") for row in table.rows}
    return _Rows(labels, {_fold_code(code): code for code in labels})


def _fold_code(text: str) -> str:
    """ "T 15." and "Т15" with a Cyrillic letter are T15: no two codes of a form differ in that."""
    return fold_label(text).replace(" ", "").rstrip(".")


def _find_owner(table: TableLayout, code: str, label: CellValue) -> str:
    """The row whose text stands beside another row's code: then nobody knows whose figures these are. "" for none.

    A text changed, shortened or taken away tells nothing: a row is known by its code.
    """
    labels, folded = _prepare_rows(table).labels, fold(label)
    if not folded or folded == fold(labels[code]):
        return ""
    return next((other for other, text in labels.items() if fold(text) == folded), "")


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


def _find_labels(sheets: Sequence[SheetCells], labels: Sequence[str]) -> list[dict[str, Spot]]:
    """For each sheet, where each label first stands; labels as the form prints them are found first."""
    found = [_scan_labels(sheet, labels, is_quick=True) for sheet in sheets]
    if any(len(places) == len(labels) for places in found):
        return found
    return [_scan_labels(sheet, labels, is_quick=False) for sheet in sheets]


def _scan_labels(sheet: SheetCells, labels: Sequence[str], *, is_quick: bool) -> dict[str, Spot]:
    wanted = {fold(label): label for label in labels}
    printed = frozenset(labels)
    found: dict[str, Spot] = {}
    for number, row in enumerate(sheet.rows):
        if is_quick and printed.isdisjoint(row):
            continue
        for column, value in enumerate(row):
            if value != "" and (label := wanted.get(fold(value))):
                found.setdefault(label, (number, column))
        if len(found) == len(wanted):
            break
    return found


def _right_of(sheet: SheetCells, row: int, column: int) -> int | None:
    """The first filled column to the right."""
    return next((other for other in range(column + 1, column + 8) if not sheet.is_blank(row, other)), None)


def _read_declaration(sheet: SheetCells, table: TableLayout, words: Words, reading: Reading) -> None:
    question = table.table.declaration
    found = _find_labels([sheet], [question])[0].get(question)
    if found is None:
        reading.findings.append(
            Finding("row-missing", sheet.name, expected=question, facts={"bang": table.table.title})
        )
        return
    row, column = found
    place = _right_of(sheet, row, column)
    if place is None:
        place = column + 3  # where the form puts the answer
    text = text_of(sheet.at(row, place))
    said = find_word(text, (words.yes, words.nothing))
    reading.answers[(table.table.id, "", "khai_bao")] = Answer(sheet.name, address(row, place), text, said)


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
    sheets: Sequence[SheetCells] = [sheet for sheet in book.sheets if _is_own(sheet, table)] or book.sheets
    found = _find_labels(sheets, labels)
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
        place = _right_of(sheet, row, column)
        if place is None or (place > column + 1 and _HINT.fullmatch(text_of(sheet.at(row, place)))):
            place = column + 1
        asked, name = _column_of(form_field), form_field.label
        answer = _read_cell(sheet, sheet.at(row, place), (row, place), address(row, place), asked, name, reading)
        reading.answers[(table.table.id, form_field.id, "gia_tri")] = answer
