"""The cycle DAGs as Airflow parses them: what, in which order, under which names, with which patience."""

from __future__ import annotations

import datetime as dt
import runpy
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from kybaocao.adapters.tasks import name_tags
from kybaocao.mail.schedule import FIRST_PAUSE
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE, ROOT

DAG_FILE = ROOT / "dags" / "reporting_cycles.py"
CYCLES = {"nq02-2026-ky1", CYCLE}

EDGES = {
    "open_pass": {
        "aggregate",
        "collect",
        "compile_report",
        "deliver_mail",
        "escalate",
        "publish_to_bo_tai_chinh",
        "publish_to_so_tai_chinh",
        "submit_to_ubnd_tinh",
        "validate",
    },
    "collect": {"aggregate", "validate"},
    "validate": {"judged"},
    "judged": {"aggregate"},
    "aggregate": {"compile_report", "escalate"},
    "escalate": {"deliver_mail"},
    "deliver_mail": set(),
    "compile_report": {"publish_to_so_tai_chinh"},
    "publish_to_so_tai_chinh": {"approve"},
    "approve": {"submit_to_ubnd_tinh"},
    "submit_to_ubnd_tinh": {"sign"},
    "sign": {"publish_to_bo_tai_chinh"},
    "publish_to_bo_tai_chinh": set(),
}
STEP_BETWEEN = {"submit_to_ubnd_tinh", "sign"}
NAMES = {
    "open_pass": "Mở lượt",
    "collect": "Thu tệp",
    "validate": "Kiểm tra",
    "judged": "Kiểm tra xong",
    "aggregate": "Tổng hợp",
    "escalate": "Đôn đốc",
    "deliver_mail": "Gửi thư",
    "compile_report": "Lập báo cáo",
    "publish_to_so_tai_chinh": "Gửi Sở Tài chính",
    "approve": "Phê duyệt",
    "submit_to_ubnd_tinh": "Trình UBND tỉnh",
    "sign": "UBND tỉnh ký",
    "publish_to_bo_tai_chinh": "Gửi Bộ Tài chính",
}
MAIL_TASKS = {"deliver_mail", "publish_to_so_tai_chinh", "submit_to_ubnd_tinh", "publish_to_bo_tai_chinh"}


@pytest.fixture(scope="module")
def bag() -> DagBag:
    """Everything Airflow finds in dags/, read without a database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KYBAOCAO_REPLAY", raising=False)
        patch.delenv("KYBAOCAO_CONFIG", raising=False)
        return DagBag(str(ROOT / "dags"))


@pytest.fixture(scope="module")
def dag(bag: DagBag) -> Any:
    """The year-end cycle."""
    return bag.dags[CYCLE]


def parse(patch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The DAGs that the file makes in another environment, by id."""
    for name in ("KYBAOCAO_REPLAY", "KYBAOCAO_CONFIG"):
        patch.delenv(name, raising=False)
    for name, value in environment.items():
        patch.setenv(name, value)
    made = runpy.run_path(str(DAG_FILE)).values()
    return {thing.dag_id: thing for thing in made if type(thing).__name__ == "DAG"}


# --- which DAGs there are ----------------------------------------------------------------------------------------


def test_the_folder_parses_without_an_error(bag: DagBag) -> None:
    """No red banner on the console."""
    assert bag.import_errors == {}


def test_every_configured_cycle_is_a_dag(bag: DagBag) -> None:
    """One DAG per cycle, and nothing else; its id is the cycle's."""
    assert set(bag.dags) == CYCLES


def test_a_plan_with_one_document_has_one_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second folder of configuration is a second DAG; without a report to UBND tỉnh it has no step between."""
    made = parse(monkeypatch, KYBAOCAO_CONFIG=str(ROOT / "tests" / "config"))
    assert list(made) == ["gan-dan-2027-nam"]
    other = made["gan-dan-2027-nam"]
    assert other.dag_display_name == "Gần dân 2027 · cả năm"
    edges = {task.task_id: set(task.downstream_task_ids) - STEP_BETWEEN for task in other.tasks}
    assert edges == {task: to - STEP_BETWEEN for task, to in EDGES.items() if task not in STEP_BETWEEN} | {
        "approve": {"publish_to_bo_tai_chinh"}
    }


def test_a_mistake_in_one_cycle_is_shown_on_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken cycle has no DAG; its sister stands and says file, line and field."""
    folder = tmp_path / "nq02-2026"
    folder.mkdir()
    for name in ("ke_hoach.yaml", "ky_bao_cao.yaml"):
        (folder / name).write_bytes((ROOT / "include" / "config" / "nq02-2026" / name).read_bytes())
    path = folder / "ky_bao_cao.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-06-10", "2026-06-31"), encoding="utf-8")
    made = parse(monkeypatch, KYBAOCAO_CONFIG=str(tmp_path))
    assert list(made) == [CYCLE]
    assert "**Cấu hình có lỗi:** ky_bao_cao.yaml, dòng 11, mục “truoc_ngay_co_quan”" in made[CYCLE].doc_md


# --- what a DAG looks like ---------------------------------------------------------------------------------------


def test_the_tasks_and_their_order(dag: Any) -> None:
    """Thirteen tasks; everything hangs on open_pass, whose moment they all use."""
    assert {task.task_id: set(task.downstream_task_ids) for task in dag.tasks} == EDGES


def test_the_grid_speaks_vietnamese(dag: Any) -> None:
    """Display names of the DAG and of every task."""
    assert dag.dag_display_name == "NQ 02/2026 · Kỳ 2 – cả năm"
    assert {task.task_id: task.task_display_name for task in dag.tasks} == NAMES


def test_the_help_says_what_to_do_when_a_task_is_red(dag: Any) -> None:
    """The table of doc_md has every task that can fail, called as the grid calls it; the others are explained below."""
    rows = [line.split("|")[1] for line in dag.doc_md.splitlines() if line.startswith("| ") and "Tác vụ đỏ" not in line]
    named = {name.strip() for row in rows for name in row.replace("[cơ quan]", "").split(",")}
    below = {NAMES[task] for task in ("judged", "approve", "sign")}
    assert named == set(NAMES.values()) - below
    assert [name for name in sorted(below) if f"**{name}**" not in dag.doc_md] == []


def test_every_dag_names_its_owner_tag_and_purpose(bag: DagBag) -> None:
    """Policy: owner, tags, a description, no unbounded number of passes."""
    for dag in bag.dags.values():
        assert {task.owner for task in dag.tasks} == {"Sở Tài chính"}
        assert ("ky-bao-cao" in dag.tags, dag.max_active_runs, dag.catchup) == (True, 16, True)
        assert dag.description.startswith("Thu, kiểm tra, tổng hợp, đôn đốc và phát hành báo cáo")


@pytest.mark.parametrize(
    ("at", "tag"),
    [
        ("2026-11-16T07:59", "kỳ chưa mở"),
        ("2026-11-16T08:00", "kỳ đang mở"),
        ("2027-01-29T23:59", "kỳ đang mở"),
        ("2027-01-30T00:00", "kỳ đã đóng"),
    ],
)
def test_the_list_is_filtered_by_open_and_closed_cycles(plan: Plan, at: str, tag: str) -> None:
    """By a tag, in the time of the province."""
    moment = dt.datetime.fromisoformat(at + "+07:00").astimezone(dt.UTC)
    assert name_tags(plan.cycles[CYCLE], moment) == ["ky-bao-cao", tag]


def test_a_failure_is_tried_again_and_mail_goes_red_within_its_pass(dag: Any) -> None:
    """Twice after seconds; what depends on the mail server once, when letters are due again: after that the letters
    have passes of their own."""
    retries = {task.task_id: task.retries for task in dag.tasks}
    assert {task_id for task_id, count in retries.items() if count == 1} == MAIL_TASKS
    assert {count for task_id, count in retries.items() if task_id not in MAIL_TASKS} == {2}
    delays = {task.retry_delay for task in dag.tasks if task.task_id in MAIL_TASKS}
    assert delays == {FIRST_PAUSE} and not any(task.retry_exponential_backoff for task in dag.tasks)


def test_a_task_that_hangs_is_stopped_and_the_human_has_all_the_time(dag: Any) -> None:
    """20 minutes for one try; an hour for mail, and for a row of `validate`, in which each agency has 20 minutes; the
    question waits for ever, and `judged` runs nothing."""
    limits = {task.task_id: task.execution_timeout for task in dag.tasks}
    without = {task_id for task_id, limit in limits.items() if limit is None}
    assert without == {"approve", "sign", "judged"}
    assert dag.task_dict["approve"].response_timeout is None
    long = {*MAIL_TASKS, "validate"}
    minutes = {limits[task_id].total_seconds() / 60 for task_id in limits.keys() - without - long}
    assert (minutes, {limits[task_id].total_seconds() / 60 for task_id in long}) == ({20}, {60})


@pytest.mark.parametrize("readers", [1, 3])
def test_no_more_rows_judge_at_once_than_keep_the_readers_busy(monkeypatch: pytest.MonkeyPatch, readers: int) -> None:
    """Over all passes of a cycle: a row that waits for a reader takes memory, too."""
    validate = parse(monkeypatch, KYBAOCAO_READERS=str(readers))[CYCLE].task_dict["validate"]
    assert validate.max_active_tis_per_dag == 4 * readers


def test_every_red_task_is_reported(dag: Any) -> None:
    """One letter for each task."""
    assert {tuple(type(reported).__name__ for reported in task.on_failure_callback) for task in dag.tasks} == {
        ("FailureLetter",)
    }


def test_no_pass_has_a_deadline_of_airflow(dag: Any) -> None:
    """One that counts from the queue makes Clear fail (decision record 12)."""
    assert not dag.deadline


def test_a_task_that_writes_for_all_runs_once_at_a_time(dag: Any) -> None:
    """Passes may overlap; only the per-agency tasks and the waiting human may run side by side."""
    parallel = {task.task_id for task in dag.tasks if task.max_active_tis_per_dag != 1}
    assert parallel == {"validate", "judged", "escalate", "approve", "sign"}


def test_who_is_worked_on_stands_in_the_grid(dag: Any) -> None:
    """validate and escalate are mapped, one row per agency, named after it."""
    mapped = {task.task_id: task.partial_kwargs["map_index_template"] for task in dag.tasks if task.is_mapped}
    assert set(mapped) == {"validate", "escalate"}
    assert all("op_kwargs['agencies']" in template for template in mapped.values())


def test_one_agency_s_failure_keeps_no_mail_back(dag: Any) -> None:
    """Nor the figures and the reminders of the others: they wait for every judgement, well or badly ended, and stop only
    where files could not be collected.
    """
    rules = {task.task_id: task.trigger_rule.value for task in dag.tasks}
    special = {task_id: rule for task_id, rule in rules.items() if rule != "all_success"}
    assert special == {"judged": "all_done", "aggregate": "none_failed", "deliver_mail": "all_done"}
    assert dag.get_task("aggregate").upstream_task_ids == {"open_pass", "collect", "judged"}


@pytest.mark.parametrize("task_id", ["approve", "sign"])
def test_only_a_human_publishes(dag: Any, task_id: str) -> None:
    """No default answer and no time limit; number, date, signer and reasons are asked for."""
    approve = dag.get_task(task_id)
    assert (approve.defaults, approve.execution_timeout, approve.response_timeout) == (None, None, None)
    assert approve.options == ["Phê duyệt", "Trả lại"]
    assert list(approve.params) == ["so", "ngay", "nguoi_ky", "chuc_vu", "bo_qua", "ly_do"]


def test_a_pass_by_hand_asks_whether_to_report(dag: Any) -> None:
    """Its moment is the clock's: nobody is asked for one."""
    assert dict(dag.params) == {"report": False}


def test_a_release_is_an_event_for_other_teams(dag: Any) -> None:
    """Only the last one: nothing but what went to the ministry is published."""
    outlets = {task.task_id: [asset.name for asset in task.outlets] for task in dag.tasks if task.outlets}
    assert outlets == {"publish_to_bo_tai_chinh": [f"phat_hanh_{CYCLE}"]}


# --- what starts it ------------------------------------------------------------------------------------------------


def test_milestones_and_new_files_start_a_pass(dag: Any) -> None:
    """The cycle's timetable, and the watched inboxes of this cycle."""
    assert dag.timetable.timetable.cycle_id == CYCLE
    watchers = [watcher for asset in dag.timetable.asset_condition.objects for watcher in asset.watchers]
    assert [watcher.trigger.cycle_id for watcher in watchers] == [CYCLE]


def test_a_replay_starts_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """KYBAOCAO_REPLAY=1: only passes that are asked for."""
    made = parse(monkeypatch, KYBAOCAO_REPLAY="1")
    assert set(made) == CYCLES
    assert {dag.schedule for dag in made.values()} == {None}


def test_a_replay_is_given_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the system was started for replays."""
    made = parse(monkeypatch, KYBAOCAO_REPLAY="1")
    assert dict(made[CYCLE].params) == {"report": False, "as_of": None}
