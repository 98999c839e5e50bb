"""Báo cáo: the versions of the report, what stands in the way of one, accepting it, and compiling another now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from kybaocao.console.facts.gate import look_at_gate
from kybaocao.console.facts.report import (
    VersionFacts,
    VersionRow,
    describe_compiling,
    gather_version,
    list_version_rows,
)
from kybaocao.console.guards import Guards
from kybaocao.console.outcome import show_outcome
from kybaocao.console.page import Page
from kybaocao.console.pages.refusals import OF_CYCLE
from kybaocao.console.pages.scoped import MOST, Number, find_whole_scope
from kybaocao.console.scope import Scope
from kybaocao.home import is_replay_system
from kybaocao.stages.support.release_gate import LiftError, lift_obstacle

SAID = ("compiling", "answered")  # what became of what the browser asked of Airflow, each with words


class Report(BaseModel):
    """Every version, and the newest one in full."""

    versions: list[VersionRow]
    newest: VersionFacts | None


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()
    find = find_whole_scope(guards)
    _add_reading(router, guards, find)
    _add_acting(router, guards, find)
    return router


def _add_reading(router: APIRouter, guards: Guards, find: Callable[..., Scope]) -> None:
    @router.get("/ky/{dag_id}/bao-cao", dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_report(
        request: Request,
        ban: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        noi: str = "",
        scope: Scope = Depends(find),  # noqa: B008
    ) -> HTMLResponse:
        return _show(Page(request), scope, ban, said=noi if noi in SAID else "")

    @router.get(
        "/api/v1/cycles/{dag_id}/report", dependencies=[Depends(guards.see_cycle)], responses=OF_CYCLE, tags=["report"]
    )
    def read_report(scope: Scope = Depends(find)) -> Report:  # noqa: B008
        return Report(versions=list_version_rows(scope.p), newest=gather_version(scope.p))


def _add_acting(router: APIRouter, guards: Guards, find: Callable[..., Scope]) -> None:
    @router.get("/ky/{dag_id}/bao-cao/lap-ngay", dependencies=[Depends(guards.act)], response_class=HTMLResponse)
    def ask_to_compile(request: Request, scope: Scope = Depends(find)) -> HTMLResponse:  # noqa: B008
        page, p = Page(request), scope.p
        return page.render(
            "report_now.html",
            title=page.words("report_now_title"),
            cycle=p.cycle,
            now=describe_compiling(p),
            zone=p.plan.timezone,
            asked={"report": True} | ({"as_of": p.as_of.isoformat()} if is_replay_system() else {}),
            stamp=f"{p.local:%Y-%m-%d__%H%M%S}",
        )

    @router.post("/ky/{dag_id}/bao-cao/{version}/chap-nhan", dependencies=[Depends(guards.decide)])
    def accept_obstacle(
        request: Request,
        version: Number,
        code: str = Form(max_length=60),
        reason: str = Form(max_length=2000),
        scope: Scope = Depends(find),  # noqa: B008
    ) -> Response:
        page, p = Page(request), scope.p
        if gather_version(p, version) is None:
            raise HTTPException(404)
        if not (reason := reason.replace("\0", "").strip()):
            return _show(page, scope, version, problem=page.words("report_reason_missing"), status=422)
        try:
            lift_obstacle(p, version, code, by=scope.account.id, reason=reason, look=look_at_gate)
        except LiftError as error:
            return _show(page, scope, version, problem=f"{str(error)[:1].upper()}{str(error)[1:]}.", status=409)
        there = page.link(f"ky/{p.cycle.id}/bao-cao", ban=version)
        return show_outcome(there, page.root, page.words("report_lift_noted"))


def _show(
    page: Page, scope: Scope, version: int | None, *, said: str = "", problem: str = "", status: int = 200
) -> HTMLResponse:
    p = scope.p
    facts = gather_version(p, version)
    if facts is None and version is not None:
        raise HTTPException(404)
    return page.render(
        "report.html",
        title=page.words("report_title"),
        status=status,
        cycle=p.cycle,
        versions=list_version_rows(p),
        facts=facts,
        zone=p.plan.timezone,
        said=said,
        problem=problem,
        account=scope.account,
        may_accept=_may_accept(scope),
        due_on=p.cycle.due_on,
        compile_at=p.calendar.at(p.cycle.compile_at),
    )


def _may_accept(scope: Scope) -> bool:
    """Whether what blocks may be accepted in this account's name, see `lift_obstacle`."""
    people = scope.p.plan.require_recipients()
    deciders = {one.account.casefold() for one in (*people.approvers, *people.province_approvers)}
    return not deciders or scope.account.id.casefold() in deciders
