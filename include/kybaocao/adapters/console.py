"""The shell of the console: routes of Airflow's API server, each behind Airflow's own rights.

`requires_access_dag` is internal to Airflow; it asks the auth manager, so that who may not see a run in Airflow sees
no file of it here.
"""

from __future__ import annotations

from typing import Any

PREFIX = "/kybaocao"


def build_app() -> Any:
    """The application that Airflow mounts under PREFIX. Imports FastAPI, so only the API server calls it."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import FileResponse

    from kybaocao.console.reports import KINDS, find_report_file
    from kybaocao.home import Home

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get(
        "/bao-cao/{dag_id}/{version}/{name}", dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
    )
    def read_report(dag_id: str, version: int, name: str) -> FileResponse:
        path = find_report_file(Home.from_environment(), dag_id, version, name)
        if path is None:
            raise HTTPException(404, "Không có tệp này; phiên bản hoặc tên tệp chưa đúng.")
        is_shown = path.suffix == ".pdf"
        return FileResponse(
            path,
            media_type=KINDS[path.suffix],
            filename=path.name,
            content_disposition_type="inline" if is_shown else "attachment",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
        )

    return app
