"""The machine's clock was fast, then set back: what it dated to the future harms nobody until that day comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from kybaocao.plan.verdict import Verdict
from kybaocao.stages.collect import collect_files
from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages, list_reminders
from tests.stages.conftest import MIDDAY, OPENING, Post, drop

Small = Callable[[str], Pass]
AGENCY, OTHER = "X-04183", "STP"
FAST, RIGHT = "2026-12-09T14:00", "2026-12-09T08:05"


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is whole as soon as it is there."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)


def _list_reminded(p: Pass) -> set[str]:
    with p.store.read() as connection:
        letters = [one for one in list_reminders(connection, p.cycle.id) if one.created_at == p.as_of]
    return {step.agency for one in letters for step in one.message.steps}


def test_the_agency_of_a_file_that_a_fast_clock_has_taken_is_not_reminded(small: Small) -> None:
    """Accepted six hours ahead; then the clock is right, and the reminder of the last day is due."""
    run_pass(small(OPENING))
    drop(small(MIDDAY), AGENCY)
    fast = small(FAST)
    accepted = [validate_agency(fast, agency)[Verdict.ACCEPTED] for agency in collect_files(fast).waiting]
    run_pass(small(RIGHT))
    assert accepted == [1]
    assert AGENCY not in _list_reminded(small(RIGHT)) and OTHER in _list_reminded(small(RIGHT))


@pytest.mark.parametrize(("hours", "state"), [(48, LetterState.SENT), (1, LetterState.PENDING)])
def test_a_letter_that_a_fast_clock_has_put_off_is_due_at_once(small: Small, hours: int, state: LetterState) -> None:
    """Two days are longer than any pause; an hour is one."""
    p = small(RIGHT)
    message = Message("a", p.cycle.id, "nhac", ("ban@sonla.example.vn",), "Nhắc", "Nhắc", "Nhắc")
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of, next_attempt_at=p.as_of + dt.timedelta(hours=hours))
    deliver_mail(p, Post)
    with p.store.read() as connection:
        assert [one.state for one in list_messages(connection, p.cycle.id)] == [state]
