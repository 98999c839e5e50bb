"""Attempts with pauses, a crash at any moment, letters given up and letters that have lost their sense."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select

from kybaocao.stages.deliver_mail import Refusal, deliver_mail
from kybaocao.stages.support.passes import Pass
from kybaocao.store.deliveries import AddressState, list_deliveries
from kybaocao.store.outbox import LetterState, Message, Queued, add_message, list_messages
from kybaocao.store.tables import audit
from tests.post import Post

Begin = Callable[..., Pass]
NOW = "2026-12-09T08:00"
A, B, C = (f"{name}@sonla.example.vn" for name in "abc")


class Crash(BaseException):
    """The process dies."""


class CrashingPost(Post):
    """Dies at the `number`-th message, right before or right after the server has taken it."""

    def __init__(self, number: int, *, is_taken: bool) -> None:
        super().__init__()
        self.left, self.is_taken = number, is_taken

    def send(self, message: Message) -> dict[str, Refusal]:
        self.left -= 1
        if self.left == 0 and not self.is_taken:
            raise Crash
        found = super().send(message)
        if self.left == 0:
            raise Crash
        return found


def write(p: Pass, *people: str, useful_until: dt.datetime | None = None) -> None:
    """One letter to each."""
    with p.store.write() as connection:
        for one in people:
            message = Message(f"k/{one}", p.cycle.id, "thu", (one,), "Thư", "h", "t", useful_until=useful_until)
            add_message(connection, message, at=p.as_of)


def letters(p: Pass) -> list[Queued]:
    with p.store.read() as connection:
        return list_messages(connection, p.cycle.id)


def states(p: Pass) -> list[str]:
    return [one.state for one in letters(p)]


def after(p: Pass, **time: float) -> dt.datetime:
    return p.as_of + dt.timedelta(**time)


# --- crashes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("is_taken", [False, True])
def test_a_crash_leaves_one_message_in_doubt_and_costs_one_copy_at_most(
    begin: Begin, number: int, is_taken: bool
) -> None:
    """What was accepted before is recorded and not sent again; what stands behind it has certainly not left."""
    p = begin(NOW)
    write(p, A, B, C)
    crashing, calm = CrashingPost(number, is_taken=is_taken), Post()
    with pytest.raises(Crash):
        deliver_mail(p, crashing)
    expected = [LetterState.SENT] * (number - 1) + [LetterState.SENDING] + [LetterState.PENDING] * (3 - number)
    assert states(p) == expected
    deliver_mail(p, calm)
    copies = [one.message_id for one in (*crashing.took, *calm.took)]
    assert (states(p), len(set(copies)), len(copies)) == ([LetterState.SENT] * 3, 3, 3 + is_taken)


def test_of_every_acceptance_there_is_a_record(begin: Begin) -> None:
    """Address by address, with the moment."""
    p = begin(NOW)
    write(p, A)
    deliver_mail(p, Post(), clock=lambda: after(p, minutes=3))
    (one,) = letters(p)
    with p.store.read() as connection:
        rows = list_deliveries(connection, [one.message.message_id])[one.message.message_id]
    assert (rows[A].state, rows[A].at, one.sent_at) == (AddressState.TAKEN, after(p, minutes=3), after(p, minutes=3))


# --- pauses ---------------------------------------------------------------------------------------------------------------


def test_a_pass_sends_only_what_is_due(begin: Begin) -> None:
    """A letter put off waits for its moment, however often somebody looks."""
    p, post = begin(NOW), Post()
    write(p, A)
    post.busy = {A}
    deliver_mail(p, post)
    post.busy = set()
    deliver_mail(begin("2026-12-09T08:00:59"), post)
    before = len(post.took)
    deliver_mail(begin("2026-12-09T08:01"), post)
    assert (before, len(post.took)) == (0, 1)


def test_a_server_that_is_down_delays_all_alike(begin: Begin) -> None:
    """None of them is refused, and none of them stands in doubt."""
    p, post = begin(NOW), Post()
    write(p, A, B)
    post.is_down = True
    found = deliver_mail(p, post)
    waits = [(one.state, one.attempts, one.next_attempt_at) for one in letters(p)]
    assert (found.waiting, bool(found.error), waits) == (2, True, [(LetterState.PENDING, 1, after(p, minutes=1))] * 2)


def test_a_retry_in_real_time_finds_what_is_due_by_then(begin: Begin) -> None:
    """The pass has one moment; the pauses are counted by the clock."""
    p, post = begin(NOW), Post()
    write(p, A)
    post.is_down = True
    deliver_mail(p, post, clock=lambda: p.as_of)
    post.is_down = False
    early = deliver_mail(p, post, clock=lambda: after(p, seconds=30))
    late = deliver_mail(p, post, clock=lambda: after(p, seconds=90))
    assert (early.sent, late.sent) == (0, 1)


@pytest.mark.parametrize("fault", ["is_down", "busy"])
def test_after_five_days_a_letter_is_given_up(begin: Begin, fault: str) -> None:
    """A dead letter, recorded for its address; one that was never tried gets its attempt first."""
    p, post = begin("2026-12-01T08:00"), Post()
    write(p, A)
    setattr(post, fault, True if fault == "is_down" else {A})
    seen = []
    for at in ("2026-12-01T08:00", "2026-12-06T07:59", "2026-12-06T12:00"):
        deliver_mail(begin(at), post)
        seen.append(states(p)[0])
    (one,) = letters(p)
    with p.store.read() as connection:
        rows = list_deliveries(connection, [one.message.message_id])[one.message.message_id]
    assert (seen, rows[A].state) == (
        [LetterState.PENDING, LetterState.PENDING, LetterState.EXPIRED],
        AddressState.EXPIRED,
    )


# --- the last sensible moment -----------------------------------------------------------------------------------------


def test_a_letter_that_has_lost_its_sense_is_withdrawn_with_the_reason(begin: Begin) -> None:
    """In the audit; a letter that may have left already is not sent once more, either."""
    p, post = begin(NOW), Post()
    write(p, A, B, useful_until=after(p, hours=1))
    with pytest.raises(Crash):
        deliver_mail(p, CrashingPost(1, is_taken=False))
    deliver_mail(begin("2026-12-09T09:00"), post)
    with p.store.read() as connection:
        reasons = connection.scalars(select(audit.c.detail).where(audit.c.action == "mail-withdrawn")).all()
    assert (post.took, states(p)) == ([], [LetterState.WITHDRAWN, LetterState.WITHDRAWN])
    assert ["đã quá thời điểm thư còn ý nghĩa" in reason for reason in reasons] == [True, True]


def test_what_was_put_off_keeps_its_last_moment(begin: Begin) -> None:
    """The copy for the one who was busy makes no sense for longer than the letter."""
    p, post = begin(NOW), Post()
    until = after(p, hours=1)
    message = Message("k", p.cycle.id, "thu", (A, B), "Thư", "h", "t", useful_until=until)
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
    post.busy = {B}
    deliver_mail(p, post)
    assert [(one.message.recipients, one.message.useful_until) for one in letters(p)] == [
        ((A, B), until),
        ((B,), until),
    ]
