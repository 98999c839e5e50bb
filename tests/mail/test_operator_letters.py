"""Letters to the operators about the system itself."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from kybaocao.adapters import pass_watch
from kybaocao.adapters.hanging import HangingTaskError
from kybaocao.adapters.operator_letters import FailureLetter, is_over
from kybaocao.adapters.tasks import MailServerError
from kybaocao.cli.status_words import describe_status
from kybaocao.embedded.system import find_free_port
from kybaocao.home import Home
from kybaocao.mail.operator_letters import (
    FailedTask,
    ReportedTask,
    find_advice,
    read_reported_task,
    write_hold_alarm,
    write_mute_alarm,
    write_pass_alarm,
    write_task_alarm,
)
from kybaocao.stages.deliver_mail import PostponedError, RefusedError
from kybaocao.stages.support.operator_warnings import list_watch_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.store.database import open_store
from kybaocao.store.outbox import LetterState, Message, list_messages
from kybaocao.watch.mute_tasks import MUTE_AFTER, MuteTask
from kybaocao.watch.observation import Cause, HeldRun, Hold, Reason, Run, Situation, SlowRun
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
LIMIT = dt.timedelta(minutes=30)
Begin = Callable[..., Pass]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Mở lượt", "đọc log, sửa tệp nêu tên và dòng trong include/config, Clear"),
        ("Kiểm tra", "đọc log, Clear dòng đó: chỉ cơ quan chưa xong được làm lại; cơ quan khác không bị ảnh hưởng"),
        ("Gửi Bộ Tài chính", "kiểm tra kết nối kybaocao_smtp; thư vẫn chờ, hệ thống tự mở lượt gửi tiếp"),
        ("Thu tệp", "kiểm tra ổ đĩa, quyền, Clear"),
        ("Phê duyệt", ""),
        ("tác vụ lạ", ""),
    ],
)
def test_the_advice_is_that_of_the_dag_s_own_help(name: str, remedy: str) -> None:
    """One table says what to do; the mail quotes its row."""
    assert find_advice(HELP, name).remedy == remedy


def test_a_failed_task_is_told_with_all_it_takes_to_mend_it(begin: Begin) -> None:
    """Cycle, pass, task, agency, tries, error, advice and the log; in courteous Vietnamese."""
    message = write_task_alarm(begin("2026-12-10T08:00"), FAILED, find_advice(HELP, FAILED.name))
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


def write_slow(p: Pass) -> Message | None:
    begun = dt.datetime(2026, 12, 10, 1, 0, tzinfo=dt.UTC)
    slow = SlowRun("2026-12-10__qua_han_co_quan", begun, ("deliver_mail (up_for_retry)",))
    return write_pass_alarm(p, slow, LIMIT, "http://x/r1")


def write_held(p: Pass) -> Message | None:
    since = dt.datetime(2026, 12, 10, 1, 0, tzinfo=dt.UTC)
    runs = (HeldRun("2026-12-10__qua_han_co_quan", since), HeldRun("r2", since, ("collect (scheduled)",)))
    reasons = [Reason(Cause.SILENT, "scheduler", at=since), Reason(Cause.PAUSED)]
    reasons += [Reason(Cause.FULL, "r3 (approve); r4 (validate)", most=16), Reason(Cause.BUSY, "collect", run="r3")]
    reasons += [Reason(Cause.NO_WORKER, "validate"), Reason(Cause.UNKNOWN)]
    return write_hold_alarm(p, Hold(runs, tuple(reasons)), LIMIT, "http://x/dags/c")


def write_silent(p: Pass) -> Message | None:
    reason = Reason(Cause.SILENT, "scheduler", at=dt.datetime(2026, 12, 10, 1, 0, tzinfo=dt.UTC))
    message = write_hold_alarm(p, Hold((), (reason,)), LIMIT, "http://x/dags/c")
    return message and replace(message, kind="canh_bao_airflow")  # for its own golden file


def write_mute(p: Pass) -> Message | None:
    begun = dt.datetime(2026, 12, 10, 1, 28, tzinfo=dt.UTC)
    rows = [
        MuteTask("2026-12-10__qua_han_co_quan", task, row, 1, begun) for task, row in (("validate", 3), ("collect", -1))
    ]
    return write_mute_alarm(p, rows, MUTE_AFTER, "http://x/dags/c")


def write_failed(p: Pass) -> Message | None:
    return write_task_alarm(p, FAILED, find_advice(HELP, FAILED.name))


@pytest.mark.parametrize("write", [write_failed, write_slow, write_held, write_silent, write_mute])
def test_an_alarm_reads_as_agreed(begin: Begin, write: Callable[[Pass], Message | None]) -> None:
    """Every word of each mail; UPDATE_GOLDEN=1 writes them anew."""
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
    with open_store(home).read() as connection:
        return [queued.message for queued in list_messages(connection, CYCLE, (LetterState.PENDING,))]


@pytest.mark.parametrize("context", [{}, {"ti": None}, CONTEXT | {"ti": object()}])
def test_an_alarm_never_adds_to_the_trouble(home: Home, context: dict[str, object]) -> None:
    """Whatever Airflow hands over, the notifier returns."""
    FailureLetter().notify(context)
    assert list_waiting(home) == []


def test_without_a_mail_server_the_alarm_waits_in_the_outbox(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server may be what failed: the alarm goes out with a later pass, and once."""
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", NOBODY_LISTENS)
    FailureLetter().notify(CONTEXT)
    FailureLetter().notify(CONTEXT)
    (message,) = list_waiting(home)
    assert message.kind == "canh_bao_tac_vu" and "ValueError: hỏng" in message.text


def test_a_mail_server_that_takes_nothing_is_no_letter(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would arrive when that is over: the red task and `status` say it."""
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", NOBODY_LISTENS)
    FailureLetter().notify(CONTEXT | {"exception": MailServerError("Máy chủ thư không nhận")})
    assert list_waiting(home) == []


def read_error(home: Home, monkeypatch: pytest.MonkeyPatch, error: object) -> str:
    """The line of the letter that says what went wrong."""
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", NOBODY_LISTENS)
    FailureLetter().notify(CONTEXT | {"exception": error})
    (message,) = list_waiting(home)
    return message.text


def test_a_task_that_hung_is_reported_in_our_words(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it means and what to do, too; no word of Airflow's."""
    text = read_error(home, monkeypatch, HangingTaskError("stages/collect.py, dòng 88"))
    assert "Tác vụ chạy quá thời gian cho phép" in text and "stages/collect.py, dòng 88" in text
    assert "Nghĩa là: tác vụ bị treo" in text and "Timeout" not in text


def test_a_process_that_is_gone_is_reported_in_our_words(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's scheduler hands over a sentence of its own then."""
    said = "{'TI Id': 'x', 'Timeout': '300s'} Task did not emit heartbeat within time limit (300 seconds)"
    text = read_error(home, monkeypatch, said)
    assert "tiến trình chạy tác vụ không còn hoạt động" in text and "heartbeat" not in text


# --- letters that wait in the outbox ---------------------------------------------------------------------------


def _report(run: str = "r1", row: int = 3) -> Message:
    message = write_task_alarm(
        Pass.begin(CYCLE, AT), replace(FAILED, run=run, map_index=row), find_advice(HELP, FAILED.name)
    )
    assert message is not None
    return message


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"r1": {"validate_3": "failed"}}, False),
        ({"r1": {"validate_3": "success"}}, True),
        ({"r1": {"validate_3": "running", "validate_4": "failed"}}, True),
        ({"r1": {"validate_3": None}}, True),
        ({}, True),  # the run was deleted
    ],
)
def test_a_letter_about_a_task_is_over_when_the_task_is_not_red_any_more(
    home: Home, monkeypatch: pytest.MonkeyPatch, states: dict[str, dict[str, str]], expected: bool
) -> None:
    """Cleared, running again, gone: nobody has to be warned any more."""
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(lambda **_: states))
    assert is_over(_report()) is expected


def test_a_letter_whose_task_cannot_be_asked_about_is_sent(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow may be what is broken; and a key that was cut off names no task."""

    def fail(**_: object) -> None:
        raise OSError("no API")

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(fail))
    assert [is_over(one) for one in (_report(), _report(run="r" * 250))] == [False, False]


def test_a_task_is_known_by_the_key_of_its_letter(home: Home) -> None:
    """Whatever stands in the name of the run."""
    for run in ("2026-12-10__qua_han", "manual__2026-12-10T08:00:00+00:00", "a/b"):
        assert read_reported_task(_report(run=run, row=-1)) == ReportedTask(run, "validate", -1)


def test_letters_about_passes_that_an_earlier_version_queued_are_over(home: Home, begin: Begin) -> None:
    """The watch writes them while they are true."""
    p = begin("2026-12-10T08:31")
    assert [is_over(message) for message in (write_slow(p), write_held(p))] == [True, True]


# --- the watch -------------------------------------------------------------------------------------------------


AT = dt.datetime(2026, 12, 10, 2, 0, tzinfo=dt.UTC)
HELD = Run("r1", True, AT - LIMIT)
HANGING = Run("r2", False, AT - LIMIT, AT - LIMIT, (("collect", "running"),))


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """show(run, …): what Airflow says from now on, without a mail server that listens."""
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", NOBODY_LISTENS)

    def _show(*runs: Run) -> None:
        monkeypatch.setattr(pass_watch, "read_situations", lambda cycles, at: {CYCLE: Situation(at, runs)})

    return _show


class Server:
    """A mail server: what it took, and what it says to a letter."""

    def __init__(self) -> None:
        self.offered: list[str] = []
        self.took: list[str] = []
        self.error: Exception | None = None

    def send(self, message: Message) -> None:
        self.offered.append(message.kind)
        if self.error:
            raise self.error
        self.took.append(message.kind)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server that every letter goes to."""
    found = Server()
    monkeypatch.setattr("kybaocao.adapters.smtp.open_smtp", lambda *_: nullcontext(lambda: found))
    return found


def test_a_pass_held_back_and_one_that_hangs_are_one_mail_each(
    home: Home, show: Callable[..., None], server: Server
) -> None:
    """Also when the watch is started again: what it reported is on the disk."""
    show(HELD, HANGING)
    for _ in range(2):
        watch = pass_watch.PassWatch(home, LIMIT)
        watch.look(AT)
        watch.look(AT + dt.timedelta(minutes=1))

    assert sorted(server.took) == ["canh_bao_luot", "canh_bao_luot_doi"]


@pytest.mark.parametrize("error", [OSError("away"), PostponedError("later")])
def test_a_letter_about_a_pass_waits_for_the_server_no_longer_than_it_is_true(
    home: Home, show: Callable[..., None], server: Server, error: Exception
) -> None:
    """It is offered at each look, once, and never lies in the outbox; when the pass has ended, there is none."""
    watch, server.error = pass_watch.PassWatch(home, LIMIT), error
    show(HELD, HANGING)
    watch.look(AT)
    watch.look(AT + dt.timedelta(minutes=1))
    assert (len(server.offered), list_waiting(home)) == (2, [])
    show(HANGING)
    server.error = None
    watch.look(AT + dt.timedelta(minutes=2))
    show()
    watch.look(AT + dt.timedelta(minutes=3))

    assert (server.took, list_waiting(home)) == (["canh_bao_luot"], [])


def test_a_letter_that_the_server_refuses_for_good_is_not_offered_again(
    home: Home, show: Callable[..., None], server: Server
) -> None:
    """The same would happen each minute."""
    watch, server.error = pass_watch.PassWatch(home, LIMIT), RefusedError("554")
    show(HANGING)
    watch.look(AT)
    watch.look(AT + dt.timedelta(minutes=1))

    assert (server.offered, list_waiting(home)) == (["canh_bao_luot"], [])


ENDED: list[tuple[Run, ...]] = [
    (),  # failed, or ended well
    (replace(HANGING, tasks=(("approve", "deferred"),)),),  # waits for the human alone
    (replace(HANGING, queued_at=AT, started_at=AT),),  # cleared
]


@pytest.mark.parametrize("after", ENDED, ids=["ended", "asks", "cleared"])
def test_a_pass_that_has_moved_on_since_the_look_began_is_not_reported(
    home: Home, monkeypatch: pytest.MonkeyPatch, server: Server, after: tuple[Run, ...]
) -> None:
    """Letters before this one may have taken their time."""
    answers = [(HANGING,), after]
    monkeypatch.setattr(
        pass_watch, "read_situations", lambda cycles, at: {CYCLE: Situation(at, answers.pop(0) if answers else after)}
    )
    pass_watch.PassWatch(home, LIMIT).look(AT)

    assert server.offered == []


def test_passes_that_go_on_since_the_look_began_are_not_reported_as_held_back(
    home: Home, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    """As above, for the letter about all of them."""
    answers = [(HELD,), ()]
    monkeypatch.setattr(pass_watch, "read_situations", lambda cycles, at: {CYCLE: Situation(at, answers.pop(0))})
    pass_watch.PassWatch(home, LIMIT).look(AT)

    assert server.offered == []


def test_a_disk_that_takes_nothing_does_not_repeat_the_mail(
    home: Home, show: Callable[..., None], server: Server
) -> None:
    """What could not be written is known in memory."""
    show(HANGING)
    (home.root / "giam_sat").write_text("not a folder")
    watch = pass_watch.PassWatch(home, LIMIT)
    for minutes in (0, 1):
        with pytest.raises(OSError):
            watch.look(AT + dt.timedelta(minutes=minutes))

    assert server.took == ["canh_bao_luot"]


def test_a_look_that_fails_is_followed_by_another(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database out of reach for a moment must not end the watch."""
    looks: list[dt.datetime] = []

    def fail(cycles: object, at: dt.datetime) -> dict[str, Situation]:
        looks.append(at)
        raise OSError("no database")

    def sleep(seconds: float) -> None:
        assert seconds == 60
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(pass_watch, "read_situations", fail)
    with pytest.raises(KeyboardInterrupt):
        pass_watch.PassWatch(home, LIMIT).run(sleep)

    assert (len(looks), home.watch_heartbeat.exists()) == (3, False)


def test_the_parts_of_airflow_have_the_names_we_look_for() -> None:
    """Without a database Airflow names them all and has no sign of life of any."""
    assert (pass_watch.read_silent(), len(pass_watch.get_airflow_health())) == ({}, 4)


def test_status_says_how_many_passes_wait_and_since_when(home: Home, show: Callable[..., None], begin: Begin) -> None:
    """With what holds them, and when that was seen."""
    show(HELD, Run("r3", True, AT))
    pass_watch.PassWatch(home, LIMIT).look(AT)

    lines = describe_status(gather_status(begin("2026-12-10T09:00"))).splitlines()

    assert (
        "Có 1 lượt đang đợi từ 08:30 ngày 10/12/2026: chưa rõ nguyên nhân (ghi nhận lúc 09:00 ngày 10/12/2026)."
        in lines
    )


@pytest.mark.parametrize(("minutes", "count"), [(9, 0), (10, 1)])
def test_a_watch_that_stopped_is_something_to_see_to(
    home: Home, show: Callable[..., None], minutes: int, count: int
) -> None:
    """Every pass looks whether the watch still looks."""
    show()
    pass_watch.PassWatch(home, LIMIT).look(AT)

    found = list_watch_warnings(Pass.begin(CYCLE, AT + dt.timedelta(minutes=minutes), home=home))

    assert [warning[:43] for warning in found] == ["Bộ giám sát lượt chạy không hoạt động, lần "] * count
