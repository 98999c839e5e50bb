"""Lượt này: what one pass did."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from kybaocao.home import Home
from tests.conftest import CYCLE

PATH = f"/ky/{CYCLE}/luot"


@pytest.mark.parametrize("query", ["", "?phan=thu", "?phan=nhac", "?run=2026-12-07__scheduled&q=tai chinh"])
def test_list(played: Home, viewer: TestClient, query: str) -> None:
    assert viewer.get(PATH + query).status_code == 200
