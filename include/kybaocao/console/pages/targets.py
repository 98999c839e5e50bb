"""Chỉ tiêu: results against targets, the worst first, down to each agency's figure and the cell it stands in."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from kybaocao.console.bars import draw_bar
from kybaocao.console.csv_file import AS_CSV, Format, answer_csv, answer_facts
from kybaocao.console.facts.snapshots import read_newest
from kybaocao.console.facts.targets import (
    Sees,
    TargetRow,
    choose_state,
    gather_target,
    list_target_rows,
    name_agency,
    order_agencies,
    read_agency_rows,
)
from kybaocao.console.guards import Guards
from kybaocao.console.listing import cut_page, find_rows
from kybaocao.console.page import Page
from kybaocao.console.pages.refusals import OF_CYCLE
from kybaocao.console.pages.scoped import find_scope
from kybaocao.console.scope import Scope
from kybaocao.figures.headline import count_headline

COLUMNS = ("ma", "ten", "muc_tieu", "ket_qua", "danh_gia", "con_thieu", "ky_truoc", "da_bao_cao", "phai_bao_cao")
AGENCY_COLUMNS = ("ma", "co_quan", "danh_gia", "so_lieu", "o", "gia_tri", "ghi_trong_o", "tep", "sha256")


class Targets(BaseModel):
    """As of the newest pass; before the first there is none."""

    as_of: dt.datetime | None
    targets: list[TargetRow]


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()
    find = find_scope(guards)
    _add_list(router, guards, find)
    _add_one(router, guards, find)
    return router


def _add_list(router: APIRouter, guards: Guards, find: Callable[..., Scope]) -> None:
    @router.get("/ky/{dag_id}/chi-tieu", dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_targets(request: Request, dinh_dang: str = "", scope: Scope = Depends(find)) -> Response:  # noqa: B008
        page, p, taken = Page(request), scope.p, read_newest(scope.p)
        rows = list_target_rows(p.plan, taken.packed, choose_sight(scope)) if taken else []
        if dinh_dang == "csv":
            return answer_csv(f"chi-tieu_{p.cycle.id}", COLUMNS, map(_write_row, rows))
        return page.render(
            "targets.html",
            title=page.words("targets_title"),
            cycle=p.cycle,
            taken=taken,
            rows=rows,
            is_whole=scope.watched is None,
            headline=count_headline(taken.packed.light).targets if taken else "",
            draw=draw_bar,
            zone=p.plan.timezone,
        )

    @router.get(
        "/api/v1/cycles/{dag_id}/targets",
        dependencies=[Depends(guards.see_cycle)],
        responses={**OF_CYCLE, 200: AS_CSV},
        response_model=Targets,
        tags=["report"],
    )
    def read_targets(format: Format = "", scope: Scope = Depends(find)) -> Targets | Response:  # noqa: A002, B008
        """The targets, the worst first."""
        taken = read_newest(scope.p)
        rows = list_target_rows(scope.p.plan, taken.packed, choose_sight(scope)) if taken else []
        if format == "csv":
            return answer_facts(f"targets_{scope.p.cycle.id}", TargetRow, rows)
        return Targets(as_of=taken.as_of if taken else None, targets=rows)


def _add_one(router: APIRouter, guards: Guards, find: Callable[..., Scope]) -> None:
    @router.get("/ky/{dag_id}/chi-tieu/{target}", dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_target(
        request: Request,
        target: str,
        q: str = "",
        tinh_trang: str = "",
        trang: int = 1,
        dinh_dang: str = "",
        scope: Scope = Depends(find),  # noqa: B008
    ) -> Response:
        page, p, taken = Page(request), scope.p, read_newest(scope.p)
        plan, sees = p.plan, choose_sight(scope)
        facts = gather_target(plan, taken.packed, target, sees) if taken else None
        if taken is None or facts is None:
            raise HTTPException(404)
        ordered = order_agencies(plan, taken.packed, target, sees)
        counts = Counter(state for _, state in ordered)
        chosen = choose_state(taken.packed, target, ordered, tinh_trang)
        if q.strip():
            chosen = find_rows(chosen, q, lambda one: f"{one[0]} {name_agency(plan, one[0])}")
        if dinh_dang == "csv":
            found = read_agency_rows(plan, taken.packed, target, chosen)
            cells = ((one, cell) for one in found for cell in one.cells or (None,))
            return answer_csv(
                f"{target}_{p.cycle.id}",
                AGENCY_COLUMNS,
                (
                    (one.agency, one.name, one.state, one.shown)
                    + ((cell.place, cell.value, cell.typed, cell.file_name, cell.sha256) if cell else ("",) * 5)
                    for one, cell in cells
                ),
            )
        listing = cut_page(chosen, trang)
        return page.render(
            "target.html",
            title=f"{target} – {facts.row.name}",
            cycle=p.cycle,
            taken=taken,
            facts=facts,
            row=facts.row,
            is_whole=sees is None,
            counts=counts,
            listing=listing,
            agencies=read_agency_rows(plan, taken.packed, target, listing.rows),
            q=q,
            chosen=tinh_trang,
            draw=draw_bar,
            zone=p.plan.timezone,
        )


def choose_sight(scope: Scope) -> Sees | None:
    """Which agencies the account sees; None: the whole, with the sums of the province."""
    return None if scope.watched is None else scope.sees


def _write_row(row: TargetRow) -> tuple[object, ...]:
    result = row.result
    said = (result.shown, result.assessment, result.gap, result.previous) if result else ("",) * 4
    return (row.id, row.name, row.target_text, *said, row.reported, row.expected)
