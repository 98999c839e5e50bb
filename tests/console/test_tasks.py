"""Nhiệm vụ: by section, late ones first; who says what."""

from __future__ import annotations

from fastapi.testclient import TestClient

from kybaocao.home import Home
from tests.conftest import CYCLE

PATH = f"/ky/{CYCLE}/nhiem-vu"


def test_list(played: Home, viewer: TestClient) -> None:
    for path in (
        PATH,
        PATH + "/III.1.a",
        PATH + "/IV.1.b",
        PATH + "?cham=1&q=thu tuc",
        PATH + "?dinh_dang=csv",
        PATH + "/III.1.a?dinh_dang=csv",
        f"/api/v1/ky/{CYCLE}/tasks",
    ):
        page = viewer.get(path)
        assert page.status_code == 200, path
