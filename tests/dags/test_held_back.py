"""A release that its proof holds back: mail leaves, the task is red, and no retry tries what would end the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from kybaocao.adapters import tasks
from kybaocao.stages.support.proof import ProofFailedError

OPENED = {"cycle": "nq02-2026-ky2", "as_of": "2026-12-14T10:00:00+07:00", "is_replay": True}
APPROVED = {"is_approved": True, "decided_at": OPENED["as_of"], "version": 1, "outcome": ""}


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        ("publish_to_so_tai_chinh", {"version": 1}),
        ("submit_to_ubnd_tinh", {"decision": APPROVED}),
        ("publish_to_bo_tai_chinh", {"decision": APPROVED}),
    ],
)
def test_a_failed_proof_is_red_at_once_and_the_operators_are_told(
    task: str, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[str] = []

    def _fail(*_: object) -> None:
        raise ProofFailedError("T15: báo cáo ghi 91, tệp gốc là 90")

    monkeypatch.setattr(f"kybaocao.stages.{task}.{task}", _fail)
    monkeypatch.setattr(tasks, "_deliver", lambda *_: delivered.append(task))
    monkeypatch.setattr(tasks, "_begin", lambda *_: SimpleNamespace())
    with pytest.raises(AirflowFailException, match="báo cáo ghi 91, tệp gốc là 90"):
        getattr(tasks, task)(opened=OPENED, **asked)
    assert delivered == [task]
