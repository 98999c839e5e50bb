"""The test letter, to real mail servers that take it, refuse it, or are not there."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from kybaocao.adapters.examination import find_connection, send_letter
from kybaocao.doctor.mail import Post, probe_mail
from kybaocao.doctor.probing import Setting
from kybaocao.embedded.sink import Mailbox
from tests.doctor.conftest import Lines, ask

OPERATORS = "vanhanh.kybaocao@sonla.example.vn"
PASSWORD = "dung-mat-khau"


class Choosy(Mailbox):
    """A server where nobody may write under our name."""

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return "553 5.7.1 sender not owned by you"


class Refusing(Mailbox):
    """A server that relays to nobody outside."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return "550 relaying denied"


def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=is_right, handled=is_right)


def serve(handler: Any, **settings: Any) -> Iterator[Controller]:
    controller = Controller(handler, hostname="127.0.0.1", port=find_port(), **settings)
    controller.start()
    yield controller
    controller.stop()


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Controller]:
    yield from serve(Mailbox(tmp_path / "mail"))


@pytest.fixture
def closed_server(tmp_path: Path) -> Iterator[Controller]:
    yield from serve(Mailbox(tmp_path / "mail"), authenticator=check, auth_require_tls=False)


@pytest.fixture
def refusing_server(tmp_path: Path) -> Iterator[Controller]:
    yield from serve(Refusing(tmp_path / "mail"))


@pytest.fixture
def choosy_server(tmp_path: Path) -> Iterator[Controller]:
    yield from serve(Choosy(tmp_path / "mail"))


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """connect(port): the connection that all mail takes leads there."""

    def _connect(port: int, host: str = "127.0.0.1", **more: Any) -> None:
        extra = {"from_email": "ky-bao-cao@sonla.example.vn", "disable_tls": True, "disable_ssl": True, "timeout": 5}
        found = {"conn_type": "smtp", "host": host, "port": port, "extra": extra | {"retry_limit": 0}} | more
        monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", json.dumps(found))

    return _connect


def probe(setting: Setting, mail_to: str = "") -> Lines:
    post = Post(find_connection, lambda message: send_letter(message, setting.home.root))
    return ask(setting, lambda s: probe_mail(s, post, mail_to))


def read_mails(tmp_path: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (tmp_path / "mail").glob("*.eml")]


@pytest.mark.parametrize(("mail_to", "recipient"), [("", OPERATORS), ("toi@sonla.gov.vn", "toi@sonla.gov.vn")])
def test_a_letter_goes_to_the_operators_or_to_whom_is_named(
    setting: Setting, server: Controller, connect: Any, tmp_path: Path, mail_to: str, recipient: str
) -> None:
    """A real one over the real connection, each time another."""
    connect(server.port)
    for _ in range(2):
        assert [mark for mark, _ in probe(setting, mail_to)] == ["✓", "✓"]
    mails = read_mails(tmp_path)
    assert [f"X-Envelope-To: {recipient}" in mail for mail in mails] == [True, True]


def test_without_a_connection_it_says_how_to_make_one(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(lambda: None, lambda message: EmailMessage())
    ((mark, found),) = ask(setting, lambda s: probe_mail(s, post, ""))
    assert (mark, "chưa khai báo máy chủ thư" in found) == ("✗", True)


def test_a_closed_port(setting: Setting, connect: Any) -> None:
    port = find_port()
    connect(port)
    assert probe(setting)[1] == ("✗", f"không có máy chủ thư ở 127.0.0.1:{port}")


def test_a_server_that_does_not_exist(setting: Setting, connect: Any) -> None:
    """A slip in its name; no sample address is written to over it."""
    connect(25, host="may-chu-thu.invalid", extra={"from_email": "a@sonla.gov.vn", "disable_tls": True, "disable_ssl": True})  # fmt: skip
    assert probe(setting, "toi@sonla.gov.vn")[1] == ("✗", "không tìm thấy máy chủ thư may-chu-thu.invalid")


# The provider's hook leaves the connection of a refused login to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_wrong_password(setting: Setting, closed_server: Controller, connect: Any) -> None:
    """It is not printed."""
    connect(closed_server.port, login="kybaocao", password="sai-mat-khau")
    mark, found = probe(setting)[1]
    assert (mark, "không nhận tài khoản hoặc mật khẩu" in found, "sai-mat-khau" in found) == ("✗", True, False)
    connect(closed_server.port, login="kybaocao", password=PASSWORD)
    assert [mark for mark, _ in probe(setting)] == ["✓", "✓"]


def test_a_server_that_takes_no_such_recipient(setting: Setting, refusing_server: Controller, connect: Any) -> None:
    connect(refusing_server.port)
    mark, found = probe(setting)[1]
    assert (mark, "relaying denied" in found) == ("✗", True)


def test_a_server_that_takes_no_such_sender(setting: Setting, choosy_server: Controller, connect: Any) -> None:
    connect(choosy_server.port)
    mark, found = probe(setting)[1]
    assert (mark, "không cho gửi dưới tên ky-bao-cao@sonla.example.vn" in found) == ("✗", True)


def test_a_connection_without_a_sender(setting: Setting, server: Controller, connect: Any) -> None:
    connect(server.port, extra={"disable_tls": True, "disable_ssl": True})
    assert probe(setting)[1] == ("✗", "chưa đặt địa chỉ người gửi")


def test_a_sample_address_is_written_to_only_on_this_machine(setting: Setting, connect: Any) -> None:
    """A real server would send it back, or to a stranger."""
    connect(25, host="smtp.sonla.gov.vn")
    mark, found = probe(setting)[1]
    assert (mark, f"{OPERATORS} là địa chỉ mẫu" in found) == ("!", True)
