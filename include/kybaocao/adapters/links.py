"""Buttons on the page of a task: to the console's page of its agency, to that of its run, to the report it asks about.

They are links for all operators, which the API server makes when somebody looks: links of an operator would be written
by every task.  An empty link shows no button.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

from kybaocao.adapters.console import PREFIX
from kybaocao.adapters.row_agency import find_row_agency
from kybaocao.adapters.tasks import TAG
from kybaocao.console.reports import find_asked_report
from kybaocao.home import Home
from kybaocao.stages.support.decision_steps import Step

_ROWS = ("validate", "escalate")


def _is_ours(operator: Any) -> bool:
    return TAG in (getattr(operator.dag, "tags", None) or ())


def _name_page(*parts: str) -> str:
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    return "/".join([base + PREFIX, *(quote(part, safe="") for part in parts)])


class AgencyLink(BaseOperatorLink):  # type: ignore[misc]
    """From a row to the agency it works for."""

    name = "Cơ quan"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        if ti_key.task_id not in _ROWS or ti_key.map_index < 0 or not _is_ours(operator):
            return ""
        agency = find_row_agency(ti_key.dag_id, ti_key.run_id, ti_key.task_id, ti_key.map_index)
        return _name_page("ky", ti_key.dag_id, "co-quan", agency) if agency else ""


class RunLink(BaseOperatorLink):  # type: ignore[misc]
    """From any task to what its run has done."""

    name = "Lượt này"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        if not _is_ours(operator):
            return ""
        return f"{_name_page('ky', ti_key.dag_id, 'luot')}?run={quote(ti_key.run_id, safe='')}"


class ReportLink(BaseOperatorLink):  # type: ignore[misc]
    """From a question to the document it is about: the PDF where there is one."""

    name = "Xem báo cáo"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        if ti_key.task_id not in list(Step) or not _is_ours(operator):
            return ""
        found = find_asked_report(Home.from_environment(), ti_key.dag_id, ti_key.run_id)
        return _name_page("bao-cao", ti_key.dag_id, str(found[0]), found[1]) if found else ""


LINKS = (AgencyLink(), RunLink(), ReportLink())
