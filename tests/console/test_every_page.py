"""What holds for each page of the console: it is tried here, it speaks both languages, it survives odd addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from kybaocao.console.app import build_app
from tests.console.conftest import GUARDS
from tests.console.every_page import PAGES


def test_every_page_is_tried() -> None:
    """Beside the text of a letter, which is not the console's."""
    routes = [one for one in build_app(GUARDS).routes if isinstance(one, APIRoute) and "GET" in one.methods]
    paths = [urlsplit(path).path for path in PAGES.values()]
    named = {next(one.path for one in routes if one.path_regex.match(path)) for path in paths}
    pages = {one.path for one in routes if one.response_class is HTMLResponse}
    assert pages - named == {"/ky/{dag_id}/thu/{number:int}/noi-dung"}
