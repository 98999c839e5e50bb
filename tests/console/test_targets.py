"""Chỉ tiêu: results, the worst first, down to the cell."""

from __future__ import annotations

from fastapi.testclient import TestClient

from kybaocao.home import Home
from tests.conftest import CYCLE

PATH = f"/ky/{CYCLE}/chi-tieu"


def test_list(played: Home, viewer: TestClient) -> None:
    for path in (PATH, PATH + "/T15", PATH + "/D1", PATH + "?dinh_dang=csv", PATH + "/T13?dinh_dang=csv"):
        page = viewer.get(path)
        assert page.status_code == 200, path
    assert viewer.get(f"/api/v1/ky/{CYCLE}/targets").status_code == 200
    assert viewer.get(f"/api/v1/ky/{CYCLE}/report").status_code == 200
