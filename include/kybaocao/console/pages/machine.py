"""Machine reading: cycles and submissions as JSON under stable English names, and the OpenAPI document of `/api/v1`.

Every page module may add routes below `/api/v1`; the document describes all that are there.  Names are never changed,
only added to; moments are ISO 8601 with their offset.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from kybaocao.console.csv_file import AS_CSV, Format, answer_facts
from kybaocao.console.facts.mail import read_mail_health
from kybaocao.console.facts.overview import CycleView, look_at, read_overview
from kybaocao.console.facts.standings import FILTERS, Age, Choice, Standings, State, read_standings, select_rows
from kybaocao.console.facts.submissions import Submission, describe_rows
from kybaocao.console.guards import Account, Guards
from kybaocao.console.listing import PAGE_ROWS, cut_page
from kybaocao.console.pages.refusals import OF_CYCLE, REFUSALS
from kybaocao.console.pages.scoped import find_scope
from kybaocao.console.scope import Scope
from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.cycles import Phase
from kybaocao.store.reports import ReportState

ROOT = "/api/v1"
GROUPS = {
    AgencyKind.DEPARTMENT: "department",
    AgencyKind.COMMUNE: "commune",
    AgencyKind.WARD: "ward",
    AgencyKind.OTHER: "other",
}
_KINDS = {name: kind for kind, name in GROUPS.items()}


class Counts(BaseModel):
    """Agencies; `expected` is what rates are a share of. `by_state` adds up to all that the account may see."""

    expected: int
    accepted: int
    on_time: int = Field(description="accepted in time, with something in it")
    late: int
    returned: int
    silent: int
    overdue: int
    by_state: dict[State, int]


class Report(BaseModel):
    version: int
    state: ReportState
    compiled_at: dt.datetime


class CycleSummary(BaseModel):
    id: str
    title: str
    phase: Phase
    as_of: dt.datetime
    opens_at: dt.datetime
    due_on: dt.date
    closes_on: dt.date
    counts: Counts
    newest_report: Report | None = Field(description="null for an account that watches only some agencies, too")
    mail_waiting: int | None = Field(description="null for an account that watches only some agencies")


class AgencySubmission(BaseModel):
    agency: str
    name: str
    group: str = Field(description="department, commune, ward or other")
    state: State
    since: dt.datetime | None
    age: Age = Field(description="days in this state: 0 is under one, 8 more than seven")
    due_on: dt.date
    received_at: dt.datetime | None = Field(description="of the first accepted version")
    is_overdue: bool
    late_working_days: int
    late_reason: str
    versions: int
    returned: int
    causes: list[str] = Field(description="codes of what sent the newest file back, the main one first")
    missing_attachments: list[str]
    last_reminder_at: dt.datetime | None
    contact: str


class SubmissionPage(BaseModel):
    """Page `page` (from 1) of `total` agencies, at most 100 each."""

    cycle: str
    as_of: dt.datetime
    total: int
    page: int
    pages: int
    submissions: list[AgencySubmission]


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(prefix=ROOT)

    @router.get("/openapi.json", dependencies=[Depends(guards.see)], include_in_schema=False)
    def read_openapi(request: Request) -> dict[str, Any]:
        return describe_api(request)

    @router.get(
        "/cycles", dependencies=[Depends(guards.see)], responses=REFUSALS, tags=["cycles"], operation_id="list_cycles"
    )
    def list_cycles(account: Account = Depends(guards.identify)) -> list[CycleSummary]:  # noqa: B008
        """Every cycle, open ones first."""
        found = read_overview(account)
        waiting = found.mail.waiting if found.mail else None
        return [_summarise(one, waiting.get(one.id, 0) if waiting is not None else None) for one in found.cycles]

    @router.get(
        "/cycles/{dag_id}",
        dependencies=[Depends(guards.see_cycle)],
        responses=OF_CYCLE,
        tags=["cycles"],
        operation_id="read_cycle",
    )
    def read_cycle(scope: Scope = Depends(find_scope(guards))) -> CycleSummary:  # noqa: B008
        """One cycle."""
        view, p = look_at(scope), scope.p
        is_mail_known = scope.watched is None and view.standings.arrivals.stamp is not None
        waiting = read_mail_health(p.store, [p.cycle.id]).waiting.get(p.cycle.id, 0) if is_mail_known else None
        return _summarise(view, waiting)

    @router.get(
        "/cycles/{dag_id}/submissions",
        dependencies=[Depends(guards.see_cycle)],
        responses={**OF_CYCLE, 200: AS_CSV},
        response_model=SubmissionPage,
        tags=["submissions"],
        operation_id="list_submissions",
    )
    def list_submissions(
        scope: Scope = Depends(find_scope(guards)),  # noqa: B008
        state: Annotated[str, Query(pattern=f"^({'|'.join(FILTERS)})?$")] = "",
        group: Annotated[str, Query(pattern=f"^({'|'.join(_KINDS)})?$")] = "",
        age: Annotated[str, Query(pattern="^(0|1-3|4-7|8)?$")] = "",
        cause: Annotated[str, Query(max_length=100)] = "",
        overdue: bool = False,
        q: Annotated[str, Query(max_length=200, description="search without diacritics")] = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
        format: Format = "",  # noqa: A002 - its name in the address
    ) -> SubmissionPage | Response:
        """Where the agencies stand, in the order of the register; only those that the account may see."""
        p, found = scope.p, read_standings(scope)
        kind = _KINDS[group].value if group else ""
        rows = select_rows(found, Choice(state, kind, age, cause, is_overdue=overdue, asked=q))
        if format == "csv":
            every = [_describe(scope, found, row) for row in describe_rows(p, found, rows)]
            return answer_facts(f"submissions_{p.cycle.id}", AgencySubmission, every)
        listing = cut_page(rows, page)
        return SubmissionPage(
            cycle=p.cycle.id,
            as_of=p.local,
            total=listing.total,
            page=listing.number,
            pages=max(1, -(-listing.total // PAGE_ROWS)),
            submissions=[_describe(scope, found, row) for row in describe_rows(p, found, listing.rows)],
        )

    return router


def describe_api(request: Request) -> dict[str, Any]:
    """Of the routes below ROOT, as they are called from outside."""
    routes = [one for one in request.app.routes if isinstance(one, APIRoute) and one.path.startswith(ROOT)]
    server = {"url": str(request.scope.get("root_path", "")) or "/"}
    return get_openapi(title="Kỳ Báo Cáo", version="1", routes=routes, servers=[server])


def _summarise(one: CycleView, waiting: int | None) -> CycleSummary:
    p, found, newest = one.scope.p, one.standings, one.newest
    return CycleSummary(
        id=one.id,
        title=one.title,
        phase=one.phase,
        as_of=p.local,
        opens_at=p.calendar.at(p.cycle.opens),
        due_on=p.cycle.due_on,
        closes_on=p.cycle.closes_on,
        counts=Counts(
            expected=found.expected,
            accepted=found.accepted,
            on_time=found.on_time,
            late=found.late,
            returned=found.returned,
            silent=found.silent,
            overdue=found.overdue,
            by_state={state: found.counts[state] for state in State},
        ),
        newest_report=Report(
            version=newest.version, state=newest.state, compiled_at=newest.compiled_at.astimezone(one.zone)
        )
        if newest
        else None,
        mail_waiting=waiting,
    )


def _describe(scope: Scope, found: Standings, row: Submission) -> AgencySubmission:
    one, zone = row.standing, scope.p.plan.timezone

    def local(moment: dt.datetime | None) -> dt.datetime | None:
        return moment.astimezone(zone) if moment else None

    return AgencySubmission(
        agency=one.code,
        name=one.agency.name,
        group=GROUPS[one.agency.kind],
        state=one.state,
        since=local(one.since),
        age=found.age_of(one),
        due_on=one.due_on,
        received_at=local(one.timeliness.received_at),
        is_overdue=one.is_overdue,
        late_working_days=one.timeliness.late_working_days,
        late_reason=one.late_reason if one.timeliness.is_late else "",
        versions=one.timeliness.version_count,
        returned=one.timeliness.returned_count,
        causes=[cause.code for cause in one.causes],
        missing_attachments=list(one.missing),
        last_reminder_at=local(row.reminder.at) if row.reminder else None,
        contact=row.contact.person if row.contact else "",
    )
