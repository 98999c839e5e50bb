"""Delivery notices as mail servers send them, and as forgers do."""

from __future__ import annotations

DEAD, DELAYED, FULL = "dead", "delayed", "full"
_SAID = {
    DEAD: ("failed", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    DELAYED: ("delayed", "4.4.1", "smtp; 451 4.4.1 connection timed out"),
    FULL: ("failed", "5.2.2", "smtp; 552 5.2.2 mailbox full"),
}
_NOTICE = """\
From: MAILER-DAEMON@thu.example.vn
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_1"

--=_1
Content-Type: text/plain

This is the mail system.

--=_1
Content-Type: message/delivery-status

Reporting-MTA: dns; thu.example.vn

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnosis}

{original}--=_1--
"""
_ORIGINAL = """\
--=_1
Content-Type: message/rfc822

Message-ID: {message_id}
To: {address}
Subject: Ky Bao Cao

Kinh gui

"""


def write_notice(kind: str, address: str, message_id: str) -> bytes:
    """A notice about one recipient of one message. Forged ones differ in what they refer to."""
    if kind == "no notice":
        return b"Subject: Xin chao\r\n\r\nKhong phai thu bao tra.\r\n"
    action, status, diagnosis = _SAID.get(kind, _SAID[DEAD])
    original = "" if kind == "forged without id" else _ORIGINAL.format(message_id=message_id, address=address)
    notice = _NOTICE.format(address=address, action=action, status=status, diagnosis=diagnosis, original=original)
    data = notice.replace("\n", "\r\n").encode()
    return _nest(data) if kind == "nested" else data


def _nest(inner: bytes) -> bytes:
    """A mail in a mail in a mail, five thousand deep."""
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number) for number in range(5000)
    )
    return head + inner
