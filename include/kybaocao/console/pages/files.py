"""Files that the console hands out: those of a report's version."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse

from kybaocao.console.guards import Guards
from kybaocao.console.pages.scoped import Number, find_whole_scope
from kybaocao.console.reports import KINDS, find_report_file
from kybaocao.console.scope import Scope


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()
    find = find_whole_scope(guards)

    @router.get("/bao-cao/{dag_id}/{version}/{name}", dependencies=[Depends(guards.see_cycle)], include_in_schema=False)
    def read_report(version: Number, name: str, scope: Scope = Depends(find)) -> FileResponse:  # noqa: B008
        return _send(scope, version, name)

    @router.get(
        "/bao-cao/{dag_id}/{version}/{part}/{name}", dependencies=[Depends(guards.see_cycle)], include_in_schema=False
    )
    def read_released(version: Number, part: str, name: str, scope: Scope = Depends(find)) -> FileResponse:  # noqa: B008
        return _send(scope, version, name, part)

    return router


def _send(scope: Scope, version: int, name: str, part: str = "") -> FileResponse:
    path = find_report_file(scope.p.home, scope.p.cycle.id, version, name, part)
    if path is None:
        raise HTTPException(404, "Không có tệp này; phiên bản hoặc tên tệp chưa đúng.")
    return FileResponse(
        path,
        media_type=KINDS[path.suffix],
        filename=path.name,
        content_disposition_type="inline" if path.suffix == ".pdf" else "attachment",
    )
