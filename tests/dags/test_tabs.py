"""The tabs and the card with which Airflow shows the console, where a proxy shows Airflow under a path of its own."""

from __future__ import annotations

import pytest

from kybaocao.adapters.console import find_root, list_cards, list_views


@pytest.mark.parametrize(
    ("address", "root"),
    [("http://host:8080", ""), ("https://host/airflow/", "/airflow"), ("https://host/a/b", "/a/b")],
)
def test_tabs_and_card_stay_below_the_path_of_airflow(address: str, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", address)
    found = [one["href"] for one in list_views(find_root())] + [one["bundle_url"] for one in list_cards(find_root())]
    assert len(found) == 5 and all(one.startswith(f"{root}/kybaocao/") for one in found)
