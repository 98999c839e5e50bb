"""The outbox keeps each message once and knows what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from kybaocao.store.database import Store
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.outbox import (
    LetterState,
    MailAttachment,
    Message,
    ReportedStep,
    add_message,
    ask_again,
    count_reminders,
    find_key,
    find_message,
    find_number,
    list_due_attempts,
    list_messages,
    list_reminders,
    mark_over,
    mark_sending,
    mark_sent,
    name_stand_in,
    put_off,
)
from kybaocao.store.tables import outbox
from tests.store.moments import NOW

LATER = NOW + dt.timedelta(minutes=1)
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
    attachments=(MailAttachment("a.docx", "reports/a.docx", "00"),),
)


def test_the_same_decision_queues_one_message(store: Store) -> None:
    """A retry of the task that decided adds nothing."""
    with store.write() as connection:
        assert add_message(connection, MESSAGE, at=NOW) is True
        assert add_message(connection, MESSAGE, at=NOW) is False

    with store.read() as connection:
        assert [queued.message for queued in list_messages(connection, "k")] == [MESSAGE]


def test_a_message_keeps_its_message_id(store: Store) -> None:
    """It is recorded with the message, so a copy is recognised as one anywhere; the same decision changes nothing."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        (first,) = list_messages(connection, "k")
        add_message(connection, MESSAGE, at=NOW)
        (second,) = list_messages(connection, "k")
    assert first.message.message_id == second.message.message_id
    assert MESSAGE.message_id == Message("k/nhac/STC", "x", "y", (), "", "", "").message_id
    assert MESSAGE.message_id != Message("k/nhac/STP", "x", "y", (), "", "", "").message_id


def test_a_failure_waits_and_a_refusal_ends(store: Store) -> None:
    """An unreachable server leaves the message pending; a final refusal takes it out of the queue."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        number = list_messages(connection, "k")[0].id
        mark_sending(connection, number)
        put_off(
            connection, number, state=LetterState.PENDING, attempts=1, next_attempt_at=LATER, error="không kết nối được"
        )
        waiting = list_messages(connection, "k", [LetterState.PENDING])[0]
        mark_over(connection, number, LetterState.REFUSED, "550 không có hộp thư")
        refused = list_messages(connection, "k", [LetterState.REFUSED])[0]

    assert (waiting.attempts, waiting.next_attempt_at, waiting.last_error) == (1, LATER, "không kết nối được")
    assert refused.last_error == "550 không có hộp thư"


def test_letters_of_the_chase_are_counted_for_an_agency(store: Store) -> None:
    """Each can say how many went before it; two of one moment are one, lists to leaders and withdrawn ones none."""
    steps = (ReportedStep("STC", "nhac", 0, "dau_moi"), ReportedStep("STP", "nhac", 0, "dau_moi"))
    later = NOW + dt.timedelta(days=1)
    letters = [
        (replace(MESSAGE, key="1", steps=steps), NOW),
        (replace(MESSAGE, key="2", steps=steps[:1]), NOW),
        (replace(MESSAGE, key="3", steps=(ReportedStep("STC", "qua_han", 0, "lanh_dao"),)), later),
        (replace(MESSAGE, key="4", steps=(ReportedStep("STC", "danh_sach", 0, "chu_tich"),)), later),
        (replace(MESSAGE, key="5", steps=(ReportedStep("STP", "qua_han", 0, "dau_moi"),)), later),
        (MESSAGE, later),
    ]
    with store.write() as connection:
        for message, at in letters:
            add_message(connection, message, at=at)
        for queued in list_messages(connection, "k"):
            mark_sent(connection, queued.id, later)
        mark_over(connection, queued.id - 1, LetterState.WITHDRAWN, "")
        reminders = list_reminders(connection, "k")

    assert [one.message for one in reminders] == [message for message, _ in letters[:-1]]
    assert count_reminders(reminders) == {"STC": 2, "STP": 1}


def test_what_was_sent_says_when(store: Store) -> None:
    """And whom of several recipients the server refused."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        mark_sent(connection, list_messages(connection, "k")[0].id, NOW, "a@x.vn: 550")
        (sent,) = list_messages(connection, "k", [LetterState.SENT])
        assert (sent.sent_at, sent.last_error) == (NOW, "a@x.vn: 550")


def test_nobody_can_guess_a_message_id(store: Store) -> None:
    """Not from the key, which anybody can make up who knows the code; nor from the id of the message it replaces."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        first = list_messages(connection, "k")[0].message
        add_message(connection, replace(first, key="k/nhac/STC/a@x.vn"), at=NOW)
        second = list_messages(connection, "k")[1].message
    assert len({first.message_id, second.message_id, MESSAGE.message_id}) == 3


def test_a_letter_recorded_anew_has_its_message_id_again_and_another_letter_has_not(store: Store) -> None:
    """As in a store that was restored from a backup of before it was written; under one key there may be another text."""
    found = []
    for message in (MESSAGE, MESSAGE, replace(MESSAGE, text="khác")):
        with store.write() as connection:
            add_message(connection, message, at=NOW)
            found.append(list_messages(connection, "k")[0].message.message_id)
            connection.execute(outbox.delete())
    assert found[0] == found[1] != found[2]


def test_a_message_is_found_by_its_message_id(store: Store) -> None:
    """As it stands in the header; an id of somebody else's mail finds nothing."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        found = find_message(connection, list_messages(connection, "k")[0].message.message_id)
        foreign = find_message(connection, "<khac@noi.khac>")

    assert (found and found.message, foreign) == (MESSAGE, None)


def test_a_message_keeps_until_when_it_makes_sense_and_what_it_replaces(store: Store) -> None:
    """Both come back as they were written."""
    message = replace(MESSAGE, useful_until=LATER, in_place_of="k/cũ")
    with store.write() as connection:
        add_message(connection, message, at=NOW, next_attempt_at=LATER)
        found = find_key(connection, message.key)

    assert found is not None and (found.message, found.next_attempt_at) == (message, LATER)
    assert [found.has_lapsed(at) for at in (NOW, LATER)] == [False, True]


def test_a_message_asked_for_again_begins_anew(store: Store) -> None:
    """It waits, is due at that moment, and its attempts are counted from the beginning."""
    with store.write() as connection:
        add_message(connection, MESSAGE, at=NOW)
        mark_sending(connection, 1)
        mark_over(connection, 1, LetterState.REFUSED, "554")
        ask_again(connection, 1, LATER)
        found = find_number(connection, 1)

    assert found is not None
    assert (found.state, found.attempts, found.next_attempt_at, found.last_error) == (LetterState.PENDING, 0, LATER, "")


def test_the_watch_calls_for_what_nobody_else_tries(store: Store) -> None:
    """A letter put off by its server, and one somebody asked for, at once; one of a server that takes nothing an
    hour later, when the retries of the task are over; one that was never tried is sent by the pass that wrote it.
    """
    with store.write() as connection:
        for key in ("put off", "asked for", "no server", "new", "sent"):
            add_message(connection, replace(MESSAGE, key=key), at=NOW)
        wait = {"state": LetterState.PENDING, "attempts": 1, "next_attempt_at": LATER, "error": ""}
        put_off(connection, 1, **wait)  # type: ignore[arg-type]
        message_id = list_messages(connection, "k")[0].message.message_id
        record_delivery(connection, message_id, "a@x.vn", AddressState.POSTPONED, at=NOW)
        ask_again(connection, 2, LATER)
        put_off(connection, 3, **wait)  # type: ignore[arg-type]
        ask_again(connection, 5, LATER)
        mark_sent(connection, 5, LATER)
        moments = (NOW, LATER, LATER + dt.timedelta(seconds=119), LATER + dt.timedelta(minutes=2))
        found = [sorted(number for number, _ in list_due_attempts(connection, "k", at)) for at in moments]

    assert found == [[], [1, 2], [1, 2], [1, 2, 3]]


def test_a_stand_in_has_a_key_that_fits(store: Store) -> None:
    """However long the address: PostgreSQL keeps 200 characters."""
    short, long = name_stand_in("k/1", "a@x.vn"), [name_stand_in("k" * 190, f"{n}a-long-address@x.vn") for n in "12"]
    assert (short, len(set(long)), max(map(len, long)) <= 200) == ("k/1/a@x.vn", 2, True)
