"""The totals once more: plain sums of the cells that `form_rows` found, with exact fractions.

Nothing of `figures` takes part but the words for verdicts and statuses: neither its tables nor its formulas nor the
answers that the store keeps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kybaocao.figures.snapshot import Outlook, Verdict
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import CUMULATIVE, WORK, Column, Edition, Source, Table, list_period_columns
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Direction, Indicator, Measure, Nature
from kybaocao.proof.archived_files import Sheet
from kybaocao.proof.form_rows import (
    DONE_ON,
    PROGRESS,
    STATUS,
    FormRow,
    Place,
    find_rows,
    find_stated_edition,
    read_day,
    read_figure,
    read_word,
)
from kybaocao.proof.work_totals import TaskTotal, Work, count_works

ESTIMATE, RANKED, RANKED_BEFORE = "uoc_nam", "so_tinh", "so_tinh_truoc"
_SHARES = (Measure.RATIO, Measure.BREACH, Measure.GROWTH)


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
    """One target, or one part or agency of it (then without the fields below `previous_ranked_units`)."""

    cumulative: Sum
    verdict: Verdict
    ranked_units: Decimal | None = None
    previous_ranked_units: Decimal | None = None
    period: Sum = Sum(None, None, None)
    estimate: Decimal | None = None
    outlook: Outlook | None = None
    comparable: bool = True
    reported: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    nothing_count: int = 0
    no_figure_count: int = 0
    parts: Mapping[str, TargetTotal] | None = None
    agencies: Mapping[str, TargetTotal] | None = None  # each one's own figures
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Totals:
    targets: Mapping[str, TargetTotal]
    tasks: Mapping[str, TaskTotal]
    obligations: Mapping[str, TaskTotal]
    differing: frozenset[tuple[str, str, str, str]]  # figures that should be the same: row, figure, row, figure


class Row(NamedTuple):
    """One row of a target in one agency's file."""

    agency: str
    code: str
    status: str
    figures: dict[str, Figure]  # of the columns that are summed


class Answers(NamedTuple):
    """What one agency's file says."""

    rows: dict[str, list[Row]]  # target -> its rows
    tasks: dict[str, Work]  # by task or obligation


class Questions:
    """What the form asks each agency, worked out once for all of them. Raises PlanError for a broken form."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.reporters = {one.id: plan.members(one.reporters) for one in plan.indicators}
        self.holders = {task.id: plan.members(task.leads) for task in plan.tasks}
        self.bound = {duty.id: plan.members(duty.leads) for duty in plan.asked_obligations}
        self.due = {work.id: work.due_on for work in (*plan.tasks, *plan.asked_obligations)}
        self.rows: dict[str, dict[str, list[str]]] = {}  # agency -> target -> codes of its rows
        self.tasks: dict[str, dict[str, Source]] = {}  # agency -> task or obligation -> source of its table
        for indicator in plan.indicators:
            parts = [(part.id, set(plan.members(part.reporters or indicator.reporters))) for part in indicator.parts]
            for agency in self.reporters[indicator.id]:
                codes = [code for code, members in parts if agency in members]
                if not codes or indicator.parts_are == "cong":
                    codes.append(indicator.id)
                self.rows.setdefault(agency, {})[indicator.id] = codes
        for held, source in ((self.holders, Source.TASKS), (self.bound, Source.OBLIGATIONS)):
            for task, agencies in held.items():
                for agency in agencies:
                    self.tasks.setdefault(agency, {})[task] = source
        self.indicators = {one.id: one for one in plan.indicators}

    def read(self, agency: str, sheets: Sequence[Sheet]) -> Answers:
        """The answers in the sheets of an agency's file."""
        asked, tasks = self.rows.get(agency, {}), self.tasks.get(agency, {})
        edition = self.plan.choose_edition(find_stated_edition(sheets))
        found = find_rows(sheets, edition, {*tasks, *(code for codes in asked.values() for code in codes)})
        tables = {target: _find_table(edition, self.indicators[target]) for target in asked}
        rows = {
            target: [
                self._read_row(target, tables[target], agency, code, found[code]) for code in codes if code in found
            ]
            for target, codes in asked.items()
        }
        asked_of = {  # source of a table -> its columns; an earlier edition may lack one
            table.source: {column.id: column for column in table.columns}
            for _, table in edition.tables
            if table.source in WORK
        }
        works = {
            task: self._read_work(found[task], asked_of[source])
            for task, source in tasks.items()
            if task in found and PROGRESS in asked_of.get(source, ())
        }
        return Answers(rows, works)

    def _read_work(self, row: FormRow, columns: Mapping[str, Column]) -> Work:
        done_on = read_day(row.find(columns[DONE_ON])) if DONE_ON in columns else None
        return Work(read_word(row.find(columns[PROGRESS]), self.plan.words, PROGRESS), done_on)

    def _read_row(self, target: str, table: Table, agency: str, code: str, row: FormRow) -> Row:
        indicator, words = self.indicators[target], self.plan.words
        # What there is at a day has no figures of a period, whatever stands there.
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


def compute_totals(questions: Questions, cycle: Cycle, answers: Mapping[str, Answers]) -> Totals:
    """Every target, task and obligation; `answers`: those of the agencies with a file in force."""
    targets = {one.id: _sum_target(questions, cycle, one, answers) for one in questions.plan.indicators}
    works = {agency: one.tasks for agency, one in answers.items()}
    words, due = questions.plan.words, questions.due
    tasks, obligations = (
        count_works(words, held, due, cycle.period_to, works) for held in (questions.holders, questions.bound)
    )
    return Totals(targets, tasks, obligations, frozenset(_list_differing(questions.plan, targets)))


# --- targets -----------------------------------------------------------------------------------------------------


def _sum_target(
    questions: Questions, cycle: Cycle, indicator: Indicator, answers: Mapping[str, Answers]
) -> TargetTotal:
    plan, words = questions.plan, questions.plan.words
    reporters = questions.reporters[indicator.id]
    reported = tuple(agency for agency in reporters if agency in answers)
    read = [row for agency in reported for row in answers[agency].rows.get(indicator.id, ())]
    is_separate = bool(indicator.parts) and indicator.parts_are == "rieng"
    own_codes = {part.id for part in indicator.parts} if is_separate else {indicator.id}
    own = [row for row in read if row.code in own_codes]
    parts = {
        part.id: _total_rows(plan, indicator, [row for row in read if row.code == part.id]) for part in indicator.parts
    }
    if is_separate:
        total = TargetTotal(Sum(None, None, None), _choose_worst([part.verdict for part in parts.values()]))
    else:
        total = _total_rows(plan, indicator, own)
    counted = [row for row in own if row.status == words.has_figure]
    period = () if is_separate else list_period_columns(indicator)
    estimate = _add(counted, ESTIMATE)
    is_shared = len(reporters) > 1 and not indicator.parts
    return replace(
        total,
        period=_sum_pair(indicator.measure, counted, (period[0], period[1])) if period else Sum(None, None, None),
        estimate=estimate,
        outlook=_foresee(plan, cycle, indicator, total, estimate) if indicator.is_for_year else None,
        comparable=all(one.ranked_units == one.previous_ranked_units for one in (total, *parts.values())),
        reported=reported,
        missing=tuple(agency for agency in reporters if agency not in answers),
        nothing_count=len({row.agency for row in own if row.status == words.nothing}),
        no_figure_count=len({row.agency for row in own if row.status in (words.no_figure_yet, words.not_published)}),
        parts=parts,
        agencies=_total_agencies(plan, indicator, own) if is_shared and indicator.measure in _SHARES else {},
        figures=tuple(figure for row in read if row.status == words.has_figure for figure in row.figures.values()),
    )


def _total_agencies(plan: Plan, indicator: Indicator, rows: Sequence[Row]) -> dict[str, TargetTotal]:
    stated = [row for row in rows if row.status]
    return {row.agency: _total_rows(plan, indicator, [row]) for row in stated}


def _total_rows(plan: Plan, indicator: Indicator, rows: Sequence[Row]) -> TargetTotal:
    words = plan.words
    counted = [row for row in rows if row.status == words.has_figure]
    cumulative = _sum_pair(indicator.measure, counted, CUMULATIVE[indicator.measure])
    ranked, ranked_before = _add(counted, RANKED), _add(counted, RANKED_BEFORE)
    statuses = {row.status for row in rows}
    if not statuses:
        verdict = Verdict.NO_FIGURE
    elif statuses == {words.nothing}:
        verdict = Verdict.NOTHING
    elif statuses == {words.not_published}:
        verdict = Verdict.NOT_PUBLISHED
    else:
        verdict = _judge(indicator, cumulative)
        if verdict in (Verdict.MET, Verdict.NOT_MET) and ranked != ranked_before:
            verdict = Verdict.NOT_COMPARABLE
    return TargetTotal(cumulative, verdict, ranked, ranked_before)


def _foresee(
    plan: Plan, cycle: Cycle, indicator: Indicator, total: TargetTotal, estimate: Decimal | None
) -> Outlook | None:
    """What the end of the year is to bring, in fractions of the year and of the target."""
    if total.verdict not in (Verdict.MET, Verdict.NOT_MET) or indicator.target is None:
        return None
    is_met, goal = total.verdict is Verdict.MET, Fraction(indicator.target)
    is_flow = indicator.nature is Nature.FLOW
    if is_flow and cycle.id in {other.previous for other in plan.cycles.values()}:
        year = plan.header.year
        passed = Fraction(cycle.period_to.timetuple().tm_yday, dt.date(year, 12, 31).timetuple().tm_yday)
        value, goal = total.cumulative.value, goal * passed
        words = Outlook.ON_PACE, Outlook.BEHIND
    else:
        value = None if estimate is None else Fraction(estimate)
        words = Outlook.WILL_MEET, Outlook.WILL_NOT_MEET
    if value is None:
        return None
    is_floor = indicator.direction in (Direction.EQUAL, Direction.AT_LEAST)
    is_good = (
        value >= goal if is_floor else value < goal or (value == goal and indicator.direction is Direction.AT_MOST)
    )
    if is_met and (is_good or (is_flow and is_floor)):
        return None
    return words[0] if is_good else words[1]


def _list_differing(plan: Plan, targets: Mapping[str, TargetTotal]) -> Iterator[tuple[str, str, str, str]]:
    sums: dict[tuple[str, str], Decimal | None] = {}
    for target, total in targets.items():
        for row, one in {target: total, **(total.parts or {})}.items():
            sums[row, "tu_so"] = None if total.missing else one.cumulative.numerator
            sums[row, "mau_so"] = None if total.missing else one.cumulative.denominator
    for indicator in plan.indicators:
        for check in indicator.cross_checks:
            here, there = (indicator.id, check.figure), (check.other, check.other_figure)
            if None not in (sums.get(here), sums.get(there)) and sums[here] != sums[there]:
                yield *here, *there


def _sum_pair(measure: Measure, rows: Sequence[Row], columns: tuple[str, str | None]) -> Sum:
    numerator, denominator = _add(rows, columns[0]), _add(rows, columns[1])
    if numerator is None:
        return Sum(None, denominator, None)
    if measure in _SHARES:
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
    worse_first = (
        Verdict.NOT_MET,
        Verdict.NO_FIGURE,
        Verdict.NOT_PUBLISHED,
        Verdict.NOT_COMPARABLE,
        Verdict.MET,
        Verdict.NOTHING,
    )
    return next(verdict for verdict in worse_first if verdict in verdicts)
