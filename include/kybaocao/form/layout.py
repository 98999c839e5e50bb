"""The form of one agency in one cycle: which tables, which rows, and the identity that goes with them.

A layout is pure data made from the plan; the writer draws it, the reader and the rules compare with it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache

from kybaocao.findings import load_catalogue
from kybaocao.plan.agencies import Agency
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import PERIOD, WORK, Edition, Sheet, Source, Table, list_period_columns
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.plan.tasks import Task
from kybaocao.vietnamese import format_date, name_day, write_date

IDENTITY_SHEET = "_kybaocao"
GUIDE_SHEET = "Hướng dẫn"
PLAN_SHEET = "Nguyên văn Kế hoạch"
CODE_COLUMN = "ma"
LABEL_COLUMN = "noi_dung"


@dataclass(frozen=True)
class Row:
    """One printed row: its code and the text of its label columns."""

    code: str
    labels: dict[str, str]  # column -> printed text
    total_of: tuple[str, ...] = ()  # codes of the rows this one must equal the sum of
    due_on: dt.date | None = None  # of a task or obligation whose text states a deadline of its own
    indent: bool = False
    plan_text: str = ""  # what the plan says of it, word for word
    unasked: frozenset[str] = frozenset()  # columns that stand in the table and ask this row nothing


@dataclass(frozen=True, eq=False)
class TableLayout:
    sheet: Sheet
    table: Table
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Identity:
    """Whom this workbook was issued to, and for what; stands in a hidden sheet."""

    plan: str
    cycle: str
    agency: str
    edition: str
    checksum: str


@dataclass(frozen=True, eq=False)  # one object for each plan, cycle and agency: see build_layout
class FormLayout:
    plan_name: str
    cycle: Cycle
    agency: Agency
    edition: Edition
    tables: tuple[TableLayout, ...]
    identity: Identity
    instructions: tuple[str, ...]
    due_text: str  # "thứ Tư 09/12/2026"
    is_sample: bool

    @cached_property
    def _tables_of_rows(self) -> dict[str, str]:
        """Code of a target's row -> the table that asks for it."""
        asked = (table for table in self.tables if table.table.source is Source.INDICATORS)
        return {row.code: table.table.id for table in asked for row in table.rows}

    def readdress(self, table: str, row: str, column: str) -> tuple[str, str, str]:
        """The key of an answer in this form: editions may ask for the same target in different tables."""
        return self._tables_of_rows.get(row, table), row, column

    @property
    def sheets(self) -> tuple[tuple[Sheet, tuple[TableLayout, ...]], ...]:
        """Sheets with at least one table for this agency, in order."""
        found = []
        for sheet in self.edition.sheets:
            tables = tuple(table for table in self.tables if table.sheet is sheet)
            if tables:
                found.append((sheet, tables))
        return tuple(found)


@lru_cache(maxsize=512)
def build_layout(plan: Plan, cycle_id: str, agency_code: str, edition_id: str = "") -> FormLayout:
    """The form of `agency_code` in `cycle_id`, of an earlier edition when that one is named.

    Raises PlanError when the edition or cycle is broken.
    """
    edition = plan.choose_edition(edition_id)
    cycle = plan.require_cycle(cycle_id)
    agency = plan.agencies[agency_code]
    tables = []
    for sheet, table in edition.tables:
        rows = _list_rows(plan, edition, table, agency_code)
        if rows or table.source in (Source.OPEN, Source.FIELDS):
            tables.append(TableLayout(sheet, table, rows))
    structure = [
        [t.table.id, [c.id for c in t.table.columns], [f.id for f in t.table.fields], [r.code for r in t.rows]]
        for t in tables
    ]
    digest = hashlib.sha256(
        json.dumps([plan.id, cycle_id, agency_code, edition.id, structure], ensure_ascii=False).encode()
    ).hexdigest()[:16]
    rules = {code: wording.rule for code, wording in load_catalogue().items()}
    period = {"ky_tu": write_date(cycle.period_from), "ky_den": write_date(cycle.period_to)}
    return FormLayout(
        plan_name=plan.header.short_name,
        cycle=cycle,
        agency=agency,
        edition=edition,
        tables=tuple(tables),
        identity=Identity(plan.id, cycle_id, agency_code, edition.id, digest),
        instructions=tuple(line.format(**period, **rules) for line in edition.instructions),
        due_text=name_day(cycle.due_on),
        is_sample=plan.header.is_sample_data,
    )


def _list_rows(plan: Plan, edition: Edition, table: Table, agency: str) -> tuple[Row, ...]:
    if table.source is Source.INDICATORS:
        return tuple(
            row
            for indicator in map(edition.recall, plan.indicators_of(agency))
            if table.asks(indicator)
            for row in _list_indicator_rows(plan, indicator, agency)
        )
    if table.source in WORK:
        held = plan.tasks_of(agency) if table.source is Source.TASKS else plan.obligations_of(agency)
        return tuple(
            Row(
                task.id,
                {"ma": task.id, "noi_dung": _describe_task(task), "san_pham": _describe_product(task)},
                due_on=task.due_on,
                plan_text=task.text,
            )
            for task in held
        )
    return ()


def _list_indicator_rows(plan: Plan, indicator: Indicator, agency: str) -> list[Row]:
    """One row, or one for each part this agency reports; parts that add up stand above their total."""
    how = _describe_measure(indicator)
    unasked = frozenset(PERIOD.get(indicator.measure, ())) - frozenset(list_period_columns(indicator))
    labels = {"ma": indicator.id, "noi_dung": indicator.name, "cach_tinh": how, "muc_tieu": indicator.target_text}
    parts = [part for part in indicator.parts if plan.is_member(agency, part.reporters or indicator.reporters)]
    rows = [
        Row(
            part.id,
            labels | {"ma": part.id, "noi_dung": f"{indicator.name}: {part.name}"},
            indent=indicator.parts_are == "cong",
            plan_text=indicator.quote,
            unasked=unasked,
        )
        for part in parts
    ]
    if not parts or indicator.parts_are == "cong":
        total_of = tuple(part.id for part in parts)
        rows.append(Row(indicator.id, labels, total_of=total_of, plan_text=indicator.quote, unasked=unasked))
    return rows


def _describe_task(task: Task) -> str:
    return f"{task.title} (hạn {format_date(task.due_on)})" if task.due_on else task.title


def _describe_product(task: Task) -> str:
    """The product; where the plan names none, what the report has to say instead."""
    product = task.six.product
    if product.startswith(_NO_PRODUCT):
        product = f"Báo cáo cần nêu: {product.removeprefix(_NO_PRODUCT).strip()}"
    return product


_NO_PRODUCT = "Kế hoạch không nêu; báo cáo kỳ cần thể hiện"


def _describe_measure(indicator: Indicator) -> str:
    if not indicator.denominator:
        return indicator.numerator
    upper, lower = {
        Measure.GROWTH: ("Năm nay", "Năm trước"),
        Measure.RANK: ("Hạng kỳ mới", "Hạng kỳ trước"),
        Measure.CHANGE: ("Kỳ này", "Kỳ trước"),
    }.get(indicator.measure, ("Tử số", "Mẫu số"))
    return f"{upper}: {indicator.numerator}\n{lower}: {indicator.denominator}"
