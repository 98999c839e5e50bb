"""The agency and the period that stand at the top of the sheets, compared with those of the form.

The form prints "Ủy ban nhân dân xã X – năm 2026" there.  A name that somebody typed instead is looked up among the
agencies' names and former names; it must be one of them exactly.  The hidden identity alone decides whose form it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kybaocao.addresses import name_cell
from kybaocao.answers.words import find_agency, normalize_label
from kybaocao.findings import Finding
from kybaocao.form.layout import IDENTITY_SHEET, FormLayout
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import format_date
from kybaocao.workbook.book import Book, CellValue, SheetCells, text_of

TOP_ROWS = 8  # in column A, where tables have codes and numbers only
MAX_LINE = 300  # characters of a name and a period
_DASH = re.compile(r"\s+[-–—]\s+")


class Name(NamedTuple):
    """A name at the top of a sheet, and the agency that bears it on the cycle's last day ("" for none)."""

    sheet: str
    cell: str
    text: str
    agency: str
    used_until: dt.date | None = None  # for a former name


def find_names(book: Book, layout: FormLayout, plan: Plan) -> Iterator[Name]:
    """Names at the top of sheets, where they are not as the form prints them."""
    cycle = normalize_label(layout.cycle.name)
    printed = {normalize_label(layout.agency.name), normalize_label(layout.edition.title)}  # before the cycle's name
    for sheet, column in _list_tops(book, layout):
        if layout.agency.name in column:
            continue
        for row, value in enumerate(column):
            text = text_of(value)
            # The form prints the name before the cycle's. A name may contain a dash itself.
            before = next(
                (text[: m.start()] for m in _DASH.finditer(text) if normalize_label(text[m.end() :]) == cycle), ""
            )
            name = before or text
            if not name or normalize_label(name) in printed:
                continue
            owner = _look_up(name, layout, plan)
            if owner is not None or before:
                yield Name(sheet.name, name_cell(row, 0), name, *(owner or ("",)))


def _list_tops(book: Book, layout: FormLayout) -> Iterator[tuple[SheetCells, list[CellValue]]]:
    """(sheet, first cells of column A) where agency and cycle do not stand as the form prints them."""
    printed = f"{layout.agency.name} – {layout.cycle.name}"
    for sheet in book.sheets:
        column = [row[0] if row and len(str(row[0])) <= MAX_LINE else "" for row in sheet.rows[:TOP_ROWS]]
        if printed not in column and normalize_label(sheet.name) != IDENTITY_SHEET:
            yield sheet, column


def _look_up(name: str, layout: FormLayout, plan: Plan) -> tuple[str, dt.date | None] | None:
    """(agency, last day of the name if it is a former one); None for a name that nobody bears or bore."""
    code = find_agency(name, layout.cycle.due_on, plan.aliases)
    if code is not None:
        return code, None
    for day in sorted({former.until for former in plan.former_names}, reverse=True):
        if day < layout.cycle.due_on and (code := find_agency(name, day, plan.aliases)) is not None:
            return code, day
    return None


def check_names(book: Book, layout: FormLayout, plan: Plan) -> list[Finding]:
    """Another agency's name is an error, a former or an unknown one a note: the hidden identity decides."""
    found: dict[tuple[str, str], Finding] = {}
    for name in find_names(book, layout, plan):
        if name.agency and name.agency != layout.agency.code:
            facts = {"co_quan_ghi": plan.agencies[name.agency].name}
            finding = Finding("agency-name-differs", name.sheet, name.cell, name.text, layout.agency.name, facts)
        elif name.used_until is not None:
            facts = {"den_ngay": format_date(name.used_until)}
            finding = Finding("agency-name-outdated", name.sheet, name.cell, name.text, layout.agency.name, facts)
        elif not name.agency:
            finding = Finding("agency-name-unknown", name.sheet, name.cell, name.text, layout.agency.name)
        else:
            continue
        found.setdefault((finding.code, name.text), finding)  # the same name on every sheet is reported once
    return [*found.values(), *_check_periods(book, layout, plan)]


def _check_periods(book: Book, layout: FormLayout, plan: Plan) -> list[Finding]:
    """Another cycle's name at the top of a sheet: the sheet and its figures may come from that cycle's form."""
    others = {normalize_label(c.name): c.name for c in plan.cycles.values() if c.name != layout.cycle.name}
    found: dict[str, Finding] = {}
    for sheet, column in _list_tops(book, layout):
        for row, text in enumerate(map(text_of, column)):
            tails = (normalize_label(text[m.end() :]) for m in _DASH.finditer(text))
            if period := next(filter(None, (_name_period(tail, others, layout) for tail in tails)), ""):
                where = (sheet.name, name_cell(row, 0))
                finding = Finding("cycle-name-differs", *where, text_of(text), layout.cycle.name, {"ky_ghi": period})
                found.setdefault(sheet.name, finding)
    return list(found.values())


_OF_A_YEAR = re.compile("(?:(?:quý (?:[1-4]|i{1,3}|iv)|[0-9]{1,2} tháng(?: đầu| cuối)?|cả) )?năm (20[0-9]{2})")


def _name_period(tail: str, others: Mapping[str, str], layout: FormLayout) -> str:
    """The other cycle of the plan, or the period of another year, that `tail` names; "" for none."""
    of_a_year = _OF_A_YEAR.fullmatch(tail)
    is_other_year = of_a_year is not None and int(of_a_year[1]) != layout.cycle.period_to.year
    return others.get(tail, "") or (tail if is_other_year else "")
