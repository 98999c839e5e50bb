"""Registers with Airflow what lives in include/kybaocao/adapters: timetable, console, links, names of runs."""

import sys
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from kybaocao.adapters.console import PREFIX, build_app
from kybaocao.adapters.milestones import MilestoneTimetable

is_api_server = "api-server" in sys.argv or "standalone" in sys.argv  # the others have no use for FastAPI
is_scheduler = "scheduler" in sys.argv or "standalone" in sys.argv


def list_links():
    if not is_api_server:
        return []
    from kybaocao.adapters.links import LINKS  # imports Airflow's models

    return list(LINKS)


class KyBaoCaoPlugin(AirflowPlugin):
    name = "kybaocao"
    timetables = (MilestoneTimetable,)
    fastapi_apps: ClassVar[list[dict[str, Any]]] = (
        [{"app": build_app(), "url_prefix": PREFIX, "name": "Kỳ Báo Cáo"}] if is_api_server else []
    )
    # Tabs show the console in a frame; the card on Home is a module that Airflow loads into its own page.
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "Điều hành",  # Airflow cuts longer names in its navigation
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "dieu-hanh",
            "nav_top_level": True,
        },
        {"name": "Tình hình nộp", "href": f"{PREFIX}/ky/{{DAG_ID}}", "destination": "dag", "url_route": "tinh-hinh"},
        {
            "name": "Lượt này",
            "href": f"{PREFIX}/ky/{{DAG_ID}}?run={{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "luot",
        },
        {
            "name": "Kỳ Báo Cáo",
            "href": f"{PREFIX}/ky/{{DAG_ID}}?run={{RUN_ID}}&ti={{TASK_ID}}.{{MAP_INDEX}}",
            "destination": "task_instance",
            "url_route": "viec",
        },
    ]
    react_apps: ClassVar[list[dict[str, Any]]] = [
        {"name": "Kỳ Báo Cáo", "bundle_url": f"{PREFIX}/the.js", "destination": "dashboard", "url_route": "hom-nay"}
    ]
    global_operator_extra_links = list_links()

    @classmethod
    def on_load(cls, *args, **kwargs):
        if is_scheduler:
            from kybaocao.adapters.run_names import rename_runs

            rename_runs()
