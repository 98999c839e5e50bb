"""What is asked of a cycle that was run by hand: only what the next cycle compares with or its report shows.

Figures: those a target's result is made of, and those a rule holds against the previous cycle.  Texts: those a rule
compares with the previous cycle.  Everything else an agency reported stays on paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kybaocao.form.layout import LABEL_COLUMN, FormLayout, Row, TableLayout, build_layout
from kybaocao.imported.words import load_words
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import (
    AGAINST_PREVIOUS,
    COPIED_FROM_PREVIOUS,
    CUMULATIVE,
    Column,
    Edition,
    Sheet,
    Source,
    Table,
)
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.store.imports import PROVINCE

KIND = "nhap-ket-qua"  # stands for the agency in the hidden identity
STATUS = "tinh_trang"
PAPER = "nguon"  # the key under which the paper report of a row is kept
_BOTH_NEEDED = (Measure.RATIO, Measure.BREACH, Measure.GROWTH)  # one figure alone gives no result


@dataclass(frozen=True)
class AskedRow:
    """One row of the workbook: what one agency reported on one target or task.

    `needed`: columns of which either all are filled or none.
    """

    owner: str  # agency, or PROVINCE
    owner_name: str
    table: Table
    code: str
    label: str
    unit: str
    columns: tuple[Column, ...]
    needed: frozenset[str]
    meanings: tuple[str, ...]  # what the figure of each column is, in the plan's words

    @property
    def status(self) -> Column | None:
        return next((column for column in self.table.columns if column.id == STATUS), None)

    @property
    def headings(self) -> tuple[str, ...]:
        """What each figure is called in the workbook, with its unit."""
        name = load_words()["ten_so"] if self.unit else "{cot}"
        return tuple(name.format(cot=column.heading, don_vi=self.unit) for column in self.columns)


@dataclass(frozen=True)
class TextTable:
    """A table of which only texts are asked; without rows the official writes the agency's code."""

    sheet: Sheet
    table: Table
    columns: tuple[Column, ...]
    rows: tuple[AskedRow, ...]
    least: int  # characters, below which no rule looks at a text


@dataclass(frozen=True)
class ResultsLayout:
    """Everything that is asked for one cycle."""

    plan: Plan
    cycle: Cycle
    edition: str
    targets: tuple[AskedRow, ...]
    province: tuple[AskedRow, ...]
    texts: tuple[TextTable, ...]
    forms: dict[str, FormLayout]  # owner -> the rows it answers for

    @property
    def width(self) -> int:
        """How many figures the widest row has."""
        return max((len(row.columns) for row in (*self.targets, *self.province)), default=0)


def build_results_layout(plan: Plan, cycle: str, edition_id: str = "") -> ResultsLayout:
    """By the edition in force, or by the earlier one that is named.

    Raises PlanError when the edition or the cycle is broken.
    """
    edition = plan.choose_edition(edition_id)
    forms = {agency.code: build_layout(plan, cycle, agency.code, edition_id) for agency in plan.expected}
    forms[PROVINCE] = _lay_out_province(plan, next(iter(forms.values())))
    return ResultsLayout(
        plan=plan,
        cycle=plan.require_cycle(cycle),
        edition=edition.id,
        targets=tuple(row for owner, form in forms.items() if owner for row in _list_target_rows(plan, owner, form)),
        province=tuple(_list_target_rows(plan, PROVINCE, forms[PROVINCE])),
        texts=tuple(_list_text_tables(forms, plan, edition)),
        forms=forms,
    )


def _lay_out_province(plan: Plan, model: FormLayout) -> FormLayout:
    """A form that asks for every target of the plan once."""
    tables = []
    for sheet, table in model.edition.tables:
        if table.source is Source.INDICATORS:
            asked = [indicator for indicator in plan.indicators if table.asks(indicator)]
            tables.append(TableLayout(sheet, table, tuple(row for one in asked for row in list_own_rows(one))))
    return replace(model, tables=tuple(table for table in tables if table.rows))


def list_own_rows(indicator: Indicator) -> list[Row]:
    """The rows a result is summed from: its parts where each is judged by itself, else the target."""
    if indicator.parts and indicator.parts_are == "rieng":
        return [Row(part.id, {LABEL_COLUMN: f"{indicator.name}: {part.name}"}) for part in indicator.parts]
    return [Row(indicator.id, {LABEL_COLUMN: indicator.name})]


def _list_target_rows(plan: Plan, owner: str, form: FormLayout) -> Iterator[AskedRow]:
    indicators = {
        code: indicator
        for indicator in plan.indicators
        for code in (indicator.id, *(part.id for part in indicator.parts))
    }
    for table in form.tables:
        if table.table.source is not Source.INDICATORS:
            continue
        for row in table.rows:
            indicator = indicators[row.code]
            columns = list_figures(table.table, indicator.measure)
            yield AskedRow(
                owner=owner,
                owner_name=plan.agencies[owner].name if owner else "",
                table=table.table,
                code=row.code,
                label=row.labels[LABEL_COLUMN],
                unit=_name_unit(indicator),
                columns=columns,
                needed=_list_needed(indicator.measure),
                meanings=tuple(_explain(indicator, column) for column in columns),
            )


def list_figures(table: Table, measure: Measure) -> tuple[Column, ...]:
    """The columns of a table of targets that are asked for, in the order of the form."""
    compared = {column for check in table.checks if check.kind in AGAINST_PREVIOUS for column in check.fields}
    wanted = compared | _list_needed(measure)
    return tuple(column for column in table.answers if column.id in wanted)


def _list_needed(measure: Measure) -> frozenset[str]:
    first, second = CUMULATIVE[measure]
    return frozenset((first, second) if second and measure in _BOTH_NEEDED else (first,))


def _explain(indicator: Indicator, column: Column) -> str:
    first, second = CUMULATIVE[indicator.measure]
    return {first: indicator.numerator, second: indicator.denominator}.get(column.id) or column.help


def _name_unit(indicator: Indicator) -> str:
    """The unit of what is typed: percentages are made of counts, and the unit of a rank counts places gained."""
    if indicator.measure in _BOTH_NEEDED:
        return str(load_words()["don_vi"])
    return "" if indicator.measure is Measure.RANK else indicator.unit


def _list_text_tables(forms: dict[str, FormLayout], plan: Plan, edition: Edition) -> Iterator[TextTable]:
    for sheet, table in edition.tables:
        checks = [check for check in table.checks if check.kind == COPIED_FROM_PREVIOUS]
        wanted = {column for check in checks for column in check.fields}
        columns = tuple(column for column in table.answers if column.id in wanted)
        if not columns or table.source is Source.FIELDS:
            continue
        rows = [
            AskedRow(owner, plan.agencies[owner].name, table, row.code, row.labels.get(LABEL_COLUMN, ""), "", columns,
                     frozenset(), ("",) * len(columns))
            for owner, form in forms.items()
            for one in form.tables
            if owner and one.table is table
            for row in one.rows
        ]  # fmt: skip
        yield TextTable(sheet, table, columns, tuple(rows), int(min(check.least for check in checks)))
