"""Accounts of production: FAB on a real API server, with the roles and the settings that docker-compose.yaml gives it.

Every route of the console is asked by every role; a question is for whom it names; passwords cannot be tried at will,
neither at /auth/token nor in the login form.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.embedded.system import find_free_port
from tests.airflow.replayed.test_console_rights import list_routes
from tests.conftest import CYCLE, ROOT

pytestmark = pytest.mark.airflow
REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = secrets.token_hex(8)
PEOPLE = {"admin": "Admin", "lo.thi.huong": "VanHanh", "lanhdao": "LanhDao", "thanhtra": "KiemTra"}
READERS = set(PEOPLE.values())
PASSES = {
    "see": READERS,
    "see_cycle": READERS,
    "decide": {"LanhDao", "Admin"},
    "act": {"VanHanh", "Admin"},
}
Answer = tuple[int, dict[str, object]]


class Server:
    """An API server with FAB, on a database of its own."""

    def __init__(self, root: Path) -> None:
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "KYBAOCAO"))}
        self.environment = own | {
            "AIRFLOW_HOME": str(root),
            "PYTHONPATH": f"{REPOSITORY / 'include'}:{REPOSITORY / 'config'}",
            "KYBAOCAO_HOME": str(root / "home"),
            "AIRFLOW__CORE__AUTH_MANAGER": "kybaocao.adapters.named_accounts.NamedAccounts",
            "AIRFLOW__FAB__CONFIG_FILE": str(REPOSITORY / "config" / "webserver_config.py"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{root / 'airflow.db'}",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
        }

    def run(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *command],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def ask(self, method: str, path: str, token: str = "", body: object = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                content = answer.read()
                is_json = answer.headers.get_content_type() == "application/json"
                return int(answer.status), json.loads(content) if is_json else {}
        except urllib.error.HTTPError as error:
            return error.code, {}

    def log_in(self, user: str, password: str = PASSWORD) -> Answer:
        return self.ask("POST", "/auth/token", body={"username": user, "password": password})

    def token(self, user: str) -> str:
        status, answer = self.log_in(user)
        assert status == 201, (status, user)
        return str(answer["access_token"])


class Unfollowed(urllib.request.HTTPRedirectHandler):
    """A redirect is the answer."""

    def redirect_request(self, *_: object) -> None:
        return None


class Browser:
    """It keeps cookies and posts the login form."""

    def __init__(self, server: Server) -> None:
        self.url = server.url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), Unfollowed())

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        try:
            with self.opener.open(self.url + path, data, timeout=60) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    def log_in(self, user: str, password: str = PASSWORD) -> int:
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', self.ask("/auth/login/")[1])
        assert found, "no CSRF token in the form"
        return self.ask("/auth/login/", {"csrf_token": found[1], "username": user, "password": password})[0]

    def name(self) -> str:
        """Whom the server takes this browser for; empty if for nobody."""
        status, content = self.ask("/ui/auth/me")
        return str(json.loads(content)["username"]) if status == 200 else ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the roles and one person of each, made as the handbook says."""
    root = tmp_path_factory.mktemp("fab")
    (root / "home").mkdir()
    found = Server(root)
    found.run("db", "migrate")
    found.run("roles", "import", str(ROOT / "config" / "roles.json"))
    for user, role in PEOPLE.items():
        name = ["-f", "Người", "-l", user, "-e", f"{user}@kybaocao.invalid"]
        found.run("users", "create", "-u", user, "-r", role, *name, "-p", PASSWORD)
    with open(root / "api-server.log", "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(found.port)],
            env=found.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + 240
            while not is_up(found):
                assert process.poll() is None and time.monotonic() < until, (root / "api-server.log").read_text()[
                    -3000:
                ]
                time.sleep(1)
            yield found
        finally:
            process.terminate()
            process.wait(timeout=60)


def is_up(server: Server) -> bool:
    try:
        return server.ask("GET", "/api/v2/version")[0] == 200
    except OSError:
        return False


def test_a_wrong_password_and_an_unknown_name_are_refused(server: Server) -> None:
    assert server.log_in("thanhtra", "sai")[0] == 401
    assert server.log_in("khong.co")[0] == 401


@pytest.mark.parametrize("user", PEOPLE)
def test_a_role_passes_the_guards_of_the_console_that_are_its_own(server: Server, user: str) -> None:
    token, wrong = server.token(user), {}
    for method, path, guards in list_routes():
        may = all(PEOPLE[user] in PASSES[guard] for guard in guards)
        status, _ = server.ask(method, f"/kybaocao{path}", token)
        if (status != 403) != may or status >= 500 or status == 401:
            wrong[method, path] = status
    assert wrong == {}


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("GET", "/api/v2/dags", READERS),
        ("PATCH", f"/api/v2/dags/{CYCLE}", {"VanHanh", "Admin"}),
        ("POST", f"/api/v2/dags/{CYCLE}/dagRuns", {"VanHanh", "Admin"}),
        ("DELETE", f"/api/v2/dags/{CYCLE}", {"Admin"}),
        ("PATCH", f"/api/v2/dags/{CYCLE}/dagRuns/x/taskInstances/approve/-1/hitlDetails", {"LanhDao", "Admin"}),
        ("GET", "/api/v2/eventLogs", {"VanHanh", "KiemTra", "Admin"}),
        ("GET", "/api/v2/connections", {"Admin"}),
        ("GET", "/api/v2/variables", {"Admin"}),
        ("GET", "/auth/fab/v1/users", {"Admin"}),
    ],
)
def test_what_a_role_may_do_in_airflow(server: Server, method: str, path: str, roles: set[str]) -> None:
    """A leader answers questions and cannot pause a cycle; who checks, reads; only Admin gives accounts."""
    body = None if method == "GET" else {}
    passed = {role for user, role in PEOPLE.items() if server.ask(method, path, server.token(user), body)[0] != 403}
    assert passed == roles


def test_the_console_knows_people_by_name(server: Server) -> None:
    """FAB's own id is a number; plan, audit trail and letters have names."""
    status, answer = server.ask("GET", "/ui/auth/me", server.token("lanhdao"))
    assert (status, answer["username"]) == (200, "lanhdao")


def test_passwords_cannot_be_tried_without_end(server: Server) -> None:
    """Six times wrong: the right one has to wait, too; others are not kept waiting."""
    tried = [server.log_in("lo.thi.huong", f"sai{number}")[0] for number in range(6)]
    assert tried == [401, 401, 401, 401, 401, 429]
    assert server.log_in("LO.thi.huong ")[0] == 429
    assert server.log_in("lanhdao")[0] == 201


@pytest.mark.parametrize(
    "body", [{"username": 5, "password": PASSWORD}, {"username": "lanhdao", "password": ["x"]}, {}]
)
def test_a_name_or_password_that_is_no_text_is_refused(server: Server, body: dict[str, object]) -> None:
    """It is the caller's fault, not ours."""
    assert server.ask("POST", "/auth/token", body=body)[0] == 400


def test_the_login_form_lets_the_right_password_in(server: Server) -> None:
    browser = Browser(server)
    assert (browser.log_in("lanhdao"), browser.name()) == (302, "lanhdao")


def test_the_login_form_refuses_a_wrong_password(server: Server) -> None:
    browser = Browser(server)
    assert (browser.log_in("lanhdao", "sai"), browser.name()) == (302, "")


def test_the_login_form_refuses_a_post_without_its_token(server: Server) -> None:
    """Else another site could log a browser in."""
    browser = Browser(server)
    status, _ = browser.ask("/auth/login/", {"username": "lanhdao", "password": PASSWORD})
    assert (status, browser.name()) == (400, "")


def test_the_login_form_limits_tries_by_account(server: Server) -> None:
    """Six tries for one account: the right password has to wait, too. Another account from this address gets in."""
    assert [Browser(server).log_in("thanhtra", f"sai{number}") for number in range(6)] == [302] * 5 + [429]
    assert Browser(server).log_in(" Thanhtra") == 429
    assert Browser(server).log_in("admin") == 302


@pytest.mark.parametrize(
    ("address", "is_secure"), [("https://bao-cao.example.vn", True), ("http://localhost:8080", False)]
)
def test_the_cookie_of_the_form_goes_by_tls_alone_where_there_is_tls(
    address: str, is_secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", address)
    assert runpy.run_path(str(ROOT / "config" / "webserver_config.py"))["SESSION_COOKIE_SECURE"] is is_secure


def test_doctor_lists_people_with_their_roles(server: Server) -> None:
    ask = "from kybaocao.adapters.examination import read_accounts as r; a = r(); print(dict(a.roles), sorted(a.deciders))"
    done = subprocess.run(
        [sys.executable, "-c", ask], env=server.environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip().splitlines()[-1] == f"{PEOPLE} ['admin', 'lanhdao']"
