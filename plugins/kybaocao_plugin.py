"""Registers the project's timetable and console with Airflow; both live in include/kybaocao/adapters."""

import sys

from airflow.plugins_manager import AirflowPlugin

from kybaocao.adapters.console import PREFIX, build_app
from kybaocao.adapters.milestones import MilestoneTimetable

is_api_server = "api-server" in sys.argv or "standalone" in sys.argv  # the others have no use for FastAPI


class KyBaoCaoPlugin(AirflowPlugin):
    name = "kybaocao"
    timetables = (MilestoneTimetable,)
    fastapi_apps = [{"app": build_app(), "url_prefix": PREFIX, "name": "Kỳ Báo Cáo"}] if is_api_server else []
