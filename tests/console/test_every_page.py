"""What holds for each page of the console: it is tried here, it speaks both languages, it survives odd addresses."""

from __future__ import annotations

import datetime as dt
import errno
import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import select

from kybaocao.console.app import build_app
from kybaocao.console.facts.tasks import STATES
from kybaocao.home import Home
from kybaocao.store.audit import record_action
from kybaocao.store.database import open_store
from kybaocao.store.tables import arrivals, outbox
from tests.conftest import CYCLE
from tests.console.conftest import GUARDS, log_in
from tests.console.every_page import PAGES
from tests.console.questions import count_questions
from tests.small_plan import write_small_plan

SHOWN = {name: path for name, path in PAGES.items() if name != "refusal"}
MOST = 60  # questions of a page, with those of its transactions
VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
MORE = 30  # rows of each kind


def test_every_page_is_tried() -> None:
    """Beside the text of a letter, which is not the console's."""
    routes = [one for one in build_app(GUARDS).routes if isinstance(one, APIRoute) and "GET" in one.methods]
    paths = [urlsplit(path).path for path in PAGES.values()]
    named = {next(one.path for one in routes if one.path_regex.match(path)) for path in paths}
    pages = {one.path for one in routes if one.response_class is HTMLResponse}
    assert pages - named == {"/ky/{dag_id}/thu/{number:int}/noi-dung"}


@pytest.mark.parametrize("engine", ["own", "played_on_postgresql"])
def test_no_page_asks_once_for_each_row(request: pytest.FixtureRequest, operator: TestClient, engine: str) -> None:
    """Thirty more files, letters and rows of the trail, and each page asks as much of the store as before."""
    home: Home = request.getfixturevalue(engine)
    _add_rows(home, 1)  # from here on everything is there that a page may ask about
    before = {path: _count_warm(operator, path) for path in SHOWN.values()}
    _add_rows(home, MORE)
    after = {path: _count_warm(operator, path) for path in SHOWN.values()}
    assert {path: (before[path], count) for path, count in after.items() if count > before[path]} == {}
    assert max(after.values()) <= MOST


def _count_warm(client: TestClient, path: str) -> int:
    """After it was asked for once: what never changes is kept in memory."""
    client.get(path)
    return count_questions(client, path)


def _add_rows(home: Home, count: int) -> None:
    """Files that were sent back, letters that were sent and rows of the trail about X-04183, copied from what is there."""
    with open_store(home).write() as connection:
        for table, mine in ((arrivals, arrivals.c.agency == "X-04183"), (outbox, outbox.c.agency == "X-04183")):
            row = dict(connection.execute(select(table).where(mine).order_by(table.c.id)).mappings().first() or {})
            del row["id"]
            for _ in range(count):
                token = secrets.token_hex(8)
                new = {"version": int(token[:6], 16) + 10} if table is arrivals else {"key": token, "message_id": token}
                connection.execute(table.insert().values(**row | new))
        for _ in range(count):
            at = dt.datetime(2026, 12, 11, 1, tzinfo=dt.UTC)
            record_action(connection, "x", at=at, cycle=CYCLE, agency="X-04183", reason="thử")


@pytest.mark.parametrize("name", SHOWN)
def test_every_page_speaks_english(played: Home, name: str) -> None:
    """Headings and buttons; what agencies state on a task stands as their forms have it."""
    page = log_in("vanhanh").get(SHOWN[name]).text
    path = SHOWN[name] + ("&" if "?" in SHOWN[name] else "?") + "lang=en"
    english = log_in("vanhanh").get(path)
    assert english.status_code == 200 and '<html lang="en">' in english.text
    titles = [
        re.sub(r"<[^>]+>", "", text)
        for text in re.findall(r"<th scope=\"col\"[^>]*>.*?</th>|<button[^>]*>.*?</button>", english.text)
    ]
    assert [
        text for text in titles if VIETNAMESE.search(text) and text.lower() not in map(str.lower, STATES)
    ] == [] and page != english.text


def test_before_the_first_pass_every_page_says_what_will_come(
    made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)  # of the season on PostgreSQL, which is still there
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(tmp_path / "config")))
    answers = {name: log_in("vanhanh").get(path) for name, path in SHOWN.items()}
    assert [name for name, one in answers.items() if "Chưa có dữ liệu" not in one.text] == []
    assert "kỳ mở và phát biểu mẫu lúc 08:00 ngày 16/11/2026" in answers["submissions"].text
    assert {one.status_code for one in answers.values()} == {200, 404}


def test_a_cycle_that_has_not_begun_is_no_fault(played: Home, operator: TestClient) -> None:
    """Beside one that has: its pages are there, and a letter or a version that it has not is not found."""
    paths = [path.replace(CYCLE, "nq02-2026-ky1") for path in SHOWN.values()]
    assert {operator.get(path).status_code for path in paths} == {200, 404}


@pytest.mark.parametrize("damage", [b"", b"no database" * 999])
def test_a_broken_store_is_named(own: Home, damage: bytes) -> None:
    (own.root / "kybaocao.db").write_bytes(damage)
    answers = [log_in("vanhanh").get(path) for path in SHOWN.values()]
    assert {one.status_code for one in answers} <= {200, 404, 503}
    assert all("<h1>" in one.text for one in answers)


def test_a_store_out_of_reach_is_said_in_words(own: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which it is and where its address stands; no words of a library, no account, no question."""
    monkeypatch.setenv("KYBAOCAO_DB_URL", "postgresql+psycopg2://a:Mat-Khau@127.0.0.1:1/kybaocao")
    found = log_in("vanhanh").get(SHOWN["overview"])
    assert (found.status_code, "Kho dữ liệu chưa kết nối được (KYBAOCAO_DB_URL)" in found.text) == (503, True)
    assert not [word for word in ("Mat-Khau", "psycopg2", "SELECT") if word in found.text]


def test_a_folder_out_of_reach_is_said_in_words(own: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def _fail(*_: object, **__: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(own.root))

    monkeypatch.setattr("kybaocao.console.facts.overview.read_health", _fail)
    found = log_in("vanhanh").get(SHOWN["overview"])
    assert found.status_code == 503 and f"{own.root}: ổ đĩa mạng đã mất kết nối" in found.text


def test_a_broken_plan_leaves_what_does_not_need_it(own: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The plan in force is the last good one, so the pages go on."""
    config = write_small_plan(tmp_path / "broken", has_position_letter=True)
    next(config.glob("*/ke_hoach.yaml")).write_text("ky: [", encoding="utf-8")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(config))
    answers = {path: log_in("vanhanh").get(path) for path in SHOWN.values()}
    assert {path: one.status_code for path, one in answers.items() if one.status_code not in (200, 404, 503)} == {}
    assert all("<h1>" in one.text for one in answers.values())
