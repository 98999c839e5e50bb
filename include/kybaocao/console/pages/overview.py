"""Điều hành: every cycle at a glance."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from kybaocao.console.guards import Account, Guards
from kybaocao.console.page import Page
from kybaocao.plan.load import list_plan_folders, plan_in_force


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()

    @router.get("/", dependencies=[Depends(guards.see)], response_class=HTMLResponse)
    def show_overview(request: Request, account: Account = Depends(guards.identify)) -> HTMLResponse:  # noqa: B008
        page = Page(request)
        plans = [plan_in_force(folder) for folder in list_plan_folders()]
        cycles = [(plan, cycle) for plan in plans for cycle in plan.cycles.values()]
        return page.render("overview.html", title=page.words("overview_title"), account=account, cycles=cycles)

    return router
