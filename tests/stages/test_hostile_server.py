"""What a real SMTP server may answer, and what becomes of the message and of those behind it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from kybaocao.embedded.sink import Mailbox
from kybaocao.stages.support.passes import Pass
from kybaocao.store.deliveries import AddressState, list_deliveries
from kybaocao.store.outbox import LetterState, MailAttachment, Message, add_message, list_messages
from tests.stages.test_deliver_mail import _deliver, connect, port

__all__ = ["connect", "port"]
Begin = Callable[..., Pass]
GOOD, BAD = "vanthu.stc@sonla.example.vn", "xau@sonla.example.vn"
NOW, LATER = "2026-12-09T08:00", "2026-12-09T08:01"


class Answering(Mailbox):
    """Gives `answers[command]` to whatever is about BAD; counts what it took, copies too."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.answers: dict[str, str] = {}
        self.took: list[tuple[str, ...]] = []
        self.looks_seconds = 0.0  # into a message that it has, before it answers

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, host: str, responses: list[str]) -> list[str]:
        session.host_name = host
        return [self.answers["HELO"]] if "HELO" in self.answers else responses

    async def handle_HELO(self, server: Any, session: Any, envelope: Any, host: str) -> str:
        session.host_name = host
        return self.answers.get("HELO", "250 OK")

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == BAD and "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        answer = self.answers.get("DATA", "") if BAD in envelope.rcpt_tos else ""
        if answer and answer != "drop":
            return answer
        self.took.append(tuple(envelope.rcpt_tos))
        await asyncio.sleep(self.looks_seconds)
        if answer == "drop":  # it has the message, and the answer is lost
            assert server.transport is not None
            server.transport.close()
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def server(port: int, tmp_path: Path, connect: None) -> Iterator[Answering]:
    handler = Answering(tmp_path / "mail")
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler
    controller.stop()


def write(p: Pass, *letters: tuple[str, ...], attachments: tuple[MailAttachment, ...] = ()) -> None:
    """Letters to these people, in this order."""
    with p.store.write() as connection:
        for number, people in enumerate(letters):
            key = f"k/{number}"
            message = Message(key, p.cycle.id, "thu", people, "Thư", "<p>Kính gửi</p>", "Kính gửi")
            add_message(connection, Message(**{**vars(message), "attachments": attachments}), at=p.as_of)


def states(p: Pass) -> list[tuple[str, int]]:
    """(state, attempts) of each message."""
    with p.store.read() as connection:
        return [(one.state, one.attempts) for one in list_messages(connection, p.cycle.id)]


def outcome(p: Pass, number: int = 0) -> dict[str, tuple[str, str]]:
    """address -> (state, what the server said) of one message."""
    with p.store.read() as connection:
        message_id = list_messages(connection, p.cycle.id)[number].message.message_id
        rows = list_deliveries(connection, [message_id]).get(message_id, {})
    return {address: (row.state, row.reply) for address, row in rows.items()}


def test_a_content_refused_for_good_is_a_dead_letter(begin: Begin, server: Answering) -> None:
    """554 after DATA: nobody has it, no address is to blame, the next message leaves."""
    server.answers["DATA"] = "554 5.7.1 content rejected"
    p = begin(NOW)
    write(p, (BAD, "hai@sonla.example.vn"), (GOOD,))
    found = _deliver(p)
    said = (AddressState.REFUSED, "554 5.7.1 content rejected")
    assert (found.refused, found.sent, found.error, found.dead) == (1, 1, "", frozenset())
    assert outcome(p) == {BAD: said, "hai@sonla.example.vn": said}
    assert states(p) == [(LetterState.REFUSED, 1), (LetterState.SENT, 1)]


def test_a_content_wanted_later_waits(begin: Begin, server: Answering) -> None:
    """451 after DATA: put off, with what the server said; taken after the pause."""
    server.answers["DATA"] = "451 4.7.1 greylisted"
    p = begin(NOW)
    write(p, (BAD,), (GOOD,))
    _deliver(p)
    first = (outcome(p), states(p))
    server.answers.clear()
    _deliver(begin(LATER))
    assert first == (
        {BAD: (AddressState.POSTPONED, "451 4.7.1 greylisted")},
        [(LetterState.PENDING, 1), (LetterState.SENT, 1)],
    )
    assert (outcome(p), states(p)) == ({BAD: (AddressState.TAKEN, "")}, [(LetterState.SENT, 2), (LetterState.SENT, 1)])


def test_an_address_refused_for_good_is_dead(begin: Begin, server: Answering) -> None:
    """550 5.1.1: recorded at the address, while the other recipient has it."""
    server.answers["RCPT"] = "550 5.1.1 no such user"
    p = begin(NOW)
    write(p, (BAD, GOOD))
    found = _deliver(p)
    assert (found.sent, found.dead, server.took) == (1, {BAD}, [(GOOD,)])
    assert outcome(p) == {BAD: (AddressState.REFUSED, "550 5.1.1 no such user"), GOOD: (AddressState.TAKEN, "")}


def test_what_no_store_can_keep_is_left_out_of_an_answer(begin: Begin, server: Answering) -> None:
    """PostgreSQL refuses a NUL: the refusal could not be recorded, and the letter would be tried for ever."""
    p = begin(NOW)
    write(p, (BAD,))
    server.answers["RCPT"] = "550 5.1.1 no\0body"
    _deliver(p)
    assert outcome(p)[BAD] == ("refused", "550 5.1.1 nobody")


def test_a_connection_that_breaks_off_after_data_costs_one_copy_at_most(begin: Begin, server: Answering) -> None:
    """Taken without an answer: it may have left, so it goes last, once more, under the same Message-ID."""
    server.answers["DATA"] = "drop"
    p = begin(NOW)
    write(p, (BAD,), (GOOD,))
    found = _deliver(p)
    first = (found.sent, bool(found.error), states(p), len(server.took))
    server.answers.clear()
    _deliver(begin(LATER))
    assert first == (0, True, [(LetterState.SENDING, 1), (LetterState.PENDING, 1)], 1)
    assert (server.took, states(p)) == ([(BAD,), (GOOD,), (BAD,)], [(LetterState.SENT, 2), (LetterState.SENT, 2)])
    assert len(list(server.folder.glob("*.eml"))) == 2


def test_a_server_that_looks_into_a_message_for_long_gets_it_once(
    begin: Begin, server: Answering, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For its other answers it has a second here; who does not wait for this one sends the message again and again."""
    connection = json.loads(os.environ["AIRFLOW_CONN_KYBAOCAO_SMTP"])
    connection["extra"]["timeout"] = 1
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", json.dumps(connection))
    server.looks_seconds = 1.5
    p = begin(NOW)
    write(p, (GOOD,), ("hai@sonla.example.vn",))
    found = _deliver(p)
    assert (found.sent, found.error, states(p)) == (2, "", [(LetterState.SENT, 1), (LetterState.SENT, 1)])
    assert server.took == [(GOOD,), ("hai@sonla.example.vn",)]


def test_a_message_at_which_the_server_always_breaks_off_keeps_nobody_waiting(begin: Begin, server: Answering) -> None:
    """From the second attempt on it comes after all others."""
    server.answers["DATA"] = "drop"
    p = begin(NOW)
    write(p, (BAD,), (GOOD,), ("hai@sonla.example.vn",))
    _deliver(p)
    _deliver(begin(LATER))
    assert [state for state, _ in states(p)] == [LetterState.SENDING, LetterState.SENT, LetterState.SENT]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("552 5.3.4 message too big", [(LetterState.REFUSED, 1), (LetterState.REFUSED, 1)]),
        ("530 5.7.0 authentication required", [(LetterState.PENDING, 1), (LetterState.PENDING, 1)]),
        ("452 4.3.1 out of disk", [(LetterState.PENDING, 1), (LetterState.PENDING, 1)]),
        ("421 4.3.2 closing", [(LetterState.PENDING, 1), (LetterState.PENDING, 1)]),
    ],
)
def test_a_sender_refused_is_our_fault_unless_the_message_is_too_large(
    begin: Begin, server: Answering, answer: str, expected: list[tuple[str, int]]
) -> None:
    """Our own address or account is no reason to give up every letter: they certainly have not left, and wait."""
    server.answers["MAIL"] = answer
    p = begin(NOW)
    write(p, (BAD,), (GOOD,))
    found = _deliver(p)
    assert (states(p), bool(found.error)) == (expected, expected[0][0] == LetterState.PENDING)


@pytest.mark.parametrize("answer", ["550 5.7.1 not on our list", "554 no service here"])
def test_a_refused_greeting_is_no_word_about_a_letter(begin: Begin, server: Answering, answer: str) -> None:
    """The server wants nothing from us, whatever the letter: nothing has left, all wait."""
    server.answers["HELO"] = answer
    p = begin(NOW)
    write(p, (BAD,), (GOOD,))
    found = _deliver(p)
    assert (states(p), found.error) == (
        [(LetterState.PENDING, 1), (LetterState.PENDING, 1)],
        f"NothingTakenError: {answer}",
    )


def test_a_server_that_closes_at_an_address_takes_nothing(begin: Begin, server: Answering) -> None:
    """421 is no word about the address: the message has not left, and waits."""
    server.answers["RCPT"] = "421 4.3.2 closing"
    p = begin(NOW)
    write(p, (GOOD, BAD))
    found = _deliver(p)
    assert (states(p), outcome(p), bool(found.error)) == ([(LetterState.PENDING, 1)], {}, True)


def test_an_attachment_that_cannot_be_read_keeps_nobody_else_waiting(begin: Begin, server: Answering) -> None:
    """The file may come back: this letter waits, the next one leaves."""
    p = begin(NOW)
    write(p, (GOOD,), attachments=(MailAttachment("a.docx", "reports/a.docx", "00"),))
    message = Message("k/9", p.cycle.id, "thu", (GOOD,), "Thư", "<p>Kính gửi</p>", "Kính gửi")
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
    found = _deliver(p)
    assert (states(p), found.error) == ([(LetterState.PENDING, 1), (LetterState.SENT, 1)], "")
    assert "a.docx" in outcome(p)[GOOD][1]


def test_an_address_that_no_command_can_carry_is_refused_alone(begin: Begin, server: Answering) -> None:
    """Letters that SMTP does not know in an address: the next message leaves over the same connection."""
    p = begin(NOW)
    write(p, ("văn.thư@sonla.example.vn",), (GOOD,))
    found = _deliver(p)
    assert ([state for state, _ in states(p)], found.error) == ([LetterState.REFUSED, LetterState.SENT], "")


def test_two_of_three_have_it_and_the_third_gets_it_later(begin: Begin, server: Answering) -> None:
    """Its copy is put off in turn, and taken at last; nobody gets a second one."""
    server.answers["RCPT"] = "451 4.2.1 busy"
    p = begin(NOW)
    write(p, (GOOD, BAD, "hai@sonla.example.vn"))
    _deliver(p)
    first = (outcome(p), outcome(p, 1), states(p))
    for moment in (LATER, "2026-12-09T08:02"):
        _deliver(begin(moment))
    second = states(p)
    server.answers.clear()
    _deliver(begin("2026-12-09T08:05"))
    taken = (AddressState.TAKEN, "")
    assert first == (
        {GOOD: taken, BAD: (AddressState.MOVED, f"k/0/{BAD}"), "hai@sonla.example.vn": taken},
        {BAD: (AddressState.POSTPONED, "451 4.2.1 busy")},
        [(LetterState.SENT, 1), (LetterState.PENDING, 0)],
    )
    assert (second, states(p)) == (
        [(LetterState.SENT, 1), (LetterState.PENDING, 2)],
        [(LetterState.SENT, 1), (LetterState.SENT, 3)],
    )
    assert server.took == [(GOOD, "hai@sonla.example.vn"), (BAD,)]
