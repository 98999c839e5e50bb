"""Báo cáo: versions, what stands in the way of one, and compiling another one now."""

from __future__ import annotations

from fastapi.testclient import TestClient

from kybaocao.home import Home
from tests.conftest import CYCLE

PATH = f"/ky/{CYCLE}/bao-cao"


def test_the_newest_version_is_shown_with_its_state(played: Home, viewer: TestClient) -> None:
    page = viewer.get(PATH)
    assert page.status_code == 200
    assert "chờ phê duyệt" in page.text
