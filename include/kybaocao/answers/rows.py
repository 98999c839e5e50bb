"""Which rows below a heading hold answers, and under which code; repeated headings and signatures hold none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kybaocao.addresses import name_cell
from kybaocao.answers.table_locations import TableLocation, normalize_value, spell_with_i
from kybaocao.answers.words import normalize_label
from kybaocao.findings import Finding
from kybaocao.form.layout import CODE_COLUMN, LABEL_COLUMN, TableLayout
from kybaocao.plan.form_edition import Source
from kybaocao.workbook.book import CellValue, SheetCells, text_of


def find_rows(
    location: TableLocation, table: TableLayout, answers: list[int], findings: list[Finding]
) -> Iterator[tuple[str, int]]:
    """(row code, zero-based row) of each row with answers; problems of other rows are added to `findings`.

    `answers` are the zero-based columns of answers.  The rows of an open table are numbered from 1.
    """
    if table.table.source is Source.OPEN:
        return _find_open_rows(location, table, answers, findings)
    return _find_printed_rows(location, table, answers, findings)


def _find_open_rows(
    location: TableLocation, table: TableLayout, answers: list[int], findings: list[Finding]
) -> Iterator[tuple[str, int]]:
    sheet = location.sheet
    number, signed = 0, set[int]()
    for row in range(location.header + 1, location.end):
        first = next((column for column in answers if not sheet.is_blank(row, column)), None)
        if first is None or _is_heading(location, row, answers):
            continue
        is_suspect = signed or _SIGNATURE.fullmatch(normalize_value(sheet.at(row, first)))
        if is_suspect and (columns := _find_signatures(sheet, row, answers, signed)):
            if not signed:
                title, facts = min(columns), {"bang": table.table.title}
                where, text = (sheet.name, name_cell(row, title)), text_of(sheet.at(row, title))
                findings.append(Finding("signature-below-table", *where, value=text, facts=facts))
            signed |= columns
        else:
            number += 1
            yield str(number), row


def _find_printed_rows(
    location: TableLocation, table: TableLayout, answers: list[int], findings: list[Finding]
) -> Iterator[tuple[str, int]]:
    sheet, (labels, normalized) = location.sheet, prepare_rows(table)
    column, label_column = location.columns[CODE_COLUMN], location.columns.get(LABEL_COLUMN, -1)
    seen: dict[str, int] = {}
    for row in range(location.header + 1, location.end):
        cells = sheet.rows[row]
        raw = cells[column] if column < len(cells) else ""
        if raw == "":
            continue
        code = str(raw) if raw in labels else normalized.get(_normalize_code(text_of(raw)))
        if code is None:
            has_answers = text_of(raw) and not all(sheet.is_blank(row, index) for index in answers)
            if has_answers and not _is_heading(location, row, location.columns.values()):
                findings.append(Finding("row-unknown", sheet.name, name_cell(row, column), value=text_of(raw)))
        elif code in seen:
            facts = {"bang": table.table.title, "o_truoc": name_cell(seen[code], column)}
            findings.append(Finding("row-duplicated", sheet.name, name_cell(row, column), value=code, facts=facts))
        else:
            seen[code] = row
            label = cells[label_column] if 0 <= label_column < len(cells) else ""
            if label != labels[code] and (owner := _find_owner(table, code, label)):
                facts = {"bang": table.table.title, "o_ten": name_cell(row, label_column)}
                findings.append(Finding("row-mislabelled", sheet.name, name_cell(row, column), code, owner, facts))
            else:
                yield code, row


_COLUMN_NUMBER = re.compile(r"\(?[0-9]{1,2}\)?")
NUMBERED = 3  # cells; a row with fewer is no row of column numbers and no repeated heading


def _is_heading(location: TableLocation, row: int, columns: Iterable[int]) -> bool:
    """Whether a row is "(1) (2) (3)" below a heading, or the heading itself, repeated on a further page."""
    cells, header = location.sheet.rows[row], location.sheet.rows[location.header]
    filled, is_numbers, is_repeated = 0, True, True
    for column in columns:
        if column >= len(cells) or not (text := text_of(cells[column])):
            continue
        filled += 1
        is_numbers = is_numbers and _COLUMN_NUMBER.fullmatch(text) is not None
        is_repeated = is_repeated and (column >= len(header) or spell_with_i(text) == spell_with_i(header[column]))
        if not (is_numbers or is_repeated):  # true of nearly every row after its first cell
            return False
    return filled >= NUMBERED


# The whole text of a cell, normalized: a difficulty may begin with "Giám đốc", too.
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
    texts = {column: normalize_value(sheet.at(row, column)) for column in columns if not sheet.is_blank(row, column)}
    is_below = texts.keys() <= signed and all(0 < len(text) <= MAX_NAME for text in texts.values())
    return set(texts) if is_below or all(map(_SIGNATURE.fullmatch, texts.values())) else set()


class PrintedRows(NamedTuple):
    """The rows the form prints in a table."""

    labels: Mapping[str, str]  # code -> what the form prints beside it
    codes: Mapping[str, str]  # normalized code -> code


@lru_cache(maxsize=1_024)
def prepare_rows(table: TableLayout) -> PrintedRows:
    """Computed once for each table of a layout."""
    labels = {row.code: row.labels.get(LABEL_COLUMN, "") for row in table.rows}
    return PrintedRows(labels, {_normalize_code(code): code for code in labels})


def _normalize_code(text: str) -> str:
    """ "T 15." and "Т15" with a Cyrillic letter are T15: no two codes of a form differ in that."""
    return normalize_label(text).replace(" ", "").rstrip(".")


def _find_owner(table: TableLayout, code: str, label: CellValue) -> str:
    """The other row whose text stands beside `code`, so that the figures could be of either; "" for none.

    Any other text is no problem: a row is known by its code.
    """
    labels, normalized = prepare_rows(table).labels, normalize_value(label)
    if not normalized or normalized == normalize_value(labels[code]):
        return ""
    return next((other for other, text in labels.items() if normalize_value(text) == normalized), "")
