"""Every published figure can be followed back to cells of kept files, and those cells say what it says."""

from __future__ import annotations

import dataclasses
import io
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.answers.packing import pack_answers
from kybaocao.answers.reading import Answer
from kybaocao.demo.figures import Filler
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.canonical_json import from_json, to_json
from kybaocao.figures.snapshot import Figures, Origin, Snapshot
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.inbox.archive import archive_path
from kybaocao.plan.form_edition import CUMULATIVE, list_period_columns
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.submissions import list_submissions
from tests.conftest import CYCLE
from tests.submissions import arrive

AGENCIES = ("STC", "STP", "SKHCN", "SNV", "SNNMT", "SXD", "TTRA", "X-04183", "X-03856")


@dataclass
class Season:
    """Nine real workbooks, dropped, kept, read and summed."""

    home: Home
    snapshot: Snapshot
    sheets: dict[tuple[str, str], Worksheet]  # (sha256, sheet) of the kept files

    def cell(self, origin: Origin) -> Any:
        return self.sheets[(origin.sha256, origin.sheet)][origin.cell].value

    def place(self, origin: Origin) -> tuple[str, str]:
        """(row code, heading of the column) of an origin, as printed in its file."""
        sheet = self.sheets[(origin.sha256, origin.sheet)]
        cell = sheet[origin.cell]
        header = max(row for row in range(1, cell.row) if sheet.cell(row, 1).value == "Mã")
        return str(sheet.cell(cell.row, 1).value), str(sheet.cell(header, cell.column).value)


@pytest.fixture
def season(begin: Callable[..., Pass], home: Home, plan: Plan) -> Season:
    p = begin("2026-12-08T08:00")
    for code in AGENCIES:
        layout = build_layout(plan, CYCLE, code)
        write_form(layout, home.inbox(code, CYCLE) / "a.xlsx", Filler(5).fill(layout, is_zero=code == "X-03856"))
    assert collect_files(p).new == len(AGENCIES)
    assert all(validate_agency(p, code)["accepted"] == 1 for code in AGENCIES)
    with p.store.read() as connection:
        arrivals = list_submissions(connection, CYCLE)
    snapshot = take_snapshot(plan, p.cycle, p.calendar, arrivals, p.as_of)
    sheets = {}
    for submission in arrivals:
        book = load_workbook(io.BytesIO(archive_path(home.archive, submission.sha256).read_bytes()))
        sheets |= {(submission.sha256, sheet.title): sheet for sheet in book.worksheets}
    return Season(home, snapshot, sheets)


def _headings(plan: Plan, indicator: Indicator) -> dict[str, str]:
    """Column id -> heading, in the table that asks for this indicator."""
    tables = [table for _, table in plan.require_edition().tables if table.asks(indicator)]
    return {column.id: column.heading for column in tables[0].columns}


def test_every_origin_says_what_its_cell_says(season: Season) -> None:
    """Each of them, looked up in the kept file of the agency it names."""
    origins = [origin for result in season.snapshot.indicators for origin in result.origins]
    assert len(origins) > 100
    for origin in origins:
        assert Decimal(str(season.cell(origin))) == Decimal(origin.value)


def test_origins_add_up_to_what_is_published(season: Season, plan: Plan) -> None:
    """Nothing is lost and nothing is added between the cells and the figure: numerators, denominators, periods."""
    checked = 0
    for indicator in plan.indicators:
        result = season.snapshot.indicator(indicator.id)
        headings = _headings(plan, indicator)
        own = [indicator.id] if not indicator.is_separate else []  # its parts are published, and never added
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for origin in result.origins:
            sums[season.place(origin)] += Decimal(origin.value)

        def total(rows: list[str], column: str | None, sums=sums, headings=headings) -> Decimal | None:  # type: ignore[no-untyped-def]
            found = [sums[(row, headings[column])] for row in rows if column and (row, headings[column]) in sums]
            return sum(found, Decimal(0)) if found else None

        def agree(figures: Figures, columns: tuple[str, str | None], rows: list[str], total=total) -> int:  # type: ignore[no-untyped-def]
            assert (figures.numerator, figures.denominator) == tuple(total(rows, column) for column in columns)
            return figures.numerator is not None

        checked += agree(result.cumulative, CUMULATIVE[indicator.measure], own)
        if period := list_period_columns(indicator):
            checked += agree(result.period, (period[0], period[1]), own)
        for part in result.parts:
            checked += agree(part.cumulative, CUMULATIVE[indicator.measure], [part.id])
    assert checked >= 22


def test_only_agencies_that_report_an_indicator_stand_behind_it(season: Season, plan: Plan) -> None:
    """No figure comes from a body the plan did not ask; who said "Không phát sinh" stands behind no figure."""
    for indicator in plan.indicators:
        origins = season.snapshot.indicator(indicator.id).origins
        assert {origin.agency for origin in origins} <= set(plan.members(indicator.reporters))
        assert "X-03856" not in {origin.agency for origin in origins}


def test_an_origin_keeps_what_was_typed_and_how_it_was_shown(plan: Plan, begin: Callable[..., Pass]) -> None:
    """Text, kind and number format; rows kept before formats were still read."""
    cells = {
        ("ty_le", "T15", "tinh_trang"): Answer("Chỉ tiêu", "E8", "Có số liệu", "Có số liệu"),
        ("ty_le", "T15", "tu_so_luy_ke"): Answer("Chỉ tiêu", "H8", "0,4", Decimal("0.4"), "0%"),
        ("ty_le", "T15", "mau_so_luy_ke"): Answer("Chỉ tiêu", "I8", "1.234", Decimal(1234)),
    }
    packed = pack_answers(cells)
    assert [len(row) for row in packed] == [8, 9, 8]
    p = begin("2026-12-08T08:00")
    kept = dataclasses.replace(arrive("X-04183"), answers=json.dumps(packed))
    origins = take_snapshot(plan, p.cycle, p.calendar, [kept], p.as_of).indicator("T15").origins
    kept_cells = [(origin.cell, origin.value, origin.text, origin.kind, origin.number_format) for origin in origins]
    assert kept_cells == [("H8", "0.4", "0,4", "n", "0%"), ("I8", "1234", "1.234", "n", "")]


def test_a_snapshot_stored_earlier_is_still_read(season: Season) -> None:
    """Its origins say less; nothing else differs."""
    plain = json.loads(to_json(season.snapshot))
    for result in plain["indicators"]:
        for origin in result["origins"]:
            for key in ("text", "kind", "number_format"):
                del origin[key]
    old = from_json(json.dumps(plain)).indicator("T15")
    new = season.snapshot.indicator("T15")
    assert old.cumulative == new.cumulative
    assert [(one.cell, one.value, one.text) for one in old.origins] == [(o.cell, o.value, "") for o in new.origins]
