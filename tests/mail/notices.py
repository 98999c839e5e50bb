"""Delivery notices as mail servers write them, and files that only look like one."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable

OURS = "<0123456789abcdef0123456789abcdef@kybaocao>"
ADDRESS = "vanthu.stp@sonla.example.vn"

_BODY = "\r\nKinh gui Quy co quan\r\n"


def _original(message_id: str) -> str:
    return (
        "Received: from kbc by mail.sonla.example.vn; Wed, 25 Nov 2026 08:00:01 +0700\r\n"
        "From: Ky Bao Cao <ky-bao-cao@sonla.example.vn>\r\nSubject: Nhac nop bao cao\r\n"
        f"Message-ID: {message_id}\r\nAuto-Submitted: auto-generated\r\n"
    )


def _status(address: str, status: str, action: str, diagnosis: str, kind: str = "rfc822") -> str:
    return (
        f"Final-Recipient: {kind}; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {diagnosis}\r\n"
    )


def _report(header: str, *parts: tuple[str, str]) -> bytes:
    """A multipart/report of (header of the part, content)."""
    text = (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.sonla.example.vn\r\nSubject: Undelivered Mail\r\n{header}"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="=_ranh/gioi"\r\n'
        "\r\nThis is a MIME-encapsulated message.\r\n\r\n"
    )
    for part, content in parts:
        text += f"--=_ranh/gioi\r\n{part}\r\n\r\n{content}\r\n"
    return (text + "--=_ranh/gioi--\r\n").encode()


def postfix(
    address: str = ADDRESS,
    message_id: str = OURS,
    status: str = "5.1.1",
    action: str = "failed",
    diagnosis: str = "550 5.1.1 unknown user",
) -> bytes:
    return _report(
        "",
        ("Content-Type: text/plain; charset=us-ascii", "This is the mail system at host mail.sonla.example.vn."),
        (
            "Content-Description: Delivery report\r\nContent-Type: message/delivery-status",
            "Reporting-MTA: dns; mail.sonla.example.vn\r\nX-Postfix-Queue-ID: 4F1A\r\nArrival-Date: Wed, 25 Nov 2026 "
            f"08:00:01 +0700 (+07)\r\n\r\n{_status(address, status, action, diagnosis)}",
        ),
        ("Content-Description: Undelivered Message\r\nContent-Type: message/rfc822", _original(message_id) + _BODY),
    )


def postfix_with_headers_only(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    return _report(
        "",
        (
            "Content-Type: message/delivery-status",
            f"Reporting-MTA: dns; x\r\n\r\n{_status(address, '5.1.1', 'failed', '550 5.1.1 unknown')}",
        ),
        ("Content-Type: text/rfc822-headers", _original(message_id)),
    )


def exim(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    """No enhanced code of its own: "5.0.0" always."""
    return _report(
        f"X-Failed-Recipients: {address}\r\nAuto-Submitted: auto-replied\r\nReferences: {message_id}\r\n",
        (
            "Content-type: text/plain; charset=us-ascii",
            "This message was created automatically by mail delivery software.",
        ),
        (
            "Content-type: message/delivery-status",
            f"Reporting-MTA: dns; mail.sonla.example.vn\r\n\r\nAction: failed\r\nFinal-Recipient: rfc822;{address}\r\n"
            "Status: 5.0.0\r\nRemote-MTA: dns; mx\r\nDiagnostic-Code: smtp; 550 No such user here\r\n",
        ),
        ("Content-type: message/rfc822", f"Return-path: <kbc@x>\r\n{_original(message_id)}{_BODY}"),
    )


def exim_of_old(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    """No part for machines; the header names who did not get it."""
    return (
        f"From: Mail Delivery System <Mailer-Daemon@x>\r\nX-Failed-Recipients: {address}\r\nIn-Reply-To: {message_id}\r\n"
        "Subject: Mail delivery failed: returning message to sender\r\n\r\nThis message was created automatically.\r\n"
    ).encode()


def exchange(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    """The human part is a multipart of its own; the type of the address stands without a space."""
    inner = "--_alt_\r\nContent-Type: text/plain\r\n\r\nDelivery has failed\r\n--_alt_\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
    return _report(
        f"In-Reply-To: {message_id}\r\nReferences: {message_id}\r\nX-MS-Exchange-Message-Is-Ndr:\r\n",
        ("Content-Type: multipart/alternative; differences=Content-Type;\r\n\tboundary=_alt_", f"{inner}--_alt_--\r\n"),
        (
            "Content-Type: message/delivery-status",
            f"Reporting-MTA: dns;mx.sonla.example.vn\r\n\r\nOriginal-Recipient: rfc822;{address}\r\n"
            f"Final-Recipient: rfc822;{address.upper()}\r\nAction: failed\r\nStatus: 5.1.10\r\n"
            "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not\r\n\tfound by SMTP address lookup\r\n"
            "X-Display-Name: Van thu\r\n\r\n",
        ),
        (
            "Content-Type: message/rfc822",
            _original(message_id) + "Content-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n",
        ),
    )


def gmail(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    """Its own identifier of the mail among the fields of the report; the mail itself is cut off."""
    related = "--r\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBO\r\n--r--\r\n"
    return _report(
        f"X-Failed-Recipients: {address}\r\n",
        ("Content-Type: multipart/related; boundary=r", related),
        (
            "Content-Type: message/delivery-status",
            f"Reporting-MTA: dns; googlemail.com\r\nX-Original-Message-ID: {message_id}\r\n\r\n"
            f"{_status(address, '5.1.1', 'failed', '550-5.1.1 The email account that you tried to reach does not exist.')}",
        ),
        ("Content-Type: message/rfc822", "X-Google-DKIM-Signature: v=1\r\n\r\n----- Message truncated -----"),
    )


def gmail_without_status(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    return _report(
        f"X-Failed-Recipients: {address}\r\n",
        ("Content-Type: message/delivery-status", ""),
        ("Content-Type: message/rfc822", _original(message_id) + _BODY),
    )


def international(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    """RFC 6533."""
    return _report(
        "",
        (
            "Content-Type: message/global-delivery-status",
            f"Reporting-MTA: dns; x\r\n\r\n{_status(address, '5.1.1', 'failed', '550 5.1.1 không có', kind='utf-8')}",
        ),
        ("Content-Type: message/global", _original(message_id) + _BODY),
    )


def international_with_headers_only(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    spelt = address.replace("v", "\\x{76}", 1)
    return _report(
        "",
        (
            "Content-Type: message/global-delivery-status",
            f"Reporting-MTA: dns; x\r\n\r\n{_status(spelt, '5.1.1', 'failed', '550 5.1.1 unknown', kind='utf-8')}",
        ),
        ("Content-Type: message/global-headers", _original(message_id)),
    )


def _encoded(encoding: str, encode: Callable[[bytes], bytes], address: str, message_id: str) -> bytes:
    status = f"Reporting-MTA: dns; x\r\n\r\n{_status(address, '5.1.1', 'failed', '550 5.1.1 unknown')}"
    return _report(
        "",
        (
            f"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: {encoding}",
            encode(status.encode()).decode(),
        ),
        (
            f"Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: {encoding}",
            encode(_original(message_id).encode()).decode(),
        ),
    )


def in_base64(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    return _encoded("base64", base64.encodebytes, address, message_id)


def in_quoted_printable(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    return _encoded("Quoted-Printable", lambda data: quopri.encodestring(data, quotetabs=True), address, message_id)


def forwarded(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    """An operator forwards it as an attachment."""
    return (
        b"From: van hanh\r\nSubject: Fwd\r\nContent-Type: multipart/mixed; boundary=fwd\r\n\r\n--fwd\r\n"
        b"Content-Type: text/plain\r\n\r\nxem tep\r\n--fwd\r\nContent-Type: message/rfc822\r\n\r\n"
        + postfix(address, message_id)
        + b"\r\n--fwd--\r\n"
    )


def with_old_line_ends(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    return postfix(address, message_id).replace(b"\r\n", b"\r")


def with_an_envelope_id(address: str = ADDRESS, message_id: str = OURS) -> bytes:
    spelt = message_id.replace("<", "+3C").replace(">", "+3E")
    status = _status(address, "5.1.1", "failed", "550 5.1.1 unknown")
    return _report("", ("Content-Type: message/delivery-status", f"Original-Envelope-Id: {spelt}\r\n\r\n{status}"))


# Every shape; each says that ADDRESS does not exist, or (those in WITHOUT_REASON) only that it was not reached.
SHAPES: tuple[Callable[[str, str], bytes], ...] = (
    postfix,
    postfix_with_headers_only,
    exim,
    exchange,
    gmail,
    international,
    international_with_headers_only,
    in_base64,
    in_quoted_printable,
    forwarded,
    with_old_line_ends,
    with_an_envelope_id,
)
WITHOUT_REASON: tuple[Callable[[str, str], bytes], ...] = (exim_of_old, gmail_without_status)


def about_several(message_id: str, *blocks: tuple[str, str, str, str]) -> bytes:
    """One notice with a block (address, action, status, diagnosis) for each recipient."""
    text = "".join("\r\n" + _status(address, status, action, said) for address, action, status, said in blocks)
    return _report(
        "",
        ("Content-Type: message/delivery-status", f"Reporting-MTA: dns; x\r\n{text}"),
        ("Content-Type: text/rfc822-headers", _original(message_id)),
    )


def nested(depth: int) -> bytes:
    """A multipart inside a multipart …; no end."""
    levels = (f"Content-Type: multipart/mixed; boundary=b{one}\r\n\r\n--b{one}\r\n" for one in range(depth))
    return "".join(levels).encode()


HOSTILE: dict[str, bytes] = {
    "5000 nested parts": nested(5000),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 50_000,
    "reports in mails": b"Content-Type: message/rfc822\n\nContent-Type: multipart/report; boundary=b\n\n--b\n" * 9_000,
    "100000 parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 100_000,
    "lines that look like boundaries": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--c\n" * 200_000,
    "quoted parameters": b'Content-Type: multipart/mixed; a="' + b'\\";' * 200_000 + b'"; boundary=x\n\n--x\n\n',
    "200000 fields": b"A: b\n" * 200_000 + b"\n",
    "one endless field": b"A: b\n" + b" x\n" * 600_000,
    "no line": b"x" * 2_000_000,
    "empty lines": b"\n" * 2_000_000,
    "nothing": b"",
    "zeros": b"\0" * 100_000,
    "no boundary": b"Content-Type: multipart/report\n\n--\nContent-Type: message/delivery-status\n\nAction: failed\n",
    "an unknown charset": b"Content-Type: text/plain; charset=khong-co\n\n\xff\xfe\n",
    "a broken encoding": b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nA\n",
    "half surrogate pairs": b"Content-Type: message/delivery-status\n\nFinal-Recipient: utf-8;\\x{D800}@\\x{FFFFFF}\n",
}
