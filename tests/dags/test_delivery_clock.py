"""At which moment a task of the DAG tries to send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from kybaocao.adapters.tasks import _choose_clock
from kybaocao.mail.schedule import find_next_attempt
from kybaocao.stages.support.passes import Pass


def test_a_live_pass_sends_by_the_clock(begin: Callable[..., Pass]) -> None:
    """Its own moment may be an hour old when the task is retried."""
    p = replace(begin("2026-11-01T08:00"), is_replay=False)
    assert _choose_clock(p, 3)() - dt.datetime.now(dt.UTC) < dt.timedelta(minutes=1)
    assert _choose_clock(p, 3)() > p.as_of


@pytest.mark.parametrize("fault_attempts", [1, 2, 3, 4, 5, 6])
def test_every_retry_of_a_replayed_pass_finds_its_mail_due(begin: Callable[..., Pass], fault_attempts: int) -> None:
    """The retries of the DAG come no sooner than the pauses of the letters."""
    p = begin("2026-12-09T08:00")
    failed_at = _choose_clock(p, fault_attempts)()
    due = find_next_attempt(p.as_of, failed_at, fault_attempts)
    assert due is not None and due <= _choose_clock(p, fault_attempts + 1)()
