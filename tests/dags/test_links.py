"""Buttons on the page of a task lead to the console."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.plugins_manager import AirflowPlugin

from kybaocao.adapters import links
from kybaocao.adapters.links import LINKS
from kybaocao.adapters.tasks import TAG
from kybaocao.stages.support.passes import Pass
from kybaocao.store.reports import claim_question
from tests.conftest import CYCLE
from tests.stages.conftest import played, small, waiting  # noqa: F401 - fixtures

RUN = "2026-12-14__tong_hop"
OURS = SimpleNamespace(dag=SimpleNamespace(tags={TAG, "kỳ đang mở"}))


def list_links(task: str, map_index: int = -1, run: str = RUN, operator: Any = OURS) -> dict[str, str]:
    """The buttons of a task: name -> address."""
    key = SimpleNamespace(dag_id=CYCLE, task_id=task, run_id=run, map_index=map_index, try_number=1)
    return {one.name: link for one in LINKS if (link := one.get_link(operator, ti_key=key))}


def test_every_task_leads_to_its_run() -> None:
    """A name of a run may hold what an address may not."""
    assert list_links("collect") == {"Lượt này": f"/kybaocao/ky/{CYCLE}/luot?run={RUN}"}
    assert list_links("collect", run="manual__2026-12-14T03:00:00+00:00") == {
        "Lượt này": f"/kybaocao/ky/{CYCLE}/luot?run=manual__2026-12-14T03%3A00%3A00%2B00%3A00"
    }


@pytest.mark.parametrize("task", ["validate", "escalate"])
def test_a_row_leads_to_its_agency(monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    """By the code in its name; before it has one there is no button."""
    monkeypatch.setattr(links, "find_row_agency", lambda *_: "X-04183")
    assert list_links(task, 3)["Cơ quan"] == f"/kybaocao/ky/{CYCLE}/co-quan/X-04183"
    monkeypatch.setattr(links, "find_row_agency", lambda *_: "")
    assert "Cơ quan" not in list_links(task, 3)


@pytest.mark.parametrize("task", ["approve", "sign"])
def test_a_question_leads_to_its_report(waiting: Pass, task: str) -> None:  # noqa: F811
    """To the PDF where there is one; no button where the run asks nothing."""
    folder = waiting.home.report_folder(CYCLE, 1)
    with waiting.store.write() as connection:
        claim_question(connection, CYCLE, 1, RUN)
    (document, *_) = sorted(path.name for path in folder.glob("*.docx"))
    assert list_links(task)["Xem báo cáo"] == f"/kybaocao/bao-cao/{CYCLE}/1/{document}"
    folder.joinpath("bao-cao.pdf").write_bytes(b"%PDF-1.7")
    assert list_links(task)["Xem báo cáo"] == f"/kybaocao/bao-cao/{CYCLE}/1/bao-cao.pdf"
    assert "Xem báo cáo" not in list_links(task, run="luot-khac")
    assert "Xem báo cáo" not in list_links("deliver_mail")


def test_a_dag_of_another_team_has_no_buttons_of_ours() -> None:
    """The links are for all operators."""
    other = SimpleNamespace(dag=SimpleNamespace(tags={"khac"}))
    assert [list_links(task, 3, operator=other) for task in ("validate", "approve", "x")] == [{}, {}, {}]


def test_a_plugin_may_bring_links_and_be_called_when_it_is_loaded() -> None:
    """What our plugin leans on is there."""
    assert hasattr(AirflowPlugin, "global_operator_extra_links") and callable(AirflowPlugin.on_load)
