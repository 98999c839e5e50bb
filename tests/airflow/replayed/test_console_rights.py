"""What Airflow forbids a user, the console forbids: every route of it, asked by nobody and by every role.

The roles are those of Airflow's SimpleAuthManager: viewer reads, user (leaders) also decides, op and admin operate.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from fastapi.routing import APIRoute

from kybaocao.console.app import build_app
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import System
from tests.airflow.conftest import connect
from tests.airflow.replayed.console_season import CYCLE
from tests.console.conftest import GUARDS

pytestmark = pytest.mark.airflow
VALUES = {"dag_id": CYCLE, "agency": "STC", "version": "1", "number": "1", "target": "T16"}
ROLES = {"xem": "viewer", "lanhdao": "user", "truc": "op", "vanhanh": "admin"}
# Who passes which guard.
PASSES = {
    "see": {"viewer", "user", "op", "admin"},
    "see_cycle": {"viewer", "user", "op", "admin"},
    "decide": {"user", "op", "admin"},
    "act": {"op", "admin"},
}


def list_routes() -> list[tuple[str, str, frozenset[str]]]:
    """(method, path, guards) of the whole application; a path has values in place of its names."""
    names = {getattr(GUARDS, name): name for name in PASSES}
    found = []
    for route in build_app(GUARDS).routes:
        if isinstance(route, APIRoute):
            guards = frozenset(names[one.call] for one in route.dependant.dependencies if one.call in names)
            path = re.sub(r"{(\w+)(:\w+)?}", lambda match: VALUES.get(match[1], "1"), route.path)
            found += [(method, path, guards) for method in sorted(route.methods)]
    return found


def ask(system: System, method: str, path: str, token: str = "") -> int:
    """The status; a form is sent empty, so that nothing is changed even where the guard lets it in."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = b"" if method == "POST" else None
    request = urllib.request.Request(f"{system.url}/kybaocao{path}", data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_every_route_is_listed() -> None:
    """Each stands behind a guard whose answer is known here."""
    routes = list_routes()
    assert len(routes) > 40
    assert [route for route in routes if not route[2]] == []


def test_nobody_gets_an_answer_without_a_login(console: System) -> None:
    refused = {(method, path): ask(console, method, path) for method, path, _ in list_routes()}
    assert {route: status for route, status in refused.items() if status != 401} == {}


@pytest.mark.parametrize("user", ROLES)
def test_a_role_passes_the_guards_that_airflow_gives_it(console: System, user: str) -> None:
    """403 where the right is missing; whatever else the page says otherwise, never a fault of the server."""
    token = read_token(connect(console, user))
    wrong = {}
    for method, path, guards in list_routes():
        may = all(ROLES[user] in PASSES[guard] for guard in guards)
        status = ask(console, method, path, token)
        if (status != 403) != may or status >= 500 or status == 401:
            wrong[method, path] = status
    assert wrong == {}


def read_token(api: AirflowApi) -> str:
    return api._token
