"""A row of several agencies, as Airflow calls it: one that fails is named, and a retry does only that one again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.execution_time.timeout import timeout

from kybaocao.adapters import rows, tasks
from kybaocao.adapters.hanging import LIMIT_SETTING, HangingTaskError
from kybaocao.adapters.rows import RowFailedError, name_row
from kybaocao.mail.operator_letters import find_advice
from kybaocao.stages import escalate, validate
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.steps import list_steps
from kybaocao.store.submissions import list_submissions
from tests.conftest import CYCLE
from tests.stages.conftest import MIDDAY, OPENING, OVERDUE, drop, small  # noqa: F401 - fixtures

Small = Callable[[str], Pass]
ROW = ["STC", "STP", "X-03664", "X-04183"]
FAILING = "STP"


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Airflow names the row with."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(rows, "get_current_context", lambda: found)
    return found


@pytest.fixture
def collected(small: Small, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:  # noqa: F811
    """A pass that has collected four files; what its tasks are given."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    run_pass(small(OPENING))
    p = small(MIDDAY)
    for agency in ROW:
        drop(p, agency)
    opened = {"cycle": CYCLE, "as_of": p.as_of.isoformat(), "is_replay": True}
    assert tasks.collect(opened) == [[agency] for agency in ROW]
    return opened


def fail_at(monkeypatch: pytest.MonkeyPatch, agency: str, fault: Callable[[], object]) -> list[str]:
    """From now on judging `agency` ends in a fault; returns the list of agencies whose judging begins."""
    judge, begun = validate._judge_waiting, list[str]()

    def _judge(p: Pass, code: str) -> Any:
        begun.append(code)
        if code == agency:
            fault()
        return judge(p, code)

    monkeypatch.setattr(validate, "_judge_waiting", _judge)
    return begun


def fail() -> None:
    raise OSError("đĩa đầy")


def list_verdicts(p: Pass) -> dict[str, str]:
    with p.store.read() as connection:
        return {one.agency: str(one.verdict) for one in list_submissions(connection, CYCLE)}


def test_one_that_fails_is_named_and_the_others_are_judged(
    small: Small,  # noqa: F811
    collected: dict[str, Any],
    context: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The row is red at the end: in its name, in the operators' letter and, with the traceback, in its log."""
    fail_at(monkeypatch, FAILING, fail)
    with caplog.at_level(logging.INFO), pytest.raises(RowFailedError) as caught:
        tasks.validate(ROW, collected)
    assert str(caught.value).endswith("1 trong 4 cơ quan của dòng này: STP Sở Tư pháp: OSError: đĩa đầy")
    assert context["outcome"] == "lỗi hệ thống: STP; 3 tệp: 3 nhận"
    assert list_verdicts(small(MIDDAY)) == {agency: "accepted" if agency != FAILING else "None" for agency in ROW}
    assert "X-04183 UBND xã Mường Lầm: đã nhận" in caplog.messages
    (said,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert said.message == "STP Sở Tư pháp" and said.exc_info is not None


def test_a_retry_judges_only_that_one(
    collected: dict[str, Any], context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the row's name counts all of them."""
    with monkeypatch.context() as patch:
        fail_at(patch, FAILING, fail)
        with pytest.raises(RowFailedError):
            tasks.validate(ROW, collected)
    begun = fail_at(monkeypatch, "", fail)
    assert tasks.validate(ROW, collected) == {"accepted": 4, "returned": 0, "unreadable": 0}
    assert (begun, context["outcome"]) == ([FAILING], "4 tệp: 4 nhận")


def test_one_that_hangs_takes_its_own_time_only(
    small: Small,  # noqa: F811
    collected: dict[str, Any],
    context: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is stopped after the limit of a task; the limit of the row goes on counting."""
    monkeypatch.setenv(LIMIT_SETTING, "3")
    fail_at(monkeypatch, FAILING, lambda: time.sleep(120))
    begun = time.monotonic()
    with pytest.raises(RowFailedError, match=r"STP Sở Tư pháp: HangingTaskError: Tác vụ chạy quá"), timeout(100):
        tasks.validate(ROW, collected)
    assert time.monotonic() - begun < 60
    assert list_verdicts(small(MIDDAY))["X-04183"] == "accepted"


def test_the_limit_of_the_row_ends_the_row(collected: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged by then stays judged; the retry goes on from there."""
    fail_at(monkeypatch, FAILING, lambda: time.sleep(120))
    with pytest.raises(HangingTaskError), timeout(5):
        tasks.validate(ROW, collected)
    begun = fail_at(monkeypatch, "", fail)
    tasks.validate(ROW, collected)
    assert "STC" not in begun and FAILING in begun


def test_a_row_of_one_fails_with_its_own_error(collected: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(monkeypatch, FAILING, fail)
    with pytest.raises(OSError, match="đĩa đầy"):
        tasks.validate([FAILING], collected)


def test_a_run_that_an_earlier_version_began_has_a_code_in_each_row(collected: dict[str, Any]) -> None:
    """It goes on after the upgrade."""
    assert tasks.validate("STC", collected)["accepted"] == 1  # type: ignore[arg-type]
    assert name_row(CYCLE, "STC") == name_row(CYCLE, ["STC"]) == "STC Sở Tài chính"


def test_reminders_of_a_group_are_taken_one_by_one(
    small: Small,  # noqa: F811
    context: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that fails leaves no half of its steps; the retry takes them, and nobody's twice."""
    run_pass(small(OPENING))
    p = small(OVERDUE)
    opened = {"cycle": CYCLE, "as_of": p.as_of.isoformat(), "is_replay": True}
    row = ["HHDN", *ROW]
    take = escalate._take

    def _take(p: Pass, connection: Any, reminded: Any) -> bool:
        taken = take(p, connection, reminded)
        if reminded[0].agency == FAILING:
            fail()
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(escalate, "_take", _take)
        with pytest.raises(RowFailedError, match="STP Sở Tư pháp: OSError: đĩa đầy"):
            tasks.escalate(row, opened)
    with p.store.read() as connection:
        before = list_steps(connection, CYCLE)
    assert FAILING not in before and set(before) >= set(ROW) - {FAILING}
    assert context["outcome"].startswith("lỗi hệ thống: STP; 4 × ")
    taken = tasks.escalate(row, opened)
    with p.store.read() as connection:
        after = list_steps(connection, CYCLE)
    assert sum(taken.values()) and {code: keys for code, keys in after.items() if code != FAILING} == before
    assert after[FAILING]


def test_the_letter_says_what_to_do_with_a_row() -> None:
    """The error knows better than the table of the DAG."""
    error = RowFailedError("x")
    assert "Clear" in error.advice and error.meaning
    assert find_advice("", "Kiểm tra") is None or error.advice
