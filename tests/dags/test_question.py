"""Whether a run of Airflow still asks the human, or carries out the answer."""

from __future__ import annotations

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from kybaocao.adapters.approval import APPROVE, CHAIN, REJECT, _list_fields, is_question_live
from kybaocao.console.pages import approval
from tests.conftest import CYCLE

TASK, SUBMITTED_BY, SIGNED_IN, RELEASED_BY = CHAIN


@pytest.mark.parametrize(
    ("unended", "states", "is_live"),
    [
        (0, {TASK: "deferred"}, False),
        (1, {TASK: "deferred"}, True),
        (1, {TASK: None}, True),
        (1, {TASK: "skipped"}, False),
        (1, {TASK: "failed"}, False),
        (1, {TASK: "success", RELEASED_BY: "running"}, True),
        (1, {TASK: "success", RELEASED_BY: "up_for_retry"}, True),
        (1, {TASK: "success"}, True),
        (1, {TASK: "success", RELEASED_BY: "failed"}, False),
        (1, {TASK: "success", SUBMITTED_BY: "running", SIGNED_IN: None, RELEASED_BY: None}, True),
        (1, {TASK: "success", SUBMITTED_BY: "failed", SIGNED_IN: "upstream_failed"}, False),
        (1, {TASK: "success", SUBMITTED_BY: "success", SIGNED_IN: "deferred"}, True),
        (1, {TASK: "success", SUBMITTED_BY: "success", SIGNED_IN: "skipped"}, False),
        (1, {TASK: "success", SUBMITTED_BY: "success", SIGNED_IN: "success", RELEASED_BY: "running"}, True),
        (1, {TASK: "success", SUBMITTED_BY: "success", SIGNED_IN: "success", RELEASED_BY: "success"}, False),
    ],
)
def test_a_run_is_live_until_its_answer_is_carried_out(
    unended: int, states: dict[str, str | None], is_live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that has ended, or whose release has failed, leaves the version to the next pass."""
    monkeypatch.setattr(RuntimeTaskInstance, "get_dr_count", lambda **_: unended)
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", lambda **_: {"a": states})
    assert is_question_live(CYCLE, "a") is is_live


def test_the_console_answers_with_the_options_and_fields_that_are_asked() -> None:
    """The page of the decision knows nothing of Airflow, and sends to its API what this question takes."""
    assert (approval.APPROVE, approval.REJECT) == (APPROVE, REJECT)
    assert tuple(_list_fields([])) == approval.FIELDS
