"""Reading a filled workbook of results: strictly, every row by its codes, every trouble with its sheet and cell.

The bytes are read in the sandbox, like those of a submission, and the cells by the same readers.  Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kybaocao.answers.reading import Answer, Key, Reading, read_identity
from kybaocao.checks.checklist import check_form
from kybaocao.checks.suggested_fixes import complete_suggested_fixes
from kybaocao.findings import Finding, cell_position
from kybaocao.imported.layout import KIND, PAPER, STATUS, AskedRow, ResultsLayout, TextTable, build_results_layout
from kybaocao.imported.lists import FilledList, find_list, match_owner, match_rows
from kybaocao.imported.troubles import Trouble, say_trouble, translate_finding
from kybaocao.imported.words import load_words
from kybaocao.plan.form_edition import Column, Kind
from kybaocao.store.imports import PROVINCE
from kybaocao.workbook.book import Book, load_book
from kybaocao.workbook.refusal import explain_failure, find_refusal
from kybaocao.workbook.sandbox import SandboxError, parse_limited

if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook

# Rules of the form that need only what is asked here.
_CHECKED = ("khong_lon_hon", "tong_bang_thanh_phan", "de_trong_khi")


@dataclass(frozen=True)
class Results:
    """The answers of each agency (and the province) under the keys of the form, and the troubles of the file."""

    answers: dict[str, dict[Key, Answer]]
    troubles: tuple[Trouble, ...]

    @property
    def errors(self) -> tuple[Trouble, ...]:
        return tuple(trouble for trouble in self.troubles if trouble.is_error)


def read_results(data: bytes, layout: ResultsLayout, *, parse: Callable[[bytes], PlainBook] = parse_limited) -> Results:
    """Every answer in the file, and everything that is wrong in it."""
    if (refused := find_refusal(data)) is not None:
        return Results({}, (translate_finding(refused),))
    try:
        book = load_book(parse(data))
    except SandboxError as error:
        return Results({}, (translate_finding(explain_failure(error)),))
    if (stranger := _check_identity(book, layout)) is not None:
        return Results({}, (stranger,))
    stated = read_identity(book)["phien_ban"]
    if stated != layout.edition:
        layout = build_results_layout(layout.plan, layout.cycle.id, stated)
    return _Reader(book, layout).read()


def _check_identity(book: Book, layout: ResultsLayout) -> Trouble | None:
    found, plan = read_identity(book), layout.plan
    if agency := found.get("co_quan"):
        return say_trouble("identity-form", value=agency)
    if found.get("loai") != KIND:
        return say_trouble("identity-missing")
    if (stated := found.get("ke_hoach", "")) != plan.id:
        return say_trouble("identity-other-plan", value=stated, mong_doi=plan.header.short_name)
    if (stated := found.get("ky", "")) != layout.cycle.id:
        value = plan.cycles[stated].name if stated in plan.cycles else stated
        return say_trouble("identity-other-cycle", value=value, mong_doi=layout.cycle.name)
    if (stated := found.get("phien_ban", "")) not in (layout.edition, *(one.id for one in plan.earlier_editions)):
        return say_trouble("identity-other-edition", value=stated, mong_doi=layout.edition)
    return None


class _Reader:
    def __init__(self, book: Book, layout: ResultsLayout) -> None:
        self.book = book
        self.layout = layout
        self.troubles: list[Trouble] = []
        self.readings = {owner: Reading() for owner in layout.forms}

    def read(self) -> Results:
        names = load_words()["trang"]
        self._read_targets(names["chi_tieu"], self.layout.targets)
        self._read_targets(names["toan_tinh"], self.layout.province)
        for table in self.layout.texts:
            self._read_texts(table)
        for owner, reading in self.readings.items():
            self._check(owner, reading)
        answers = {owner: reading.answers for owner, reading in self.readings.items() if reading.answers}
        if not answers and not self.troubles:
            self.troubles.append(say_trouble("nothing-filled"))
        order = {sheet.name: place for place, sheet in enumerate(self.book.sheets)}
        self.troubles.sort(key=lambda one: (not one.is_error, order.get(one.sheet, -1), cell_position(one.cell)))
        return Results(answers, tuple(self.troubles))

    # --- targets -----------------------------------------------------------------------------------------

    def _read_targets(self, name: str, asked: Sequence[AskedRow]) -> None:
        if not asked:
            return
        columns, numbers = load_words()["cot"], range(1, self.layout.width + 1)
        whats = [columns["so_la"].format(so=number) for number in numbers]
        figures = [columns["so"].format(so=number) for number in numbers]
        answers = [*figures, columns["tinh_trang"], columns["van_ban"]]
        owner = [] if asked[0].owner == PROVINCE else [columns["ma_co_quan"], columns["co_quan"]]
        found = find_list(self.book, name, [*owner, columns["ma"], columns["noi_dung"], *whats, *answers])
        if isinstance(found, Trouble):
            self.troubles.append(found)
            return
        for match in match_rows(found, asked, answers, self.layout, whats):
            if isinstance(match, Trouble):
                self.troubles.append(match)
            else:
                self._read_target(found, *match, figures)

    def _read_target(self, found: FilledList, row: AskedRow, number: int, headings: Sequence[str]) -> None:
        columns, reading, table = load_words()["cot"], self.readings[row.owner], row.table.id
        asked = list(zip(headings, row.columns, strict=False))
        if row.status is not None:
            asked.append((columns["tinh_trang"], row.status))
        answers: dict[str, Answer] = {}
        is_read = True
        for heading, column in asked:
            answers[column.id], finding = found.read(number, heading, column, row.code)
            if finding is not None:
                reading.findings.append(finding)
                is_read = is_read and answers[column.id].value is not None
        for heading in headings[len(row.columns) :]:
            if not found.is_blank(number, heading):
                where, text = found.locate(number, heading), found.text(number, heading)
                self.troubles.append(say_trouble("figure-not-asked", *where, text, dong=row.code))
        if all(answer.is_blank for answer in answers.values()) and is_read:
            return  # nothing but the paper report is named
        if is_read and row.status is not None:
            self._settle_status(row, answers)
        paper, finding = found.read(number, columns["van_ban"], _PAPER_COLUMN, row.code)
        if finding is not None:
            reading.findings.append(finding)
        if paper.value is not None:
            answers[PAPER] = paper
        reading.rows[table] = (*reading.rows.get(table, ()), row.code)
        reading.answers |= {(table, row.code, column): answer for column, answer in answers.items()}

    def _settle_status(self, row: AskedRow, answers: dict[str, Answer]) -> None:
        """Figures without a status mean that there are figures; then all that a result is made of are needed."""
        has_figure = self.layout.plan.words.has_figure
        if answers[STATUS].is_blank:
            answers[STATUS] = answers[STATUS]._replace(text=has_figure, value=has_figure)
        if answers[STATUS].value != has_figure:
            return
        for column in row.columns:
            if column.id in row.needed and (answer := answers[column.id]).is_blank:
                facts = {"dong": row.code, "cot": column.heading}
                self.troubles.append(say_trouble("figure-missing", answer.sheet, answer.cell, **facts))

    # --- texts -------------------------------------------------------------------------------------------

    def _read_texts(self, table: TextTable) -> None:
        columns, headings = load_words()["cot"], [column.heading for column in table.columns]
        printed = [columns["co_quan"], columns["ma"], columns["noi_dung"]] if table.rows else []
        found = find_list(self.book, table.sheet.name, [columns["ma_co_quan"], *printed, *headings])
        if isinstance(found, Trouble):
            self.troubles.append(found)
        elif table.rows:
            for match in match_rows(found, table.rows, headings, self.layout):
                if isinstance(match, Trouble):
                    self.troubles.append(match)
                else:
                    row, number = match
                    self._read_text(found, number, table, row.owner, row.code)
        else:
            self._read_open_rows(found, table, headings)

    def _read_open_rows(self, found: FilledList, table: TextTable, headings: Sequence[str]) -> None:
        for number in found.rows:
            if all(found.is_blank(number, heading) for heading in headings):
                continue
            owner = match_owner(found, number, self.layout)
            if isinstance(owner, Trouble):
                self.troubles.append(owner)
            else:
                place = len(self.readings[owner].rows.get(table.table.id, ())) + 1
                self._read_text(found, number, table, owner, str(place))

    def _read_text(self, found: FilledList, number: int, table: TextTable, owner: str, code: str) -> None:
        reading, name = self.readings[owner], table.table.id
        for column in table.columns:
            answer, finding = found.read(number, column.heading, column, code)
            if finding is not None:
                reading.findings.append(finding)
            if not answer.is_blank:
                reading.answers[(name, code, column.id)] = answer
        reading.rows[name] = (*reading.rows.get(name, ()), code)

    # --- all answers of one agency -------------------------------------------------------------------

    def _check(self, owner: str, reading: Reading) -> None:
        """Findings about its cells, and those of the form's rules that apply to what is asked here."""
        if not reading.rows:
            return
        form = self.layout.forms[owner]
        codes = {check.code for table in form.tables for check in table.table.checks if check.kind in _CHECKED}
        complete_suggested_fixes(reading, form)
        missing = [one for one in check_form(reading, form) if one.code in codes and not _is_reported(reading, one)]
        self.troubles += [translate_finding(finding) for finding in (*reading.findings, *missing)]


def _is_reported(reading: Reading, finding: Finding) -> bool:
    return any((one.sheet, one.cell) == (finding.sheet, finding.cell) for one in reading.findings)


_PAPER_COLUMN = Column.model_validate({"ma": PAPER, "tieu_de": "–", "kieu": Kind.TEXT, "rong": 1})
