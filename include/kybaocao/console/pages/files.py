"""Files that the console hands out: those of a report's version."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse

from kybaocao.console.guards import Guards
from kybaocao.console.reports import KINDS, find_report_file
from kybaocao.home import Home


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()

    @router.get("/bao-cao/{dag_id}/{version}/{name}", dependencies=[Depends(guards.see_cycle)], include_in_schema=False)
    def read_report(dag_id: str, version: int, name: str) -> FileResponse:
        path = find_report_file(Home.from_environment(), dag_id, version, name)
        if path is None:
            raise HTTPException(404, "Không có tệp này; phiên bản hoặc tên tệp chưa đúng.")
        return FileResponse(
            path,
            media_type=KINDS[path.suffix],
            filename=path.name,
            content_disposition_type="inline" if path.suffix == ".pdf" else "attachment",
        )

    return router
