"""The half-year cycle of the demonstration is replayed without mail: its letters do not stand there as waiting."""

from __future__ import annotations

from collections.abc import Callable

from kybaocao.demo.play import withdraw_unsent
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.warning_record import read_warning_record, record_warnings
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages


def test_no_letter_of_a_replayed_cycle_waits(begin: Callable[..., Pass]) -> None:
    p = begin("2026-12-09T08:00")
    with p.store.write() as connection:
        for key in ("a", "b"):
            message = Message(key, p.cycle.id, "nhac", ("ban@sonla.example.vn",), "Nhắc", "Nhắc", "Nhắc")
            add_message(connection, message, at=p.as_of)
    record_warnings(p, ["Chưa gửi được thư"])
    withdraw_unsent(p)
    record = read_warning_record(p.home.warning_record(p.cycle.id))
    with p.store.read() as connection:
        assert [one.state for one in list_messages(connection, p.cycle.id)] == [LetterState.WITHDRAWN] * 2
    assert record is not None and record.warnings == ()
