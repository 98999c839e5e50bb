"""The totals once more: plain sums of the cells that `form_rows` found, with exact fractions.

Nothing of `figures` takes part but the words for verdicts and statuses: neither its tables nor its formulas nor the
answers that the store keeps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kybaocao.figures.snapshot import TaskStatus, Verdict
from kybaocao.plan.form_edition import CUMULATIVE, Edition, Source, Table, list_period_columns
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Direction, Indicator, Measure
from kybaocao.proof.archived_files import Sheet
from kybaocao.proof.form_rows import (
    PROGRESS,
    STATUS,
    FormRow,
    Place,
    find_rows,
    find_stated_edition,
    read_figure,
    read_word,
)

ESTIMATE, RANKED, RANKED_BEFORE = "uoc_nam", "so_tinh", "so_tinh_truoc"


class Figure(NamedTuple):
    """One number that went into a sum."""

    agency: str
    row: str
    column: str
    place: Place
    number: Decimal | None  # None: something stands there, and nobody can say which number it is


@dataclass(frozen=True)
class Sum:
    numerator: Decimal | None
    denominator: Decimal | None
    value: Fraction | None


@dataclass(frozen=True)
class TargetTotal:
    """One target, or one part of it (then without the fields below `verdict`)."""

    cumulative: Sum
    verdict: Verdict
    period: Sum = Sum(None, None, None)
    estimate: Decimal | None = None
    ranked_units: Decimal | None = None
    previous_ranked_units: Decimal | None = None
    reported: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    nothing_count: int = 0
    no_figure_count: int = 0
    parts: Mapping[str, TargetTotal] | None = None
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class TaskTotal:
    counts: Mapping[str, int]  # status -> agencies
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Totals:
    targets: Mapping[str, TargetTotal]
    tasks: Mapping[str, TaskTotal]


class Row(NamedTuple):
    """One row of a target in one agency's file."""

    agency: str
    code: str
    status: str
    figures: dict[str, Figure]  # of the columns that are summed


class Answers(NamedTuple):
    """What one agency's file says."""

    rows: dict[str, list[Row]]  # target -> its rows
    tasks: dict[str, str]  # task -> status, as the form words it


class Questions:
    """What the form asks each agency, worked out once for all of them. Raises PlanError for a broken form."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.reporters = {one.id: plan.members(one.reporters) for one in plan.indicators}
        self.holders = {task.id: plan.members(task.leads) for task in plan.tasks}
        self.rows: dict[str, dict[str, list[str]]] = {}  # agency -> target -> codes of its rows
        self.tasks: dict[str, list[str]] = {}
        for indicator in plan.indicators:
            parts = [(part.id, set(plan.members(part.reporters or indicator.reporters))) for part in indicator.parts]
            for agency in self.reporters[indicator.id]:
                codes = [code for code, members in parts if agency in members]
                if not codes or indicator.parts_are == "cong":
                    codes.append(indicator.id)
                self.rows.setdefault(agency, {})[indicator.id] = codes
        for task, agencies in self.holders.items():
            for agency in agencies:
                self.tasks.setdefault(agency, []).append(task)
        self.indicators = {one.id: one for one in plan.indicators}

    def read(self, agency: str, sheets: Sequence[Sheet]) -> Answers:
        """The answers in the sheets of an agency's file."""
        asked, tasks = self.rows.get(agency, {}), self.tasks.get(agency, [])
        edition = self.plan.choose_edition(find_stated_edition(sheets))
        found = find_rows(sheets, edition, {*tasks, *(code for codes in asked.values() for code in codes)})
        tables = {target: _find_table(edition, self.indicators[target]) for target in asked}
        rows = {
            target: [
                self._read_row(target, tables[target], agency, code, found[code]) for code in codes if code in found
            ]
            for target, codes in asked.items()
        }
        columns = [
            column
            for _, table in edition.tables
            if table.source is Source.TASKS
            for column in table.columns
            if column.id == PROGRESS
        ]
        words = {
            task: read_word(found[task].find(column), self.plan.words, PROGRESS)
            for task in tasks
            if task in found
            for column in columns
        }
        return Answers(rows, words)

    def _read_row(self, target: str, table: Table, agency: str, code: str, row: FormRow) -> Row:
        indicator, words = self.indicators[target], self.plan.words
        summed = {ESTIMATE, RANKED, RANKED_BEFORE, *CUMULATIVE[indicator.measure], *list_period_columns(indicator)}
        figures: dict[str, Figure] = {}
        for column in table.answers:
            if column.id in summed and (place := row.find(column)) is not None:
                figures[column.id] = Figure(agency, code, column.id, place, read_figure(place, column.kind))
        there = row.find(next(column for column in table.answers if column.id == STATUS))
        needed = next((check.fields for check in table.checks if check.code == "figure-missing"), ())
        needed = tuple(column for column in needed if column in summed)
        if there is None and needed and all(column in figures for column in needed):
            status = words.has_figure  # figures without a status were accepted as that, and the agency was informed
        else:
            status = read_word(there, words, STATUS)
        return Row(agency, code, status, figures)


def _find_table(edition: Edition, indicator: Indicator) -> Table:
    """The table in which an edition asks for a target."""
    return next(table for _, table in edition.tables if table.asks(indicator))


def compute_totals(questions: Questions, answers: Mapping[str, Answers]) -> Totals:
    """Every target and task; `answers`: those of the agencies with a file in force."""
    targets = {one.id: _sum_target(questions, one, answers) for one in questions.plan.indicators}
    return Totals(targets, _count_tasks(questions, answers))


# --- targets -----------------------------------------------------------------------------------------------------


def _sum_target(questions: Questions, indicator: Indicator, answers: Mapping[str, Answers]) -> TargetTotal:
    plan, words = questions.plan, questions.plan.words
    reporters = questions.reporters[indicator.id]
    reported = tuple(agency for agency in reporters if agency in answers)
    read = [row for agency in reported for row in answers[agency].rows.get(indicator.id, ())]
    is_separate = bool(indicator.parts) and indicator.parts_are == "rieng"
    own_codes = {part.id for part in indicator.parts} if is_separate else {indicator.id}
    own = [row for row in read if row.code in own_codes]
    parts = {
        part.id: _total_part(plan, indicator, [row for row in read if row.code == part.id]) for part in indicator.parts
    }
    total = _total_part(plan, indicator, own)
    counted = [row for row in own if row.status == words.has_figure]
    period = list_period_columns(indicator)
    return TargetTotal(
        cumulative=total.cumulative,
        verdict=_choose_worst([part.verdict for part in parts.values()]) if is_separate else total.verdict,
        period=_sum_pair(indicator.measure, counted, (period[0], period[1])) if period else Sum(None, None, None),
        estimate=_add(counted, ESTIMATE),
        ranked_units=_add(counted, RANKED),
        previous_ranked_units=_add(counted, RANKED_BEFORE),
        reported=reported,
        missing=tuple(agency for agency in reporters if agency not in answers),
        nothing_count=len({row.agency for row in own if row.status == words.nothing}),
        no_figure_count=len({row.agency for row in own if row.status in (words.no_figure_yet, words.not_published)}),
        parts=parts,
        figures=tuple(figure for row in read if row.status == words.has_figure for figure in row.figures.values()),
    )


def _total_part(plan: Plan, indicator: Indicator, rows: Sequence[Row]) -> TargetTotal:
    words = plan.words
    counted = [row for row in rows if row.status == words.has_figure]
    cumulative = _sum_pair(indicator.measure, counted, CUMULATIVE[indicator.measure])
    statuses = {row.status for row in rows}
    if not statuses:
        verdict = Verdict.NO_FIGURE
    elif statuses == {words.nothing}:
        verdict = Verdict.NOTHING
    elif statuses == {words.not_published}:
        verdict = Verdict.NOT_PUBLISHED
    else:
        verdict = _judge(indicator, cumulative)
    return TargetTotal(cumulative, verdict)


def _sum_pair(measure: Measure, rows: Sequence[Row], columns: tuple[str, str | None]) -> Sum:
    numerator, denominator = _add(rows, columns[0]), _add(rows, columns[1])
    if numerator is None:
        return Sum(None, denominator, None)
    if measure in (Measure.RATIO, Measure.BREACH, Measure.GROWTH):
        if not denominator:
            return Sum(numerator, denominator, None)
        share = Fraction(numerator) / Fraction(denominator)
        return Sum(numerator, denominator, (share - 1 if measure is Measure.GROWTH else share) * 100)
    return Sum(numerator, denominator, Fraction(numerator))


def _add(rows: Sequence[Row], column: str | None) -> Decimal | None:
    numbers = [row.figures[column].number for row in rows if column in row.figures]
    known = [number for number in numbers if number is not None]
    return sum(known, Decimal(0)) if known else None


def _judge(indicator: Indicator, sums: Sum) -> Verdict:
    """The sums against the target, as the plan says it (muc_tieu, chieu)."""
    top, base, value, direction = sums.numerator, sums.denominator, sums.value, indicator.direction
    if top is None:
        is_empty = indicator.measure is Measure.RATIO and base == 0
        return Verdict.NOTHING if is_empty else Verdict.NO_FIGURE
    if indicator.measure is Measure.BREACH:
        return Verdict.NOTHING if base == 0 else _say(top == 0)
    if indicator.measure in (Measure.RANK, Measure.CHANGE):
        if base is None:
            return Verdict.NO_FIGURE
        gain = base - top if indicator.measure is Measure.RANK else top - base
        return _say(
            gain >= (indicator.target or 0)
            if direction is Direction.UP_PLACES
            else gain >= 0
            if direction is Direction.NOT_WORSE
            else gain > 0
            if direction is Direction.INCREASE
            else gain < 0
        )
    if value is None or indicator.target is None:
        is_empty = indicator.measure is Measure.RATIO and base == 0
        return Verdict.NOTHING if is_empty else Verdict.NO_FIGURE
    target = Fraction(indicator.target)
    if direction is Direction.BELOW:
        return _say(value < target)
    return _say(value <= target if direction is Direction.AT_MOST else value >= target)


def _say(is_met: bool) -> Verdict:
    return Verdict.MET if is_met else Verdict.NOT_MET


def _choose_worst(verdicts: Collection[Verdict]) -> Verdict:
    """Each part must be met by itself."""
    worse_first = (Verdict.NOT_MET, Verdict.NO_FIGURE, Verdict.NOT_PUBLISHED, Verdict.MET, Verdict.NOTHING)
    return next(verdict for verdict in worse_first if verdict in verdicts)


# --- tasks -------------------------------------------------------------------------------------------------------


def _count_tasks(questions: Questions, answers: Mapping[str, Answers]) -> dict[str, TaskTotal]:
    words = questions.plan.words
    statuses = {
        words.done: TaskStatus.DONE,
        words.on_track: TaskStatus.ON_TRACK,
        words.late: TaskStatus.LATE,
        words.not_started: TaskStatus.NOT_STARTED,
        words.nothing: TaskStatus.NOTHING,
    }
    found = {}
    for task, holders in questions.holders.items():
        stated = {agency: answers[agency].tasks.get(task, "") for agency in holders if agency in answers}
        counts = Counter(statuses[word].value for word in stated.values() if word)
        found[task] = TaskTotal(dict(counts), tuple(agency for agency in holders if not stated.get(agency)))
    return found
