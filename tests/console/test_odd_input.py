"""Whatever an address says, the answer is a page or a refusal that says why: never a fault of the server."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kybaocao.console.app import build_app
from kybaocao.home import Home
from tests.conftest import CYCLE
from tests.console.conftest import GUARDS

ROUTES = sorted(
    one.path
    for one in build_app(GUARDS).routes
    if isinstance(one, APIRoute) and "GET" in one.methods and not one.path.startswith(("/api/", "/tinh/", "/the"))
)
LISTS = [one for one in ROUTES if one.count("{") == 1 or one.endswith("{agency}")]
POSTS = sorted(one.path for one in build_app(GUARDS).routes if isinstance(one, APIRoute) and "POST" in one.methods)
FIELDS = (
    "ly_do", "so_thu", "dia_chi", "thay_cho", "loai", "nguoi_quyet_dinh", "ngay", "van_ban", "den_het_ngay", "quy_tac",
    "den_ngay", "nguoi_nghe", "ket_qua", "noi_dung", "code", "reason", "step", "choice", "so", "nguoi_ky", "chuc_vu",
    "bo_qua",
)  # fmt: skip
# What people, programs and attackers put into an address.
ODD = (
    "", "0", "-1", "1", "2", "9" * 12, "9" * 30, "1e9", "0x10", "٣", "²", "1.5", "nan", "true",
    "STC", "X-04183", "stc", "KHONG-CO", "T13", "IV.1.a", CYCLE, "nq02-2026-ky1", "a" * 300,
    "2026-12-09", "2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "31/12/2026", "2026-12-09T25:00",
    "\0", "a\0b", "😀", "\ufeff", "\u202etxt.exe", "a\nb\r\nSet-Cookie: x=1", "%00", "%s%n", "%", "_", "'", "' OR 1=1 --",
    "\"><script>alert(1)</script>", "{{7*7}}", "..", "../../etc/passwd", "..%2f..%2fkybaocao.db", "C:\\boot.ini",
    "Bieu mau 1.xlsx", "Bieu mau 2-sai.xlsx", "phat-hanh", "validate.3", "compile_report.-1", "accepted", "csv", "json",
)  # fmt: skip
NAMES = (
    "q", "trang", "dinh_dang", "tinh_trang", "nhom", "tuoi", "ly_do", "tung_loi", "thieu", "qua_han", "run", "ti", "phan",
    "trang_thai", "loai", "co_quan", "viec", "ai", "ngay", "ban", "noi", "cham", "lang", "theme",
)  # fmt: skip
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=30).filter(lambda text: "\ud800" not in ascii(text)))
queries = st.dictionaries(st.sampled_from(NAMES), texts, max_size=3)
CHECKS = [HealthCheck.function_scoped_fixture]
tries = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=CHECKS,
)


def fill(route: str, *parts: str) -> str:
    left = iter(parts)
    return re.sub(r"\{[^}]+\}", lambda _: quote(next(left), safe=""), route)


def is_answered_well(client: TestClient, path: str) -> bool:
    """A page or a refusal, in the frame; a file, or the way to another page, where that is what was asked for."""
    answer = client.get(path)
    if answer.status_code in (200, 303, 307):
        return True
    return answer.status_code in (403, 404, 422) and "<h1>" in answer.text and "<nav" in answer.text


@tries
@given(
    st.sampled_from(ROUTES),
    st.lists(texts.filter(lambda text: "\n" not in text), min_size=4, max_size=4),  # such a path never comes to us
    queries,
    st.booleans(),
)
def test_an_odd_address_gets_a_page_or_a_refusal(
    played: Home, operator: TestClient, route: str, parts: list[str], query: dict[str, str], stays: bool
) -> None:
    """`stays`: in a cycle that there is, so that what comes after it is looked at."""
    path = fill(route, *([CYCLE, *parts] if stays else parts))
    assert is_answered_well(operator, f"{path}?{urlencode(query)}"), (path, query)


@pytest.mark.parametrize("value", ["9" * 12, "9" * 30, "a\0b"])
@pytest.mark.parametrize("engine", ["played", "played_on_postgresql"])
def test_what_no_store_can_be_asked_for_is_refused(
    request: pytest.FixtureRequest, operator: TestClient, engine: str, value: str
) -> None:
    """Numbers beyond those of a row, and a NUL, wherever they stand."""
    request.getfixturevalue(engine)
    paths = [fill(route, CYCLE, *[value] * 3) for route in ROUTES if route.count("{") > 1]
    assert paths and [path for path in paths if operator.get(path).status_code not in (404, 422)] == []
    found = [
        f"{fill(route, CYCLE, 'STC')}?{urlencode({name: value})}"
        for route in LISTS
        for name in ("trang", "ban", "q", "run")
    ]
    assert [path for path in found if not is_answered_well(operator, path)] == []


@pytest.mark.parametrize("path", POSTS)
def test_an_odd_form_is_refused_and_changes_nothing(own: Home, operator: TestClient, path: str) -> None:
    before = operator.get(f"/ky/{CYCLE}/nhat-ky?dinh_dang=csv").content
    for odd in ("9" * 30, "a\0b", "😀" * 100):
        assert operator.post(fill(path, CYCLE, odd, odd), data=dict.fromkeys(FIELDS, "1")).status_code in (
            404,
            409,
            422,
        )
    there = fill(path, CYCLE, "STC" if "{agency}" in path else "1", "1")
    for odd in ("", "a\0b", "😀" * 3000):
        assert operator.post(there, data=dict.fromkeys(FIELDS, odd)).status_code in (409, 422)
    assert operator.get(f"/ky/{CYCLE}/nhat-ky?dinh_dang=csv").content == before


# --- for programs ------------------------------------------------------------------------------------------------


around = FastAPI()
around.mount("/kybaocao", build_app(GUARDS))
WHO = {"x-account": "vanhanh"}
schema = schemathesis.openapi.from_asgi("/kybaocao/api/v1/openapi.json", around, headers=WHO)
schema.config.generation.update(allow_x00=False)  # refused everywhere; a schema cannot say so
DESCRIBED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schema.parametrize()
@settings(max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=CHECKS)
def test_every_answer_of_the_api_is_a_described_one(played: Home, case: schemathesis.Case) -> None:
    """No fault of the server, no status, type or content that the description does not have."""
    case.call_and_validate(headers=WHO)
    there = {"dag_id": CYCLE, "agency": "STC"}
    case.path_parameters = {name: there[name] for name in case.path_parameters or {}}
    case.call_and_validate(headers=WHO, checks=DESCRIBED)
