"""From accepted returns to a snapshot: sums with sources, verdicts, coverage, timeliness.

Percentages are always the quotient of the sums (register, section 6: "never average the agencies'
percentages").  Figures are Decimal from cell to report.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from kybaocao.figures.snapshot import (
    Difficulty,
    Figures,
    IndicatorResult,
    IssuedDocument,
    Origin,
    PartResult,
    Snapshot,
    Standing,
    TaskEntry,
    TaskResult,
    TaskStatus,
    Timeliness,
    Verdict,
)
from kybaocao.inbox.submission import Submission
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import CUMULATIVE, PERIOD, Edition, Source
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Direction, Indicator, Measure
from kybaocao.vietnamese import clean_text, sort_key

HUNDRED = Decimal(100)


# --- answers kept with an accepted version ---------------------------------------------------------------------


_COLUMNS = ["table", "row", "column", "sheet", "cell", "text", "kind", "value", "number_format"]


def unpack_answers(arrivals: Iterable[Submission]) -> pd.DataFrame:
    """One line per filled cell of the given versions, with agency and file beside it."""
    rows: list[list[Any]] = []
    for submission in arrivals:
        file = [submission.agency, submission.sha256, submission.file_name]
        width = len(_COLUMNS)
        rows.extend([*file, *row, *[""] * (width - len(row))] for row in json.loads(submission.answers))
    frame = pd.DataFrame(rows, columns=["agency", "sha256", "file_name", *_COLUMNS], dtype=object)
    numbers: Any = [Decimal(v) if k == "n" else None for v, k in zip(frame["value"], frame["kind"], strict=True)]
    frame["number"] = numbers
    return frame


def _records(frame: pd.DataFrame) -> list[Any]:
    """Lines of a frame as named tuples; their fields are what `unpack_answers` put in."""
    return list(frame.itertuples())


# --- the snapshot --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Previous:
    snapshot: Snapshot | None

    def of(self, indicator: str) -> IndicatorResult | None:
        if self.snapshot is None:
            return None
        return next((result for result in self.snapshot.indicators if result.id == indicator), None)


def take_snapshot(
    plan: Plan,
    cycle: Cycle,
    calendar: Calendar,
    arrivals: Sequence[Submission],
    as_of: dt.datetime,
    previous: Snapshot | None = None,
    untaken: Collection[str] = (),
) -> Snapshot:
    """The state of the cycle at `as_of`, from every version that had come in by then.

    `untaken` are agencies with a file that we could not take through no fault of theirs.
    """
    edition = plan.require_edition()
    known = [submission for submission in arrivals if submission.received_at <= as_of]
    accepted: dict[str, Submission] = {a.agency: a for a in known if a.is_accepted and a.agency in plan.agencies}
    frame = unpack_answers(accepted.values())
    agencies = set(accepted)
    return Snapshot(
        plan=plan.id,
        cycle=cycle.id,
        as_of=as_of,
        indicators=tuple(
            _sum_indicator(plan, edition, indicator, frame, agencies, _Previous(previous))
            for indicator in plan.indicators
        ),
        tasks=_gather_tasks(plan, edition, frame, agencies),
        difficulties=_merge_difficulties(plan, frame),
        documents=_list_documents(plan, frame),
        timeliness=judge_everyone(plan, cycle, calendar, known, as_of, untaken),
    )


# --- indicators -----------------------------------------------------------------------------------------------------


def _sum_indicator(
    plan: Plan, edition: Edition, indicator: Indicator, frame: pd.DataFrame, accepted: set[str], previous: _Previous
) -> IndicatorResult:
    reporters = plan.members(indicator.reporters)
    rows = [indicator.id, *(part.id for part in indicator.parts)]
    mine = frame[frame["row"].isin(rows) & frame["agency"].isin(reporters)]
    status = mine[mine["column"] == "tinh_trang"]
    words = edition.words
    # An indicator in separate parts has no row of its own: the parts are summed for display.
    own_rows = [indicator.id] if indicator.parts_are == "cong" or not indicator.parts else rows[1:]
    with_figure = status[status["value"] == words.has_figure]
    live = _live(mine, with_figure)
    own = live[live["row"].isin(own_rows)]
    own_status = status[status["row"].isin(own_rows)]
    cumulative = _figures(own, indicator.measure, CUMULATIVE[indicator.measure])
    period_columns = PERIOD.get(indicator.measure)
    period = _figures(own, indicator.measure, period_columns) if period_columns else Figures(None, None, None)
    parts = tuple(
        _sum_part(indicator, part.id, part.name, live, status, words.nothing, words.not_published)
        for part in indicator.parts
    )
    verdict = _judge_statuses(own_status, words.nothing, words.not_published) or judge_value(indicator, cumulative)
    if indicator.parts_are == "rieng" and parts:
        verdict = _worst(part.verdict for part in parts)
    reported = tuple(code for code in reporters if code in accepted)
    before = previous.of(indicator.id)
    return IndicatorResult(
        id=indicator.id,
        cumulative=cumulative,
        period=period,
        estimate=_total(own, "uoc_nam"),
        verdict=verdict,
        reported=reported,
        missing=tuple(code for code in reporters if code not in accepted),
        nothing_count=_count_agencies(own_status, words.nothing),
        no_figure_count=_count_agencies(own_status, words.no_figure_yet, words.not_published),
        ranked_units=_total(own, "so_tinh"),
        previous_ranked_units=_total(own, "so_tinh_truoc"),
        published_on=_first_date(own, "ngay_cong_bo"),
        parts=parts,
        previous=before.cumulative if before else None,
        previous_verdict=before.verdict if before else None,
        notes=tuple(
            (row.agency, row.value)
            for row in _records(mine[(mine["column"] == "giai_trinh") & mine["row"].isin(own_rows)])
        ),
        origins=_origins(live, indicator.measure),
        previous_imported=before.imported if before else None,
    )


def _live(mine: pd.DataFrame, with_figure: pd.DataFrame) -> pd.DataFrame:
    """Figures of rows whose status says that there is a figure; leftovers beside another status do not count."""
    keys = set(zip(with_figure["agency"], with_figure["row"], strict=True))
    mask = [(agency, row) in keys for agency, row in zip(mine["agency"], mine["row"], strict=True)]
    return mine[pd.Series(mask, index=mine.index, dtype=bool)]


def _sum_part(
    indicator: Indicator, part: str, name: str, live: pd.DataFrame, status: pd.DataFrame, nothing: str, unpublished: str
) -> PartResult:
    figures = _figures(live[live["row"] == part], indicator.measure, CUMULATIVE[indicator.measure])
    stated = _judge_statuses(status[status["row"] == part], nothing, unpublished)
    return PartResult(part, name, figures, stated or judge_value(indicator, figures))


def _total(frame: pd.DataFrame, column: str | None) -> Decimal | None:
    numbers = [number for number in frame.loc[frame["column"] == column, "number"] if number is not None]
    return sum(numbers, Decimal(0)) if numbers else None


def _figures(frame: pd.DataFrame, measure: Measure, columns: tuple[str, str | None]) -> Figures:
    numerator, denominator = _total(frame, columns[0]), _total(frame, columns[1]) if columns[1] else None
    return Figures(numerator, denominator, derive_value(measure, numerator, denominator))


def derive_value(measure: Measure, numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """The figure shown as "kết quả"; None when it cannot be derived (a zero or missing denominator)."""
    if numerator is None:
        return None
    if measure in (Measure.RATIO, Measure.BREACH):
        return numerator / denominator * HUNDRED if denominator else None
    if measure is Measure.GROWTH:
        return (numerator / denominator - 1) * HUNDRED if denominator else None
    return numerator


def judge_value(indicator: Indicator, figures: Figures) -> Verdict:
    """Hold figures against the target. `target_upper` is where praise ends, not where failure begins."""
    numerator, denominator, value = figures.numerator, figures.denominator, figures.value
    if indicator.measure is Measure.BREACH:
        if numerator is None:
            return Verdict.NO_FIGURE
        if denominator == 0:
            return Verdict.NOTHING
        return Verdict.MET if numerator == 0 else Verdict.NOT_MET
    if indicator.measure in (Measure.RANK, Measure.CHANGE):
        return _judge_change(indicator, numerator, denominator)
    if value is None:
        nothing = indicator.measure is Measure.RATIO and denominator == 0
        return Verdict.NOTHING if nothing else Verdict.NO_FIGURE
    assert indicator.target is not None
    met = {
        Direction.EQUAL: value >= indicator.target,
        Direction.AT_LEAST: value >= indicator.target,
        Direction.AT_MOST: value <= indicator.target,
        Direction.BELOW: value < indicator.target,
    }[indicator.direction]
    return Verdict.MET if met else Verdict.NOT_MET


def _judge_change(indicator: Indicator, now: Decimal | None, before: Decimal | None) -> Verdict:
    """A rank is better when smaller; a direction-only target compares with the previous figure."""
    if now is None or before is None:
        return Verdict.NO_FIGURE
    gain = before - now if indicator.measure is Measure.RANK else now - before
    met = {
        Direction.UP_PLACES: gain >= (indicator.target or 0),
        Direction.NOT_WORSE: gain >= 0,
        Direction.INCREASE: gain > 0,
        Direction.DECREASE: gain < 0,
    }[indicator.direction]
    return Verdict.MET if met else Verdict.NOT_MET


def _judge_statuses(status: pd.DataFrame, nothing: str, unpublished: str) -> Verdict | None:
    """The verdict when no reporter has a figure; None when at least one has."""
    said = set(status["value"])
    if not said:
        return Verdict.NO_FIGURE
    if said == {nothing}:
        return Verdict.NOTHING
    if unpublished in said and len(said) == 1:
        return Verdict.NOT_PUBLISHED
    return None


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Each part must be met by itself."""
    order = (Verdict.NOT_MET, Verdict.NO_FIGURE, Verdict.NOT_PUBLISHED, Verdict.MET, Verdict.NOTHING)
    return min(verdicts, key=order.index)


def _count_agencies(status: pd.DataFrame, *words: str) -> int:
    return int(status.loc[status["value"].isin(words), "agency"].nunique())


def _first_date(frame: pd.DataFrame, column: str) -> dt.date | None:
    values = list(frame.loc[frame["column"] == column, "value"])
    return dt.date.fromisoformat(values[0]) if values else None


def _origins(live: pd.DataFrame, measure: Measure) -> tuple[Origin, ...]:
    columns = {c for pair in (CUMULATIVE[measure], PERIOD.get(measure, ())) for c in pair if c}
    columns |= {"uoc_nam", "so_tinh", "so_tinh_truoc"}
    figures = live[live["column"].isin(columns)]
    return tuple(
        Origin(
            row.agency,
            row.sha256,
            row.file_name,
            row.sheet,
            row.cell,
            row.value,
            row.text,
            row.kind,
            row.number_format,
        )
        for row in _records(figures)
    )


# --- tasks, difficulties, documents -----------------------------------------------------------------------------------


def _gather_tasks(plan: Plan, edition: Edition, frame: pd.DataFrame, accepted: set[str]) -> tuple[TaskResult, ...]:
    mine = frame[frame["table"].isin([table.id for _, table in edition.tables if table.source is Source.TASKS])]
    words = edition.words
    meant = {
        words.done: TaskStatus.DONE,
        words.on_track: TaskStatus.ON_TRACK,
        words.late: TaskStatus.LATE,
        words.not_started: TaskStatus.NOT_STARTED,
        words.nothing: TaskStatus.NOTHING,
    }
    said: dict[tuple[str, str], dict[str, Any]] = {}
    for row in _records(mine):
        said.setdefault((row.row, row.agency), {})[row.column] = row
    results = []
    for task in plan.tasks:
        holders = plan.members(task.leads)
        entries = [
            _task_entry(agency, said[(task.id, agency)], meant) for agency in holders if (task.id, agency) in said
        ]
        reported = {entry.agency for entry in entries}
        missing = tuple(agency for agency in holders if agency not in reported)
        results.append(TaskResult(task.id, task.section, tuple(entries), missing))
    return tuple(results)


def _task_entry(agency: str, cells: dict[str, Any], meant: Mapping[str, TaskStatus]) -> TaskEntry:
    def text(column: str) -> str:
        return str(cells[column].value) if column in cells else ""

    return TaskEntry(
        agency=agency,
        status=meant[text("trang_thai")],
        percent=cells["ty_le"].number if "ty_le" in cells else None,
        done_on=dt.date.fromisoformat(text("ngay")) if "ngay" in cells else None,
        result=text("ket_qua"),
        evidence=text("minh_chung"),
        reason=text("ly_do"),
    )


def _open_rows(plan: Plan, frame: pd.DataFrame, table: str) -> list[tuple[str, dict[str, str]]]:
    """(agency, {column: text}) of each filled row of an open table, in the plan's order of agencies."""
    rows: dict[tuple[str, int], dict[str, str]] = {}
    for row in _records(frame[(frame["table"] == table) & (frame["row"] != "")]):
        rows.setdefault((row.agency, int(row.row)), {})[row.column] = str(row.value)
    order = {agency: number for number, agency in enumerate(plan.agencies)}
    return [(agency, cells) for (agency, _), cells in sorted(rows.items(), key=lambda i: (order[i[0][0]], i[0][1]))]


def _merge_difficulties(plan: Plan, frame: pd.DataFrame) -> tuple[Difficulty, ...]:
    """Difficulties by section of the plan; the same words from several agencies become one entry."""
    merged: dict[tuple[str, ...], list[str]] = {}
    first: dict[tuple[str, ...], dict[str, str]] = {}
    for agency, cells in _open_rows(plan, frame, "vuong_mac"):
        key = tuple(
            clean_text(cells.get(column, "")).casefold().rstrip(".")
            for column in ("muc", "noi_dung", "kien_nghi", "noi_kien_nghi", "tinh_trang")
        )
        first.setdefault(key, cells)
        if agency not in merged.setdefault(key, []):
            merged[key].append(agency)
    entries = [
        Difficulty(
            section=_section_of(cells.get("muc", "")),
            agencies=tuple(merged[key]),
            content=cells.get("noi_dung", ""),
            cause_kind=cells.get("loai_nguyen_nhan", ""),
            cause=cells.get("nguyen_nhan", ""),
            recommendation=cells.get("kien_nghi", ""),
            addressee=cells.get("noi_kien_nghi", ""),
            standing=cells.get("tinh_trang", ""),
        )
        for key, cells in first.items()
    ]
    return tuple(sorted(entries, key=lambda e: (e.section, -len(e.agencies), sort_key(e.content))))


def _section_of(said: str) -> int:
    """ "III.4" -> 4; 0 where the form does not ask for the section."""
    digits = re.search(r"\d+$", said)
    return int(digits[0]) if digits else 0


def _list_documents(plan: Plan, frame: pd.DataFrame) -> tuple[IssuedDocument, ...]:
    return tuple(
        IssuedDocument(
            agency=agency,
            number=cells.get("so_ky_hieu", ""),
            dated=dt.date.fromisoformat(cells["ngay"]) if "ngay" in cells else None,
            issuer=plan.agencies[agency].name,
            subject=cells.get("trich_yeu", ""),
            task=cells.get("nhiem_vu", ""),
        )
        for agency, cells in _open_rows(plan, frame, "van_ban")
    )


# --- timeliness --------------------------------------------------------------------------------


def judge_everyone(
    plan: Plan,
    cycle: Cycle,
    calendar: Calendar,
    arrivals: Sequence[Submission],
    as_of: dt.datetime,
    untaken: Collection[str] = (),
) -> tuple[Timeliness, ...]:
    """Where every expected agency stands, each by its own deadline, in the order of the register."""
    today = calendar.day_of(as_of)
    return tuple(
        judge_timeliness(
            agency.code,
            arrivals,
            plan.cycle_of(cycle.id, agency.code, today),
            calendar,
            as_of,
            nothing=plan.words.nothing,
            is_exempt=not plan.owes_return(cycle.id, agency.code, today),
            is_untaken=agency.code in untaken,
        )
        for agency in plan.expected
    )


def judge_timeliness(
    agency: str,
    arrivals: Sequence[Submission],
    cycle: Cycle,
    calendar: Calendar,
    as_of: dt.datetime,
    *,
    nothing: str = TaskStatus.NOTHING.value,
    is_exempt: bool = False,
    is_untaken: bool = False,
) -> Timeliness:
    """Where an agency stands. On time means: a version received before its own deadline was accepted.

    `cycle` is the cycle as this agency has it (`Plan.cycle_of`); `is_exempt` is for who owes nothing in it,
    `is_untaken` for who has a file in its folder that we could not take: nobody is late by our fault.
    """
    mine = [a for a in arrivals if a.agency == agency and a.received_at <= as_of]
    accepted = [a for a in mine if a.is_accepted]
    returned = sum(1 for a in mine if a.verdict in ("returned", "unreadable"))
    if accepted:
        received = accepted[0].received_at
        late_days = calendar.late_working_days(cycle, received)
        standing = Standing.CONFIRMED_ZERO if _is_zero(accepted[-1], nothing) else Standing.ACCEPTED
        return Timeliness(agency, standing, received, late_days > 0, late_days, returned, len(mine))
    if is_exempt:
        return Timeliness(agency, Standing.EXEMPT, None, False, 0, returned, len(mine))
    is_overdue = as_of >= calendar.deadline(cycle)
    unjudged = [a for a in mine if a.verdict is None]
    if unjudged or is_untaken:
        standing = Standing.RECEIVED
        is_overdue = is_overdue and not is_untaken and all(a.received_at >= calendar.deadline(cycle) for a in unjudged)
    elif mine:
        standing = Standing.RETURNED
    else:
        standing = Standing.MISSING if is_overdue else Standing.EXPECTED
    # No count of days for what has not come: it would change the report every day with nothing new in it.
    return Timeliness(agency, standing, None, is_overdue, 0, returned, len(mine))


def _is_zero(submission: Submission, nothing: str) -> bool:
    """Every question of the form was answered with "Không phát sinh", whatever its words for it."""
    statuses = [row[7] for row in json.loads(submission.answers) if row[2] in ("tinh_trang", "trang_thai", "khai_bao")]
    return bool(statuses) and all(status == nothing for status in statuses)
