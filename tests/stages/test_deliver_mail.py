"""Mail leaves through a real SMTP server, each message once, whatever happens to the server."""

from __future__ import annotations

import email
import email.policy
import json
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from kybaocao.adapters.smtp import open_smtp
from kybaocao.embedded.sink import Mailbox
from kybaocao.stages.deliver_mail import Delivered, Refusal, deliver_mail
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.store.bounces import list_bounces, record_bounce
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages

OFFERED: list[str] = []  # what the server was asked for, in order; each test begins with nothing
REPLY_TO = "tonghop.stc@sonla.example.vn"


class PickyMailbox(Mailbox):
    """Refuses one address for good and is busy for another the first time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.busy = {"ban@sonla.example.vn"}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        OFFERED.append(address)
        if address.startswith("khongco@"):
            return "550 không có hộp thư này".encode("ascii", "replace").decode()
        if address in self.busy:
            self.busy.discard(address)
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def connect(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Airflow connection every mail goes through."""
    extra = {"from_email": "ky-bao-cao@sonla.example.vn", "disable_tls": True, "disable_ssl": True, "retry_limit": 0}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", json.dumps(connection))


@pytest.fixture
def server(port: int, tmp_path: Path) -> Iterator[Path]:
    """A running mail server; the folder holds what it took."""
    folder = tmp_path / "mail"
    OFFERED.clear()
    controller = Controller(PickyMailbox(folder), hostname="127.0.0.1", port=port)
    controller.start()
    yield folder
    controller.stop()


def _queue(p: Pass, *recipients: str) -> None:
    for number, recipient in enumerate(recipients):
        message = Message(
            key=f"{p.cycle.id}/thu/{recipient}",
            cycle=p.cycle.id,
            kind="nhac",
            recipients=(recipient,),
            subject=f"Nhắc nộp báo cáo số {number}",
            html="<p>Kính gửi <b>Quý cơ quan</b></p>",
            text="Kính gửi Quý cơ quan",
        )
        with p.store.write() as connection:
            add_message(connection, message, at=p.as_of)


def _deliver(p: Pass) -> Delivered:
    with open_smtp(p.home.root, REPLY_TO) as opener:
        return deliver_mail(p, opener)


def _states(p: Pass) -> list[str]:
    with p.store.read() as connection:
        return [queued.state for queued in list_messages(connection, p.cycle.id)]


def _read(folder: Path) -> list[EmailMessage]:
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[misc]
        for path in sorted(folder.glob("*.eml"))
    ]


def test_a_mail_arrives_with_both_parts_and_its_vietnamese_subject(
    begin: Callable[..., Pass], server: Path, connect: None
) -> None:
    """What the server took reads the same in HTML and in plain text."""
    p = begin("2026-12-09T08:00")
    _queue(p, "vanthu.stc@sonla.example.vn")

    delivered = _deliver(p)

    (mail,) = _read(server)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert (delivered.sent, _states(p)) == (1, [LetterState.SENT])
    assert html is not None and text is not None
    assert "<b>Quý cơ quan</b>" in html.get_content()
    assert text.get_content().strip() == "Kính gửi Quý cơ quan"
    assert (mail["Subject"], mail["Reply-To"]) == ("Nhắc nộp báo cáo số 0", REPLY_TO)


def test_mail_waits_while_the_server_is_down_and_goes_out_once_later(
    begin: Callable[..., Pass], port: int, tmp_path: Path, connect: None
) -> None:
    """SMTP down: nothing is lost, nothing is sent twice."""
    p = begin("2026-12-09T08:00")
    _queue(p, "a@sonla.example.vn", "b@sonla.example.vn")

    down = _deliver(p)
    states_while_down = _states(p)
    controller = Controller(Mailbox(tmp_path / "mail"), hostname="127.0.0.1", port=port)
    controller.start()
    early = _deliver(begin("2026-12-09T08:00:59"))
    later = begin("2026-12-09T08:01")
    up, again = _deliver(later), _deliver(later)
    controller.stop()

    assert (down.sent, down.waiting, states_while_down) == (0, 2, [LetterState.PENDING, LetterState.PENDING])
    assert "refused" in down.error.lower() or "Errno" in down.error
    assert (early.sent, up.sent, again.sent, len(_read(tmp_path / "mail"))) == (0, 2, 0, 2)


def test_a_refused_address_is_reported_to_the_operators_and_stops_nobody(
    begin: Callable[..., Pass], server: Path, connect: None
) -> None:
    """An address that does not exist ends in a warning; the next mail goes out."""
    p = begin("2026-12-09T08:00")
    _queue(p, "khongco@sonla.example.vn", "vanthu.stc@sonla.example.vn")

    delivered = _deliver(p)

    assert (delivered.refused, delivered.sent, _states(p)) == (1, 1, [LetterState.REFUSED, LetterState.SENT])
    assert any("khongco@sonla.example.vn" in warning for warning in list_warnings(p))


def test_a_busy_server_is_tried_again(begin: Callable[..., Pass], server: Path, connect: None) -> None:
    """A temporary refusal (4xx) leaves the message waiting; the delivery after the pause sends it."""
    p = begin("2026-12-09T08:00")
    _queue(p, "ban@sonla.example.vn")

    first, second = _deliver(p), _deliver(begin("2026-12-09T08:01"))

    assert (first.sent, first.waiting, second.sent, _states(p)) == (0, 1, 1, [LetterState.SENT])


def test_a_message_caught_by_a_crash_is_one_mail(begin: Callable[..., Pass], server: Path, connect: None) -> None:
    """Sent but not yet marked when the process died: the copy has the same Message-ID and is one file."""
    p = begin("2026-12-09T08:00")
    _queue(p, "vanthu.stc@sonla.example.vn")

    class Dying:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def send(self, message: Message) -> None:
            self.inner.send(message)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_smtp(p.home.root, REPLY_TO) as opener:
        deliver_mail(p, lambda: Dying(opener()))
    _deliver(p)

    assert (len(_read(server)), _states(p)) == (1, [LetterState.SENT])


def test_a_busy_mailbox_keeps_nobody_else_waiting(begin: Callable[..., Pass], server: Path, connect: None) -> None:
    """The message to it waits, the one behind it leaves."""
    p = begin("2026-12-09T08:00")
    _queue(p, "ban@sonla.example.vn", "vanthu.stc@sonla.example.vn")

    delivered = _deliver(p)

    assert (delivered.sent, delivered.waiting, delivered.error, _states(p)) == (
        1,
        1,
        "",
        [LetterState.PENDING, LetterState.SENT],
    )


def test_an_address_stays_dead_when_the_clock_is_set_back(
    begin: Callable[..., Pass], server: Path, connect: None
) -> None:
    """What was learnt while the machine's clock was an hour fast is known at once when it is right again."""
    address = "vanthu.stc@sonla.example.vn"
    early, late = begin("2026-12-09T08:00"), begin("2026-12-09T09:00")
    message = Message("k/1", early.cycle.id, "nhac", (address,), "Nhắc", "<p>Kính gửi</p>", "Kính gửi")
    with late.store.write() as connection:
        record_bounce(connection, address, at=late.as_of, reason="550", reported_by="máy chủ thư")
        add_message(connection, message, at=early.as_of)
    assert (_deliver(early).sent, _read(server)) == (0, [])


def test_each_recipient_refused_is_recorded_while_the_others_get_theirs(
    begin: Callable[..., Pass], server: Path, connect: None
) -> None:
    """One address is dead: known from now on. One is busy: it gets a message of its own later. One has it already."""
    p = begin("2026-12-09T08:00")
    people = ("vanthu.stc@sonla.example.vn", "khongco@sonla.example.vn", "ban@sonla.example.vn")
    message = Message("k/1", p.cycle.id, "nhac", people, "Nhắc", "<p>Kính gửi</p>", "Kính gửi")
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)

    first, second = _deliver(p), _deliver(begin("2026-12-09T08:01"))

    with p.store.read() as connection:
        assert list(list_bounces(connection)) == ["khongco@sonla.example.vn"]
        reported = list_messages(connection, p.cycle.id)[0].last_error
    assert (first.sent, second.sent, first.dead) == (1, 1, {"khongco@sonla.example.vn"})
    assert "khongco@sonla.example.vn: 550" in reported and "ban@sonla.example.vn: 451" in reported
    assert sorted(mail["To"] for mail in _read(server)) == ["ban@sonla.example.vn", ", ".join(people)]


def test_what_was_written_before_an_address_was_known_as_dead_is_not_sent_to_it(
    begin: Callable[..., Pass], server: Path, connect: None
) -> None:
    """Whether an earlier pass learnt it, or a letter before it in the same queue; the other recipients get theirs."""
    p = begin("2026-12-08T09:00")
    _queue(p, "khongco@sonla.example.vn", "cu@sonla.example.vn")
    both = Message("hai", p.cycle.id, "nhac", ("khongco@sonla.example.vn", "lan@sonla.example.vn"), "Hai", "Hai", "Hai")
    with p.store.write() as connection:
        add_message(connection, both, at=p.as_of)
        record_bounce(connection, "cu@sonla.example.vn", at=p.as_of, reason="550", reported_by="vanhanh")

    _deliver(p)

    assert _states(p) == ["refused", "refused", "sent"]
    assert OFFERED == ["khongco@sonla.example.vn", "lan@sonla.example.vn"]


@pytest.mark.parametrize(
    ("code", "text", "is_dead"),
    [
        (550, "no such user", True),
        (550, "5.1.1 unknown", True),
        (553, "mailbox name not allowed", True),
        (550, "5.2.1 mailbox disabled", True),
        (550, "5.0.0 unknown", True),
        (552, "5.2.2 mailbox full", False),
        (550, "5.7.1 relaying denied", False),
        (554, "rejected by policy", False),
        (451, "4.2.1 try later", False),
    ],
)
def test_only_what_is_wrong_with_the_address_makes_it_dead(code: int, text: str, is_dead: bool) -> None:
    """A full mailbox empties, a policy is ours to change: such mail waits."""
    assert Refusal(code, text).is_dead is is_dead
