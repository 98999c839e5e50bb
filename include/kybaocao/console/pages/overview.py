"""Điều hành: what is due today, what somebody has to do, every cycle, and whether the system is well."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from kybaocao.console.facts.attention import find_looked_at, list_tasks
from kybaocao.console.facts.overview import read_overview
from kybaocao.console.guards import Account, Guards
from kybaocao.console.page import Page, mark_sample
from kybaocao.plan.cycles import Phase
from kybaocao.stages.support.status import REPORT_STATES


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()

    @router.get("/", dependencies=[Depends(guards.see)], response_class=HTMLResponse, include_in_schema=False)
    def show_overview(request: Request, account: Account = Depends(guards.identify)) -> HTMLResponse:  # noqa: B008
        page, found = Page(request), read_overview(account)
        for one in found.cycles:
            mark_sample(request, one.scope.p.plan)
        return page.render(
            "overview.html",
            title=page.words("overview_title"),
            found=found,
            opened=found.list_phase(Phase.OPEN),
            upcoming=found.list_phase(Phase.UPCOMING),
            closed=found.list_phase(Phase.CLOSED),
            tasks=list_tasks(found),
            looked_at=find_looked_at(found),
            report_states=REPORT_STATES,
        )

    return router
