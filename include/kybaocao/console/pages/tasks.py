"""Nhiệm vụ: the tasks by section, late ones first, and what each agency says on one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from kybaocao.console.csv_file import AS_CSV, Format, answer_csv, answer_facts
from kybaocao.console.facts.snapshots import Taken, read_newest
from kybaocao.console.facts.tasks import (
    STATES,
    SectionRows,
    TaskRow,
    find_task,
    list_sections,
    order_holders,
    read_statements,
    read_task_row,
)
from kybaocao.console.guards import Guards
from kybaocao.console.listing import cut_page, find_rows
from kybaocao.console.page import Page
from kybaocao.console.pages.refusals import OF_CYCLE
from kybaocao.console.pages.scoped import find_scope
from kybaocao.console.pages.targets import choose_sight
from kybaocao.console.scope import Scope
from kybaocao.figures.snapshot import Punctuality

COLUMNS = ("ma", "nhiem_vu", "han_rieng", "so_co_quan", *STATES, "qua_han_rieng", "hoan_thanh_muon")
AGENCY_COLUMNS = (
    "ma", "co_quan", "trang_thai", "so_voi_han_rieng", "ty_le", "ngay", "ket_qua", "minh_chung", "ly_do",
)  # fmt: skip


class Tasks(BaseModel):
    """As of the newest pass; before the first there are no sections. Section 0 has the duties of section IV."""

    as_of: dt.datetime | None
    sections: list[SectionRows]


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()
    find = find_scope(guards)
    _add_list(router, guards, find)
    _add_one(router, guards, find)
    return router


def _add_list(router: APIRouter, guards: Guards, find: Callable[..., Scope]) -> None:
    @router.get("/ky/{dag_id}/nhiem-vu", dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_tasks(
        request: Request,
        q: str = "",
        cham: bool = False,
        dinh_dang: str = "",
        scope: Scope = Depends(find),  # noqa: B008
    ) -> Response:
        page, p = Page(request), scope.p
        taken, sections = _gather(scope)
        if dinh_dang == "csv":
            rows = (row for section in sections for row in section.tasks)
            return answer_csv(
                f"nhiem-vu_{p.cycle.id}",
                COLUMNS,
                (
                    (row.id, row.title, row.due_on, row.holders, *_count_states(row), row.overdue, row.done_late)
                    for row in rows
                ),
            )
        found = []
        for section in sections:
            tasks = [row for row in section.tasks if not cham or row.late or row.overdue]
            tasks = find_rows(tasks, q, lambda row: f"{row.id} {row.title}") if q.strip() else tasks
            if tasks:
                found.append((section, tasks))
        return page.render(
            "tasks.html",
            title=page.words("tasks_title"),
            cycle=p.cycle,
            taken=taken,
            sections=found,
            states=STATES,
            total=sum(len(section.tasks) for section in sections),
            shown=sum(len(tasks) for _, tasks in found),
            late=sum(bool(row.late or row.overdue) for section in sections for row in section.tasks),
            q=q,
            is_late_only=cham,
            zone=p.plan.timezone,
        )

    @router.get(
        "/api/v1/cycles/{dag_id}/tasks",
        dependencies=[Depends(guards.see_cycle)],
        responses={**OF_CYCLE, 200: AS_CSV},
        response_model=Tasks,
        tags=["report"],
    )
    def read_tasks(format: Format = "", scope: Scope = Depends(find)) -> Tasks | Response:  # noqa: A002, B008
        """The tasks by section, late ones first."""
        taken, sections = _gather(scope)
        if format == "csv":
            rows = [row for section in sections for row in section.tasks]
            return answer_facts(f"tasks_{scope.p.cycle.id}", TaskRow, rows)
        return Tasks(as_of=taken.as_of if taken else None, sections=sections)


def _add_one(router: APIRouter, guards: Guards, find: Callable[..., Scope]) -> None:
    @router.get("/ky/{dag_id}/nhiem-vu/{task}", dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_task(
        request: Request,
        task: str,
        q: str = "",
        trang_thai: str = "",
        trang: int = 1,
        dinh_dang: str = "",
        scope: Scope = Depends(find),  # noqa: B008
    ) -> Response:
        page, p, sees = Page(request), scope.p, choose_sight(scope)
        taken = read_newest(scope.p)
        found = find_task(p.plan, taken.packed, task) if taken else None
        if taken is None or found is None:
            raise HTTPException(404)
        held, kept = found
        holders = order_holders(p.plan, held, kept, sees)
        if not holders:
            raise HTTPException(404)
        chosen = [
            one for one in holders if not trang_thai or trang_thai in (one.state, one.punctuality)
        ]  # a link from a count of either
        if q.strip():
            chosen = find_rows(chosen, q, lambda one: f"{one.agency} {one.name}")
        if dinh_dang == "csv":
            rows = (tuple(vars(one).values()) for one in read_statements(kept, chosen))
            return answer_csv(f"nhiem-vu_{task}_{p.cycle.id}", AGENCY_COLUMNS, rows)
        listing = cut_page(chosen, trang)
        return page.render(
            "task.html",
            title=f"{held.id} – {held.title}",
            cycle=p.cycle,
            taken=taken,
            task=held,
            row=read_task_row(p.plan, held, kept, p.local.date(), sees),
            listing=listing,
            statements=read_statements(kept, listing.rows),
            states=STATES,
            overdue=Punctuality.OVERDUE.value,
            done_late=Punctuality.DONE_LATE.value,
            q=q,
            chosen=trang_thai,
            zone=p.plan.timezone,
        )


def _count_states(row: TaskRow) -> list[int]:
    return [row.counts.get(state, 0) for state in STATES]


def _gather(scope: Scope) -> tuple[Taken | None, list[SectionRows]]:
    taken, p = read_newest(scope.p), scope.p
    if taken is None:
        return None, []
    return taken, list_sections(p.plan, taken.packed, p.local.date(), choose_sight(scope))
