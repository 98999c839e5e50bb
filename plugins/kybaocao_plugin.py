"""Registers with Airflow what lives in include/kybaocao/adapters: timetable, console, links, names of runs."""

import sys

from airflow.plugins_manager import AirflowPlugin

from kybaocao.adapters.console import PREFIX, build_app, find_root, list_cards, list_views
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
    fastapi_apps = [{"app": build_app(), "url_prefix": PREFIX, "name": "Kỳ Báo Cáo"}] if is_api_server else []
    external_views = list_views(find_root())
    react_apps = list_cards(find_root())
    global_operator_extra_links = list_links()

    @classmethod
    def on_load(cls, *args, **kwargs):
        if is_scheduler:
            from kybaocao.adapters.run_names import rename_runs

            rename_runs()
