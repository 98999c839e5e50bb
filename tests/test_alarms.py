"""Letters to the operators about the system itself."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
from collections.abc import Callable

import pytest

from kybaocao.adapters.alarms import TaskAlarm, tell_slow_pass
from kybaocao.alarms import FailedTask, find_advice, list_active, waits_for_human, write_pass_alarm, write_task_alarm
from kybaocao.embedded.system import find_free_port
from kybaocao.home import Home
from kybaocao.passes import Pass
from kybaocao.store.outbox import PENDING, Message, list_messages
from tests.conftest import CYCLE, ROOT

HELP = (ROOT / "dags" / "reporting_cycles.py").read_text(encoding="utf-8").split('"""')[1]
FAILED = FailedTask(
    run="2026-12-10__qua_han_co_quan",
    task="validate",
    name="Kiểm tra",
    row="X-04183 UBND xã Mường Lầm",
    map_index=3,
    attempts=3,
    error="OSError: đĩa đầy",
    log_url="http://127.0.0.1:8080/dags/nq02-2026-ky2/runs/r/tasks/validate/mapped/3?try_number=3",
)
NOBODY_LISTENS = json.dumps(
    {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": find_free_port(),
        "extra": {"from_email": "a@sonla.example.vn", "disable_ssl": True, "disable_tls": True, "retry_limit": 0},
    }
)
Begin = Callable[..., Pass]


@pytest.mark.parametrize(
    ("task", "remedy"),
    [
        ("open_pass", "đọc log, sửa tệp nêu tên và dòng trong include/config, Clear"),
        ("validate", "đọc log, Clear dòng đó; cơ quan khác không bị ảnh hưởng"),
        ("publish_to_bo_tai_chinh", "kiểm tra kết nối kybaocao_smtp; thư vẫn chờ, lượt sau gửi tiếp, hoặc Clear"),
        ("collect", "kiểm tra ổ đĩa, quyền, Clear"),
        ("approve", ""),
        ("tác vụ lạ", ""),
    ],
)
def test_the_advice_is_that_of_the_dag_s_own_help(task: str, remedy: str) -> None:
    """One table says what to do; the mail quotes its row."""
    assert find_advice(HELP, task).remedy == remedy


def test_a_failed_task_is_told_with_all_it_takes_to_mend_it(begin: Begin) -> None:
    """Cycle, pass, task, agency, tries, error, advice and the log; in courteous Vietnamese."""
    message = write_task_alarm(begin("2026-12-10T08:00"), FAILED, find_advice(HELP, FAILED.task))
    assert message is not None
    assert message.recipients == ("vanhanh.kybaocao@sonla.example.vn",)
    for said in (FAILED.run, FAILED.name, FAILED.row, FAILED.error, FAILED.log_url, "3 lần", "Kính gửi", "Đề nghị: "):
        assert said in message.text
    assert "không phải tệp xấu" in message.text and "**" not in message.text


def test_each_failure_is_a_mail_of_its_own_and_the_same_one_is_not(begin: Begin) -> None:
    """Another agency or another series of tries is news; the same failure told twice is one mail for any reader."""
    p = begin("2026-12-10T08:00")

    def identity(failed: FailedTask) -> str:
        message = write_task_alarm(p, failed, find_advice("", ""))
        assert message is not None
        return message.message_id

    others = [dict(vars(FAILED), **change) for change in ({}, {"map_index": 4}, {"attempts": 6}, {"run": "r2"})]
    found = [identity(FailedTask(**fields)) for fields in others]
    assert len(set(found)) == 4 and identity(FAILED) == found[0]


WAITING = {"open_pass": "success", "escalate": "skipped", "approve": "awaiting_input", "publish_to_bo_tai_chinh": None}


@pytest.mark.parametrize(
    ("states", "waits", "active"),
    [
        (WAITING, True, []),
        (WAITING | {"deliver_mail": "up_for_retry"}, False, ["deliver_mail (up_for_retry)"]),
        ({"open_pass": "running", "approve": None}, False, ["open_pass (running)"]),
        ({"open_pass": None, "approve": None}, False, []),
        ({}, False, []),
    ],
)
def test_a_pass_that_waits_for_the_human_alone_is_not_slow(
    states: dict[str, str | None], waits: bool, active: list[str]
) -> None:
    """A leader may take days; whatever else is not done by then is told."""
    assert (waits_for_human(states), list_active(states)) == (waits, active)


def write_slow(p: Pass) -> Message | None:
    begun = dt.datetime(2026, 12, 10, 1, 0, tzinfo=dt.UTC)
    active = ["deliver_mail (up_for_retry)"]
    return write_pass_alarm(p, "2026-12-10__qua_han_co_quan", begun, dt.timedelta(minutes=30), active, "http://x/r1")


def write_failed(p: Pass) -> Message | None:
    return write_task_alarm(p, FAILED, find_advice(HELP, FAILED.task))


@pytest.mark.parametrize("write", [write_failed, write_slow])
def test_an_alarm_reads_as_agreed(begin: Begin, write: Callable[[Pass], Message | None]) -> None:
    """Every word of both mails; UPDATE_GOLDEN=1 writes them anew."""
    message = write(begin("2026-12-10T08:31"))
    assert message is not None
    path = ROOT / "tests" / "mail" / "golden" / f"{message.kind}.txt"
    text = f"{message.subject}\n\n{message.text}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# --- sending ---------------------------------------------------------------------------------------------------


class _Task:
    task_display_name = "Kiểm tra"


class _Dag:
    doc_md = HELP


class _Instance:
    dag_id, task_id, run_id, map_index, try_number = CYCLE, "validate", "r1", 3, 3
    rendered_map_index, log_url = "X-04183 UBND xã Mường Lầm", "http://x/log"


CONTEXT = {"ti": _Instance(), "task": _Task(), "dag": _Dag(), "exception": ValueError("hỏng")}


def list_waiting(home: Home) -> list[Message]:
    with home.open_store().read() as connection:
        return [queued.message for queued in list_messages(connection, CYCLE, (PENDING,))]


@pytest.mark.parametrize("context", [{}, {"ti": None}, CONTEXT | {"ti": object()}])
def test_an_alarm_never_adds_to_the_trouble(home: Home, context: dict[str, object]) -> None:
    """Whatever Airflow hands over, the notifier returns."""
    TaskAlarm().notify(context)
    assert list_waiting(home) == []


def test_a_slow_pass_that_cannot_be_told_is_left_at_that(home: Home) -> None:
    """A cycle that is not configured any more: logged, not raised."""
    asyncio.run(
        tell_slow_pass({"dag_run": {"dag_id": "ky-la", "dag_run_id": "r", "run_after": "2026-12-10T01:00:00Z"}})
    )
    assert list_waiting(home) == []


def test_without_a_mail_server_the_alarm_waits_in_the_outbox(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server may be what failed: the alarm goes out with a later pass, and once."""
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", NOBODY_LISTENS)
    TaskAlarm().notify(CONTEXT)
    TaskAlarm().notify(CONTEXT)
    (message,) = list_waiting(home)
    assert message.kind == "canh_bao_tac_vu" and "ValueError: hỏng" in message.text
