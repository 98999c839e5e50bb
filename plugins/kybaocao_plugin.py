"""Registers the project's timetable with Airflow; the class itself lives in include/kybaocao/adapters."""

from airflow.plugins_manager import AirflowPlugin

from kybaocao.adapters.milestones import MilestoneTimetable


class KyBaoCaoPlugin(AirflowPlugin):
    name = "kybaocao"
    timetables = (MilestoneTimetable,)
