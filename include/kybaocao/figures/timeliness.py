"""Which agencies submitted, and whether in time."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar

from kybaocao.figures.snapshot import Standing, TaskStatus, Timeliness
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import Source
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict


class Received(Protocol):
    """What counts of one version of a form."""

    @property
    def agency(self) -> str: ...
    @property
    def received_at(self) -> dt.datetime: ...
    @property
    def verdict(self) -> Verdict | None: ...
    @property
    def is_accepted(self) -> bool: ...
    @property
    def file_name(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class ReceivedWithAnswers(Received, Protocol):
    """The same with what it answers, as JSON."""

    @property
    def answers(self) -> str | bytes: ...


V = TypeVar("V", bound=Received)
A = TypeVar("A", bound=ReceivedWithAnswers)


def judge_everyone(
    plan: Plan,
    cycle: Cycle,
    calendar: Calendar,
    submissions: Sequence[A],
    as_of: dt.datetime,
    untaken: Collection[str] = (),
) -> tuple[Timeliness, ...]:
    """Where every expected agency stands, each by its own deadline, in the order of the register."""
    nothing, duties = plan.words.nothing, list_duty_tables(plan)

    def is_zero(version: A) -> bool:
        return confirms_nothing(version.answers, nothing, duties)

    return judge_versions(plan, cycle, calendar, submissions, as_of, untaken, is_zero)


def list_duty_tables(plan: Plan) -> frozenset[str]:
    """Tables of the form whose rows every agency must carry out, so that "không phát sinh" is no answer there."""
    tables = plan.edition.tables if plan.edition else ()
    return frozenset(table.id for _, table in tables if table.source is Source.OBLIGATIONS)


def judge_versions(
    plan: Plan,
    cycle: Cycle,
    calendar: Calendar,
    submissions: Sequence[V],
    as_of: dt.datetime,
    untaken: Collection[str],
    is_zero: Callable[[V], bool],
) -> tuple[Timeliness, ...]:
    """The same for who knows which accepted versions say that there was nothing, without their answers."""
    today = calendar.day_of(as_of)
    by_agency: dict[str, list[V]] = {}  # looking through all of them for each agency took half a minute
    for one in submissions:
        by_agency.setdefault(one.agency, []).append(one)
    return tuple(
        judge_timeliness(
            agency.code,
            by_agency.get(agency.code, ()),
            plan.cycle_of(cycle.id, agency.code, today),
            calendar,
            as_of,
            is_zero=is_zero,
            is_exempt=not plan.owes_return(cycle.id, agency.code, today),
            is_untaken=agency.code in untaken,
        )
        for agency in plan.expected
    )


def judge_timeliness(
    agency: str,
    submissions: Sequence[V],
    cycle: Cycle,
    calendar: Calendar,
    as_of: dt.datetime,
    *,
    is_zero: Callable[[V], bool],
    is_exempt: bool = False,
    is_untaken: bool = False,
) -> Timeliness:
    """Where an agency stands. On time: a version received before the agency's own deadline was accepted.

    `cycle`: as this agency has it (`Plan.cycle_of`).  `is_exempt`: it has nothing to submit.
    `is_zero`: whether an accepted version says that there was nothing.
    `is_untaken`: the system could not take a file of its; then it is never late.
    """
    own = [one for one in submissions if one.agency == agency and one.received_at <= as_of]
    accepted = [one for one in own if one.is_accepted]
    returned = sum(1 for one in own if one.verdict in (Verdict.RETURNED, Verdict.UNREADABLE))
    if accepted:
        received = accepted[0].received_at
        late_days = calendar.late_working_days(cycle, received)
        standing = Standing.CONFIRMED_ZERO if is_zero(accepted[-1]) else Standing.ACCEPTED
        newest = accepted[-1]
        return Timeliness(
            agency,
            standing,
            received,
            late_days > 0,
            late_days,
            returned,
            len(own),
            newest.file_name,
            newest.sha256,
        )
    if is_exempt:
        return Timeliness(agency, Standing.EXEMPT, None, False, 0, returned, len(own))
    is_overdue = as_of >= calendar.deadline(cycle)
    unjudged = [one for one in own if one.verdict is None]
    if unjudged or is_untaken:
        standing = Standing.RECEIVED
        is_overdue = is_overdue and not is_untaken and all(o.received_at >= calendar.deadline(cycle) for o in unjudged)
    elif own:
        standing = Standing.RETURNED
    else:
        standing = Standing.MISSING if is_overdue else Standing.EXPECTED
    # Late days stay 0 without an accepted version: a count would change the report every day.
    return Timeliness(agency, standing, None, is_overdue, 0, returned, len(own))


def confirms_nothing(
    answers: str | bytes, nothing: str = TaskStatus.NOTHING.value, duties: Collection[str] = frozenset()
) -> bool:
    """Every question of the form was answered with "Không phát sinh", or the plan's word for it."""
    columns = ("tinh_trang", "trang_thai", "khai_bao")
    rows = (row for row in json.loads(answers) if row[0] not in duties)
    statuses = [row[7] for row in rows if row[2] in columns]
    return bool(statuses) and all(status == nothing for status in statuses)
