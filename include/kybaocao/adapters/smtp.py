"""Sending through apache-airflow-providers-smtp and the Airflow connection `kybaocao_smtp`."""

from __future__ import annotations

import email.policy
import hashlib
import mimetypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, parseaddr
from pathlib import Path
from typing import Any

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from kybaocao.home import read_secret
from kybaocao.mail.server_answers import ServerAnswer, read_answer, read_text
from kybaocao.stages.deliver_mail import NothingTakenError, PostponedError, Refusal, Refusals, RefusedError
from kybaocao.store.outbox import Message

CONNECTION = "kybaocao_smtp"
_CLOSING = 421  # the server closes the connection; nobody's fault, and nothing was taken
_LONGEST_ANSWER_SECONDS = 600.0  # to a whole message: RFC 5321, 4.5.3.2.6; the time to send it counts, too
_MOST_REFERENCES = 9  # and the first: a mail program needs no more to find the letters before
_TOO_LARGE = ("5.2.3", "5.3.4")  # RFC 3463: longer than the mailbox, or the server, takes


class OutboxHook(SmtpHook):  # type: ignore[misc]
    """The provider's hook, sending a message we have built: HTML with a plain-text twin and our Message-ID.

    It also keeps what the provider drops: whom the server refused while it took the message for others.  And it gives a
    server time to look into a message that it has: who hangs up before it answers sends the message once more.
    """

    refused: dict[str, tuple[int, bytes]]

    @property
    def smtp_retry_limit(self) -> int:
        """Never within one attempt: when to try again is for the outbox to say."""
        return 0

    @property
    def smtp_password(self) -> str:
        """Of the connection; where it has none, of the file that KYBAOCAO_SMTP_PASSWORD_FILE names."""
        return str(self.conn.password or read_secret("KYBAOCAO_SMTP_PASSWORD_FILE"))

    def get_conn(self) -> Any:
        super().get_conn()
        client: Any = self._smtp_client
        send, self.refused = client.sendmail, {}

        def send_and_remember(*args: Any, **kwargs: Any) -> dict[str, tuple[int, bytes]]:
            try:
                client.ehlo_or_helo_if_needed()  # as `send` does: here a refused greeting is no refused content
            except OSError as error:
                if answer := read_answer(error):
                    raise NothingTakenError(str(Refusal(answer.code, answer.text))) from error
                raise
            self.refused = send(*args, **kwargs)
            return self.refused

        data = client.data

        def data_and_wait(*args: Any) -> Any:
            client.sock.settimeout(_LONGEST_ANSWER_SECONDS)
            answer = data(*args)
            client.sock.settimeout(self.timeout)
            return answer

        client.sendmail, client.data = send_and_remember, data_and_wait
        return self

    def _build_mime_message(self, mail_from: str | None, to: Any, *args: Any, **kwargs: Any) -> Any:
        mime: EmailMessage = kwargs["custom_headers"]["message"]
        if mail_from:
            name, address = parseaddr(mail_from)
            mime["From"] = Address(kwargs["custom_headers"]["sender"] or name, addr_spec=address)
        return mime, list(to)


class SmtpTransport:
    """One open SMTP connection."""

    def __init__(self, hook: OutboxHook, root: Path, reply_to: str, name_sender: Callable[[Message], str]) -> None:
        self._hook = hook
        self._root = root
        self._reply_to = reply_to
        self._name_sender = name_sender

    def send(self, message: Message) -> Refusals:
        """Send one message; returns whom the server refused while it took it for others.

        Raises RefusedError for a final refusal, PostponedError when the server wants this one later, OSError when it
        takes none: NothingTakenError when this one has certainly not left.
        """
        mime = self._build(message)
        try:
            self._hook.send_email_smtp(
                to=list(message.envelope),
                subject=message.subject,
                html_content=message.html,
                custom_headers={"message": mime, "sender": self._name_sender(message)},
            )
        except OSError as error:
            if answer := read_answer(error):
                raise _sort_answer(answer) from error
            raise
        except ValueError as error:  # an address or a header that no command of SMTP can carry
            with suppress(OSError):
                self._hook._smtp_client.rset()
            raise RefusedError(f"thư không gửi được qua SMTP: {error}") from error
        return {who: Refusal(code, read_text(text)) for who, (code, text) in self._hook.refused.items()}

    def _build(self, message: Message) -> EmailMessage:
        try:
            return build_mime(message, self._root, self._reply_to)
        except OSError as error:  # a file that cannot be read now is no reason to keep the other letters waiting
            raise PostponedError(f"không đọc được tệp đính kèm: {error}") from error


def _sort_answer(answer: ServerAnswer) -> Exception:
    """What an answer to the sender's address, to all recipients or to the content means."""
    if answer.recipients:
        return _sort_refused_recipients({who: Refusal(*reply) for who, reply in answer.recipients.items()})
    said = str(Refusal(answer.code, answer.text))
    if answer.code == _CLOSING:
        return NothingTakenError(said)
    if answer.is_about_sender:
        is_too_large = answer.code == 552 or any(status in answer.text for status in _TOO_LARGE)
        return RefusedError(said) if is_too_large else NothingTakenError(said)
    return RefusedError(said) if 500 <= answer.code < 600 else PostponedError(said)


def _sort_refused_recipients(refusals: dict[str, Refusal]) -> Exception:
    """What it means that nobody was taken; a server that closes has not answered for the others."""
    reason = "; ".join(f"{address}: {one}" for address, one in refusals.items())
    if any(one.code == _CLOSING for one in refusals.values()):
        return NothingTakenError(reason)
    if all(one.is_dead for one in refusals.values()):
        return RefusedError(reason, refusals)
    return PostponedError(reason, refusals)


def has_connection() -> bool:
    """Whether Airflow knows the mail server."""
    try:
        OutboxHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        return False
    return True


@contextmanager
def open_smtp(root: Path, reply_to: str, name_sender: Callable[[Message], str] = lambda _: "") -> Iterator[Any]:
    """A function that opens the connection on first use; closed at the end of the block.

    `name_sender` gives the name that stands beside the connection's own address.
    Not opening it before there is something to send keeps an empty pass independent of the mail server.
    """
    held: list[OutboxHook] = []

    def connect() -> SmtpTransport:
        hook = OutboxHook(smtp_conn_id=CONNECTION)
        try:
            hook.get_conn()
        except (OSError, AirflowException) as error:
            if isinstance(error, TimeoutError) or getattr(error, "errno", None):  # of the network: its name says more
                raise
            raise OSError(str(error)) from error
        held.append(hook)
        return SmtpTransport(hook, root, reply_to, name_sender)

    try:
        yield connect
    finally:
        for hook in held:
            with suppress(OSError):
                hook._smtp_client.quit()


class _MailPolicy(email.policy.EmailPolicy):
    """SMTP's policy, but subjects are folded by the older `Header`.

    The newer folding of Python 3.11 loses the space where it breaks a line between two encoded words.
    """

    def fold(self, name: str, value: Any) -> str:
        if name.lower() != "subject":
            return str(super().fold(name, value))
        encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


def build_mime(message: Message, root: Path, reply_to: str) -> EmailMessage:
    """The mail as bytes will carry it. Raises OSError when an attachment is not what was recorded."""
    mime = EmailMessage(policy=_MailPolicy(linesep="\r\n", cte_type="7bit"))
    mime["Subject"] = message.subject
    mime["To"] = ", ".join(message.recipients)
    if message.copies:
        mime["Cc"] = ", ".join(message.copies)
    mime["Reply-To"] = reply_to
    mime["Date"] = format_datetime(localtime())
    mime["Message-ID"] = message.message_id
    if message.follows:
        mime["In-Reply-To"] = message.follows[-1]
        mime["References"] = " ".join((*message.follows[:1], *message.follows[1:][-_MOST_REFERENCES:]))
    mime["Auto-Submitted"] = "auto-generated"
    mime["X-Kybaocao-Kind"] = message.kind
    mime.set_content(message.text, cte="base64")
    mime.add_alternative(message.html, subtype="html", cte="base64")
    page: EmailMessage = mime.get_payload()[-1]  # type: ignore[assignment, index]
    for attachment in message.attachments:
        data = (root / attachment.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != attachment.sha256:
            raise RefusedError(f"tệp đính kèm {attachment.name} đã thay đổi sau khi ghi vào hộp thư đi")
        kind = mimetypes.guess_type(attachment.name)[0] or "application/octet-stream"
        main, sub = kind.split("/")
        if attachment.is_inline:
            page.add_related(
                data, main, sub, cid=f"<{attachment.content_id}>", filename=attachment.name, disposition="inline"
            )
        else:
            mime.add_attachment(data, maintype=main, subtype=sub, filename=attachment.name)
    return mime
