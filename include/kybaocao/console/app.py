"""The console as one application: its pages, what it refuses, and how it says that something is wrong.

    app = build_app(guards)

Mounted by `adapters/console.py` inside Airflow's API server; knows nothing of Airflow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import unquote_to_bytes, urlsplit

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException as PlainHTTPException

from kybaocao.console.guards import Guards
from kybaocao.console.page import TEMPLATES, Page
from kybaocao.console.pages import (
    agency,
    agency_actions,
    agency_api,
    approval,
    audit,
    card,
    files,
    letter_actions,
    letters,
    machine,
    overview,
    passes,
    report,
    submissions,
    targets,
    tasks,
)
from kybaocao.files import explain_os_error
from kybaocao.home import Home
from kybaocao.plan.plan import PlanError
from kybaocao.store.database import open_store, share_connections
from kybaocao.store.troubles import describe_trouble
from kybaocao.yaml_source import SourceError

PAGES = (
    overview,
    card,
    submissions,
    agency,
    agency_actions,
    letters,
    letter_actions,
    report,
    approval,
    targets,
    tasks,
    passes,
    audit,
    machine,
    agency_api,
    files,
)
STATIC = {path.name: path for path in sorted((TEMPLATES / "static").iterdir()) if path.is_file()}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'"
    ),
}


def build_app(guards: Guards) -> FastAPI:
    """Every route stands behind one of `guards`."""
    app = FastAPI(title="Kỳ Báo Cáo", docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_guard_door)
    for page in PAGES:
        app.include_router(page.build_router(guards))
    app.include_router(_serve_static(guards))
    app.exception_handler(PlainHTTPException)(_say_refused)
    app.exception_handler(RequestValidationError)(_say_wrong_input)
    for kind in (SQLAlchemyError, PlanError, SourceError, OSError):
        app.exception_handler(kind)(_say_broken)
    return app


def _serve_static(guards: Guards) -> APIRouter:
    router = APIRouter()

    @router.get("/tinh/{name}", dependencies=[Depends(guards.see)], include_in_schema=False)
    def read_static(name: str) -> FileResponse:
        if name not in STATIC:
            raise HTTPException(404)
        return FileResponse(STATIC[name], headers={"Cache-Control": "private, max-age=600"})

    return router


async def _guard_door(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    """A form on another site cannot act here in the name of somebody who is logged in; and nothing with a NUL in it
    comes in, for PostgreSQL takes none."""
    if request.method not in SAFE_METHODS and not _comes_from_here(request):
        answer: Response = _say(request, 403, "refused_other_site")
    elif await _has_nul(request):
        answer = _say(request, 422, "refused_wrong_input")
    elif request.method in SAFE_METHODS:
        with share_connections():
            answer = await proceed(request)
    else:
        answer = await proceed(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "private, no-store")
    return answer


def _is_unused() -> bool:
    try:
        return not open_store(Home.from_environment()).has_tables
    except (SQLAlchemyError, OSError):
        return False


async def _has_nul(request: Request) -> bool:
    sent = f"{request.url.path}?{request.url.query}".encode()
    if request.method not in SAFE_METHODS:
        sent += await request.body()
    return b"\0" in unquote_to_bytes(sent)


def _comes_from_here(request: Request) -> bool:
    """What the browser says; without either header it is no browser, and has no cookie that another site could use."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _say(
    request: Request, status: int, key: str, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """The refusal in the frame, or as JSON where a program asked."""
    page = Page(request)
    text = page.words(key)
    if request.url.path.removeprefix(page.root).startswith("/api/"):
        answer: Response = JSONResponse({"detail": detail or text}, status)
    else:
        answer = page.render("refusal.html", title=text, status=status, text=text, detail=detail)
    answer.headers.update(headers or {})
    return answer


async def _say_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlainHTTPException)
    key = {401: "refused_no_login", 403: "refused_no_right", 404: "refused_unknown"}.get(error.status_code)
    detail = str(error.detail) if not key or error.detail not in ("Not Found", "Forbidden", "Not authenticated") else ""
    return _say(request, error.status_code, key or "refused_other", detail, error.headers)


async def _say_wrong_input(request: Request, _error: Exception) -> Response:
    return _say(request, 422, "refused_wrong_input")


async def _say_broken(request: Request, error: Exception) -> Response:
    """Store, configuration or folders are broken: what, while Airflow itself goes on.

    A store without tables is not broken: nothing was recorded yet.
    """
    if isinstance(error, DBAPIError) and _is_unused():
        return _say(request, 404, "refused_no_data")
    said = describe_trouble(error) if isinstance(error, DBAPIError) else ""
    if isinstance(error, OSError):
        said = ": ".join(filter(None, (str(error.filename or ""), explain_os_error(error))))
    return _say(request, 503, "refused_broken", said or f"{type(error).__name__}: {error}"[:1000])
