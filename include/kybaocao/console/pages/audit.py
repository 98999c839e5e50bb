"""Nhật ký: who did what in a cycle, and why."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from kybaocao.console.audit_words import AuditWords, list_details
from kybaocao.console.csv_file import answer_csv
from kybaocao.console.facts.audit import AuditFilter, AuditRow, list_audit, read_all
from kybaocao.console.guards import Guards
from kybaocao.console.page import Page
from kybaocao.console.pages.scoped import find_scope
from kybaocao.console.scope import Scope
from kybaocao.stages.support.calls import NOTED

CHARTED_DAYS = 30
CSV_HEADINGS = ("number", "at", "recorded_at", "actor", "action", "agency", "detail")


def read_filter(
    viec: Annotated[str, Query(max_length=60)] = "",
    ai: Annotated[str, Query(max_length=200)] = "",
    co_quan: Annotated[str, Query(max_length=20)] = "",
    ngay: Annotated[str, Query(max_length=10)] = "",
) -> AuditFilter:
    """What the address of a list asks for. Raises HTTPException 422 for a day that is none."""
    try:
        day = dt.date.fromisoformat(ngay) if ngay else None
    except ValueError:
        raise HTTPException(422, f"“{ngay}” không phải là ngày; viết dạng 2026-12-09.") from None
    if day is not None and not 2000 <= day.year < 2100:
        raise HTTPException(422, f"“{ngay}” không phải là ngày của kế hoạch.")
    return AuditFilter(viec, ai, co_quan, day)


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(prefix="/ky/{dag_id}/nhat-ky", dependencies=[Depends(guards.see_cycle)], include_in_schema=False)
    in_scope, asked_for = Depends(find_scope(guards)), Depends(read_filter)

    @router.get("", response_class=HTMLResponse)
    def show_list(
        request: Request, scope: Scope = in_scope, asked: AuditFilter = asked_for, trang: int = 1, dinh_dang: str = ""
    ) -> Response:
        if asked.agency and not scope.sees(asked.agency):
            raise HTTPException(403)
        if dinh_dang == "csv":
            return answer_csv(f"nhat-ky_{scope.p.cycle.id}", CSV_HEADINGS, map(_as_csv, read_all(scope, asked)))
        page, found = Page(request), list_audit(scope, asked, trang)
        newest = list(found.days.items())[:CHARTED_DAYS] if asked.action == NOTED else []
        calls = [(dt.date.fromisoformat(day), count) for day, count in newest]
        return page.render(
            "audit.html",
            title=page.words("audit_title"),
            cycle=scope.p.cycle,
            scope=scope,
            asked=asked,
            found=found,
            said=AuditWords(page.words, scope.p.plan),
            calls=calls,
            most=max((count for _, count in calls), default=1),
            zone=scope.p.plan.timezone,
        )

    return router


def _as_csv(row: AuditRow) -> tuple[object, ...]:
    recorded = row.recorded_at.isoformat() if row.recorded_at else ""
    said = "; ".join(f"{key}: {text}" for key, text in list_details(row.detail))
    return (row.number, row.at.isoformat(), recorded, row.actor, row.action, row.agency, said)
