"""The outbox keeps each message once and knows what became of it."""

from __future__ import annotations

from kybaocao.store.database import Store
from kybaocao.store.outbox import (
    PENDING,
    REFUSED,
    SENT,
    Attachment,
    Message,
    add_message,
    count_messages,
    list_messages,
    mark_refused,
    mark_sending,
    mark_sent,
    release,
)
from tests.store.moments import NOW

MESSAGE = Message(
    key="k/nhac/STC",
    cycle="k",
    kind="nhac",
    agency="STC",
    recipients=("vanthu.stc@sonla.example.vn",),
    copies=("lanhdao.stc@sonla.example.vn",),
    subject="Nhắc nộp báo cáo",
    html="<p>Kính gửi</p>",
    text="Kính gửi",
    attachments=(Attachment("a.docx", "reports/a.docx", "00"),),
)


def test_the_same_decision_queues_one_message(store: Store) -> None:
    """A retry of the task that decided adds nothing."""
    with store.write() as connection:
        assert add_message(connection, MESSAGE, at=NOW) is True
        assert add_message(connection, MESSAGE, at=NOW) is False

    with store.read() as connection:
        assert [queued.message for queued in list_messages(connection, "k")] == [MESSAGE]


def test_a_message_keeps_its_message_id(store: Store) -> None:
    """The id comes from the key alone, so a copy is recognised as one anywhere."""
    assert MESSAGE.message_id == Message("k/nhac/STC", "x", "y", (), "", "", "").message_id
    assert MESSAGE.message_id != Message("k/nhac/STP", "x", "y", (), "", "", "").message_id


def test_a_failure_waits_and_a_refusal_ends(store: Store) -> None:
    """An unreachable server leaves the message pending; a final refusal takes it out of the queue."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        number = list_messages(connection, "k")[0].id
        mark_sending(connection, [number])
        release(connection, [number], "không kết nối được")
        waiting = list_messages(connection, "k", [PENDING])[0]
        mark_refused(connection, number, "550 không có hộp thư")
        refused = list_messages(connection, "k", [REFUSED])[0]

    assert (waiting.attempts, waiting.last_error) == (1, "không kết nối được")
    assert refused.last_error == "550 không có hộp thư"


def test_letters_of_a_kind_are_counted_for_an_agency(store: Store) -> None:
    """Each notice can say how many went before it."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        number = list_messages(connection, "k")[0].id
        mark_sent(connection, number, NOW)

        assert count_messages(connection, "k", "STC", ["nhac", "qua_han"]) == 1
        assert count_messages(connection, "k", "STP", ["nhac"]) == 0
        assert list_messages(connection, "k", [SENT])[0].sent_at == NOW
