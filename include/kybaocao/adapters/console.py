"""The shell of the console: Airflow's own rights around its pages.

`requires_access_*` are internal to Airflow (decision 17); they ask the auth manager, so that who may not see or do
something in Airflow cannot do it here. Operators are those who may change pools: of the rights that every auth manager
of Airflow knows, the nearest to "runs this system".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

PREFIX = "/kybaocao"  # below Airflow's own address


def find_root() -> str:
    """The path under which a proxy shows Airflow ("/airflow"), by its setting `[api] base_url`; "" for none."""
    from airflow.configuration import conf

    address: str = conf.get("api", "base_url", fallback="")
    return urlsplit(address).path.rstrip("/")


def list_views(root: str) -> list[dict[str, Any]]:
    """Tabs, which show the console in a frame; `root`: see `find_root`."""
    cycle = f"{root}{PREFIX}/ky/{{DAG_ID}}"
    return [
        {
            "name": "Điều hành",  # Airflow cuts longer names in its navigation
            "href": f"{root}{PREFIX}/",
            "destination": "nav",
            "url_route": "dieu-hanh",
            "nav_top_level": True,
        },
        {"name": "Tình hình nộp", "href": cycle, "destination": "dag", "url_route": "tinh-hinh"},
        {"name": "Lượt này", "href": f"{cycle}?run={{RUN_ID}}", "destination": "dag_run", "url_route": "luot"},
        {
            "name": "Kỳ Báo Cáo",
            "href": f"{cycle}?run={{RUN_ID}}&ti={{TASK_ID}}.{{MAP_INDEX}}",
            "destination": "task_instance",
            "url_route": "viec",
        },
    ]


def list_cards(root: str) -> list[dict[str, Any]]:
    """The card on Home, a module that Airflow loads into its own page."""
    module = f"{root}{PREFIX}/the.js"
    return [{"name": "Kỳ Báo Cáo", "bundle_url": module, "destination": "dashboard", "url_route": "hom-nay"}]


def build_app() -> Any:
    """The application that Airflow mounts under PREFIX. Imports FastAPI, so only the API server calls it."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity
    from airflow.api_fastapi.core_api.security import (
        GetUserDep,
        requires_access_dag,
        requires_access_pool,
        requires_access_view,
    )

    from kybaocao.adapters.row_agency import find_row_agency
    from kybaocao.console.app import build_app as build_console
    from kybaocao.console.guards import Account, Guards

    def identify(user: GetUserDep) -> Account:
        is_operator = get_auth_manager().is_authorized_pool(method="PUT", user=user)
        # By name, as `nguoi_nhan.yaml` and the audit trail know people: with FAB the id is a number.
        return Account(user.get_name(), user.get_name(), is_operator)

    identify.__annotations__["user"] = GetUserDep  # a string until here, which FastAPI would look up in the module
    return build_console(
        Guards(
            identify=identify,
            see=requires_access_view(AccessView.WEBSITE),
            see_cycle=requires_access_dag("GET", DagAccessEntity.RUN),
            act=requires_access_pool("PUT"),
            decide=requires_access_dag("PUT", DagAccessEntity.HITL_DETAIL),
            find_row_agency=find_row_agency,
        )
    )
