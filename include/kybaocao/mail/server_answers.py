"""What a mail server answered when it refused: read from the attributes that the errors of SMTP clients carry.

The client belongs to the provider of Airflow.  Its errors are known here by what they carry, not by their classes:
`smtp_code` and `smtp_error` for the answer to a command, `sender` besides for the answer to MAIL FROM, and
`recipients` when nobody was taken.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field

Reply = tuple[int, str]  # code, text on one line
# By OpenSSL's X509_V_ERR_…; 0 for all others.
_CERTIFICATE = {
    9: "chứng thư (TLS) của máy chủ thư chưa có hiệu lực; xin xem cả đồng hồ của máy này",
    10: "chứng thư (TLS) của máy chủ thư đã hết hạn",
    62: "chứng thư (TLS) của máy chủ thư cấp cho tên khác với SMTP_HOST",
    0: "chứng thư (TLS) của máy chủ thư không do tổ chức mà máy này tin cấp",
}


@dataclass(frozen=True)
class ServerAnswer:
    """One refusal: of the sender, of every recipient, or of anything else."""

    code: int = 0  # 0: each of `recipients` has a code of its own
    text: str = ""
    is_about_sender: bool = False
    recipients: dict[str, Reply] = field(default_factory=dict)


def read_answer(error: BaseException) -> ServerAnswer | None:
    """The answer that an error carries; None when it carries none: the server is gone, or was not reached."""
    recipients = getattr(error, "recipients", None)
    if isinstance(recipients, dict):
        return ServerAnswer(recipients={who: (code, read_text(text)) for who, (code, text) in recipients.items()})
    code = getattr(error, "smtp_code", None)
    if not isinstance(code, int):
        return None
    return ServerAnswer(code, read_text(getattr(error, "smtp_error", "")), hasattr(error, "sender"))


def describe_lost_connection(error: BaseException) -> str:
    """Why there is no connection, in Vietnamese and by the deepest cause that is known; "" where none is."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, ssl.SSLCertVerificationError):
            return _CERTIFICATE.get(at.verify_code, _CERTIFICATE[0])
        if isinstance(at, ssl.SSLError):
            return "không lập được kết nối mã hóa (TLS) với máy chủ thư"
        if isinstance(at, socket.gaierror):
            return "không tìm thấy tên máy chủ thư (DNS)"
        if isinstance(at, ConnectionRefusedError):
            return "không có máy chủ thư ở địa chỉ và cổng này"
        if isinstance(at, TimeoutError):
            return "máy chủ thư không trả lời"
        at = at.__cause__ or at.__context__
    return ""


def describe_connection_error(error: OSError) -> str:
    """The same before the words of the system."""
    return " – ".join(filter(None, (describe_lost_connection(error), f"{type(error).__name__}: {error}")))


def read_text(text: bytes | str) -> str:
    """An answer on one line, without NUL, which PostgreSQL does not store."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(said.replace("\0", "").split())
