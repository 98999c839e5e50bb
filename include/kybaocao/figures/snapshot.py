"""The state of a cycle at one moment, as figures with their sources: what a report is made from.

Plain data.  `aggregation` builds it; it is stored as JSON (`canonical_json`), never changed, and compared by checksum.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from kybaocao.figures.broken_promise import BrokenPromise
from kybaocao.vietnamese import format_number


def _require_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a number is stored as text, so that no digit is lost")
    return value


# Strict reading would take a Decimal from a JSON number, and no Decimal from text.
Number = Annotated[Decimal, Field(strict=False), BeforeValidator(_require_text)]


class Verdict(StrEnum):
    """Of an indicator. A ranking that is not published yet is no failure."""

    MET = "đạt"
    NOT_MET = "chưa đạt"
    NO_FIGURE = "chưa có số liệu"
    NOT_PUBLISHED = "chưa công bố"
    NOTHING = "không phát sinh"
    NOT_COMPARABLE = "không so sánh được"  # ranks among other numbers of units


class Outlook(StrEnum):
    """Of a target for the end of the year, while the year is not over."""

    WILL_MEET = "dự kiến đạt"  # by the estimate for the whole year
    WILL_NOT_MEET = "dự kiến không đạt"
    ON_PACE = "đạt tiến độ"  # by the share of the year that has passed
    BEHIND = "chậm tiến độ"


class TaskStatus(StrEnum):
    DONE = "Đã hoàn thành"
    ON_TRACK = "Đang thực hiện"
    LATE = "Chậm tiến độ"
    NOT_STARTED = "Chưa triển khai"
    NOTHING = "Không phát sinh"


class Punctuality(StrEnum):
    """Of one agency's part in a task whose text states a deadline of its own, at the cut-off of the cycle."""

    ON_TIME = "đúng hạn"
    DONE_LATE = "hoàn thành muộn"
    OVERDUE = "quá hạn"
    NOT_DUE = "chưa đến hạn"


class Standing(StrEnum):
    """Of one agency's submission. Whether it is late is a field of `Timeliness`."""

    EXPECTED = "chưa nộp, còn hạn"
    RECEIVED = "đã nhận, đang kiểm tra"
    RETURNED = "đã trả lại"
    ACCEPTED = "đã tiếp nhận"
    CONFIRMED_ZERO = "đã tiếp nhận (không phát sinh)"
    EXEMPT = "được miễn"
    MISSING = "chưa nộp, quá hạn"


# Of what each agency gives there are a hundred thousand in a country: they have slots.
@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure was read: agency, kept file, sheet and cell."""

    agency: str
    sha256: str
    file_name: str
    sheet: str
    cell: str
    value: str  # as read, before any arithmetic
    text: str = ""  # as it stands in the cell
    kind: str = ""  # n number, d date, t text
    number_format: str = ""  # of the cell, where it shows the value in another way than the form does
    imported_by: str = ""  # who typed it from a paper report; "" for what an agency submitted
    paper: str = ""  # number and date of that paper report


@dataclass(frozen=True)
class Imported:
    """How much of a result was typed from paper reports. `origins`: those figures only."""

    is_provincial: bool  # the figure of the whole province was given, instead of the agencies' own
    reported: int  # agencies with an answer for it
    expected: int
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class Figures:
    """Summed numbers of one indicator or part; `value` is derived from the sums, never averaged.

    ty_le, vi_pham: numerator / denominator × 100.  so_luong: numerator only.  tang_truong: numerator this
    year, denominator the same period last year, value the growth in %.  thu_hang, so_sanh: numerator this
    time, denominator last time, value the numerator.
    """

    numerator: Number | None
    denominator: Number | None
    value: Number | None


@dataclass(frozen=True)
class PartResult:
    id: str
    name: str
    cumulative: Figures
    verdict: Verdict
    ranked_units: Number | None = None  # thu_hang: among how many
    previous_ranked_units: Number | None = None


ComponentResult = PartResult  # one of the rankings that a target such as D1 consists of


@dataclass(frozen=True, slots=True)
class AgencyResult:
    """One agency's own figures of a target that several report: what its evaluator reads (PHỤ LỤC of the plan)."""

    agency: str
    numerator: Number | None
    denominator: Number | None
    verdict: Verdict


@dataclass(frozen=True)
class IndicatorResult:
    id: str
    # a flow: from the year's start to the cut-off; a stock: at the cut-off; judged against the target
    cumulative: Figures
    period: Figures  # this reporting period alone; empty for a stock, and where the form asks only one figure
    estimate: Number | None  # "ước cả năm", where asked
    verdict: Verdict
    reported: tuple[str, ...]  # agencies that gave an answer for it
    missing: tuple[str, ...]  # agencies that have not answered yet
    nothing_count: int  # of the reported: "không phát sinh"
    no_figure_count: int  # of the reported: "chưa có số liệu" or "chưa công bố"
    ranked_units: Number | None  # thu_hang: among how many
    previous_ranked_units: Number | None
    published_on: dt.date | None
    parts: tuple[PartResult, ...]
    previous: Figures | None  # the same indicator in the previous cycle's published snapshot
    previous_verdict: Verdict | None
    notes: tuple[tuple[str, str], ...]  # (agency, explanation)
    origins: tuple[Origin, ...]
    imported: Imported | None = None  # only in the snapshot of a cycle that was run by hand
    previous_imported: Imported | None = None  # of `previous`
    outlook: Outlook | None = None  # of a target for the whole year that is not decided at the cut-off
    comparable: bool = True  # thu_hang: both ranks are among equally many
    by_agency: tuple[AgencyResult, ...] = ()  # shares that several agencies report: those that answered

    @property
    def components(self) -> tuple[ComponentResult, ...]:
        """The rankings that the target consists of (the ten of D1): now, before, among how many, and the verdict."""
        return tuple(part for part in self.parts if part.ranked_units is not None)

    @property
    def assessment(self) -> str:
        """The verdict in words, or what is to be expected by the end of the year where that is still open."""
        return (self.outlook or self.verdict).value

    @property
    def expected_count(self) -> int:
        return len(self.reported) + len(self.missing)

    @property
    def coverage(self) -> str:
        """ "88/90 cơ quan" """
        return f"{len(self.reported)}/{self.expected_count} cơ quan"

    @property
    def coverage_counts(self) -> tuple[tuple[int, str], ...]:
        """How many agencies have a figure, and how many have none for what reason: every one asked is counted once."""
        with_figure = len({origin.agency for origin in self.origins} & set(self.reported))
        nothing = min(self.nothing_count, len(self.reported) - with_figure)
        return (
            (with_figure, "có số liệu"),
            (nothing, Verdict.NOTHING.value),
            (len(self.reported) - with_figure - nothing, Verdict.NO_FIGURE.value),
            (len(self.missing), "chưa báo cáo"),
        )

    @property
    def coverage_words(self) -> str:
        """ "79 có số liệu, 5 không phát sinh, 4 chưa báo cáo" """
        return ", ".join(f"{format_number(number)} {what}" for number, what in self.coverage_counts if number)


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """What one agency stated on one task."""

    agency: str
    status: TaskStatus
    percent: Number | None
    done_on: dt.date | None
    result: str
    evidence: str
    reason: str
    # None without a deadline, for "không phát sinh", and where it was done on a day that nobody stated.
    punctuality: Punctuality | None = None
    cycle: str = ""  # the earlier cycle of the year in which it was stated, "" for this one
    repeats: str = ""  # of this cycle: the latest earlier one in which the agency stated the very same


@dataclass(frozen=True)
class TaskResult:
    """A task of section III, or an obligation of section IV."""

    id: str
    section: int
    entries: tuple[TaskEntry, ...]
    missing: tuple[str, ...]  # agencies that hold the task and have not reported, or whose form did not ask
    due_on: dt.date | None = None  # the last day in time
    earlier: tuple[TaskEntry, ...] = ()  # of earlier cycles of the year; not counted

    def count(self, status: TaskStatus) -> int:
        return sum(1 for entry in self.entries if entry.status is status)


@dataclass(frozen=True)
class Difficulty:
    """One difficulty or recommendation; agencies that wrote the same are merged."""

    section: int  # section of the plan, III.1-III.8
    agencies: tuple[str, ...]
    content: str
    cause_kind: str  # khách quan / chủ quan
    cause: str
    recommendation: str
    addressee: str
    standing: str  # tồn kỳ trước / mới phát sinh / đã giải quyết
    cycle: str = ""  # the earlier cycle of the year in which it was raised, "" for this one


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    agency: str
    number: str
    dated: dt.date | None
    issuer: str
    subject: str
    task: str
    cycle: str = ""  # the earlier cycle of the year in which it was reported, "" for this one


@dataclass(frozen=True)
class Discrepancy:
    """Two figures that count the same thing and differ (`doi_chieu`). A figure is "tu_so" or "mau_so" of its row."""

    subject: str  # target or part
    figure: str
    value: Number
    other: str
    other_figure: str
    other_value: Number


@dataclass(frozen=True, slots=True)
class Timeliness:
    agency: str
    standing: Standing
    received_at: dt.datetime | None  # of the first version that was accepted
    is_late: bool
    late_working_days: int
    returned_count: int
    version_count: int
    file_name: str = ""  # of the newest version that was accepted
    sha256: str = ""  # the same


@dataclass(frozen=True)
class Snapshot:
    """The whole state. The JSON of an earlier version may lack fields that have a default; unknown ones are refused.

    Such a field is not written while it has its default, so that a snapshot stored by an earlier version is written
    again byte for byte, and its checksum stays.
    """

    # Of the reader; it holds for everything inside.
    __pydantic_config__: ClassVar = ConfigDict(strict=True, extra="forbid")

    plan: str
    cycle: str
    as_of: dt.datetime
    indicators: tuple[IndicatorResult, ...]
    tasks: tuple[TaskResult, ...]
    difficulties: tuple[Difficulty, ...]
    documents: tuple[IssuedDocument, ...]
    timeliness: tuple[Timeliness, ...]
    obligations: tuple[TaskResult, ...] = ()  # of section IV
    discrepancies: tuple[Discrepancy, ...] = ()
    broken_promises: tuple[BrokenPromise, ...] = ()

    @property
    def accepted(self) -> tuple[Timeliness, ...]:
        done = (Standing.ACCEPTED, Standing.CONFIRMED_ZERO)
        return tuple(entry for entry in self.timeliness if entry.standing in done)

    def indicator(self, indicator: str) -> IndicatorResult:
        return next(result for result in self.indicators if result.id == indicator)


def set_aside_returns(snapshot: Snapshot) -> Snapshot:
    """The snapshot with every agency without an accepted file as missing, so that returned files change nothing."""
    no_answer = {Standing.RETURNED, Standing.RECEIVED, Standing.MISSING, Standing.EXPECTED}
    timeliness = tuple(
        dataclasses.replace(
            entry,
            standing=Standing.MISSING if entry.standing in no_answer else entry.standing,
            returned_count=0,
            version_count=0,
        )
        for entry in snapshot.timeliness
    )
    return dataclasses.replace(snapshot, timeliness=timeliness)
