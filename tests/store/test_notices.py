"""What came back is recorded once with its effect, on both engines, whatever its words are."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from kybaocao.mail.mime_parts import clean
from kybaocao.stages.support.delivery_notices import read_returned_mail
from kybaocao.stages.support.passes import Pass
from kybaocao.store.bounces import list_bounces, record_bounce
from kybaocao.store.database import Store
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.notices import (
    NoticeOutcome,
    RecordedNotice,
    add_notice,
    list_failed_deliveries,
    list_file_names,
    list_notices,
    list_outcomes,
    list_unreported_foreign,
    mark_returned,
    name_foreign_letter,
)
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages, mark_over, mark_sent
from tests.mail.notices import HOSTILE, about_several, postfix
from tests.store.moments import NOW

A, B = "a@sonla.example.vn", "b@sonla.example.vn"


def send(store: Store, key: str = "k/1", *recipients: str) -> Message:
    """A message that has left."""
    message = Message(key, "k", "nhac", recipients or (A,), "Nhắc nộp báo cáo", "", "")
    with store.write() as connection:
        add_message(connection, message, at=NOW)
        queued = next(one for one in list_messages(connection, "k") if one.message.key == key)
        mark_sent(connection, queued.id, NOW)
    return queued.message


def fail(store: Store, message: Message, address: str = A, at: dt.datetime = NOW, detail: str = "552 full") -> None:
    with store.write() as connection:
        facts = {"file_name": "a.eml", "sha256": "00", "message_id": message.message_id, "address": address}
        add_notice(connection, at=at, outcome=NoticeOutcome.FAILED, detail=detail, **facts)
        record_delivery(connection, message.message_id, address, AddressState.RETURNED, at=at)


def test_what_a_notice_said_can_be_read_again(store: Store) -> None:
    """By its content, by its outcome, by the name of its file."""
    with store.write() as connection:
        add_notice(
            connection, at=NOW, file_name="a.eml", sha256="aa", outcome=NoticeOutcome.DEAD, address=A, detail="5.1.1"
        )
        add_notice(connection, at=NOW, file_name="b.eml", sha256="bb", outcome=NoticeOutcome.FOREIGN)
        assert list_notices(connection) == [
            RecordedNotice(1, NOW, "a.eml", "aa", NoticeOutcome.DEAD, "", A, "5.1.1"),
            RecordedNotice(2, NOW, "b.eml", "bb", NoticeOutcome.FOREIGN, "", "", ""),
        ]
        assert [one.id for one in list_notices(connection, outcome=NoticeOutcome.FOREIGN)] == [2]
        assert (list_outcomes(connection, "aa"), list_outcomes(connection, "cc")) == ({NoticeOutcome.DEAD}, set())
        assert list_file_names(connection) == {"a.eml", "b.eml"}


def test_only_a_message_that_was_sent_becomes_returned(store: Store) -> None:
    """One that is in the queue again stays there."""
    send(store)
    with store.write() as connection:
        first, second = mark_returned(connection, 1, "552 full"), mark_returned(connection, 1, "again")
        (returned,) = list_messages(connection, "k")
        mark_over(connection, 1, LetterState.PENDING, "")
        third = mark_returned(connection, 1, "again")
    assert (first, second, third, returned.state, returned.last_error) == (
        True,
        False,
        False,
        LetterState.RETURNED,
        "552 full",
    )


def test_failed_deliveries_are_listed_until_they_are_dealt_with(store: Store) -> None:
    """Each address once with the newest reason; not what was taken later, sent elsewhere, or closed.

    What a fast clock has dated an hour ahead is known at once when it is right again.
    """
    messages = [send(store, f"k/{one}") for one in range(5)]
    for message in messages:
        fail(store, message)
    fail(store, messages[0], detail="552 still full")
    fail(store, send(store, "k/5"), at=NOW + dt.timedelta(hours=1))
    with store.write() as connection:
        record_delivery(connection, messages[1].message_id, A, AddressState.TAKEN, at=NOW)
        mark_over(connection, 3, "withdrawn", "")
        stand_in = Message("k/stand-in", "k", "nhac", (B,), "", "", "")
        add_message(connection, stand_in, at=NOW)
        connection.exec_driver_sql("UPDATE outbox SET in_place_of = 'k/3' WHERE key = 'k/stand-in'")
    fail(store, messages[4], B)
    with store.write() as connection:
        record_bounce(connection, B, at=NOW, reason="", reported_by="")
        found = [(one.message, one.address, one.detail) for one in list_failed_deliveries(connection, "k")]
    assert found == [(1, A, "552 still full"), (5, A, "552 full"), (6, A, "552 full")]


def test_what_stands_in_a_letter_is_not_reported_again(store: Store) -> None:
    """The letter's key says up to which number."""
    found = []
    with store.write() as connection:
        found.append(list_unreported_foreign(connection))
        for one in range(12):
            add_notice(
                connection,
                at=NOW,
                file_name=f"{one}",
                sha256=f"{one}",
                outcome=NoticeOutcome.FOREIGN if one % 2 else NoticeOutcome.FAILED,
            )
            if one in (3, 11):
                found.append(list_unreported_foreign(connection))
                letter = Message(name_foreign_letter(found[-1][-1].id), "k", "van_hanh", (A,), "", "", "")
                add_message(connection, letter, at=NOW)
                found.append(list_unreported_foreign(connection))
    assert [[one.file_name for one in few] for few in found] == [[], ["1", "3"], [], ["5", "7", "9", "11"], []]


def test_who_reported_a_dead_address_may_have_a_long_name(store: Store) -> None:
    """A file's name has up to 255 bytes."""
    with store.write() as connection:
        record_bounce(connection, A, at=NOW, reason="x" * 1000, reported_by="thư báo trả " + "ệ" * 255)
        (bounce,) = list_bounces(connection).values()
    assert (len(bounce.reason), len(bounce.reported_by)) == (500, 200)


def _begin(begin: Callable[..., Pass], store: Store) -> Pass:
    p = replace(begin("2026-12-01T10:00"), store=store)
    p.home.returned_mail.mkdir(parents=True)
    return p


@pytest.mark.parametrize("words", ["\0\x1b[2J", "\ud800", "ệ" * 3000, "'; DROP TABLE notices; --", "\u202e"])
def test_any_words_of_a_notice_can_be_stored(store: Store, begin: Callable[..., Pass], words: str) -> None:
    """Of its reason, its address, its file."""
    p = _begin(begin, store)
    message = send(store, "k/1", A, B)
    said = words.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    data = about_several(
        message.message_id, (A, "failed", "5.1.1", f"550 {said}"), (f"{said}@x", "failed", "5.1.1", "")
    )
    (p.home.returned_mail / f"{clean(words)[:50].replace('/', '')}.eml").write_bytes(data)
    (p.home.returned_mail / "la.eml").write_bytes(postfix(f"{said}@x", f"<{said}@x>", diagnosis=said))
    read_returned_mail(p)
    with store.read() as connection:
        assert sorted(one.outcome for one in list_notices(connection)) == [NoticeOutcome.DEAD, NoticeOutcome.FOREIGN]


def test_hostile_mail_is_recorded_as_foreign(
    store: Store, begin: Callable[..., Pass], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it, in one pass."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    p = _begin(begin, store)
    for number, data in enumerate(HOSTILE.values()):
        (p.home.returned_mail / f"{number}.eml").write_bytes(data)
    read_returned_mail(p)
    with store.read() as connection:
        assert [one.outcome for one in list_notices(connection)] == [NoticeOutcome.FOREIGN] * len(HOSTILE)


def test_two_passes_at_once_record_each_notice_once(store: Store, begin: Callable[..., Pass]) -> None:
    """The second waits for the first and finds nothing left to do."""
    p = _begin(begin, store)
    people = [f"a{one}@sonla.example.vn" for one in range(10)]
    message = send(store, "k/1", *people)
    for address in people:
        (p.home.returned_mail / f"{address}.eml").write_bytes(postfix(address, message.message_id))
    both = [threading.Thread(target=read_returned_mail, args=(p,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with store.read() as connection:
        assert sorted(one.address for one in list_notices(connection)) == people
        assert list(list_bounces(connection)) == people
